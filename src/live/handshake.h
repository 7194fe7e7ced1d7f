/* handshake.h: takes connections over from HTTP (private to the module). */

#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include "publisher.h"

/* Answers with a problem, and with Retry-After if a retry may succeed. */
void handshake_reject(struct request *request, enum problem problem, const char *detail);

/* Reads the only query parameter. False: the request has been answered with an error. */
bool handshake_read_query(struct request *request, const char *expected, struct str *value);

/* Checks the limits on connections, for this user (NULL: anonymous). False: the request has been
 * answered with an error. */
bool handshake_check_limits(struct request *request, const char *user_id);

/* Sends the reply, takes the connection over and hands it to ws. */
void handshake_accept(struct request *request, const struct reply *reply, struct ws_incoming *arrival);

extern const struct reply sse_reply; /* the response that begins server-sent events */

/* sse.c: handler of a route. */
void sse_open(struct request *request);

#endif
