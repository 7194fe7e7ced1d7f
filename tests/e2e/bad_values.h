/* bad_values.h: valid and invalid values of a field, derived from its row in a table.
 *
 * Values are JSON with ' for ". */

#ifndef BAD_VALUES_H
#define BAD_VALUES_H

#include "schema.h"
#include "e2e.h"

struct bad_value {
	struct str value;
	const char *code;  /* of the error; "BAD_JSON": the body is rejected with 400 */
	const char *entry; /* pointer from the list to the invalid entry, or "" */
};

enum { MAX_BAD_VALUES = 64 };

/* Fills `out` and returns the count. Covers the items of lists, but not the members of objects:
 * callers call it for each of those. */
size_t bad_values(const struct field *field, struct bad_value out[MAX_BAD_VALUES]);
/* The same for a query parameter: text that is not yet percent-encoded. */
size_t bad_parameters(const struct field *field, struct bad_value out[MAX_BAD_VALUES]);

/* A valid value, as JSON or as the text of a parameter. */
const char *valid_value(const struct field *field);
const char *valid_parameter(const struct field *field);
/* An object with the fields that have this rule: REQUIRED or REQUIRED_ON_UPDATE. */
const char *valid_object(const struct shape *shape, enum field_rule required);

/* The text, `count` times. */
const char *repeat(long count, const char *text);

#endif
