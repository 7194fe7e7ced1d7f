/* ws.h: realtime connections: clients, the channels they subscribe to, and event delivery.
 *
 * A client arrives on a connection taken over from HTTP and uses one of several protocols. It
 * subscribes to channels, whose events are numbered 1, 2, 3 …. From the offset at which it
 * subscribed it receives each event exactly once and in order, or is disconnected with a code
 * that says it cannot.
 *
 * The caller publishes events (ws_tell) and answers queries about who a client is and what it
 * may subscribe to (struct ws_above). */

#ifndef WS_H
#define WS_H

#include <netinet/in.h>

#include "loop.h"
#include "uuid.h"

struct config;

struct ws;

enum ws_speech {
#define SPEECH(name, ...) WS_##name,
#include "table/protocols.def"
#undef SPEECH
	WS_SPEECHES
};

struct ws_who {
	char id[UUID_SIZE];	/* empty: anonymous */
	long long expires_ms;	/* token expiry in wall-clock time; 0: never */
};

/* An event. All strings are borrowed from the caller. */
struct ws_event {
	struct str channel;
	long long offset;	/* position in the channel */
	struct str type, data, at; /* data is JSON; at is RFC 3339 */
	/* Re-authorize every subscriber of the channel before delivering it. */
	bool revokes;
};

/* ---- Queries to the caller ---- */

enum ws_question {
	WS_WHO,		/* whose token is this? */
	WS_AGAIN,	/* is the user still active? */
	WS_STILL,	/* may the client stay subscribed to this channel? */
	WS_HEAR,	/* may the client subscribe, at which offset, and what did it miss? */
	WS_PAST,	/* which events were published on the channel? */
	WS_PRESENT,	/* who is present on the channel? */
};

struct ws_ask {
	enum ws_question question;
	struct ws_who who;	/* the client */
	struct str text;	/* the token, or the channel; valid as long as the query */
	bool since_given;
	/* HEAR: last offset the client received; PAST: start after this offset */
	long long since;
	char epoch[40];		/* epoch of that offset; empty: not given */
	int most;		/* PAST: maximum number of events */
	bool reverse;		/* PAST: newest first */
	void *asked;		/* for the handler's use */
};

/* Error codes are Centrifugo's, so that its clients react to them correctly. */
enum ws_refusal {
	WS_YES = 0,
#define REFUSAL(name, number, ...) WS_##name = (number),
#include "table/ws_errors.def"
#undef REFUSAL
};

struct ws_answer {
	enum ws_refusal refusal;
	struct ws_who who;	/* WHO */
	struct str epoch;	/* HEAR, PAST */
	long long offset;	/* last offset of the channel */
	bool recovered;		/* HEAR with `since`: `events` holds everything after it */
	const struct ws_event *events;
	size_t count;
	struct str body;	/* PRESENT: {"id": {"client", "user"}, …} */
};

struct ws_above {
	void *context;
	/* Answered with ws_answer() exactly once, now or later, unless canceled. */
	void (*ask)(void *context, struct ws_ask *ask);
	void (*forget)(void *context, struct ws_ask *ask);
	/* Fetch the events after that offset and pass them to ws_tell() in order. Not called
	 * again for the channel before ws_filled(). */
	void (*fill)(void *context, const char *channel, long long behind);
};

struct ws *ws_new(struct loop *loop, const struct config *config, const struct ws_above *above);
void ws_free(struct ws *ws);

void ws_answer(struct ws *ws, struct ws_ask *ask, const struct ws_answer *answer);

/* ---- Calls from the publisher ---- */

void ws_tell(struct ws *ws, const struct ws_event *event);
/* The channel has reached this offset, whether or not its events were published here. */
void ws_known(struct ws *ws, struct str channel, long long offset);
/* The handler has published everything it could fetch. */
void ws_filled(struct ws *ws, const char *channel);
/* The missing events are gone for good, or the offset was never valid: disconnects the channel's
 * subscribers with a code that makes them start over. */
void ws_broken(struct ws *ws, const char *channel);
/* The user's role has changed, or the user was archived. NULL: re-check every user. */
void ws_doubt(struct ws *ws, const char *user_id);

/* Calls back for every channel in use, with its last published offset (-1: not known yet). */
void ws_each_channel(struct ws *ws, void (*call)(void *arg, const char *channel, long long offset), void *arg);

/* ---- Connections ---- */

struct ws_arrival {
	enum ws_speech speech;
	int fd;			/* owned by ws from here on */
	struct in6_addr address;
	struct ws_who who;	/* if already authenticated */
	struct str rest;	/* bytes received after the request */
	struct str token;	/* from a header, for protocols whose messages may carry none */
	struct str words;	/* from the request itself: commands, or the list of channels */
	struct str since;	/* Last-Event-ID */
	const char *key, *protocol; /* from the WebSocket handshake */
};

/* Whether one more connection is allowed for this user (NULL: anonymous) and address. */
bool ws_has_room(const struct ws *ws, const struct in6_addr *address, const char *user_id);
void ws_arrive(struct ws *ws, const struct ws_arrival *arrival);

/* Passes commands to a client that cannot send on its own connection, by its session. False: no
 * such session. */
bool ws_speak(struct ws *ws, struct str session, struct str words);
const char *ws_node(const struct ws *ws); /* ID of this process; Centrifugo's "node" */

/* Disconnects all clients in batches; calls done() when the last one is gone. */
void ws_drain(struct ws *ws, void (*done)(void *arg), void *arg);

struct ws_guest {
	const char *id, *speech, *user_id; /* user_id: empty if anonymous */
	struct in6_addr address;
	long long since_ms;	/* wall-clock time of the connect */
	size_t channels;
};

size_t ws_count(const struct ws *ws);
size_t ws_ear_count(const struct ws *ws); /* over all clients and channels */
bool ws_is_heard(const struct ws *ws); /* is any channel subscribed to, or about to be? */
/* In order of arrival; `skip` connections are skipped. */
void ws_each_guest(const struct ws *ws, size_t skip, size_t most,
                   void (*call)(void *arg, const struct ws_guest *guest), void *arg);

#endif
