/* sandbox.c: a free port, a directory, and a keeper, who waits until nobody holds the lock of
 * the private PostgreSQL any more, and removes the directory. */

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

enum { LOWEST = 20000, PORTS = 12000, TRIES = 1000, PATIENCE_MS = 30 * 1000 };

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

static bool is_free(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return ok;
}

int sandbox_port(void)
{
	static int tried;
	int first = getpid() * 31 % PORTS; /* tests run side by side */

	for (int i = 0; i < TRIES; i++) {
		int port = LOWEST + (first + tried++) % PORTS;

		if (is_free(port))
			return port;
	}
	give_up("no port is free");
}

void sandbox_create(char directory[SANDBOX_PATH])
{
	snprintf(directory, SANDBOX_PATH, "%s/bst-XXXXXX", sandbox_parent_dir());
	/* As root, the database's user must pass. */
	if (!mkdtemp(directory) || chmod(directory, 0711) != 0)
		give_up("no directory for the server");
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
		give_up("%s cannot be copied to %s", from, to);
}

void sandbox_remove(const char *path)
{
	run((const char *const[]){ "rm", "-rf", path, NULL });
}

/* The last process of its PostgreSQL that ends lets go of the lock. */
bool sandbox_wait_until_unused(const char *directory, int ms)
{
	char path[SANDBOX_PATH + 32];
	int fd;
	bool gone;

	snprintf(path, sizeof(path), "%s/d/postgres.lock", directory);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return true;
	while (!(gone = flock(fd, LOCK_EX | LOCK_NB) == 0) && ms > 0) {
		sleep_ms(10);
		ms -= 10;
	}
	close(fd);
	return gone;
}

static void sweep(const void *directory)
{
	sandbox_wait_until_unused(directory, PATIENCE_MS);
	sandbox_remove(directory);
}

int sandbox_reap(const char *directory)
{
	return reaper_start(sweep, directory);
}
