/* ws_private.h: declarations shared by the files of ws.
 *
 * A *client* is one connection; a *subscription* is one client on one channel, with its position
 * in the channel's ring. A channel exists while it has subscriptions or pending subscribes. */

#ifndef WS_PRIVATE_H
#define WS_PRIVATE_H

#include <event2/event.h>

#include "arena.h"
#include "transport.h"
#include "ws.h"

/* Encodings of an event. */
enum encoding {
	ENCODING_CENTRIFUGE_FRAME,
	ENCODING_CENTRIFUGE_LINE,
	ENCODING_CENTRIFUGE_SSE,
	ENCODING_JSON_FRAME,
	ENCODING_SSE,
	ENCODINGS
};

enum {
	SUBS_PER_SLICE = 32,		/* subscriptions served per turn */
	MAX_WRITE = 16 * 1024,	/* bytes written to one client before others are served */
	MAX_CHANNEL_NAME = 128,
	MAX_CLIENT_QUERIES = 32,		/* pending per client; its further commands wait */
	QUERY_INTERVAL_MS = 50,		/* sustained interval of a client's queries */
	MAX_ACTIVE_QUERIES = 256,	/* of all clients; leaves capacity of the database to others */
	MAX_QUEUED_QUERIES = 4096,	/* waiting for those; takes about a second */
	AUTHENTICATE_MS = 10 * 1000, /* time to authenticate */
};

enum disconnect {
#define DISCONNECT(name, ...) DISCONNECT_##name,
#include "table/disconnects.def"
#undef DISCONNECT
	DISCONNECTS
};

struct disconnect_row {
	int code;
	const char *reason;
};

extern const struct disconnect_row disconnects[DISCONNECTS];

struct ws_error_row {
	int number;
	const char *message;
	bool temporary;
};

const struct ws_error_row *ws_error_row(enum ws_error error);

/* ---- message.c: encoded events ---- */

/* One event of a channel. Each encoding is made when it is first needed. */
struct message {
	struct ws_event event;	/* its strings follow the struct */
	struct str encoded[ENCODINGS]; /* owned; at is NULL until encoded */
	size_t bytes;		/* of this struct and its strings, not of the encodings */
};

struct message *message_new(const struct ws_event *event);
void message_free(struct message *message);
struct str message_encoded(struct message *message, enum encoding encoding);
/* Writes {"type", "data", "timestamp"}; channel and offset too if asked for. */
void encode_event(struct buf *out, const struct ws_event *event, bool with_position);
/* Frames a text in this encoding. */
void encoding_wrap(struct buf *out, enum encoding encoding, struct str text);

/* ---- channel.c: channels and subscriptions ---- */

struct client;
struct channel;

struct subscription {
	struct client *client;
	struct channel *channel;
	long long delivered;	/* last offset delivered */
	bool lagging;		/* its client is full and has not received everything */
	bool server_side;		/* made by the server, not requested by the client */
	unsigned char index;	/* SSE: index of the channel in the request */
	struct pending_query *recheck;	/* pending re-check, which holds delivery; NULL: none */
	TAILQ_ENTRY(subscription) client_link;	/* client->subs */
	TAILQ_ENTRY(subscription) channel_link;	/* channel->subs */
};

struct channel {
	struct ws *ws;
	TAILQ_ENTRY(channel) link;	/* ws->channels */
	struct channel *next;		/* in its hash bucket */
	uint64_t hash;
	TAILQ_HEAD(, subscription) subs;		/* subscription.channel_link */
	size_t sub_count, lagging_count;
	int pending_count;			/* pending subscribes */

	long long last_offset;	/* last published offset; -1: not known yet */
	long long known_offset;	/* last offset known to exist */
	long long recheck_offset; /* offset of the last event that re-checked all subscribers; 0: none */
	long long backfill_from;	/* `last_offset` when the backfill was requested */
	bool backfilling;	/* a backfill is pending */
	struct message **ring; /* ring[offset & (ring_size - 1)] holds the last `ring_count` messages */
	size_t ring_size, ring_count, ring_bytes;

	bool busy;	/* in ws->busy: has events to deliver */
	long long busy_since_us;
	struct subscription *next_sub;	/* next in this round; NULL: a round begins */
	long long round_offset;	/* `last_offset` at its beginning; -1: another round is needed */
	TAILQ_ENTRY(channel) busy_link;
	char name[];
};

struct channel *channel_find(const struct ws *ws, struct str name);
/* Finds or creates it, and counts a pending subscribe. */
struct channel *channel_hold(struct ws *ws, struct str name);
void channel_release(struct channel *channel); /* the subscribe is over; frees an unused channel */
/* Subscribes from `offset` on: the channel's last one when the database was queried. */
struct subscription *channel_subscribe(struct channel *channel, struct client *client, long long offset);
void subscription_free(struct subscription *sub);
void subscription_deliver(struct subscription *sub); /* writes undelivered events, as far as the client takes them */
void subscription_deliver_soon(struct subscription *sub); /* in its turn, since there may be many */
int channel_deliver(struct channel *channel, int max); /* returns how many were served */

/* ---- conn_index.c: clients by address, user and session ---- */

struct conn_key {
	uint64_t halves[2];
};

struct conn_entry {
	struct conn_group *group; /* NULL: in no group */
	LIST_ENTRY(conn_entry) link;
};

struct conn_group {
	struct conn_key key;
	size_t count;
	struct conn_group *next;
	LIST_HEAD(, conn_entry) entries; /* conn_entry.link */
};

struct conn_index {
	struct conn_group **table;
	size_t buckets, count;
};

/* NULL: no such group */
struct conn_group *conn_index_find(const struct conn_index *conns, struct conn_key key);
void conn_index_add(struct conn_index *conns, struct conn_key key, struct conn_entry *entry);
void conn_index_remove(struct conn_index *conns, struct conn_entry *entry);
void conn_index_finish(struct conn_index *conns);

struct conn_key conn_key_of_address(const struct in6_addr *address);
struct conn_key conn_key_of_id(const char *text);

/* ---- client.c: clients and protocols ---- */

struct pending_query {
	struct ws_query query;
	struct client *client;
	struct channel *channel; /* SUBSCRIBE: held; otherwise NULL */
	struct subscription *sub;	 /* re-check of a subscription; otherwise NULL */
	long long command_id;	 /* ID of the command to reply to */
	bool server_side;		 /* SUBSCRIBE: made by the server */
	bool queued;		 /* in ws->recheck_queue or ws->query_queue: not sent yet */
	bool repeat;		 /* permissions have changed since it was sent: repeat it */
	TAILQ_ENTRY(pending_query) link;	 /* client->pending */
	TAILQ_ENTRY(pending_query) wait_link; /* ws->recheck_queue or ws->query_queue */
	char text[];
};

struct client {
	struct peer peer;
	struct ws *ws;
	const struct protocol *protocol;
	struct ws_identity identity;
	/* Connect time (wall clock); next ping, or authentication deadline. */
	long long connected_at_ms, due_ms;
	bool accepted;	/* authenticated, or accepted as anonymous */
	bool alive;	/* has answered the last ping */
	bool held;	/* delivery is held */
	bool flush_queued;	/* in ws->flush_queue */
	bool disconnecting;	/* a disconnect was sent */
	long long query_credit_ms;	/* until when its queries use up its rate */
	unsigned sub_count, query_count;	/* pending queries, without re-checks */
	struct pending_query *recheck;	/* pending re-check of the user; NULL: none */
	TAILQ_HEAD(, subscription) subs;	 /* subscription.client_link */
	TAILQ_HEAD(, pending_query) pending; /* pending_query.link */
	struct buf outbox;	/* pending output */
	TAILQ_ENTRY(client) link;	/* ws->clients, in order of arrival */
	TAILQ_ENTRY(client) due_link;	/* ws->unauthenticated or ws->pinged */
	TAILQ_ENTRY(client) flush_link;
	struct conn_entry address_entry, user_entry, session_entry; /* groups by address, user and session */
	unsigned long long id;	/* printed in hexadecimal; random, so that it cannot be guessed */
	void *protocol_data;	/* protocol state; freed with the client */
};

TAILQ_HEAD(clients, client);

/* Implementation of a protocol. */
struct protocol_ops {
	void (*begin)(struct client *client, const struct ws_incoming *incoming);
	void (*on_input)(struct client *client, struct str text);
	void (*on_reply)(struct client *client, struct pending_query *pending, const struct ws_reply *reply);
	void (*run_queued)(struct client *client); /* after each reply: runs queued input; may be NULL */
	void (*ping)(struct client *client);
	/* Notifies the client that the server has ended a subscription. */
	void (*unsubscribed)(struct client *client, const struct subscription *sub, enum ws_error why);
	/* Sends the disconnect message; may be NULL. */
	void (*send_disconnect)(struct client *client, enum disconnect why);
	void (*finish)(struct client *client); /* frees the protocol state; may be NULL */
};

/* proto_sse.c: writes the ID of an event, which holds the client's offsets in all of its channels. */
void proto_sse_write_id(struct buf *out, const struct subscription *sub);

struct protocol {
	const char *name;
	enum encoding encoding;
	bool is_websocket;	/* a WebSocket: the client must answer pings */
	const struct protocol_ops *ops;
};

extern const struct protocol protocols[WS_PROTOCOLS];
extern const struct protocol_ops proto_centrifuge, proto_json, proto_sse;

/* The client is freed when its peer is closed. */
void client_new(struct ws *ws, const struct ws_incoming *incoming);
/* Framed in the client's encoding. */
void client_send(struct client *client, struct str text);
void client_send_raw(struct client *client, struct str bytes);
void client_flush(struct client *client);
/* Appends input to a bounded queue, followed by this separator. */
void client_queue_input(struct client *client, struct buf *queue, struct str input, char separator);
/* So many queries are pending that further input must wait. */
bool client_at_query_limit(const struct client *client);
void client_disconnect(struct client *client, enum disconnect why);
struct subscription *client_subscription(const struct client *client, struct str channel);
/* Pending subscribe; NULL: none. */
struct pending_query *client_pending_subscribe(const struct client *client, struct str channel);
/* WS_OK: it may send the query */
enum ws_error client_check_subscribe(const struct client *client, struct str channel);
/* Also cancels a pending subscribe. */
void client_unsubscribe(struct client *client, struct str channel);
/* False: too many connections of the user. */
bool client_set_identity(struct client *client, const struct ws_identity *identity);
void client_ping(struct client *client);

/* ---- pending.c: queries of clients ---- */

bool client_over_query_rate(const struct client *client);
/* Starts a query of the client; NULL: it has too many. `text`: token or channel. */
struct pending_query *client_query(struct client *client, enum ws_query_kind kind, struct str text);
void pending_send(struct pending_query *pending);
void pending_send_queued(struct ws *ws); /* queued ones, as many as may be active */
struct pending_query *pending_new(struct client *client, enum ws_query_kind kind, struct str text);
void pending_free(struct pending_query *pending);
void pending_cancel(struct pending_query *pending); /* also one that is not sent yet */
/* After a SUBSCRIBE was granted: subscribes the client at the reply's offset. */
struct subscription *pending_subscribe(struct pending_query *pending, const struct ws_reply *reply);

/* ---- recheck.c: re-authorization ---- */

bool is_recheck(const struct pending_query *pending); /* re-check, not a query of the client */
void client_recheck(struct client *client);	/* first the user, then the subscriptions */
void subscription_recheck(struct subscription *sub);
void subscription_cancel_recheck(struct subscription *sub);		/* when the subscription ends */
void recheck_on_reply(struct pending_query *pending, const struct ws_reply *reply);
void recheck_send_queued(struct ws *ws);
void pending_cancel_recheck(struct pending_query *pending);

/* ---- hub.c: state of ws ---- */

struct ws {
	struct loop *loop;
	const struct config *config;
	struct ws_handlers handlers;
	struct websocket_server *websockets;
	char node[UUID_SIZE];

	TAILQ_HEAD(, channel) channels, busy; /* channel.link, channel.busy_link */
	struct channel **table;
	size_t buckets, channel_count, sub_count;

	struct clients clients, unauthenticated, pinged, flush_queue;
	size_t client_count;
	struct metric_series *connections_of[WS_PROTOCOLS]; /* connections per protocol */
	struct metric_series *publish_to_send;
	unsigned long long accepted; /* clients accepted so far */
	struct conn_index by_address, by_user, by_session;

	TAILQ_HEAD(, pending_query) query_queue; /* pending_query.wait_link: wait for active ones to finish */
	int active_queries, queued_queries;
	TAILQ_HEAD(, pending_query) recheck_queue; /* same, for re-checks */
	int active_rechecks;
	bool rechecks_paused; /* a re-check could not be answered: no more until the next second */

	struct event *tick, *work; /* every second; next slice and queued queries */
	struct deferred flush;	   /* writes the turn's output */
	struct buf scratch;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;
};

void hub_wake(struct ws *ws);	/* continue on the next turn */
void hub_mark_busy(struct channel *channel);
void hub_flush_soon(struct client *client); /* flushes its outbox at the end of the turn */
void hub_add_client(struct client *client);
void hub_remove_client(struct client *client);

#endif
