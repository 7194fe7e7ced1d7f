/* delivery_cost.c: measures the memory of an idle WebSocket and the time of a delivery.
 *
 *     delivery_cost [SOCKETS] [BYTES] [ROUNDS]
 *
 * Server and clients are one process; only the processor time of the server's part is counted.
 * Prints RssAnon per idle socket, and µs per frame of BYTES bytes, sent by itself and 32 in one
 * write. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "frame.h"
#include "loop.h"
#include "transport.h"
#include "websocket.h"

enum { FRAMES_PER_WRITE = 32 };

/* The server's and the client's end of a connection. */
struct end {
	struct peer peer;
	int client;
};

static int closed;

static _Noreturn void fatal(const char *what)
{
	fprintf(stderr, "delivery_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void on_message(struct peer *, struct str)
{
}

static void ignore(struct peer *)
{
}

static void on_closed(struct peer *)
{
	closed++;
}

static const struct peer_handlers handlers = { on_message, ignore, ignore, on_closed };

static void do_nothing(struct deferred *)
{
}

static void turn(struct loop *loop)
{
	static struct deferred nothing = { do_nothing };

	loop_defer(loop, &nothing);
	loop_turn(loop);
}

static long anon_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "RssAnon: %ld", &kib);
	if (status)
		fclose(status);
	return kib;
}

static double cpu_time_us(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6
	       + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static int connect_pair(int *client)
{
	static int listener = -1;
	static struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t length = sizeof(name);
	int fd, on = 1;

	if (listener < 0) {
		name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(listener, (struct sockaddr *)&name, length) < 0 || listen(listener, 16) < 0
		    || getsockname(listener, (struct sockaddr *)&name, &length) < 0)
			fatal("listen");
	}
	*client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(*client, (struct sockaddr *)&name, sizeof(name)) < 0)
		fatal("connect");
	fcntl(*client, F_SETFL, O_NONBLOCK);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		fatal("accept");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Reads what the clients received, so that no socket is full. */
static void drain(struct end *ends, int count)
{
	static char bytes[256 * 1024];

	for (int i = 0; i < count; i++) {
		while (recv(ends[i].client, bytes, sizeof(bytes), 0) > 0)
			;
	}
}

static void measure(struct loop *loop, struct end *ends, int count, int rounds, struct str bytes,
                    int frames)
{
	double total = 0, start;

	for (int round = 0; round < rounds; round++) {
		start = cpu_time_us();
		for (int i = 0; i < count; i++)
			ends[i].peer.transport->write(&ends[i].peer, bytes);
		turn(loop);
		total += cpu_time_us() - start;
		drain(ends, count);
	}
	printf("%d frame%s per write: %.2f us each\n", frames, frames > 1 ? "s" : "",
	       total / ((double)rounds * count * frames));
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 8000;
	size_t length = argc > 2 ? (size_t)atoi(argv[2]) : 200;
	int rounds = argc > 3 ? atoi(argv[3]) : 10;
	struct loop *loop = loop_new();
	struct websocket_server *sockets = websocket_server_new(loop, 64 * 1024, count);
	struct end *ends = xcalloc((size_t)count, sizeof(*ends));
	unsigned char head[FRAME_HEAD];
	struct buf one = { 0 }, many = { 0 };
	int *fds = xcalloc((size_t)count, sizeof(*fds));
	long before;

	if (!sockets)
		fatal("websocket_server_new");
	for (int i = 0; i < count; i++) {
		ends[i].peer.handlers = &handlers;
		fds[i] = connect_pair(&ends[i].client);
	}
	before = anon_kib();
	for (int i = 0; i < count; i++) {
		static const struct handshake handshake = { "dGhlIHNhbXBsZSBub25jZQ==" };

		if (!websocket_open(sockets, &ends[i].peer, fds[i], &handshake, STR("")))
			fatal("open");
		turn(loop);
	}
	drain(ends, count);
	turn(loop);
	printf("%d sockets: %ld bytes each\n", count, (anon_kib() - before) * 1024 / count);

	buf_add(&one, head, frame_head(FRAME_TEXT, length, head));
	memset(buf_reserve(&one, length), 'x', length);
	one.length += length;
	for (int i = 0; i < FRAMES_PER_WRITE; i++)
		buf_str(&many, buf_as_str(&one));
	measure(loop, ends, count, rounds, buf_as_str(&one), 1);
	measure(loop, ends, count, rounds, buf_as_str(&many), FRAMES_PER_WRITE);
	websocket_server_free(sockets);
	loop_free(loop);
	buf_finish(&one);
	buf_finish(&many);
	free(ends);
	free(fds);
	return closed == count ? 0 : 1;
}
