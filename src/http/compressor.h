/* compressor.h: compresses the bodies of replies. */

#ifndef HTTP_COMPRESSOR_H
#define HTTP_COMPRESSOR_H

#include "http.h"

struct compressor;

typedef void send_reply_fn(struct request *request, const struct reply *reply);

struct compressor *compressor_new(struct loop *loop);
void compressor_free(struct compressor *compressor); /* when no request waits for it */

/* Whether a body of this length can be compressed now. */
bool compressor_has_room(const struct compressor *compressor, size_t length);

/* Passes the reply, with its body compressed, to send(): at once, or on a later turn if the body
 * is large. Then all of the reply but its body must live as long as the request. */
void compressor_run(struct compressor *compressor, struct request *request,
                    const struct reply *reply, send_reply_fn *send);

#endif
