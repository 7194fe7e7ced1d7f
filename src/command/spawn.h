/* spawn.h: starts programs as the user who owns the database's files. */

#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

#include "str.h"

/* The user that owns the database's files. PostgreSQL does not run as root. */
struct owner {
	uid_t uid;
	gid_t gid;
	char name[32];
	bool is_other_user; /* we are root, and the owner is not */
};

/* The current user, or `postgres` if the current user is root. */
bool owner_find(struct owner *owner, struct buf *error);

/* Like fork(). The child runs as the owner, in its own session (so only we get Ctrl-C from our
 * terminal), and gets `signal` when we end for any reason. Of our descriptors, only 0, 1, 2 and
 * `keep` (-1: none) survive its exec. */
pid_t spawn_fork(const struct owner *owner, int signal, int keep);

/* Executes the program in the child, with a clean environment. */
_Noreturn void spawn_exec(const char *const *argv);

/* Runs a program and waits for it. True if it exits with 0. Its output (stdout and stderr) is
 * added to `output` in both cases, up to a limit. */
bool spawn_run(const struct owner *owner, int keep, const char *input, const char *const *argv,
               struct buf *output);

#endif
