/* validation_errors.h: collects the errors of a request and replies with all of them. */

#ifndef VALIDATION_ERRORS_H
#define VALIDATION_ERRORS_H

#include "schema.h"

/* Empty if all zero. */
struct validation_errors {
	struct buf json; /* an array without its closing bracket */
	int count;
};

/* `location` is "pointer", "parameter" or "header". */
void validation_errors_add(struct validation_errors *errors, const char *location, struct str name,
                           const char *code, const char *detail);

/* Replies with a problem that lists the errors, at least one. `detail` may be NULL. */
void validation_errors_reject(struct validation_errors *errors, struct request *request,
                              enum problem problem, const char *detail);
void validation_errors_finish(struct validation_errors *errors);

#endif
