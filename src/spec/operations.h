/* operations.h: writes the operations of resources. */

#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "document.h"

/* Writes each path of the resource with all its methods. */
void operations_write(struct document *document, const struct resource *resource);

/* Writes requestBody. */
void operations_body(struct buf *out, const struct operation *operation);

#endif
