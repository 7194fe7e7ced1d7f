/* centrifuge.h: functions shared by the files of the Centrifugo protocol (centrifuge*.c). */

#ifndef WS_CENTRIFUGE_H
#define WS_CENTRIFUGE_H

#include "ws_private.h"

struct json;

/* In client->more while the client is not connected yet or its commands wait; otherwise NULL. */
struct waiting {
	bool outside;
	struct buf token; /* from the handshake, until the client is connected */
	struct buf words; /* commands not run yet */
};

bool centrifuge_is_outside(const struct client *client);

/* centrifuge_commands.c: runs a command. False: malformed; disconnect the client. */
bool centrifuge_run(struct client *client, const struct json *object);

/* centrifuge.c: replies to `connect` and runs the queued commands. `given`: reply for the
 * server-side subscription; NULL: there is none. */
void centrifuge_let_in(struct client *client, const struct question *question, const struct ws_answer *given);

/* ---- centrifuge_encode.c: encoding ---- */

/* A reply to a command: begin, body, end. */
void centrifuge_begin(struct buf *out, long long id);
void centrifuge_end(struct client *client, struct buf *out);
void centrifuge_refuse(struct client *client, long long id, enum ws_refusal why);
void centrifuge_welcome(struct client *client, const struct question *question, const struct ws_answer *given);

/* Parts of replies. */
void centrifuge_text(struct buf *out, const char *name, struct str text);
void centrifuge_position(struct buf *out, const struct ws_answer *answer);
void centrifuge_publications(struct buf *out, const struct ws_answer *answer);
/* The state of a new subscription. */
void centrifuge_hearing(struct buf *out, const struct question *question, const struct ws_answer *answer);
void centrifuge_expiry(struct buf *out, const struct client *client);

/* Whether the client's commands arrive in separate requests. */
bool centrifuge_cannot_speak(const struct client *client);

#endif
