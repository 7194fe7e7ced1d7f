/* http_stream.h: the transport over a connection whose HTTP response has begun and does not end.
 * Input is discarded, up to a bound; a disconnect is noticed. */

#ifndef WS_HTTP_STREAM_H
#define WS_HTTP_STREAM_H

struct loop;
struct peer;

void http_stream_open(struct loop *loop, struct peer *peer, int fd);
void http_stream_free(struct peer *peer); /* now; calls on_closed() before it returns */

#endif
