/* system_routes.h: routes that do not belong to a resource. */

#ifndef SYSTEM_ROUTES_H
#define SYSTEM_ROUTES_H

#include "http.h"

/* Their rows are the struct rest. Ends with METHOD_NONE. */
extern const struct route system_routes[];

#endif
