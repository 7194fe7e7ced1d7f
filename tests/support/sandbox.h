/* sandbox.h: the port and the directory of a server, and small helpers for time and processes. */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SANDBOX_PATH = 32 };

/* A free port on loopback, below the range of ephemeral ports. */
int sandbox_port(void);
/* Connects to a port on loopback; -1 if no server listens. */
int sandbox_connect(int port);

/* The parent of temporary directories: in memory if there is enough. End-to-end tests would spend
 * much of their time waiting for the disk, and no test simulates a power failure. */
static inline const char *sandbox_parent_dir(void)
{
	struct statvfs shm;
	bool fits = statvfs("/dev/shm", &shm) == 0 && shm.f_bavail * shm.f_frsize > 2ull << 30;

	return fits && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

/* Creates a directory with a short name: the path of a socket is limited to 107 bytes. */
void sandbox_create(char directory[SANDBOX_PATH]);
void sandbox_copy(const char *from, const char *to);
void sandbox_remove(const char *path);

/* Starts a process that removes the directory once the returned descriptor is closed, explicitly or
 * by the end of this process. */
int sandbox_reap(const char *directory);

/* Waits until all processes of the private PostgreSQL in the directory have ended; false if they
 * have not in time. */
bool sandbox_wait_until_unused(const char *directory, int ms);

long long now_ms(void);
void sleep_ms(int ms);

#endif
