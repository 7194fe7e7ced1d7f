/* validation_errors.h: collects the errors of a request. */

#ifndef VALIDATION_ERRORS_H
#define VALIDATION_ERRORS_H

#include "str.h"

/* All zero is empty. */
struct validation_errors {
	struct buf json; /* an array without its closing bracket */
	int count;
};

/* `location` is "pointer", "parameter" or "header". */
void validation_errors_add(struct validation_errors *errors, const char *location, struct str name,
                           const char *code, const char *detail);

#endif
