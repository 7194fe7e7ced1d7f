/* conn.h: a TCP connection. Its `state` says what it is doing; each state is a list of connections.
 *
 * These files call each other: conn.c, evhtp.c, request_reader.c, middleware.c, cors.c, limit.c,
 * problem.c and reply.c. A request runs inside the call that passes on its last byte, and its reply
 * can be sent inside that call, which changes the connection that is being read. evhtp.c also
 * calls back when libevhtp has written or lost a connection, and access_log.c, which is part of the
 * middleware, looks up the status of a reply in reply.c. */

#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <event2/event_struct.h>
#include <netinet/in.h>
#include <sys/queue.h>

#include "chunk.h"
#include "str.h"

struct http;
struct request_private;

enum http_conn_state {
	CONN_IDLE,         /* no byte of the next request received */
	CONN_READING_HEAD, /* receiving a head */
	CONN_READING_BODY, /* receiving a body */
	CONN_HANDLING,     /* a request is being handled */
	CONN_WRITING,      /* the reply waits for the client to read */
	CONN_LINGERING,    /* write side shut down; input is discarded */
	CONN_STATES,
};

/* Time a body or a reader may make no progress. */
enum { GRACE_US = 5 * 1000 * 1000 };

struct http_conn {
	struct http *http;
	enum http_conn_state state;
	TAILQ_ENTRY(http_conn) link;          /* http->conns[state] */
	TAILQ_ENTRY(http_conn) resuming_link; /* http->resuming */
	long long since_us;                   /* time of entering the state */
	long long deadline_us;                /* body, writing: deadline; progress extends it */
	size_t last_count;                    /* body, writing: at last check; linger: total */
	unsigned served;

	int fd;
	struct event readable;
	struct buf pending;   /* received but not yet parsed */
	size_t scanned;       /* bytes of the pending head known to contain no line feed */
	size_t needed;        /* from head_read() */
	struct str following; /* input after the request while run() is called; else at is NULL */

	struct request_private *priv; /* the current request, from its complete head to its reply */
	struct chunk_decoder chunks;
	size_t body_left;
	bool chunked;

	bool reading;  /* the event is added */
	bool eof;      /* the peer has shut down its write side */
	bool closing;  /* close after the current reply */
	bool http10;   /* HTTP/1.0: keep-alive must be confirmed */
	bool resuming; /* in http->resuming: `pending` may hold complete requests */
	bool closed;   /* closed; freed when `depth` drops to zero */
	int depth;

	bool trusted;         /* the peer is a trusted proxy */
	struct in6_addr peer; /* IPv4 is mapped */
	char client[INET6_ADDRSTRLEN];
};

TAILQ_HEAD(http_conns, http_conn);

void http_conn_open(struct http_conn *conn, struct http *http, int fd, const struct sockaddr *peer);
void http_conn_set_state(struct http_conn *conn, enum http_conn_state state);
/* Sends a reply and ends the current request. */
void http_conn_reply(struct http_conn *conn, struct str head, struct str body);
/* Sends `head` and closes the connection without its descriptor, which is returned; -1 if the
 * socket did not accept all bytes at once. `rest` receives the input after the request. */
int http_conn_detach(struct http_conn *conn, struct str head, struct buf *rest);
void http_conn_resume(struct http_conn *conn);     /* handles input kept in `pending` */
void http_conn_on_written(struct http_conn *conn); /* all queued output has been sent */
void http_conn_abort(struct http_conn *conn);      /* closes it; notifies the current request */

#endif
