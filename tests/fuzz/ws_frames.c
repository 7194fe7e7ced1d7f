/* Fuzzes WebSocket frames through libwebsockets: bytes received with the handshake, and later.
 *
 * The first two bytes choose where the rest is split. Messages must be complete, valid UTF-8 and
 * within the size limit; nothing may follow the end; and the end must come once the client has
 * disconnected. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "loop.h"
#include "transport.h"
#include "websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE = 1000, MAX_TURNS = 1000 };

static struct {
	struct loop *loop;
	struct websocket_server *sockets;
	bool closed;
} f;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void on_message(struct peer *peer, struct str text)
{
	must(!f.closed && !peer->closing);
	must(text.length <= MAX_MESSAGE && str_is_utf8(text));
	peer->transport->write(peer, STR("\x81\x02{}"));
}

static void on_pong(struct peer *peer)
{
	must(!f.closed && !peer->closing);
}

static void on_drained(struct peer *)
{
	must(!f.closed);
}

static void on_closed(struct peer *)
{
	must(!f.closed);
	f.closed = true;
}

static const struct peer_handlers handlers = { on_message, on_pong, on_drained, on_closed };

static void do_nothing(struct deferred *)
{
}

static void turn(void)
{
	static struct deferred nothing = { do_nothing };

	loop_defer(f.loop, &nothing);
	loop_turn(f.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct handshake handshake = { "dGhlIHNhbXBsZSBub25jZQ==", NULL };
	struct peer peer = { .handlers = &handlers };
	struct str bytes;
	size_t cut;
	int fds[2];

	if (size < 3)
		return 0;
	if (!f.loop) {
		f.loop = loop_new();
		f.sockets = websocket_server_new(f.loop, MAX_MESSAGE, 10);
	}
	bytes = (struct str){ (const char *)data + 2, size - 2 };
	cut = (size_t)(data[0] | data[1] << 8) % (bytes.length + 1);
	f.closed = false;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	must(websocket_open(f.sockets, &peer, fds[0], &handshake, (struct str){ bytes.at, cut }));
	turn();
	if (send(fds[1], bytes.at + cut, bytes.length - cut, MSG_NOSIGNAL) < 0)
		must(f.closed);
	for (int i = 0; i < 4; i++)
		turn();
	close(fds[1]);
	for (int i = 0; i < MAX_TURNS && !f.closed; i++)
		turn();
	must(f.closed && websocket_server_count(f.sockets) == 0);
	return 0;
}
