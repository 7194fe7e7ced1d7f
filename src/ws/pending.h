/* pending.h: the queries of clients that are not answered yet.
 *
 * See channel.h for the call cycle that pending.c is part of. */

#ifndef WS_PENDING_H
#define WS_PENDING_H

#include "ws.h"

struct channel;
struct client;
struct subscription;

enum {
	MAX_CLIENT_QUERIES = 32,   /* pending per client; its further commands wait */
	QUERY_INTERVAL_MS = 50,    /* sustained interval of a client's queries */
	MAX_ACTIVE_QUERIES = 256,  /* of all clients; leaves capacity of the database to others */
	MAX_QUEUED_QUERIES = 4096, /* waiting for those; takes about a second */
};

struct pending_query {
	struct ws_query query;
	struct client *client;
	struct channel *channel;         /* SUBSCRIBE: held; otherwise NULL */
	struct subscription *sub;        /* re-check of a subscription; otherwise NULL */
	long long command_id;            /* ID of the command to reply to */
	bool server_side;                /* SUBSCRIBE: made by the server */
	bool queued;                     /* in ws->recheck_queue or ws->query_queue: not sent yet */
	bool repeat;                     /* permissions have changed since it was sent: repeat it */
	TAILQ_ENTRY(pending_query) link; /* client->pending */
	TAILQ_ENTRY(pending_query) wait_link; /* ws->recheck_queue or ws->query_queue */
	char text[];
};

/* Starts a query of the client, which the caller completes and sends; NULL: it has too many.
 * `text`: token or channel. */
struct pending_query *pending_start(struct client *client, enum ws_query_kind kind,
                                    struct str text);
bool pending_over_rate(const struct client *client); /* a further query is rejected */
void pending_send(struct pending_query *pending);
void pending_send_queued(struct ws *ws);            /* queued ones, as many as may be active */
void pending_cancel(struct pending_query *pending); /* also one that is not sent yet */
/* After a SUBSCRIBE was granted: subscribes the client at the reply's offset. */
struct subscription *pending_subscribe(struct pending_query *pending, const struct ws_reply *reply);

/* For recheck.c: without the limits of a client's own queries. */
struct pending_query *pending_new(struct client *client, enum ws_query_kind kind, struct str text);
void pending_free(struct pending_query *pending);

#endif
