/* security_headers.h: adds security headers to replies. */

#ifndef HTTP_SECURITY_HEADERS_H
#define HTTP_SECURITY_HEADERS_H

#include "http.h"

void security_headers_leave(struct request *request, const struct reply *reply, struct buf *head);

#endif
