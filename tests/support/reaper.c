/* reaper.c: a process that does nothing but wait for the end of a pipe, and then sweeps. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaper.h"

static _Noreturn void keep(int end, void (*sweep)(const void *arg), const void *arg)
{
	char byte;

	while (read(end, &byte, 1) > 0)
		;
	sweep(arg);
	_exit(0);
}

int reaper_start(void (*sweep)(const void *arg), const void *arg)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		perror("no keeper");
		abort();
	}
	if (child == 0) {
		/* Twice, so that it is nobody's child; far from the test's group. */
		if (fork() != 0)
			_exit(0);
		setsid();
		dup2(ends[0], 3);
		close_range(4, ~0u, 0);
		for (int fd = 0; fd < 3; fd++) {
			close(fd);
			open("/dev/null", O_RDWR);
		}
		keep(3, sweep, arg);
	}
	waitpid(child, NULL, 0);
	close(ends[0]);
	return ends[1];
}
