/* cors.h: which web origins can use the API. */

#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "http.h"

struct cors;

bool cors_check_config(const struct config *config, struct buf *errors);
struct cors *cors_new(const struct config *config);
void cors_free(struct cors *cors);
bool cors_enter(struct request *request);
void cors_leave(struct request *request, const struct reply *reply, struct buf *head);

#endif
