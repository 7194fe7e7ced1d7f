/* request.h: a request with the server's private data. */

#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http.h"
#include "limit.h"

struct head;
struct http_conn;

struct request_private {
	struct request request;
	struct http *http; /* NULL: the server has been freed */
	struct loop *loop;
	struct http_conn *conn; /* NULL: the client disconnected, or the reply was sent */
	struct buf body;        /* if it arrived in several parts */
	struct str raw_path;
	int minor;                              /* HTTP/1.minor */
	unsigned methods;                       /* of the path, from router_find() */
	struct rate_status rate_status[LIMITS]; /* in order of first use; one per class */
	int rate_count;
	int holders;
	bool entered; /* the middleware was entered */
	bool replied;
	bool disconnected;
	struct deferred deferred;
	LIST_ENTRY(request_private) link; /* http->requests, or the free list */
};

LIST_HEAD(request_list, request_private);

/* Copies `bytes`: the head, followed by the body if it has been received. `head` is NULL if no
 * valid head was received. */
struct request_private *request_new(struct http_conn *conn, const struct head *head,
                                    struct str bytes);
void request_append_body(struct request_private *priv, struct str piece);
void request_free_spares(void); /* the free list */

#endif
