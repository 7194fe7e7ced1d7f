/* protocol.h: the protocols of clients, and the codes that all of them send.
 *
 * A protocol calls client.c, and client.c finds its implementation in the table of protocol.c. So
 * these files depend on each other, but only the table names the implementations. */

#ifndef WS_PROTOCOL_H
#define WS_PROTOCOL_H

#include "message.h"
#include "ws.h"

struct client;
struct pending_query;
struct subscription;

enum disconnect {
#define DISCONNECT(name, ...) DISCONNECT_##name,
#include "table/disconnects.def"
#undef DISCONNECT
	DISCONNECTS
};

struct disconnect_row {
	int code;
	const char *reason;
};

extern const struct disconnect_row disconnects[DISCONNECTS];

struct ws_error_row {
	int number;
	const char *message;
	bool temporary;
};

const struct ws_error_row *ws_error_row(enum ws_error error);

/* Implementation of a protocol. */
struct protocol_ops {
	void (*begin)(struct client *client, const struct ws_incoming *incoming);
	void (*on_input)(struct client *client, struct str text);
	void (*on_reply)(struct client *client, struct pending_query *pending,
	                 const struct ws_reply *reply);
	/* After each reply: runs queued input; may be NULL. */
	void (*run_queued)(struct client *client);
	void (*ping)(struct client *client);
	/* Before each event of the subscription: writes the event's ID, if the protocol has one;
	 * may be NULL. The events of such a protocol are not the same bytes for all clients. */
	void (*write_id)(struct buf *out, const struct subscription *sub);
	/* Notifies the client that the server has ended a subscription. */
	void (*unsubscribed)(struct client *client, const struct subscription *sub,
	                     enum ws_error why);
	/* Sends the disconnect message; may be NULL. */
	void (*send_disconnect)(struct client *client, enum disconnect why);
	void (*finish)(struct client *client); /* frees the protocol state; may be NULL */
};

/* Each is defined in the file of the same name. */
extern const struct protocol_ops proto_centrifuge, proto_json, proto_sse;

struct protocol {
	const char *name;
	enum encoding encoding;
	bool is_websocket; /* a WebSocket: the client must answer pings */
	const struct protocol_ops *ops;
};

extern const struct protocol protocols[WS_PROTOCOLS];

#endif
