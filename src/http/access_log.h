/* access_log.h: a log line and a metric for each reply. */

#ifndef HTTP_ACCESS_LOG_H
#define HTTP_ACCESS_LOG_H

#include "http.h"

struct access_log;

struct access_log *access_log_new(const struct route *routes, size_t count);
void access_log_free(struct access_log *access_log);
bool access_log_enter(struct request *request);
void access_log_leave(struct request *request, const struct reply *reply, struct buf *head);

#endif
