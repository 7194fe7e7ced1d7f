/* parameters.h: writes the parameters of operations and routes. */

#ifndef PARAMETERS_H
#define PARAMETERS_H

#include "document.h"

void parameters_of_operation(struct document *document, const struct resource *resource,
                             const struct operation *operation, const char *pattern);

/* Each table may be NULL. */
void parameters_of_route(struct document *document, const struct field *path,
                         const struct field *query, const struct field *headers);

#endif
