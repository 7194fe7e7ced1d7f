/* live_messages.h: what /ws sends and receives besides events (ws_client_messages.def,
 * ws_server_messages.def), and the codes of errors and closes (ws_errors.def, ws_closes.def,
 * disconnects.def). */

#ifndef LIVE_MESSAGES_H
#define LIVE_MESSAGES_H

#include "schema.h"

struct live_message {
	const char *type;
	const char *summary;     /* imperative, no period */
	const char *description; /* whole sentences */
	bool any_data;           /* its data can be any value, and has no members */
	const char *replies;     /* types, separated by spaces; NULL: a message of the server */
};

/* Both end with an empty row. */
extern const struct live_message live_client_messages[], live_server_messages[];

/* A member of the data of a message. The rules of the field are REQUIRED, REQUIRED | NULLABLE, or
 * OPTIONAL_IN_RESPONSE. */
struct live_member {
	const char *message;
	struct field field;
};

/* Both end with an empty row. */
extern const struct live_member live_client_members[], live_server_members[];

enum { LIVE_MEMBERS = 16 };

/* The fields of a message; ends with an empty one. The rows end with an empty one, too. */
void live_message_fields(const struct live_member *rows, const char *message,
                         struct field out[LIVE_MEMBERS]);

/* How the rows MEMBER of the tables say whether a member is present. */
#define PRESENT_ALWAYS    REQUIRED
#define PRESENT_SOMETIMES OPTIONAL_IN_RESPONSE
#define PRESENT_OR_NULL   (REQUIRED | NULLABLE)

/* An error in reply to a message or a command. */
struct live_error {
	const char *name;
	int code;
	const char *message;
	bool temporary; /* a retry can succeed */
	const char *description;
};

extern const struct live_error live_errors[]; /* ends with an empty row */

/* A close of a connection: by the WebSocket protocol, then by the server. */
struct live_close {
	int code;
	const char *reason, *description;
	bool reconnect; /* clients reconnect after it */
};

extern const struct live_close live_closes[]; /* ends with an empty row */

#endif
