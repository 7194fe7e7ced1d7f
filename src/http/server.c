/* server.c: changes the server's state on behalf of its connections and replies. */

#include <event2/event.h>

#include "server.h"

void http_resume_later(struct http *http, struct http_conn *conn)
{
	conn->resuming = true;
	TAILQ_INSERT_TAIL(&http->resuming, conn, resuming_link);
	/* With a timer: event_active() would run it in this turn, before the other connections. */
	if (!evtimer_pending(http->resume_timer, NULL))
		evtimer_add(http->resume_timer, &(struct timeval){ 0 });
}

void http_check_drained(struct http *http)
{
	if (http->draining && !http->conn_count && !http->active_requests && !http->accepting)
		event_active(http->drained_event, EV_TIMEOUT, 0);
}
