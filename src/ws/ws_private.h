/* ws_private.h: declarations shared by the files of ws.
 *
 * A *client* is one connection; a *subscription* is one client on one channel, with its position
 * in the channel's ring. A channel exists while it has subscriptions or pending subscribes. */

#ifndef WS_ROOM_H
#define WS_ROOM_H

#include <event2/event.h>

#include "arena.h"
#include "transport.h"
#include "ws.h"

/* Encodings of an event. */
enum form {
	FORM_CENTRIFUGE_FRAME,
	FORM_CENTRIFUGE_LINE,
	FORM_CENTRIFUGE_EVENT,
	FORM_PLAIN_FRAME,
	FORM_EVENT,
	FORMS
};

enum {
	SLICE = 32,		/* subscriptions served per turn */
	AT_ONCE = 16 * 1024,	/* bytes written to one client before others are served */
	CHANNEL_NAME_MOST = 128,
	ASKS_MOST = 32,		/* pending per client; its further commands wait */
	ASK_MS = 50,		/* sustained interval of a client's queries */
	ASKING_MOST = 256,	/* of all clients; leaves capacity of the database to others */
	LINE_MOST = 4096,	/* waiting for those; takes about a second */
	NEWCOMER_MS = 10 * 1000, /* time to authenticate */
};

enum farewell {
#define FAREWELL(name, ...) BYE_##name,
#include "table/disconnects.def"
#undef FAREWELL
	FAREWELLS
};

struct farewell_row {
	int code;
	const char *reason;
};

extern const struct farewell_row farewells[FAREWELLS];

struct refusal_row {
	int number;
	const char *message;
	bool temporary;
};

const struct refusal_row *refusal_row(enum ws_refusal refusal);

/* ---- message.c: encoded events ---- */

/* One event of a channel. Each encoding is made when it is first needed. */
struct message {
	struct ws_event event;	/* its strings follow the struct */
	struct str forms[FORMS]; /* owned; at is NULL until encoded */
	size_t bytes;		/* of this struct and its strings, not of the encodings */
};

struct message *message_new(const struct ws_event *event);
void message_free(struct message *message);
struct str message_form(struct message *message, enum form form);
/* Writes {"type", "data", "timestamp"}; channel and offset too if asked for. */
void write_event(struct buf *out, const struct ws_event *event, bool placed);
/* Frames a text in this encoding. */
void wrap(struct buf *out, enum form form, struct str text);

/* ---- channel.c: channels and subscriptions ---- */

struct client;
struct channel;

struct ear {
	struct client *client;
	struct channel *channel;
	long long heard;	/* last offset delivered */
	bool late;		/* its client is full and has not received everything */
	bool given;		/* made by the server, not requested by the client */
	unsigned char place;	/* EVENTS: index of the channel in the request */
	struct question *doubt;	/* pending re-check, which holds delivery; NULL: none */
	TAILQ_ENTRY(ear) client_link;	/* client->ears */
	TAILQ_ENTRY(ear) channel_link;	/* channel->ears */
};

struct channel {
	struct ws *ws;
	TAILQ_ENTRY(channel) link;	/* ws->channels */
	struct channel *next;		/* in its hash bucket */
	uint64_t hash;
	TAILQ_HEAD(, ear) ears;		/* ear.channel_link */
	size_t ear_count, late_count;
	int asking;			/* pending subscribes */

	long long top;	/* last published offset; -1: not known yet */
	long long seen;	/* last offset known to exist */
	long long revoked; /* offset of the last event that re-checked all subscribers; 0: none */
	long long filled_from;	/* `top` when the backfill was requested */
	bool filling;	/* a backfill is pending */
	struct message **ring; /* ring[offset & (room - 1)] holds the last `held` messages */
	size_t room, held, bytes;

	bool busy;	/* in ws->busy: has events to deliver */
	long long busy_us;
	struct ear *next_ear;	/* next in this round; NULL: a round begins */
	long long round;	/* `top` at its beginning; -1: another round is needed */
	TAILQ_ENTRY(channel) busy_link;
	char name[];
};

struct channel *channel_find(const struct ws *ws, struct str name);
/* Finds or creates it, and counts a pending subscribe. */
struct channel *channel_open(struct ws *ws, struct str name);
void channel_close(struct channel *channel); /* the subscribe is over; frees an unused channel */
/* Subscribes from `offset` on: the channel's last one when the database was queried. */
struct ear *channel_join(struct channel *channel, struct client *client, long long offset);
void ear_leave(struct ear *ear);
void ear_serve(struct ear *ear); /* writes undelivered events, as far as the client takes them */
void ear_serve_soon(struct ear *ear); /* in its turn, since there may be many */
int channel_serve(struct channel *channel, int most); /* returns how many were served */

/* ---- conn_index.c: clients by address, user and session ---- */

struct crowd_key {
	uint64_t halves[2];
};

struct member_of {
	struct crowd *crowd; /* NULL: in no group */
	LIST_ENTRY(member_of) link;
};

struct crowd {
	struct crowd_key key;
	size_t count;
	struct crowd *next;
	LIST_HEAD(, member_of) members; /* member_of.link */
};

struct crowds {
	struct crowd **table;
	size_t buckets, count;
};

/* NULL: no such group */
struct crowd *crowd_find(const struct crowds *crowds, struct crowd_key key);
void crowd_join(struct crowds *crowds, struct crowd_key key, struct member_of *member);
void crowd_leave(struct crowds *crowds, struct member_of *member);
void crowds_finish(struct crowds *crowds);

struct crowd_key key_of_address(const struct in6_addr *address);
struct crowd_key key_of_text(const char *text);

/* ---- client.c: clients and protocols ---- */

struct question {
	struct ws_ask ask;
	struct client *client;
	struct channel *channel; /* HEAR: held; otherwise NULL */
	struct ear *ear;	 /* re-check of a subscription; otherwise NULL */
	long long command;	 /* ID of the command to reply to */
	bool given;		 /* HEAR: made by the server */
	bool waiting;		 /* in ws->doubts or ws->line: not sent yet */
	bool again;		 /* permissions have changed since it was sent: repeat it */
	TAILQ_ENTRY(question) link;	 /* client->questions */
	TAILQ_ENTRY(question) wait_link; /* ws->doubts or ws->line */
	char text[];
};

struct client {
	struct peer peer;
	struct ws *ws;
	const struct speech *speech;
	struct ws_who who;
	/* Connect time (wall clock); next ping, or authentication deadline. */
	long long since_ms, beat_ms;
	bool known;	/* authenticated, or accepted as anonymous */
	bool alive;	/* has answered the last ping */
	bool deaf;	/* delivery is held */
	bool speaking;	/* in ws->speaking */
	bool leaving;	/* a disconnect was sent */
	long long asked_ms;	/* until when its queries use up its rate */
	unsigned ear_count, asks;	/* pending queries, without re-checks */
	struct question *doubt;	/* pending re-check of the user; NULL: none */
	TAILQ_HEAD(, ear) ears;	 /* ear.client_link */
	TAILQ_HEAD(, question) questions; /* question.link */
	struct buf outbox;	/* pending output */
	TAILQ_ENTRY(client) link;	/* ws->clients, in order of arrival */
	TAILQ_ENTRY(client) beat_link;	/* ws->newcomers or ws->beats */
	TAILQ_ENTRY(client) speaking_link;
	struct member_of from, of, session; /* groups by address, user and session */
	unsigned long long id;	/* printed in hexadecimal; random, so that it cannot be guessed */
	void *more;	/* protocol state; freed with the client */
};

TAILQ_HEAD(clients, client);

/* Implementation of a protocol. */
struct manner {
	void (*begin)(struct client *client, const struct ws_arrival *arrival);
	void (*hear)(struct client *client, struct str words);
	void (*answered)(struct client *client, struct question *question, const struct ws_answer *answer);
	void (*go_on)(struct client *client); /* after each reply: runs queued input; may be NULL */
	void (*beat)(struct client *client);
	/* Notifies the client that the server has ended a subscription. */
	void (*deafen)(struct client *client, const struct ear *ear, enum ws_refusal why);
	/* Sends the disconnect message; may be NULL. */
	void (*farewell)(struct client *client, enum farewell why);
	void (*leave)(struct client *client); /* frees the protocol state; may be NULL */
};

/* proto_sse.c: writes the ID of an event, which holds the client's offsets in all of its channels. */
void events_place(struct buf *out, const struct ear *ear);

struct speech {
	const char *name;
	enum form form;
	bool socket;	/* a WebSocket: the client must answer pings */
	const struct manner *manner;
};

extern const struct speech speeches[WS_SPEECHES];
extern const struct manner centrifuge, plain, events;

/* The client is freed when its peer is closed. */
void client_new(struct ws *ws, const struct ws_arrival *arrival);
/* Framed in the client's encoding. */
void client_say(struct client *client, struct str text);
void client_say_raw(struct client *client, struct str bytes);
void client_flush(struct client *client);
/* Appends input to a bounded queue, followed by this separator. */
void client_keep(struct client *client, struct buf *kept, struct str words, char end);
/* So many queries are pending that further input must wait. */
bool client_waits(const struct client *client);
void client_end(struct client *client, enum farewell why);
struct ear *client_ear(const struct client *client, struct str channel);
/* Pending subscribe; NULL: none. */
struct question *client_asking(const struct client *client, struct str channel);
/* WS_YES: it may send the query */
enum ws_refusal client_cannot_hear(const struct client *client, struct str channel);
/* Also cancels a pending subscribe. */
void client_hear_no_more(struct client *client, struct str channel);
/* False: too many connections of the user. */
bool client_welcome(struct client *client, const struct ws_who *who);
void client_beat(struct client *client);

/* ---- pending.c: queries of clients ---- */

bool client_asks_too_much(const struct client *client);
/* Starts a query of the client; NULL: it has too many. `text`: token or channel. */
struct question *client_ask(struct client *client, enum ws_question what, struct str text);
void question_send(struct question *question);
void questions_send(struct ws *ws); /* queued ones, as many as may be active */
struct question *question_new(struct client *client, enum ws_question what, struct str text);
void question_free(struct question *question);
void question_drop(struct question *question); /* also one that is not sent yet */
/* After a HEAR was granted: subscribes the client at the reply's offset. */
struct ear *question_join(struct question *question, const struct ws_answer *answer);

/* ---- recheck.c: re-authorization ---- */

bool is_doubt(const struct question *question); /* re-check, not a query of the client */
void client_doubt(struct client *client);	/* first the user, then the subscriptions */
void ear_doubt(struct ear *ear);
void ear_believe(struct ear *ear);		/* when the subscription ends */
void doubt_answered(struct question *question, const struct ws_answer *answer);
void doubts_send(struct ws *ws);
void doubt_forget(struct question *question);

/* ---- hub.c: state of ws ---- */

struct ws {
	struct loop *loop;
	const struct config *config;
	struct ws_above above;
	struct sockets *sockets;
	char node[UUID_SIZE];

	TAILQ_HEAD(, channel) channels, busy; /* channel.link, channel.busy_link */
	struct channel **table;
	size_t buckets, channel_count, ear_count;

	struct clients clients, newcomers, beats, speaking;
	size_t client_count;
	struct metric_series *spoken[WS_SPEECHES]; /* connections per protocol */
	struct metric_series *sent;
	unsigned long long came; /* clients accepted so far */
	struct crowds addresses, people, sessions;

	TAILQ_HEAD(, question) line; /* question.wait_link: wait for active ones to finish */
	int asking, line_count;
	TAILQ_HEAD(, question) doubts; /* same, for re-checks */
	int doubting;
	bool unanswered; /* a re-check could not be answered: no more until the next second */

	struct event *tick, *more; /* every second; next slice and queued queries */
	struct deferred flush;	   /* writes the turn's output */
	struct buf scratch;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;
};

void hub_wake(struct ws *ws);	/* continue on the next turn */
void hub_busy(struct channel *channel);
void hub_speak(struct client *client); /* flushes its outbox at the end of the turn */
void hub_came(struct client *client);
void hub_gone(struct client *client);

#endif
