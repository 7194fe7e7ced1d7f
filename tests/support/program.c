/* program.c: runs a command of the program under test and collects its output.
 *
 * A command that does not end in time is killed; its status is then 128 plus SIGKILL. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "server.h"

enum { TIMEOUT_MS = 10 * 1000, MAX_ARGS = 16 };

void fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

const char *program_path(void)
{
	const char *path = getenv("BINNACLE");

	if (!path)
		fatal("the environment variable BINNACLE must be the path of the program"
		      " under test");
	return path;
}

void program_environment(const char *const *settings, const char *environment[PROGRAM_ENV])
{
	extern char **environ;
	static const char *const kept[] = { "PATH=", "HOME=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
		                            "LSAN_OPTIONS=" };
	size_t count = 0;

	for (; settings && *settings && count < PROGRAM_ENV - COUNT_OF(kept) - 1; settings++)
		environment[count++] = *settings;
	for (char **each = environ; *each; each++) {
		for (size_t i = 0; i < COUNT_OF(kept); i++) {
			if (str_begins(str_of(*each), kept[i]))
				environment[count++] = *each;
		}
	}
	environment[count] = NULL;
}

static pid_t spawn(const char *const *settings, const char *const *args, int out, int err)
{
	const char *environment[PROGRAM_ENV], *argv[MAX_ARGS] = { program_path() };
	pid_t parent = getpid(), child;

	program_environment(settings, environment);
	for (size_t i = 1; *args && i < MAX_ARGS - 1; i++)
		argv[i] = *args++;
	child = fork();
	if (child < 0)
		fatal("fork failed");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		close(STDIN_FILENO);
		open("/dev/null", O_RDONLY);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		close_range(3, ~0u, 0);
		execve(argv[0], (char *const *)(uintptr_t)argv,
		       (char *const *)(uintptr_t)environment);
		_exit(127);
	}
	return child;
}

/* Reads until both pipes are closed; false if they are not in time. */
static bool read_output(struct pollfd polled[2], struct buf *bufs[2])
{
	long long until = now_ms() + TIMEOUT_MS;

	while (polled[0].fd >= 0 || polled[1].fd >= 0) {
		long long left = until - now_ms();

		if (left <= 0)
			return false;
		poll(polled, 2, (int)left);
		for (int i = 0; i < 2; i++) {
			char part[4096];
			ssize_t got;

			if (polled[i].fd < 0 || !polled[i].revents)
				continue;
			got = read(polled[i].fd, part, sizeof(part));
			if (got > 0) {
				buf_add(bufs[i], part, (size_t)got);
			} else {
				close(polled[i].fd);
				polled[i].fd = -1;
			}
		}
	}
	return true;
}

void program_run(struct program_result *result, const char *const *settings,
                 const char *const *args)
{
	struct buf *bufs[2] = { &result->out, &result->err };
	struct pollfd polled[2];
	int out[2], err[2], status;
	pid_t child;

	*result = (struct program_result){ 0 };
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fatal("no pipe");
	child = spawn(settings, args, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	polled[0] = (struct pollfd){ .fd = out[0], .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = err[0], .events = POLLIN };
	if (!read_output(polled, bufs))
		kill(child, SIGKILL);
	for (int i = 0; i < 2; i++) {
		if (polled[i].fd >= 0)
			close(polled[i].fd);
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			fatal("waitpid failed");
	}
	result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void result_finish(struct program_result *result)
{
	buf_finish(&result->out);
	buf_finish(&result->err);
}

struct str result_line(const struct program_result *result)
{
	struct str line = buf_as_str(&result->out);

	if (line.length && line.at[line.length - 1] == '\n')
		line.length--;
	return line;
}

bool result_has_output(struct program_result *result, const char *text)
{
	return strstr(buf_cstr(&result->out), text) != NULL;
}

bool result_has_error(struct program_result *result, const char *text)
{
	return strstr(buf_cstr(&result->err), text) != NULL;
}
