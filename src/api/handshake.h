/* handshake.h: takes connections over from HTTP (private to the module). */

#ifndef API_SOCKETS_H
#define API_SOCKETS_H

#include "publisher.h"

/* Answers with a problem, and with Retry-After if a retry may succeed. */
void socket_refuse(struct request *request, enum problem problem, const char *detail);

/* Reads the only query parameter. False: the request has been answered with an error. */
bool socket_read_query(struct request *request, const char *known, struct str *value);

/* Checks the limits on connections, for this user (NULL: anonymous). False: the request has been
 * answered with an error. */
bool socket_has_room(struct request *request, const char *user_id);

/* Sends the reply, takes the connection over and hands it to ws. */
void socket_arrive(struct request *request, const struct reply *reply, struct ws_arrival *arrival);

extern const struct reply event_stream; /* the response that begins server-sent events */

/* sse.c: handler of a route. */
void eventstream_open(struct request *request);

#endif
