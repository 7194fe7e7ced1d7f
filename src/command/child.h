/* child.h: programs we start, as the user they should run as. */

#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "str.h"

/* Whose the database's files are. PostgreSQL does not run as root. */
struct owner {
	uid_t uid;
	gid_t gid;
	char name[32];
	bool is_other; /* we are root, and he is not */
};

/* Ourselves, or as root the user `postgres`. */
bool owner_find(struct owner *owner, struct buf *fault);

/* As fork(); the child is the owner, leads a session of its own (a Ctrl-C in
 * our terminal is ours to deal with), and gets `signal` when we end, however
 * we end. Of our descriptors only 0, 1, 2 and `keep` (-1: none) outlive its exec. */
pid_t child_fork(const struct owner *owner, int signal, int keep);

/* Replaces the child's program; its environment is clean. */
_Noreturn void child_exec(const char *const *argv);

/* Runs a program to its end. True when that was exit 0; what it wrote to its
 * standard output and error is added to `said` either way, up to a bound. */
bool child_run(const struct owner *owner, int keep, const char *input, const char *const *argv,
               struct buf *said);

#endif
