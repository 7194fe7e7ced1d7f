/* object.h: validates a JSON object against fields. */

#ifndef OBJECT_H
#define OBJECT_H

#include "json.h"
#include "schema.h"
#include "validation_errors.h"

/* `is_update`: absent fields keep their values, so only REQUIRED_ON_UPDATE fields are required. */
void object_check(const struct field *fields, const struct json *object, bool is_update,
                  struct validation_errors *errors);

#endif
