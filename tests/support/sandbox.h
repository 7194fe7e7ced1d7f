/* sandbox.h: where a server of a test's own lives: a port, a directory, and who sweeps it. */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SANDBOX_PATH = 32 };

/* A free port of loopback, below those that outgoing connections take. */
int sandbox_port(void);

/* Where directories of tests are made: in memory, where there is enough of it. What a database
 * waits for the disk is much of what the stories take, and no test takes the power away. */
static inline const char *sandbox_parent_dir(void)
{
	struct statvfs there;
	bool fits = statvfs("/dev/shm", &there) == 0 && there.f_bavail * there.f_frsize > 2ull << 30;

	return fits && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

/* A new directory, with a short name: the address of a socket has 107 bytes. */
void sandbox_create(char directory[SANDBOX_PATH]);
void sandbox_copy(const char *from, const char *to);
void sandbox_remove(const char *path);

/* Hires a keeper: when the descriptor it gives is closed, be it by the end of this
 * process, the directory is removed. */
int sandbox_reap(const char *directory);

/* Has every process of the PostgreSQL below ended? */
bool sandbox_wait_until_unused(const char *directory, int ms);

long long now_ms(void);
void sleep_ms(int ms);

#endif
