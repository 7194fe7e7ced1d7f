/* partial_results.c: tests that a connection that breaks within a large result leaves no query
 * without a status, and delivers no partial result.
 *
 * libpq keeps reading while it gets more than 32 kB, if its buffer is large enough. So it may see
 * the end of the connection before the results before it have been fetched. Then it drops its
 * record of the queries in progress, ends those without a result, and returns a row description as
 * a complete result.
 *
 * Normal sequence: a proxy between the pool and PostgreSQL, on the loop of the pool, forwards all
 * data.
 *
 * Failure, once, on request: the proxy holds the server's data until a segment is complete, sends
 * the client the part before the cut, and resets the connection, all between two turns of the
 * pool. */

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "metrics.h"
#include "db_fixture.h"

enum {
	READ_MORE_ABOVE = 32768, /* libpq keeps reading after more than this */
	BIG = 48000,             /* fits into the buffer of a socket that is not read */
	MESSAGE_HEADER = 5,      /* message header: type and length */
};

struct relay {
	struct bufferevent *client, *server;
	LIST_ENTRY(relay) link;
};

static const struct cut {
	const char *description;
	int bytes_of_row; /* bytes of the row that are sent; 0: all */
	int bytes_after;  /* bytes sent after its CommandComplete; -1: not even that */
} cuts[] = {
	{ "early in the row", 1000, -1 },    { "late in the row", READ_MORE_ABOVE + 8000, -1 },
	{ "before CommandComplete", 0, -1 }, { "after CommandComplete", 0, 0 },
	{ "in the next message", 0, 3 },
};

static struct proxy {
	struct evconnlistener *listener;
	LIST_HEAD(, relay) relays; /* relay.link */
	const struct cut *cut;     /* NULL: forwards everything */
	char url[128];
} proxy;

/* ---- The proxy ---- */

static void relay_free(struct relay *relay)
{
	LIST_REMOVE(relay, link);
	bufferevent_free(relay->client);
	bufferevent_free(relay->server);
	free(relay);
}

static size_t message_end(const unsigned char *data, size_t at)
{
	return at + 1
	       + ((size_t)data[at + 1] << 24 | data[at + 2] << 16 | data[at + 3] << 8
	          | data[at + 4]);
}

/* How many bytes to send; 0: this is not the large result. */
static size_t cut_at(const unsigned char *data, size_t length, const struct cut *cut)
{
	size_t at = 0, row_end;

	while (at + MESSAGE_HEADER < length
	       && (data[at] != 'D' || message_end(data, at) < at + BIG))
		at = message_end(data, at);
	if (at + MESSAGE_HEADER >= length)
		return 0;
	row_end = message_end(data, at);
	if (cut->bytes_of_row)
		return at + (size_t)cut->bytes_of_row;
	if (cut->bytes_after < 0)
		return row_end;
	cr_assert(eq(chr, (char)data[row_end], 'C'));
	return message_end(data, row_end) + (size_t)cut->bytes_after;
}

static void reset_client(struct relay *relay, const unsigned char *data, size_t length)
{
	const struct linger linger_off = { .l_onoff = 1 };
	int fd = bufferevent_getfd(relay->client), unsent = 1;

	cr_assert(eq(sz, evbuffer_get_length(bufferevent_get_output(relay->client)), 0));
	cr_assert(eq(long, send(fd, data, length, MSG_NOSIGNAL), (long)length));
	for (int i = 0; i < 1000 && unsent; i++) {
		cr_assert(zero(int, ioctl(fd, SIOCOUTQNSD, &unsent)));
		usleep(1000); /* otherwise the reset would overtake the data */
	}
	cr_assert(zero(int, unsent));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger_off, sizeof(linger_off));
	proxy.cut = NULL;
	relay_free(relay);
	usleep(10000); /* wait until the reset has arrived, too */
}

static void on_client(struct bufferevent *client, void *arg)
{
	struct relay *relay = arg;

	bufferevent_write_buffer(relay->server, bufferevent_get_input(client));
}

static void on_server(struct bufferevent *server, void *arg)
{
	static const unsigned char ready[] = { 'Z', 0, 0, 0, 5, 'I' };
	struct relay *relay = arg;
	struct evbuffer *input = bufferevent_get_input(server);
	size_t length = evbuffer_get_length(input), end;
	const unsigned char *data;

	if (proxy.cut) {
		data = evbuffer_pullup(input, -1);
		if (length < sizeof(ready)
		    || memcmp(data + length - sizeof(ready), ready, sizeof(ready)) != 0)
			return;
		end = cut_at(data, length, proxy.cut);
		if (end) {
			reset_client(relay, data, end);
			return;
		}
	}
	bufferevent_write_buffer(relay->client, input);
}

static void on_end(struct bufferevent *, short what, void *arg)
{
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		relay_free(arg);
}

static void on_accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *, int,
                        void *)
{
	struct event_base *base = evconnlistener_get_base(listener);
	struct relay *relay = calloc(1, sizeof(*relay));
	struct sockaddr_un server = { .sun_family = AF_UNIX };
	const int size = 4 * BIG;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	snprintf(server.sun_path, sizeof(server.sun_path), "%s/.s.PGSQL.5432",
	         strstr(f.url, "host=") + strlen("host="));
	relay->client = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	relay->server = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	LIST_INSERT_HEAD(&proxy.relays, relay, link);
	bufferevent_setcb(relay->client, on_client, NULL, on_end, relay);
	bufferevent_setcb(relay->server, on_server, NULL, on_end, relay);
	cr_assert(zero(int, bufferevent_socket_connect(relay->server, (struct sockaddr *)&server,
	                                               sizeof(server))));
	bufferevent_enable(relay->client, EV_READ | EV_WRITE);
	bufferevent_enable(relay->server, EV_READ | EV_WRITE);
}

/* ---- The tests ---- */

static bool all_connected(void)
{
	return metrics_value(METRIC_DB_CONNECTIONS) == 4 && db_listening(f.db);
}

static void setup(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	cr_assert(zero(int, bind(fd, (struct sockaddr *)&address, size)));
	cr_assert(zero(int, listen(fd, 16)));
	getsockname(fd, (struct sockaddr *)&address, &size);
	snprintf(proxy.url, sizeof(proxy.url),
	         "postgresql://postgres@127.0.0.1:%d/postgres?sslmode=disable&gssencmode=disable",
	         ntohs(address.sin_port));
	server_up();
	f.config.database_url = proxy.url;
	pool_open();
	proxy.listener = evconnlistener_new(loop_base(f.loop), on_accepted, NULL,
	                                    LEV_OPT_CLOSE_ON_FREE, 0, fd);
	cr_assert(turn_until(all_connected()));
}

static void teardown(void)
{
	evconnlistener_free(proxy.listener);
	while (!LIST_EMPTY(&proxy.relays))
		relay_free(LIST_FIRST(&proxy.relays));
	pool_down();
}

TestSuite(partial_results, .init = setup, .fini = teardown, .timeout = 120);

enum { QUERIES = 7 };

/* Prepares both statements on the connection that the next ones will use (the first idle one), so
 * that those share a Sync, and grows libpq's buffer there to the required size. */
static void warm_up(int largest)
{
	struct test_query small = { 0 }, big = { 0 };
	char length[8];

	cr_assert(turn_until(all_connected()));
	snprintf(length, sizeof(length), "%d", largest);
	start_query(&small, SQL_ANSWER, "x");
	start_query(&big, SQL_BIG, length);
	cr_assert(turn_until(small.done_count && big.done_count));
}

static void break_reads(const struct cut *cut, int big)
{
	struct test_query reads[QUERIES] = { 0 };
	char value[QUERIES][8];
	long long lost = metrics_value(METRIC_DB_LOST);

	for (int i = 0; i < QUERIES; i++) {
		snprintf(value[i], sizeof(value[i]), "%d", i == big ? BIG : i);
		start_query(&reads[i], i == big ? SQL_BIG : SQL_ANSWER, value[i]);
	}
	proxy.cut = cut;
	for (int i = 0; i < QUERIES; i++)
		cr_assert(turn_until(reads[i].done_count), "%s of %d: %d has not completed",
		          cut->description, big, i);
	turn_for(20);
	cr_assert(zero(ptr, (void *)proxy.cut));
	cr_expect(eq(llong, metrics_value(METRIC_DB_LOST), lost + 1));
	for (int i = 0; i < QUERIES; i++) {
		const char *data = i == big ? reads[i].etag : reads[i].body;

		cr_expect(eq(int, reads[i].done_count, 1), "%s of %d: %d", cut->description, big,
		          i);
		cr_expect(eq(int, reads[i].status, DB_OK), "%s of %d: %d", cut->description, big,
		          i);
		cr_expect(eq(int, reads[i].rows, 1), "%s of %d: %d", cut->description, big, i);
		cr_expect(eq(str, (char *)data, value[i]), "%s of %d: %d", cut->description, big,
		          i);
	}
}

static void break_reads_everywhere(int largest)
{
	static const int positions[] = { 0, QUERIES / 2, QUERIES - 1 };

	for (size_t c = 0; c < COUNT_OF(cuts); c++)
		for (size_t p = 0; p < COUNT_OF(positions); p++) {
			warm_up(largest);
			break_reads(&cuts[c], positions[p]);
		}
}

Test(partial_results, reads_are_retried_if_the_end_is_seen_last)
{
	break_reads_everywhere(1);
}

Test(partial_results, reads_are_retried_if_the_end_is_seen_early)
{
	break_reads_everywhere(2 * BIG);
}

/* The write has committed, but the pool cannot know. */
Test(partial_results, writes_have_an_unknown_outcome)
{
	char name[BIG + 1], id[8];

	memset(name, 'x', BIG);
	name[BIG] = '\0';
	for (size_t c = 0; c < COUNT_OF(cuts); c++) {
		struct test_query write = { 0 };

		cr_assert(turn_until(all_connected()));
		snprintf(id, sizeof(id), "%zu", 100 + c);
		start_query(&write, SQL_THING_ADD, id, name);
		proxy.cut = &cuts[c];
		cr_assert(turn_until(write.done_count), "%s", cuts[c].description);
		turn_for(20);
		cr_expect(eq(int, write.done_count, 1));
		cr_expect(eq(int, write.status, DB_OUTCOME_UNKNOWN), "%s", cuts[c].description);
		cr_expect(eq(str, (char *)sql("select max(id) from things"), id));
	}
}
