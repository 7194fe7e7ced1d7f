/* bad_values.h: what a field takes, and what it does not; as its row in a table says.
 *
 * Values are JSON, written with ' for ". */

#ifndef BAD_VALUES_H
#define BAD_VALUES_H

#include "schema.h"
#include "e2e.h"

struct bad {
	struct str value;
	const char *code; /* of the fault; "BAD_JSON": it is none at all, and answered 400 */
};

enum { BADS = 64 };

/* Fills `out`, returns how many. Of a list, also what is wrong with an entry of it; of
 * objects, what is in them is the caller's affair. */
size_t bad_values(const struct field *field, struct bad out[BADS]);
/* The same of a query parameter: plain text, to be encoded. */
size_t bad_parameters(const struct field *field, struct bad out[BADS]);

/* One that it takes; the same, as a parameter. */
const char *good_value(const struct field *field);
const char *good_parameter(const struct field *field);
/* With what must be given: what is REQUIRED, or REQUIRED_ON_UPDATE. */
const char *good_object(const struct shape *shape, enum field_rule must);

/* So many times. */
const char *repeated(long count, const char *text);

#endif
