/* centrifuge.h: functions shared by the files of the Centrifugo protocol (centrifuge*.c).
 *
 * centrifuge.c runs the commands of centrifuge_commands.c, and an anonymous `connect` calls back
 * into centrifuge.c to run the queued commands. */

#ifndef WS_CENTRIFUGE_H
#define WS_CENTRIFUGE_H

#include "ws.h"

struct client;
struct json;
struct pending_query;

/* In client->protocol_data while the client is not connected yet or its commands wait; otherwise
 * that is NULL. */
struct queued_input {
	bool connecting;
	struct buf token; /* from the handshake, until the client is connected */
	struct buf text;  /* commands not run yet */
};

bool centrifuge_is_connecting(const struct client *client);

/* centrifuge_commands.c: runs a command. False: malformed; disconnect the client. */
bool centrifuge_run(struct client *client, const struct json *object);

/* centrifuge.c: replies to `connect` and runs the queued commands. `subscribed`: reply for the
 * server-side subscription; NULL: there is none. */
void centrifuge_connected(struct client *client, const struct pending_query *pending,
                          const struct ws_reply *subscribed);

/* ---- centrifuge_encode.c: encoding ---- */

/* A reply to a command: begin, body, end. */
void centrifuge_begin(struct buf *out, long long id);
void centrifuge_end(struct client *client, struct buf *out);
void centrifuge_send_error(struct client *client, long long id, enum ws_error why);
void centrifuge_send_connected(struct client *client, const struct pending_query *pending,
                               const struct ws_reply *subscribed);

/* Parts of replies. */
void centrifuge_write_text(struct buf *out, const char *name, struct str text);
void centrifuge_write_position(struct buf *out, const struct ws_reply *reply);
void centrifuge_write_publications(struct buf *out, const struct ws_reply *reply);
/* The state of a new subscription. */
void centrifuge_write_subscription(struct buf *out, const struct pending_query *pending,
                                   const struct ws_reply *reply);
void centrifuge_write_expiry(struct buf *out, const struct client *client);

/* Whether the client's commands arrive in separate requests. */
bool centrifuge_is_emulated(const struct client *client);

#endif
