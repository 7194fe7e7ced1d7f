/* sockets.h: what those need who let a connection leave HTTP. */

#ifndef API_SOCKETS_H
#define API_SOCKETS_H

#include "stream.h"

/* With Retry-After where it may help to come again. */
void socket_refuse(struct request *request, enum problem problem, const char *detail);

/* The one parameter that is known. False: it has been refused. */
bool socket_read_query(struct request *request, const char *known, struct str *value);

/* Is there room for one more, of this person (NULL: nobody)? False: it has been refused. */
bool socket_has_room(struct request *request, const char *user_id);

/* The connection is taken, after this reply, and whoever has it listens. */
void socket_arrive(struct request *request, const struct reply *reply, struct ws_arrival *arrival);

extern const struct reply event_stream; /* with which server-sent events begin */

/* eventstream.c: a route's run(). */
void eventstream_open(struct request *request);

#endif
