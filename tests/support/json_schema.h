/* json_schema.h: checks a JSON value against a JSON Schema of the API description.
 *
 * It supports the keywords that the API description uses. Any other keyword is an error, so that
 * nothing goes unchecked. */

#ifndef JSON_SCHEMA_H
#define JSON_SCHEMA_H

#include "json.h"

/* NULL: the value is valid. Otherwise what is wrong and where, valid until the next call. `root` is
 * the whole document, to resolve "$ref". */
const char *json_schema_check(const struct json *root, const struct json *schema,
                              const struct json *value);

/* What "#/components/schemas/Log" refers to, if the value is a reference; otherwise the value. */
const struct json *json_schema_resolve(const struct json *root, const struct json *value);

#endif
