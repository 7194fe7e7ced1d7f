/* problem_schema.h: the shapes of problems. */

#ifndef PROBLEM_SCHEMA_H
#define PROBLEM_SCHEMA_H

#include "schema.h"

extern const struct shape problem_shape, validation_problem_shape;

/* Appends a problem as JSON, and a comma. */
void problem_schema_example(struct buf *out, enum problem problem);

#endif
