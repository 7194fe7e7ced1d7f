/* request_reader.h: turns input into requests.
 *
 * See conn.h for the call cycle that request_reader.c is part of. */

#ifndef HTTP_REQUEST_READER_H
#define HTTP_REQUEST_READER_H

#include "http_problems.h"

struct http_conn;

/* Returns the input it could not process yet. */
struct str reader_run(struct http_conn *conn, struct str in);
void reader_reject(struct http_conn *conn, enum http_problem problem, const char *detail);
/* Drops the current request, which will not be run because the peer left before it was complete. */
void reader_drop(struct http_conn *conn);

#endif
