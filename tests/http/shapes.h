/* shapes.h: requests as they come, good and bad, with what is answered. */

#ifndef SHAPES_H
#define SHAPES_H

#include "str.h"

struct shape {
	const char *name;
	struct str bytes;
	const char *statuses; /* "200 404"; "" when the caller leaves in the midst of it */
};

extern const struct shape shapes[];
extern const size_t shape_count;

/* Those that are too long to be written down, made on first use. */
const struct shape *long_shapes(size_t *count);

#endif
