/* Fuzzes the messages of connected clients: Centrifugo's commands, over each of its transports, and
 * JSON messages.
 *
 * The first byte chooses the protocol, the second the replies of the handlers; a NUL ends
 * a message. Everything sent must be complete frames, or lines, of JSON. A client of the
 * JSON protocol is never disconnected for the content of its messages. No state may be
 * left in the end. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "client.h"
#include "config.h"
#include "http_stream.h"
#include "hub.h"
#include "json.h"
#include "protocol.h"
#include "transport.h"
#include "websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct loop *loop;
	struct ws *ws;
	struct peer *peer; /* NULL: disconnected, or an HTTP stream */
	int code;          /* close code */
	unsigned seed;     /* selects the replies of the handlers */
	struct ws_query *pending[64];
	int pending_count;
} f;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- Fake transport ---- */

static void must_be_json(struct str text)
{
	size_t where;

	must(!json_scan(text, &where));
}

static void on_write(struct peer *peer, struct str bytes)
{
	must(!f.code);
	while (bytes.length) {
		const unsigned char *at = (const unsigned char *)bytes.at;
		size_t head = 2, length = at[1];

		must(bytes.length >= 2 && at[0] == 0x81);
		if (length == 126) {
			head = 4;
			length = (size_t)at[2] << 8 | at[3];
		}
		must(length < 126 + 65536 && bytes.length >= head + length);
		must_be_json((struct str){ bytes.at + head, length });
		bytes.at += head + length;
		bytes.length -= head + length;
	}
}

static void on_close(struct peer *peer, int code, const char *)
{
	if (!f.code)
		f.code = code;
	peer->closing = true;
}

static void on_listen(struct peer *, bool)
{
}

static const struct transport transport = { on_write, on_close, on_listen };

struct websocket_server *websocket_server_new(struct loop *, size_t, int)
{
	return xcalloc(1, 1);
}

void websocket_server_free(struct websocket_server *sockets)
{
	free(sockets);
}

bool websocket_open(struct websocket_server *, struct peer *peer, int, const struct handshake *,
                    struct str)
{
	peer->transport = &transport;
	f.peer = peer;
	return true;
}

/* ---- Handlers ---- */

static void send_reply(struct ws_query *query)
{
	static const enum ws_error errors[] = {
		WS_OK,
		WS_OK,
		WS_OK,
		WS_INTERNAL,
		WS_PERMISSION_DENIED,
		WS_UNAUTHORIZED,
		WS_TOKEN_EXPIRED,
		WS_UNRECOVERABLE,
	};
	const struct ws_event event = {
		query->text, 2, STR("a\"\n"), STR("{}"), STR("now"), false
	};
	struct ws_reply reply = {
		.error = errors[(f.seed >> 1) % COUNT_OF(errors)],
		.identity.id = "01890000-0000-7000-8000-00000000000a",
		.epoch = STR("e\"1"),
		.offset = 2,
		.recovered = query->has_since && query->since == 1,
		.events = &event,
		.count = 1,
		.body = STR("{}"),
	};

	f.seed = f.seed * 5 + 1;
	ws_reply(f.ws, query, &reply);
}

static void on_query(void *, struct ws_query *query)
{
	if (f.seed & 1 && f.pending_count < (int)COUNT_OF(f.pending))
		f.pending[f.pending_count++] = query;
	else
		send_reply(query);
}

static void on_cancel(void *, struct ws_query *query)
{
	for (int i = 0; i < f.pending_count; i++) {
		if (f.pending[i] == query) {
			f.pending[i] = f.pending[--f.pending_count];
			return;
		}
	}
	abort();
}

static void reply_pending(void)
{
	for (int i = f.pending_count; i > 0 && f.pending_count > 0; i--)
		send_reply(f.pending[--f.pending_count]);
}

static void on_fill(void *, const char *, long long)
{
}

/* ---- Client ---- */

static void do_nothing(struct deferred *)
{
}

static void turn(void)
{
	static struct deferred nothing = { do_nothing };

	loop_defer(f.loop, &nothing);
	loop_turn(f.loop);
}

static void set_up(void)
{
	static const struct config config = {
		.ws_connections = 10,
		.ws_per_user = 2,
		.ws_per_address = 10,
		.ws_channels = 4,
		.ws_message_bytes = 4096,
		.ws_ping_seconds = 25,
		.ws_ttl_hours = 24,
		.ws_ring = 4,
		.ws_ring_bytes = 4096,
		.ws_pending_bytes = 65536,
	};
	const struct ws_handlers handlers = { NULL, on_query, on_cancel, on_fill };

	f.loop = loop_new();
	f.ws = ws_new(f.loop, &config, &handlers);
}

/* Checks that a stream received lines of JSON. */
static void check_lines(int caller, struct buf *received)
{
	char bytes[65536];
	ssize_t n;
	struct str line;

	while ((n = recv(caller, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		buf_add(received, bytes, (size_t)n);
	for (struct str rest = buf_as_str(received); str_cut(&rest, '\n', &line);)
		must_be_json(line);
}

static void send_message(struct client *client, struct str message)
{
	if (f.peer && !f.peer->closing)
		f.peer->handlers->on_message(f.peer, message);
	else if (!f.peer && !client->disconnecting)
		client->peer.handlers->on_message(&client->peer, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum ws_protocol choices[] = { WS_CENTRIFUGE, WS_CENTRIFUGE_HTTP_STREAM,
		                                    WS_JSON };
	struct str rest = { (const char *)data + 2, size - 2 }, message;
	struct ws_incoming incoming = { .key = "" };
	struct client *client;
	struct buf received = { 0 };
	int fds[2];

	if (size < 2)
		return 0;
	if (!f.ws)
		set_up();
	f.code = 0;
	f.peer = NULL;
	f.seed = data[1];
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	incoming.protocol = choices[data[0] % COUNT_OF(choices)];
	incoming.token = data[0] & 0x40 ? STR("token") : STR("");
	if (!protocols[incoming.protocol].is_websocket)
		incoming.key = NULL;
	incoming.fd = fds[0];
	ws_accept(f.ws, &incoming);
	client = TAILQ_FIRST(&f.ws->clients);
	while (str_cut(&rest, '\0', &message)) {
		/* The transport passes on only valid UTF-8. */
		if (str_is_utf8(message))
			send_message(client, message);
		turn();
		reply_pending();
	}
	ws_recheck(f.ws, NULL);
	turn();
	reply_pending();
	turn();
	/* The reasons are temporary errors of authentication, too much output, and missing
	 * permission. */
	must(incoming.protocol != WS_JSON || !f.code || f.code == 3004 || f.code == 3008
	     || f.code == 3507);
	if (f.peer) {
		f.peer->handlers->on_closed(f.peer);
		close(fds[0]);
	} else {
		check_lines(fds[1], &received);
		http_stream_free(&client->peer);
	}
	close(fds[1]);
	buf_finish(&received);
	must(!f.pending_count && !f.ws->client_count && !f.ws->channel_count && !f.ws->sub_count
	     && !f.ws->active_rechecks);
	return 0;
}
