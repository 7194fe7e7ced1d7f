/* json_schema.h: does a JSON value satisfy a schema of our contract?
 *
 * Of JSON Schema it knows what the contract uses; any other word in a schema is a
 * complaint, so that nothing goes unchecked. */

#ifndef JSON_SCHEMA_H
#define JSON_SCHEMA_H

#include "json.h"

/* NULL: it does. Otherwise what is wrong and where; lent until the next call.
 * `root` is the whole document, for "$ref". */
const char *json_schema_check(const struct json *root, const struct json *schema, const struct json *value);

#endif
