/* hall.h: a whole room on the loop of the test itself: above it a floor that answers as the test
 * says, before it guests who speak every speech.
 *
 * What the floor above knows are *tales*: channels whose events have numbers and nothing else to
 * tell, so that whoever hears one can say at once which he missed. A question is first looked
 * at, as a statement sees the database at one moment, and answered later.
 *
 * Texts are written with ' for ", so that they can be read in C. */

#ifndef HALL_H
#define HALL_H

#include "config.h"
#include "json.h"
#include "quay.h"
#include "ws_room.h"

#define EPOCH "e1"
#define ANNA  "01890000-0000-7000-8000-00000000000a"
#define BERT  "01890000-0000-7000-8000-00000000000b"

struct tale {
	char name[CHANNEL_NAME_MOST + 1];
	long long top;	   /* the last event that was committed */
	long long dropped; /* those up to here are gone */
	bool denied;	   /* nobody may hear it */
	TAILQ_ENTRY(tale) link;
};

/* A question, or a hole to fill. */
struct pending {
	struct ws_ask *ask; /* NULL: a hole */
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
	TAILQ_HEAD(, tale) tales; /* tale.link */
	TAILQ_HEAD(pendings, pending) asks, holes; /* pending.link */
	bool holds_asks, holds_holes; /* they wait for hall_answer(), hall_fill() */
	bool down;		/* every question is answered INTERNAL */
	enum ws_refusal again;	/* what WS_AGAIN is answered */
	long long expires_ms;	/* of every token */
	long long fill_most;	/* events of one filling */
	const char *revokes;	/* the name of a channel whose next event revokes */
	size_t padding;		/* bytes more in each event */
	int asked[WS_PRESENT + 1], filled;
};

extern struct hall hall;

/* As Criterion's .init and .fini. */
void hall_open(void);
void hall_close(void);
void hall_turns(int count); /* and what is not held is answered */
double hall_seconds(void); /* by a clock that no test sets */

/* ---- The floor above ---- */

struct tale *hall_tale(const char *name); /* found or made */
long long hall_commit(const char *name);  /* an event, of which the room is not told */
void hall_tell(const char *name, long long offset);
void hall_say(const char *name, int count); /* committed and told */
void hall_look(struct pending *pending);
void hall_answer(struct pending *pending); /* looks first, where nobody has; and frees it */
void hall_answer_all(void);		   /* both, those too that come of it */

/* ---- Guests ---- */

struct guest {
	enum ws_speech speech;
	int fd;		 /* -1: hung up */
	struct buf heard, text;
	int code;	 /* of a close frame */
	bool ended;	 /* the server has closed */
	bool mute;	 /* does not answer pings */
	int pings;
	char session[33]; /* of a stream */
};

struct arriving {
	const char *token, *words, *since, *user; /* as in struct ws_arrival; NULL: empty */
	const char *rest;
	int address;	/* the last byte of it */
	bool slow;	/* little room on the way */
};

struct guest *guest_new(enum ws_speech speech, const struct arriving *how);
void guest_say(struct guest *guest, const char *text); /* one frame; with ' for " */
void guest_frame(struct guest *guest, int first, struct str bytes);
/* What it is told next; NULL: nothing more, for now or for ever. Lasts until the next call. */
const char *guest_next(struct guest *guest);
const char *guest_heard(struct guest *guest); /* what is there already, without a turn */
const char *guest_wait(struct guest *guest); /* the same, with patience */
void guest_hang_up(struct guest *guest);
void guest_free(struct guest *guest);

/* Centrifugo's, connected as nobody; as somebody; and with a channel. */
struct guest *guest_connected(enum ws_speech speech, const char *user);
void guest_subscribes(struct guest *guest, const char *channel);

/* `*` in what is wanted stands for anything, `^` for any character. */
void expect_next(struct guest *guest, const char *wanted);
void expect_silence(struct guest *guest);
/* It is ended, with that code where its speech can say it; what it was told before is passed over. */
void expect_end(struct guest *guest, int code);
/* Exactly these offsets of that channel are told next. */
void expect_offsets(struct guest *guest, const char *channel, long long from, long long to);
/* The offset of an event as this speech tells it, and its channel; -1: it is none. */
long long offset_of(const struct guest *guest, const char *told, char channel[CHANNEL_NAME_MOST + 1]);

#endif
