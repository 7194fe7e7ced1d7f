/* samples.h: sample requests, valid and invalid, and the expected statuses. */

#ifndef SHAPES_H
#define SHAPES_H

#include "str.h"

struct shape {
	const char *name;
	struct str bytes;
	const char *statuses; /* "200 404"; "" if the client disconnects within the request */
};

extern const struct shape shapes[];
extern const size_t shape_count;

/* Samples too long to write as literals; created on first use. */
const struct shape *long_shapes(size_t *count);

#endif
