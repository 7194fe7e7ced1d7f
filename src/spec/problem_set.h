/* problem_set.h: the problems that an operation or a route can return. */

#ifndef PROBLEM_SET_H
#define PROBLEM_SET_H

#include "schema.h"

struct problem_set {
	bool has[PROBLEMS];
};

struct problem_set problems_of_operation(const struct operation *operation, bool has_path);

/* The problems with these codes, separated by spaces, and those of every route. */
struct problem_set problems_of_route(const char *codes);

bool problem_set_has_status(const struct problem_set *problems, int status);

/* Writes the codes as an array; nothing if there are none. */
void problem_set_write(struct buf *out, const char *key, const struct problem_set *problems);

#endif
