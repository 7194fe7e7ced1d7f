/* ws.h: realtime connections: clients, the channels they subscribe to, and event delivery.
 *
 * A client arrives on a connection taken over from HTTP and uses one of several protocols. It
 * subscribes to channels, whose events are numbered 1, 2, 3 …. From the offset at which it
 * subscribed it receives each event exactly once and in order. If that is not possible, it is
 * disconnected with a code that says so.
 *
 * The caller publishes events (ws_publish) and answers queries about who a client is and what it
 * may subscribe to (struct ws_handlers). */

#ifndef WS_H
#define WS_H

#include <netinet/in.h>

#include "loop.h"
#include "uuid.h"

struct config;

struct ws;

enum ws_protocol {
#define PROTOCOL(name, ...) WS_##name,
#include "table/protocols.def"
#undef PROTOCOL
	WS_PROTOCOLS
};

struct ws_identity {
	char id[UUID_SIZE];   /* empty: anonymous */
	long long expires_ms; /* token expiry in wall-clock time; 0: never */
};

/* An event. All strings are borrowed from the caller. */
struct ws_event {
	struct str channel;
	long long offset;          /* position in the channel */
	struct str type, data, at; /* data is JSON; at is RFC 3339 */
	/* Re-authorize every subscriber of the channel before delivering it. */
	bool revokes;
};

/* ---- Queries to the caller ---- */

enum ws_query_kind {
	WS_AUTHENTICATE,    /* the user of a token */
	WS_RECHECK_USER,    /* whether the user is still active */
	WS_RECHECK_CHANNEL, /* whether the client may stay subscribed to this channel */
	WS_SUBSCRIBE,       /* whether the client may subscribe; the offset and missed events */
	WS_HISTORY,         /* events published on the channel */
	WS_PRESENCE,        /* users present on the channel */
};

struct ws_query {
	enum ws_query_kind kind;
	struct ws_identity identity; /* the client */
	struct str text;             /* the token, or the channel; valid as long as the query */
	bool has_since;
	/* SUBSCRIBE: last offset the client received; HISTORY: start after this offset */
	long long since;
	char epoch[40];     /* epoch of that offset; empty: not given */
	int max;            /* HISTORY: maximum number of events */
	bool reverse;       /* HISTORY: newest first */
	void *handler_data; /* for the handler's use */
};

/* Error codes are Centrifugo's, so that its clients react to them correctly. */
enum ws_error {
	WS_OK = 0,
#define WS_ERROR(name, number, ...) WS_##name = (number),
#include "table/ws_errors.def"
#undef WS_ERROR
};

struct ws_reply {
	enum ws_error error;
	struct ws_identity identity; /* AUTHENTICATE */
	struct str epoch;            /* SUBSCRIBE, HISTORY */
	long long offset;            /* last offset of the channel */
	bool recovered; /* SUBSCRIBE with `since`: `events` holds everything after it */
	const struct ws_event *events;
	size_t count;
	struct str body; /* PRESENCE: {"id": {"client", "user"}, …} */
};

struct ws_handlers {
	void *context;
	/* Answered with ws_reply() exactly once, now or later, unless cancelled. */
	void (*query)(void *context, struct ws_query *query);
	void (*cancel)(void *context, struct ws_query *query);
	/* Fetch the events after that offset and pass them to ws_publish() in order. Not called
	 * again for the channel before ws_backfill_done(). */
	void (*backfill)(void *context, const char *channel, long long after);
};

[[nodiscard]] struct ws *ws_new(struct loop *loop, const struct config *config,
                                const struct ws_handlers *handlers);
void ws_free(struct ws *ws);

void ws_reply(struct ws *ws, struct ws_query *query, const struct ws_reply *reply);

/* ---- Calls from the publisher ---- */

void ws_publish(struct ws *ws, const struct ws_event *event);
/* The channel has reached this offset, whether or not its events were published here. */
void ws_offset_seen(struct ws *ws, struct str name, long long offset);
/* The handler has published everything it could fetch. */
void ws_backfill_done(struct ws *ws, const char *name);
/* The missing events are gone for good, or the offset was never valid: disconnects the channel's
 * subscribers with a code that makes them start over. */
void ws_reset_channel(struct ws *ws, const char *name);
/* The user's role has changed, or the user was archived. NULL: re-check every user. */
void ws_recheck(struct ws *ws, const char *user_id);

/* Calls back for every channel in use, with its last published offset (-1: not known yet). */
void ws_each_channel(struct ws *ws, void (*call)(void *arg, const char *channel, long long offset),
                     void *arg);

/* ---- Connections ---- */

struct ws_incoming {
	enum ws_protocol protocol;
	int fd; /* owned by ws from here on */
	struct in6_addr address;
	struct ws_identity identity; /* if already authenticated */
	struct str rest;             /* bytes received after the request */
	struct str token;   /* from a header, for protocols whose messages may carry none */
	struct str payload; /* from the request itself: commands, or the list of channels */
	struct str last_event_id;
	const char *key, *subprotocol; /* from the WebSocket handshake */
};

/* Whether one more connection is allowed for this user (NULL: anonymous) and address. */
[[nodiscard]] bool ws_has_capacity(const struct ws *ws, const struct in6_addr *address,
                                   const char *user_id);
void ws_accept(struct ws *ws, const struct ws_incoming *incoming);

/* Passes commands to the client with this session, which cannot send on its own connection. False:
 * there is no such session. */
bool ws_session_receive(struct ws *ws, struct str session, struct str commands);
const char *ws_node(const struct ws *ws); /* ID of this process; Centrifugo's "node" */

/* Disconnects all clients in batches; calls done() when the last one is gone. */
void ws_drain(struct ws *ws, void (*done)(void *arg), void *arg);

struct ws_connection_info {
	const char *id, *protocol, *user_id; /* user_id: empty if anonymous */
	struct in6_addr address;
	long long connected_at_ms; /* wall-clock time of the connect */
	size_t channels;
};

size_t ws_connection_count(const struct ws *ws);
size_t ws_subscription_count(const struct ws *ws); /* over all clients and channels */
/* Of one channel. */
size_t ws_subscriber_count(const struct ws *ws, struct str name);
/* Whether any channel has subscriptions or pending subscribes. */
bool ws_has_channels(const struct ws *ws);
/* In order of arrival; `skip` connections are skipped. */
void ws_each_connection(const struct ws *ws, size_t skip, size_t max,
                        void (*call)(void *arg, const struct ws_connection_info *connection),
                        void *arg);

#endif
