/* system_routes.h: routes that do not belong to a resource. */

#ifndef SYSTEM_ROUTES_H
#define SYSTEM_ROUTES_H

#include "http.h"

/* Ends with METHOD_NONE. The module sets `row` of each route to its struct rest. */
extern const struct route system_routes[];

#endif
