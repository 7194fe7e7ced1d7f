/* field.h: validates a value against its field. */

#ifndef FIELD_H
#define FIELD_H

#include "json.h"
#include "schema.h"

struct field_error {
	const char *code; /* NULL: valid */
	char detail[200];
};

struct field_error field_check(const struct field *field, const struct json *value);
/* The same for a path or query parameter. */
struct field_error field_check_text(const struct field *field, struct str text);

#endif
