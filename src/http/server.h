/* server.h: the server's state, and functions by which connections and replies change it.
 *
 * http.c creates the server and starts everything that uses this state. */

#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "conn.h"
#include "request.h"

struct http {
	struct loop *loop;
	const struct config *config;
	struct listener *listener;
	struct router *router;
	struct access_log *access_log;
	struct forwarded *forwarded;
	struct cors *cors;
	struct limits *limits;
	struct compressor *compressor; /* NULL: replies are not compressed */

	struct http_conns conns[CONN_STATES]; /* conn.link */
	struct http_conns resuming;           /* conn.resuming_link */
	struct request_list requests;         /* priv.link: all live requests */
	long long conn_count;                 /* connections */
	long long active_requests;            /* requests entered and not yet replied to */
	long long body_bytes; /* allocated for bodies that arrived in several parts */
	long long unsent;     /* queued reply bytes, at the last count */

	struct event *resume_timer; /* resumes connections on the next turn */
	struct event *timeout_timer;
	struct event *drained_event;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;
	bool accepting; /* connections; until the listener is stopped */

	struct buf out;     /* the reply being built */
	struct buf problem; /* its body, if it is a problem */
};

/* Schedules http_conn_resume() for the next turn. */
void http_resume_later(struct http *http, struct http_conn *conn);
/* Schedules drained() if the server is draining and nothing is left to wait for. */
void http_check_drained(struct http *http);

#endif
