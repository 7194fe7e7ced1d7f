/* ws_fixture.h: runs ws on the test's own loop, plays the layer above it, and provides clients of every
 * protocol.
 *
 * The layer above has channels whose events only carry a number, so that a client can
 * tell which ones it missed. A query first takes a snapshot, as a statement sees the database at
 * one moment, and is answered later.
 *
 * JSON is written with ' instead of ", to be readable in C. */

#ifndef HALL_H
#define HALL_H

#include "config.h"
#include "json.h"
#include "transport_fixture.h"
#include "ws_private.h"

#define EPOCH "e1"
#define ANNA  "01890000-0000-7000-8000-00000000000a"
#define BERT  "01890000-0000-7000-8000-00000000000b"

struct tale {
	char name[CHANNEL_NAME_MOST + 1];
	long long top;	   /* last committed event */
	long long dropped; /* events up to this one have expired */
	bool denied;	   /* nobody may subscribe */
	TAILQ_ENTRY(tale) link;
};

/* A pending query or backfill. */
struct pending {
	struct ws_ask *ask; /* NULL: a backfill */
	struct tale *tale;
	long long behind;
	bool looked;
	enum ws_refusal refusal;
	long long offset;
	bool recovered;
	TAILQ_ENTRY(pending) link;
};

struct hall {
	struct ws *ws;
	struct config config;
	TAILQ_HEAD(, tale) tales;
	TAILQ_HEAD(pendings, pending) asks, holes;
	bool holds_asks, holds_holes; /* until the test answers them */
	bool down;		/* every query is answered INTERNAL */
	enum ws_refusal again;	/* answer to WS_AGAIN */
	long long expires_ms;	/* of every token */
	long long fill_most;	/* events per backfill */
	const char *revokes;	/* channel whose next event re-checks its subscribers */
	size_t padding;		/* extra bytes in each event */
	int asked[WS_PRESENT + 1], filled;
};

extern struct hall hall;

/* For Criterion's .init and .fini. */
void hall_open(void);
void hall_close(void);
void hall_turns(int count); /* also answers what is not held */
double hall_seconds(void); /* by a clock that tests do not set */

/* ---- The layer above ---- */

struct tale *hall_tale(const char *name); /* finds or creates it */
long long hall_commit(const char *name);  /* an event that is not published */
void hall_tell(const char *name, long long offset);
void hall_say(const char *name, int count); /* commits and publishes */
void hall_look(struct pending *pending);
void hall_answer(struct pending *pending); /* takes the snapshot first if there is none; frees it */
/* Queries and backfills, including those that follow from them. */
void hall_answer_all(void);

/* ---- Clients ---- */

struct guest {
	enum ws_speech speech;
	int fd;		 /* -1: closed */
	struct buf heard, text;
	int code;	 /* of a close frame */
	bool ended;	 /* the server has closed the connection */
	bool mute;	 /* does not answer pings */
	int pings;
	char session[33]; /* of an HTTP stream */
};

struct arriving {
	const char *token, *words, *since, *user; /* as in struct ws_arrival; NULL: empty */
	const char *rest;
	int address;	/* its last byte */
	bool slow;	/* small socket buffers */
};

struct guest *guest_new(enum ws_speech speech, const struct arriving *how);
void guest_say(struct guest *guest, const char *text); /* one frame */
void guest_frame(struct guest *guest, int first, struct str bytes);
/* The next message; NULL: none for now, or the connection is closed. Valid until the next call. */
const char *guest_next(struct guest *guest);
const char *guest_heard(struct guest *guest); /* only what has arrived already, without a turn */
const char *guest_wait(struct guest *guest); /* the same, but waits */
void guest_hang_up(struct guest *guest);
void guest_free(struct guest *guest);

/* Centrifugo clients: connected (user NULL: anonymous), and subscribed to a channel. */
struct guest *guest_connected(enum ws_speech speech, const char *user);
void guest_subscribes(struct guest *guest, const char *channel);

/* In the expected text, `*` matches anything and `^` any character. */
void expect_next(struct guest *guest, const char *wanted);
void expect_silence(struct guest *guest);
/* Expects a disconnect, with that code where the protocol has one; earlier messages are skipped. */
void expect_end(struct guest *guest, int code);
/* Expects exactly these offsets of the channel. */
void expect_offsets(struct guest *guest, const char *channel, long long from, long long to);
/* The offset and channel of an event; -1: not an event. */
long long offset_of(const struct guest *guest, const char *told, char channel[CHANNEL_NAME_MOST + 1]);

#endif
