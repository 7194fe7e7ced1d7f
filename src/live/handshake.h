/* handshake.h: takes connections over from HTTP. */

#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include "http.h"
#include "ws.h"

/* Checks the limits on connections, for this user (NULL: anonymous). False: the request has been
 * answered with an error. */
[[nodiscard]] bool handshake_check_limits(struct request *request, const char *user_id);

/* Sends the reply, takes the connection over and hands it to ws. */
void handshake_accept(struct request *request, const struct reply *reply,
                      struct ws_incoming *incoming);

extern const struct reply sse_reply; /* the response that begins server-sent events */

/* Handlers of routes: WebSockets with the Centrifugo protocol and with plain JSON, and the
 * streams of the Centrifugo protocol. */
void handshake_centrifuge(struct request *request);
void handshake_json(struct request *request);
void handshake_http_stream(struct request *request);
void handshake_centrifuge_sse(struct request *request);

#endif
