/* ws.h: those who listen: channels, and the clients that hear them.
 *
 * A client comes with a connection that was taken from HTTP, and in one of several
 * speeches. It joins channels, whose events are numbered 1, 2, 3 …, and from the place
 * where it joined it hears each of them once, in order, or is told that it cannot.
 *
 * The floor above says what happened (ws_tell), and is asked who somebody is, and what
 * he may hear (struct ws_above). */

#ifndef WS_H
#define WS_H

#include <netinet/in.h>

#include "loop.h"
#include "uuid.h"

struct config;

struct ws;

enum ws_speech {
#define SPEECH(name, ...) WS_##name,
#include "table/speeches.def"
#undef SPEECH
	WS_SPEECHES
};

struct ws_who {
	char id[UUID_TEXT];	/* empty: nobody in particular */
	long long expires_ms;	/* on the wall clock: his token; 0: never */
};

/* Something that happened. All of it is lent. */
struct ws_event {
	struct str channel;
	long long offset;	/* its place in the channel */
	struct str type, data, at; /* data is JSON; at is RFC 3339 */
	bool revokes;		/* afterwards everybody on the channel is judged anew */
};

/* ---- What the floor above is asked ---- */

enum ws_question {
	WS_WHO,		/* whose token is this? */
	WS_AGAIN,	/* is he still one of us? */
	WS_STILL,	/* may he still hear this channel? */
	WS_HEAR,	/* may he hear this channel, where is it, and what has he missed? */
	WS_PAST,	/* what was told there? */
	WS_PRESENT,	/* who is there? */
};

struct ws_ask {
	enum ws_question question;
	struct ws_who who;	/* who asks */
	struct str text;	/* the token, or the channel; lasts as long as the ask */
	bool since_given;
	long long since;	/* HEAR: the last offset he knows; PAST: begin behind that one */
	char epoch[40];		/* of that offset; empty: not said */
	int most;		/* PAST: how many */
	bool reverse;		/* PAST: from the end */
	void *asked;		/* the floor above's */
};

/* Refusals are Centrifugo's, so that its clients know what to do. */
enum ws_refusal {
	WS_YES = 0,
#define REFUSAL(name, number, ...) WS_##name = (number),
#include "table/refusals.def"
#undef REFUSAL
};

struct ws_answer {
	enum ws_refusal refusal;
	struct ws_who who;	/* WHO */
	struct str epoch;	/* HEAR, PAST */
	long long offset;	/* likewise: the channel's last */
	bool recovered;		/* HEAR with `since`: `events` are all that came behind it */
	const struct ws_event *events;
	size_t count;
	struct str body;	/* PRESENT: {"id": {"client", "user"}, …} */
};

struct ws_above {
	void *context;
	/* Is answered by ws_answer(), exactly once, at once or later, unless it is forgotten. */
	void (*ask)(void *context, struct ws_ask *ask);
	void (*forget)(void *context, struct ws_ask *ask);
	/* What came on this channel behind that offset is missing: ws_tell() it, in order. Is asked
	 * again only after ws_filled(). */
	void (*fill)(void *context, const char *channel, long long behind);
};

struct ws *ws_new(struct loop *loop, const struct config *config, const struct ws_above *above);
void ws_free(struct ws *ws);

void ws_answer(struct ws *ws, struct ws_ask *ask, const struct ws_answer *answer);

/* ---- What the floor above says ---- */

void ws_tell(struct ws *ws, const struct ws_event *event);
/* The channel has come so far, be it told or not. */
void ws_known(struct ws *ws, struct str channel, long long offset);
/* fill() has told all it could get. */
void ws_filled(struct ws *ws, const char *channel);
/* What is missing there cannot be had any more, or was never so: all who hear it are sent to
 * begin anew. */
void ws_broken(struct ws *ws, const char *channel);
/* This person has changed: another role, or out. NULL: anybody may have. */
void ws_doubt(struct ws *ws, const char *user_id);

/* Every channel that somebody hears, with the last offset known (-1: none yet). */
void ws_each_channel(struct ws *ws, void (*call)(void *arg, const char *channel, long long offset), void *arg);

/* ---- Coming and going ---- */

struct ws_arrival {
	enum ws_speech speech;
	int fd;			/* the room's from here on */
	struct in6_addr address;
	struct ws_who who;	/* where he was judged already */
	struct str rest;	/* what came behind the request */
	struct str token;	/* of a header, for a speech that brings none in its words */
	struct str words;	/* what he said in the request itself: commands, or channels */
	struct str since;	/* Last-Event-ID */
	const char *key, *protocol; /* of a WebSocket's handshake */
};

/* Is there room for one more, of this person (NULL: nobody) from there? */
bool ws_has_room(const struct ws *ws, const struct in6_addr *address, const char *user_id);
void ws_arrive(struct ws *ws, const struct ws_arrival *arrival);

/* Commands for a client that cannot speak for itself, by its session; false: there is none. */
bool ws_speak(struct ws *ws, struct str session, struct str words);
const char *ws_node(const struct ws *ws); /* this process, in Centrifugo's words */

/* Says goodbye to everybody, some at a time; done() when the last has left. */
void ws_drain(struct ws *ws, void (*done)(void *arg), void *arg);

struct ws_guest {
	const char *id, *speech, *user_id; /* user_id: empty for nobody */
	struct in6_addr address;
	long long since_ms;	/* on the wall clock */
	size_t channels;
};

size_t ws_count(const struct ws *ws);
size_t ws_ear_count(const struct ws *ws); /* client × channel */
bool ws_is_heard(const struct ws *ws); /* is there a channel that somebody hears, or asks to? */
/* In the order of their coming, from that place on, at most so many. */
void ws_each_guest(const struct ws *ws, size_t skip, size_t most,
                   void (*call)(void *arg, const struct ws_guest *guest), void *arg);

#endif
