/* resources.h: all resources and events of this program. */

#ifndef RESOURCES_H
#define RESOURCES_H

#include "schema.h"

/* All resources, in the order of the documentation; ends with NULL. */
extern const struct resource *const resources[];

/* All events; ends with one without a type. */
extern const struct event all_events[];

#endif
