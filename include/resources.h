/* resources.h: all resources in the order of the documentation; ends with NULL. */

#ifndef RESOURCES_H
#define RESOURCES_H

#include "schema.h"

extern const struct resource *const resources[];

#endif
