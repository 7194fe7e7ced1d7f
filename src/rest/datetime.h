/* datetime.h: validates dates and times. */

#ifndef DATETIME_H
#define DATETIME_H

#include "schema.h"

/* Whether `text` is a valid date or time of this type. */
bool datetime_is_valid(enum field_type type, struct str text);

#endif
