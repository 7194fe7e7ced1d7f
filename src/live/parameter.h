/* parameter.h: reads the query of routes that have a single parameter. */

#ifndef LIVE_PARAMETER_H
#define LIVE_PARAMETER_H

#include "validation_errors.h"

/* Calls back for each value of the parameter `field`, in order; more than one only if it is
 * MULTIPLE. Adds an error for each parameter that is unknown, repeated, or cannot be decoded, and
 * for a required one that is missing. */
void parameter_read(struct request *request, const struct field *field,
                    struct validation_errors *errors, void (*on_value)(void *arg, struct str value),
                    void *arg);

#endif
