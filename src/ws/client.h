/* client.h: one connected client.
 *
 * See channel.h and protocol.h for the call cycles that client.c is part of. */

#ifndef WS_CLIENT_H
#define WS_CLIENT_H

#include "conn_index.h"
#include "protocol.h"
#include "transport.h"
#include "ws.h"

struct pending_query;
struct subscription;

struct client {
	struct peer peer;
	struct ws *ws;
	const struct protocol *protocol;
	struct ws_identity identity;
	/* Connect time (wall clock); next ping, or authentication deadline. */
	long long connected_at_ms, due_ms;
	bool accepted;                       /* authenticated, or accepted as anonymous */
	bool alive;                          /* has answered the last ping */
	bool held;                           /* delivery is held */
	bool flush_queued;                   /* in ws->flush_queue */
	bool disconnecting;                  /* a disconnect was sent */
	long long query_credit_ms;           /* time until which its query rate is used up */
	unsigned sub_count, query_count;     /* pending queries, without re-checks */
	struct pending_query *recheck;       /* pending re-check of the user; NULL: none */
	TAILQ_HEAD(, subscription) subs;     /* subscription.client_link */
	TAILQ_HEAD(, pending_query) pending; /* pending_query.link */
	struct buf outbox;                   /* pending output */
	TAILQ_ENTRY(client) link;            /* ws->clients, in order of arrival */
	TAILQ_ENTRY(client) due_link;        /* ws->unauthenticated or ws->pinged */
	TAILQ_ENTRY(client) flush_link;
	/* Groups by address, user and session. */
	struct conn_entry address_entry, user_entry, session_entry;
	unsigned long long id; /* printed in hexadecimal; random, so that it cannot be guessed */
	void *protocol_data;   /* protocol state; freed with the client */
};

TAILQ_HEAD(clients, client);

/* The client is freed when its peer is closed. */
void client_new(struct ws *ws, const struct ws_incoming *incoming);
/* Framed in the client's encoding. */
void client_send(struct client *client, struct str text);
void client_send_raw(struct client *client, struct str bytes);
void client_flush(struct client *client);
/* Appends input to a bounded queue, followed by this separator. */
void client_queue_input(struct client *client, struct buf *queue, struct str input, char separator);
/* Whether so many queries are pending that further input must wait. */
bool client_at_query_limit(const struct client *client);
void client_disconnect(struct client *client, enum disconnect why);
struct subscription *client_subscription(const struct client *client, struct str channel);
/* Pending subscribe; NULL: none. */
struct pending_query *client_pending_subscribe(const struct client *client, struct str channel);
/* WS_OK: it may subscribe. */
enum ws_error client_check_subscribe(const struct client *client, struct str channel);
/* Also cancels a pending subscribe. */
void client_unsubscribe(struct client *client, struct str channel);
/* False: too many connections of the user. */
bool client_set_identity(struct client *client, const struct ws_identity *identity);
void client_ping(struct client *client);

#endif
