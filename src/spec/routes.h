/* routes.h: writes the routes that belong to no resource. */

#ifndef ROUTES_H
#define ROUTES_H

#include "document.h"

/* Writes their tags. */
void routes_tags(const struct document *document);

/* Writes their paths. */
void routes_write(struct document *document);

#endif
