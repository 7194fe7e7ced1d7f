/* listener.h: the interface of evhtp.c: the listener, and the sockets of connections. It is not
 * named after evhtp.c because libevhtp's own header has that name.
 *
 * See conn.h for the call cycle that evhtp.c is part of. */

#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "str.h"

struct config;
struct http;
struct http_conn;
struct listener;

/* ---- The listener ---- */

bool listener_check_config(const struct config *config, struct buf *errors);
struct listener *listener_new(struct http *http, const char *host, int port);
void listener_free(struct listener *listener);
int listener_port(const struct listener *listener);
void listener_stop(struct listener *listener);
void listener_resume(struct listener *listener); /* after running out of descriptors */

/* ---- Connections ---- */

/* Passes a newly written head of the current request to libevhtp. False if libevhtp did not accept
 * it. */
bool http_conn_feed_evhtp(struct http_conn *conn);
/* Sends head and body; what the socket does not accept at once is queued. False if the connection
 * is broken or the queue is full. */
bool http_conn_send(struct http_conn *conn, struct str head, struct str body);
size_t http_conn_unsent(const struct http_conn *conn);
bool http_conn_reset_evhtp(struct http_conn *conn); /* prepares libevhtp for the next request */
void http_conn_free_evhtp(struct http_conn *conn);  /* frees libevhtp's connection and closes it */
void http_conn_release_fd(struct http_conn *conn);  /* keeps the descriptor open on close */
void http_conn_shut_write(struct http_conn *conn);  /* shuts down the write side */
void http_conn_free(struct http_conn *conn);        /* frees its memory, which evhtp.c allocated */

#endif
