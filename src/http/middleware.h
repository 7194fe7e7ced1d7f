/* middleware.h: the middleware that every request passes before its route, and its reply after it.
 *
 * See conn.h for the call cycle that middleware.c is part of. */

#ifndef HTTP_MIDDLEWARE_H
#define HTTP_MIDDLEWARE_H

#include "http.h"

/* Enters all rows, then runs the route. */
void middleware_run(struct request *request);
/* Enters only the rows marked `always`. */
void middleware_enter_rejected(struct request *request);
void middleware_leave(struct request *request, const struct reply *reply, struct buf *head);

#endif
