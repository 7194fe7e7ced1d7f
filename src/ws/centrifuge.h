/* centrifuge.h: what the server says in Centrifugo's protocol (of centrifuge.c alone). */

#ifndef WS_CENTRIFUGE_H
#define WS_CENTRIFUGE_H

#include "ws_room.h"

/* A reply to the command of that number: begin, what it says, end. */
void centrifuge_begin(struct buf *out, long long id);
void centrifuge_end(struct client *client, struct buf *out);
void centrifuge_refuse(struct client *client, long long id, enum ws_refusal why);
/* He is let in. `given`: what he hears without having asked; NULL: nothing. */
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
