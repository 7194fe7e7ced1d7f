/* spawn.c: forks, switches to the owner, ties the child's life to the parent's, and execs.
 *
 * Failures: a child that cannot switch to the owner, or whose parent has already ended, exits at
 * once. Nothing is ever run as root by mistake. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

enum { OUTPUT_MAX = 64 * 1024 };

bool owner_find(struct owner *owner, struct buf *error)
{
	const struct passwd *user;

	*owner = (struct owner){ .uid = geteuid(), .gid = getegid() };
	if (owner->uid != 0)
		return true;
	user = getpwnam("postgres");
	if (!user || user->pw_uid == 0) {
		buf_text(error, "PostgreSQL cannot run as root, and there is no user \"postgres\". "
		                "Install PostgreSQL with `apt-get install postgresql`.");
		return false;
	}
	*owner = (struct owner){ user->pw_uid, user->pw_gid, .is_other_user = true };
	snprintf(owner->name, sizeof(owner->name), "%s", user->pw_name);
	return true;
}

static bool switch_user(const struct owner *owner)
{
	if (!owner->is_other_user)
		return true;
	return initgroups(owner->name, owner->gid) == 0 && setgid(owner->gid) == 0
	       && setuid(owner->uid) == 0 && setuid(0) < 0;
}

pid_t spawn_fork(const struct owner *owner, int signal_number, int keep)
{
	pid_t parent = getpid(), child = fork();
	sigset_t none;

	if (child != 0)
		return child;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	/* setuid() resets PR_SET_PDEATHSIG, so it is set afterwards. A parent that has
	 * already ended sends no signal, so check that, too. */
	if (!switch_user(owner) || prctl(PR_SET_PDEATHSIG, signal_number) < 0
	    || getppid() != parent)
		_exit(126);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (keep >= 0)
		fcntl(keep, F_SETFD, 0);
	return 0;
}

_Noreturn void spawn_exec(const char *const *argv)
{
	static const char *const environment[] = {
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LC_ALL=C.UTF-8",
		"TZ=UTC",
		NULL,
	};

	execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Returns a descriptor to read `input` from; -1 on failure. */
static int open_input(const char *input)
{
	size_t length = strlen(input);
	int ends[2];

	/* A write that fits into an empty pipe does not block; our inputs are a line or two. */
	if (length > 4096 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (write(ends[1], input, length) != (ssize_t)length) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}

static void read_all(int fd, struct buf *output)
{
	char part[4096];
	size_t before = output->length;
	ssize_t got;

	while ((got = read(fd, part, sizeof(part))) > 0 || (got < 0 && errno == EINTR)) {
		if (got > 0 && output->length - before < OUTPUT_MAX)
			buf_add(output, part, (size_t)got);
	}
}

bool spawn_run(const struct owner *owner, int keep, const char *input, const char *const *argv,
               struct buf *output)
{
	int in = open_input(input ? input : ""), out[2], status;
	pid_t child;

	if (in < 0 || pipe2(out, O_CLOEXEC) < 0) {
		buf_print(output, "%s: %s", argv[0], strerror(errno));
		if (in >= 0)
			close(in);
		return false;
	}
	child = spawn_fork(owner, SIGKILL, keep);
	if (child == 0) {
		dup2(in, STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		/* The owner may not be allowed to enter the current directory. */
		if (chdir("/") < 0)
			_exit(126);
		spawn_exec(argv);
	}
	close(in);
	close(out[1]);
	if (child < 0)
		buf_print(output, "%s: %s", argv[0], strerror(errno));
	else
		read_all(out[0], output);
	close(out[0]);
	if (child < 0)
		return false;
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
