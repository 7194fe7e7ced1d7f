/* compressor.h: compresses the bodies of replies. */

#ifndef HTTP_COMPRESSOR_H
#define HTTP_COMPRESSOR_H

#include "http.h"

struct compressor;

typedef void send_reply_fn(struct request *request, const struct reply *reply);

struct compressor *compressor_new(struct loop *loop);
void compressor_free(struct compressor *compressor); /* after the last reply was sent */

/* Whether a body of this length can be compressed now. */
bool compressor_has_room(const struct compressor *compressor, size_t length);

/* Passes the reply with its compressed body to send(): at once, or on a later turn if the body is
 * large. All members of the reply except the body must live as long as the request. */
void compressor_run(struct compressor *compressor, struct request *request,
                    const struct reply *reply, send_reply_fn *send);

#endif
