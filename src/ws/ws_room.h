/* ws_room.h: what the files of this room know of each other.
 *
 * A *client* is a peer that speaks; an *ear* is one client hearing one channel, a place
 * in its ring. A channel exists while somebody hears it, or asks to. */

#ifndef WS_ROOM_H
#define WS_ROOM_H

#include <event2/event.h>

#include "arena.h"
#include "transport.h"
#include "ws.h"

/* In how many ways an event is written out. */
enum form {
	FORM_CENTRIFUGE_FRAME,
	FORM_CENTRIFUGE_LINE,
	FORM_CENTRIFUGE_EVENT,
	FORM_PLAIN_FRAME,
	FORM_EVENT,
	FORMS
};

enum {
	SLICE = 32,		/* ears that are served before others get their turn */
	AT_ONCE = 16 * 1024,	/* bytes written to one client before others get theirs */
	CHANNEL_NAME_MOST = 128,
	ASKS_MOST = 32,		/* of one client's, that wait for an answer; what else he says waits */
	ASK_MS = 50,		/* one of his in so many, in the long run */
	ASKING_MOST = 256,	/* questions of all clients that are under way: others need the database, too */
	LINE_MOST = 4096,	/* that wait behind them: a second or so */
	NEWCOMER_MS = 10 * 1000, /* in which one has to say who he is */
};

enum farewell {
#define FAREWELL(name, ...) BYE_##name,
#include "table/farewells.def"
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

/* ---- message.c: events and answers as bytes ---- */

/* One event of a channel, written out in each form when it is first wanted. */
struct message {
	struct ws_event event;	/* its texts follow the struct */
	struct str forms[FORMS]; /* owned; at is NULL until then */
	size_t bytes;		/* all that it occupies */
};

struct message *message_new(const struct ws_event *event);
void message_free(struct message *message);
struct str message_form(struct message *message, enum form form);
/* {"type", "data", "timestamp"}, without channel and offset unless `placed`. */
void write_event(struct buf *out, const struct ws_event *event, bool placed);
/* A text of the server's, as this form wraps it. */
void wrap(struct buf *out, enum form form, struct str text);

/* ---- channel.c: a ring of numbered messages, and who hears them ---- */

struct client;
struct channel;

struct ear {
	struct client *client;
	struct channel *channel;
	long long heard;	/* the last offset it was told */
	bool late;		/* could not take all there is: its client is full */
	bool given;		/* the server's own idea, not the client's */
	unsigned char place;	/* EVENTS: which of its channels */
	struct question *doubt;	/* NULL: none; until it is answered, it is told nothing */
	TAILQ_ENTRY(ear) client_link;	/* client->ears */
	TAILQ_ENTRY(ear) channel_link;	/* channel->ears */
};

struct channel {
	struct ws *ws;
	TAILQ_ENTRY(channel) link;	/* ws->channels */
	struct channel *next;		/* in its bucket */
	uint64_t hash;
	TAILQ_HEAD(, ear) ears;		/* ear.channel_link */
	size_t ear_count, late_count;
	int asking;			/* clients that will join when they are answered */

	long long top;	/* the last offset that was told; -1: not known yet */
	long long seen;	/* the last one that is known to be */
	long long revoked; /* the last one after which all are judged anew; 0: none */
	long long filled_from;	/* `top` when what is missing was asked for */
	bool filling;	/* what lies between is being fetched */
	struct message **ring; /* messages ring[offset & (room - 1)], the last `held` of them */
	size_t room, held, bytes;

	bool busy;	/* in ws->busy: there is something to tell */
	long long busy_us;	/* since when */
	struct ear *next_ear;	/* who comes next in this round; NULL: it begins */
	long long round;	/* `top` when it began; -1: another is wanted */
	TAILQ_ENTRY(channel) busy_link;
	char name[];
};

struct channel *channel_find(const struct ws *ws, struct str name);
struct channel *channel_open(struct ws *ws, struct str name); /* found, or made; asking goes up */
void channel_close(struct channel *channel); /* asking goes down; nobody left: it is gone */
/* Takes part from `offset` on, which was the channel's last when the database was asked. */
struct ear *channel_join(struct channel *channel, struct client *client, long long offset);
void ear_leave(struct ear *ear); /* frees it */
void ear_serve(struct ear *ear); /* writes what it has not heard, as far as its client takes it */
void ear_serve_soon(struct ear *ear); /* in its turn, since many may be */
int channel_serve(struct channel *channel, int most); /* so many of those who hear it */

/* ---- crowd.c: how many have something in common, and who ---- */

struct crowd_key {
	uint64_t halves[2];
};

struct member_of {
	struct crowd *crowd; /* NULL: none */
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

struct crowd *crowd_find(const struct crowds *crowds, struct crowd_key key); /* NULL: nobody */
void crowd_join(struct crowds *crowds, struct crowd_key key, struct member_of *member);
void crowd_leave(struct crowds *crowds, struct member_of *member);
void crowds_finish(struct crowds *crowds);

struct crowd_key key_of_address(const struct in6_addr *address);
struct crowd_key key_of_text(const char *text);

/* ---- client.c: one peer that speaks ---- */

struct question {
	struct ws_ask ask;
	struct client *client;
	struct channel *channel; /* HEAR: held open; NULL otherwise */
	struct ear *ear;	 /* a doubt about what is heard; NULL otherwise */
	long long command;	 /* the number that the answer goes by */
	bool given;		 /* HEAR: the server's own idea */
	bool waiting;		 /* in ws->doubts or ws->line: not asked yet */
	bool again;		 /* what it is about has changed since it was asked */
	TAILQ_ENTRY(question) link;	 /* client->questions */
	TAILQ_ENTRY(question) wait_link; /* ws->doubts or ws->line */
	char text[];
};

struct client {
	struct peer peer;
	struct ws *ws;
	const struct speech *speech;
	struct ws_who who;
	long long since_ms, beat_ms;	/* when he came (on the wall clock); when he is heard of again */
	bool known;	/* he has said who he is, and was let in */
	bool alive;	/* has answered the last beat */
	bool deaf;	/* is told nothing yet, whatever it hears */
	bool speaking;	/* in ws->speaking */
	bool leaving;	/* he was told goodbye */
	long long asked_ms;	/* until when what he has asked lasts */
	unsigned ear_count, asks;	/* questions of his own */
	struct question *doubt;	/* who he is by now; NULL: there is no doubt */
	TAILQ_HEAD(, ear) ears;	 /* ear.client_link */
	TAILQ_HEAD(, question) questions; /* question.link */
	struct buf outbox;	/* said, and not written yet */
	TAILQ_ENTRY(client) link;	/* ws->clients, in the order of their coming */
	TAILQ_ENTRY(client) beat_link;	/* ws->newcomers or ws->beats */
	TAILQ_ENTRY(client) speaking_link;
	struct member_of from, of, session; /* address, person, session */
	unsigned long long id;	/* in hexadecimal, by chance: nobody guesses another's */
	void *more;	/* the speech's own; freed with the client */
};

TAILQ_HEAD(clients, client);

/* How a speech is spoken. */
struct manner {
	void (*begin)(struct client *client, const struct ws_arrival *arrival);
	void (*hear)(struct client *client, struct str words);
	void (*answered)(struct client *client, struct question *question, const struct ws_answer *answer);
	void (*go_on)(struct client *client); /* behind each answer: what waits may be heard; may be NULL */
	void (*beat)(struct client *client);
	/* One channel is taken away from him. */
	void (*deafen)(struct client *client, const struct ear *ear, enum ws_refusal why);
	void (*farewell)(struct client *client, enum farewell why); /* last words; may be NULL */
	void (*leave)(struct client *client); /* it is gone; may be NULL */
};

/* events.c: an event's id, which says how far its client has come in all of its channels. */
void events_place(struct buf *out, const struct ear *ear);

struct speech {
	const char *name;
	enum form form;
	bool socket;	/* a WebSocket: who is there answers each beat */
	const struct manner *manner;
};

extern const struct speech speeches[WS_SPEECHES];
extern const struct manner centrifuge, plain, events;

/* The client is freed when its peer is closed. */
void client_new(struct ws *ws, const struct ws_arrival *arrival);
void client_say(struct client *client, struct str text);	/* wrapped as its speech does */
void client_say_raw(struct client *client, struct str bytes);
void client_flush(struct client *client);
/* What he said waits: with this letter behind it, and within a bound. */
void client_keep(struct client *client, struct buf *kept, struct str words, char end);
bool client_waits(const struct client *client); /* so much was asked that the rest waits for answers */
void client_end(struct client *client, enum farewell why);
struct ear *client_ear(const struct client *client, struct str channel);
struct question *client_asking(const struct client *client, struct str channel); /* to hear it; NULL: he is not */
enum ws_refusal client_cannot_hear(const struct client *client, struct str channel); /* WS_YES: he can ask to */
void client_hear_no_more(struct client *client, struct str channel); /* nor ask to */
bool client_welcome(struct client *client, const struct ws_who *who); /* false: there is no room for him */
void client_beat(struct client *client);

/* ---- question.c: what he asks, in its turn ---- */

bool client_asks_too_much(const struct client *client);
/* Asks on his behalf; NULL: he asks too much. `text`: token or channel. */
struct question *client_ask(struct client *client, enum ws_question what, struct str text);
void question_send(struct question *question);
void questions_send(struct ws *ws); /* those that wait, as many as may be under way */
struct question *question_new(struct client *client, enum ws_question what, struct str text);
void question_free(struct question *question);
void question_drop(struct question *question); /* before it was answered */
/* A HEAR was answered with yes: he hears it from there. */
struct ear *question_join(struct question *question, const struct ws_answer *answer);

/* ---- doubt.c: whether who hears may still hear ---- */

bool is_doubt(const struct question *question); /* ours; the others are his */
void client_doubt(struct client *client);	/* who he is, and then what he hears */
void ear_doubt(struct ear *ear);
void ear_believe(struct ear *ear);		/* it leaves: nothing needs to be asked any more */
void doubt_answered(struct question *question, const struct ws_answer *answer);
void doubts_send(struct ws *ws);
void doubt_forget(struct question *question); /* it will not be answered */

/* ---- hub.c: the room ---- */

struct ws {
	struct loop *loop;
	const struct config *config;
	struct ws_above above;
	struct sockets *sockets;
	char node[UUID_TEXT];

	TAILQ_HEAD(, channel) channels, busy; /* channel.link, channel.busy_link */
	struct channel **table;
	size_t buckets, channel_count, ear_count;

	struct clients clients, newcomers, beats, speaking;
	size_t client_count;
	struct metric_series *spoken[WS_SPEECHES]; /* clients of each speech */
	struct metric_series *sent;
	unsigned long long came; /* clients, ever */
	struct crowds addresses, people, sessions;

	TAILQ_HEAD(, question) line; /* question.wait_link: wait until others were answered */
	int asking, line_count;
	TAILQ_HEAD(, question) doubts; /* likewise */
	int doubting;
	bool unanswered; /* one of them could not be: none is asked before the next second */

	struct event *tick, *more; /* every second; the next slice, the next doubts */
	struct later flush;	   /* what was said in this turn */
	struct buf scratch;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;
};

void hub_wake(struct ws *ws);	/* there is something to do on the next turn */
void hub_busy(struct channel *channel);
void hub_speak(struct client *client); /* its outbox is flushed at the end of the turn */
void hub_came(struct client *client);
void hub_gone(struct client *client);

#endif
