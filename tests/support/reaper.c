/* reaper.c: a process that waits until a pipe is closed, then cleans up. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaper.h"

static _Noreturn void wait_and_clean_up(int end, void (*clean_up)(const void *arg), const void *arg)
{
	char byte;

	while (read(end, &byte, 1) > 0)
		;
	clean_up(arg);
	_exit(0);
}

int reaper_start(void (*clean_up)(const void *arg), const void *arg)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		perror("cannot start a reaper");
		abort();
	}
	if (child == 0) {
		/* Forks twice and starts a session, so that it is neither a child of the test nor
		 * in its process group. */
		if (fork() != 0)
			_exit(0);
		setsid();
		dup2(ends[0], 3);
		close_range(4, ~0u, 0);
		for (int fd = 0; fd < 3; fd++) {
			close(fd);
			open("/dev/null", O_RDWR);
		}
		wait_and_clean_up(3, clean_up, arg);
	}
	waitpid(child, NULL, 0);
	close(ends[0]);
	return ends[1];
}
