/* Many random clients: valid and corrupted frames, cut anywhere, disconnected at any moment.
 * Nothing crashes or leaks, and on_closed() is called exactly once per connection.
 *
 * The sequence is the same each time; SEED in the environment selects another. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_fixture.h"
#include "websocket.h"

TestSuite(malformed_input, .init = transport_fixture_open, .fini = transport_fixture_close,
          .timeout = 300);

enum { CLIENTS = 40, STEPS = 20000, LONGEST = 140000 };

static struct random_client {
	struct test_conn *conn;
	struct buf output; /* output of its client */
	size_t sent;
} clients[CLIENTS];

static unsigned any(unsigned max)
{
	return (unsigned)random() % max;
}

static const char *letters(size_t length)
{
	static char text[LONGEST];

	for (size_t i = 0; i < length; i++)
		text[i] = any(30) ? (char)('a' + i % 26) : (char)random();
	return text;
}

/* Mostly valid frames, and mostly in a valid order. */
static void put_frame(struct buf *output)
{
	static const unsigned char firsts[] = { 0x81, 0x01, 0x80, 0x00, 0x89, 0x8a,
		                                0x81, 0x81, 0x89, 0x01, 0x88, 0x82,
		                                0x02, 0x08, 0x83, 0xc1, 0x91 };
	static const unsigned lengths[] = { 0,   1,   2,   5,    100,  125,   126,    127,
		                            128, 129, 300, 1000, 5000, 70000, LONGEST };
	size_t at = output->length, length = lengths[any(any(3) ? 11 : COUNT_OF(lengths))];

	frame_put(output, firsts[any(any(4) ? 10 : sizeof(firsts))],
	          (struct str){ letters(length), length });
	if (any(12) == 0)
		output->at[at + any(10) % (output->length - at)] ^= (char)(1 << any(8));
	if (any(40) == 0)
		buf_str(output, (struct str){ letters(300), any(300) });
}

static void send_output(struct random_client *client)
{
	size_t left = client->output.length - client->sent;
	ssize_t n;

	if (left == 0) {
		buf_clear(&client->output);
		client->sent = 0;
		for (unsigned i = any(4) + 1; i; i--)
			put_frame(&client->output);
		left = client->output.length;
	}
	if (any(2) && left > 1)
		left = 1 + any((unsigned)left);
	n = send(client->conn->client_fd, client->output.at + client->sent, left, MSG_NOSIGNAL);
	if (n > 0)
		client->sent += (size_t)n;
}

static void connect_client(struct random_client *client)
{
	struct buf rest = { 0 };

	if (any(3) == 0)
		put_frame(&rest);
	client->conn = conn_open_websocket(
		(struct str){ rest.length ? rest.at : "", any(2) ? rest.length : rest.length / 2 });
	client->conn->echo = any(3) == 0;
	client->conn->stop_reading = any(6) == 0;
	client->conn->close_on_message = any(12) == 0;
	buf_finish(&rest);
}

static void client_acts(struct random_client *client)
{
	static char received[1024 * 1024];
	int *client_fd = &client->conn->client_fd;

	switch (any(16)) {
	case 0:
		if (any(2))
			client_fd_reset(*client_fd);
		else
			close(*client_fd);
		*client_fd = -1;
		break;
	case 1:
		shutdown(*client_fd, any(4) ? SHUT_WR : SHUT_RDWR);
		break;
	case 2 ... 5:
		recv(*client_fd, received, any(4) ? sizeof(received) : 100, 0);
		break;
	default:
		send_output(client);
	}
}

static void server_acts(struct test_conn *conn)
{
	switch (any(12)) {
	case 0:
		conn_close(conn, 3000 + (int)any(10), any(2) ? "a reason" : NULL);
		break;
	case 1:
		if (!conn->peer.full && !conn->peer.closing && any(3) == 0)
			conn_flood(conn);
		break;
	case 2 ... 4:
		conn_set_reading(conn, any(2));
		break;
	default:
		if (!conn->peer.full)
			conn_write_text(conn, STR("hello"));
	}
}

static void step(struct random_client *client)
{
	struct test_conn *conn = client->conn;

	if (!conn) {
		connect_client(client);
	} else if (conn->closed) {
		conn_free(conn);
		client->conn = NULL;
		client->sent = client->output.length;
	} else if (any(3) && conn->client_fd >= 0) {
		client_acts(client);
	} else {
		server_acts(conn);
	}
	if (any(2))
		run_turn();
}

Test(malformed_input, survives_random_frames)
{
	const char *seed = getenv("SEED");

	srandom(seed ? (unsigned)atoi(seed) : 1);
	for (int i = 0; i < STEPS; i++) {
		step(&clients[any(CLIENTS)]);
		if (i == STEPS / 2) {
			websocket_server_free(f.sockets);
			f.sockets = websocket_server_new(f.loop, MAX_MESSAGE, MAX_SOCKETS);
		}
	}
	for (int i = 0; i < CLIENTS; i++) {
		struct test_conn *conn = clients[i].conn;

		if (conn && !conn->closed) {
			/* A disconnect is only noticed while reading. */
			conn->stop_reading = false;
			conn_set_reading(conn, true);
			/* Nor is one noticed behind pending output: TCP may take minutes, so the
			 * owner must close. */
			if (conn->peer.full)
				conn_close(conn, 3008, "slow");
		}
		if (conn)
			conn_free(conn);
		buf_finish(&clients[i].output);
	}
	cr_expect_eq(websocket_server_count(f.sockets), 0);
}
