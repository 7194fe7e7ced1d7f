/* sandbox.c: the port and the directory of a server.
 *
 * The reaper of a directory waits until the lock of the private PostgreSQL is released before it
 * removes the directory. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "reaper.h"
#include "sandbox.h"
#include "program.h"

enum { FIRST_PORT = 20000, PORTS = 12000, MAX_TRIES = 1000, TIMEOUT_MS = 30 * 1000 };

long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void sleep_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static bool is_free(int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return ok;
}

int sandbox_port(void)
{
	static int tried;
	int first = getpid() * 31 % PORTS; /* tests run in parallel */

	for (int i = 0; i < MAX_TRIES; i++) {
		int port = FIRST_PORT + (first + tried++) % PORTS;

		if (is_free(port))
			return port;
	}
	fatal("no free port");
}

int sandbox_connect(int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void sandbox_create(char directory[SANDBOX_PATH])
{
	snprintf(directory, SANDBOX_PATH, "%s/bst-XXXXXX", sandbox_parent_dir());
	/* PostgreSQL runs as another user if the test runs as root. */
	if (!mkdtemp(directory) || chmod(directory, 0711) != 0)
		fatal("cannot create a directory for the server");
}

static int run(const char *const *argv)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void sandbox_copy(const char *from, const char *to)
{
	if (run((const char *const[]){ "cp", "-a", from, to, NULL }) != 0)
		fatal("cannot copy %s to %s", from, to);
}

void sandbox_remove(const char *path)
{
	run((const char *const[]){ "rm", "-rf", path, NULL });
}

/* All processes of the private PostgreSQL share the lock; the last one to end releases it. */
bool sandbox_wait_until_unused(const char *directory, int ms)
{
	char path[SANDBOX_PATH + 32];
	int fd;
	bool unused;

	snprintf(path, sizeof(path), "%s/d/postgres.lock", directory);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return true;
	while (!(unused = flock(fd, LOCK_EX | LOCK_NB) == 0) && ms > 0) {
		sleep_ms(10);
		ms -= 10;
	}
	close(fd);
	return unused;
}

static void clean_up(const void *directory)
{
	sandbox_wait_until_unused(directory, TIMEOUT_MS);
	sandbox_remove(directory);
}

int sandbox_reap(const char *directory)
{
	return reaper_start(clean_up, directory);
}
