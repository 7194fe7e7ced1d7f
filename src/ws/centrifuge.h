/* centrifuge.h: what is said in Centrifugo's protocol (of the files that begin with its name). */

#ifndef WS_CENTRIFUGE_H
#define WS_CENTRIFUGE_H

#include "ws_room.h"

struct json;

/* Of one who was not let in yet, or whose commands wait: client->more; of the others it is NULL. */
struct waiting {
	bool outside;
	struct buf token; /* of his handshake, while he is outside */
	struct buf words; /* what he said, and was not done yet */
};

bool centrifuge_is_outside(const struct client *client);

/* centrifuge_commands.c: does what it says. False: it is no command, and whoever says it no client. */
bool centrifuge_run(struct client *client, const struct json *object);

/* centrifuge.c: he is welcomed, and heard. `given`: what he hears without having asked; NULL: nothing. */
void centrifuge_let_in(struct client *client, const struct question *question, const struct ws_answer *given);

/* ---- centrifuge_words.c: what the server says ---- */

/* A reply to the command of that number: begin, what it says, end. */
void centrifuge_begin(struct buf *out, long long id);
void centrifuge_end(struct client *client, struct buf *out);
void centrifuge_refuse(struct client *client, long long id, enum ws_refusal why);
void centrifuge_welcome(struct client *client, const struct question *question, const struct ws_answer *given);

/* Parts of replies. */
void centrifuge_text(struct buf *out, const char *name, struct str text);
void centrifuge_position(struct buf *out, const struct ws_answer *answer);
void centrifuge_publications(struct buf *out, const struct ws_answer *answer);
/* What a client is told of a channel that it hears from now on. */
void centrifuge_hearing(struct buf *out, const struct question *question, const struct ws_answer *answer);
void centrifuge_expiry(struct buf *out, const struct client *client);

/* Do his commands come by requests of their own? */
bool centrifuge_cannot_speak(const struct client *client);

#endif
