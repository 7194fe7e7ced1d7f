/* components.h: parts of the OpenAPI document that occur more than once.
 *
 * The paths are written twice. The first time, components_add() counts each part. Between the
 * passes components_name() gives a name to each part that occurs more than once; the second time,
 * components_add() writes a reference to these, and the other parts in place. */

#ifndef COMPONENTS_H
#define COMPONENTS_H

#include "str.h"

struct component;

struct components {
	const char *kind; /* "parameters" */
	struct component *rows;
	size_t count;
};

/* Appends the part, whose JSON is `text`, or a reference to it. Its name is the first of these that
 * is not taken: `name`, `qualifier` and `name`, the same with a number. */
void components_add(struct components *components, struct buf *out, const char *name,
                    const char *qualifier, struct str text);
void components_name(struct components *components);

/* Appends the named parts as the member `kind`. */
void components_write(const struct components *components, struct buf *out);
void components_finish(struct components *components);

/* "location_id", "If-Match", "Duty sessions" → "LocationId", "IfMatch", "DutySessions" */
void components_pascal(const char *text, char *out, size_t size);

#endif
