/* shapes.h: what several resources show of each other, in brief (private to the floor). */

#ifndef SHAPES_H
#define SHAPES_H

#include "schema.h"

extern const struct shape location_brief; /* locations.c */
extern const struct shape location_basics;
extern const struct shape user_brief;	  /* users.c */
extern const struct shape user_contact;
extern const struct shape log_item;	  /* logs.c */

#endif
