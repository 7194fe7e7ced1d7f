/* http_fixture.c: an HTTP server on the test's own loop, and clients for it. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "http_fixture.h"
#include "uuid.h"

struct street f;

static struct config as_read; /* owns the initial f.config */

static char large[LARGE];

static void answer(struct request *request, struct str text)
{
	request_reply(request, &(struct reply){ .status = 200,
						.type = "text/plain; charset=utf-8",
						.body = text,
						.total = NO_TOTAL });
}

/* Replies with the parsed request, one item per line. */
static void echo(struct request *request)
{
	struct buf out = { 0 };

	f.ran++;
	buf_print(&out, "method=%s\n", method_name(request->method));
	buf_print(&out, "path=%.*s\n", STR_ARGS(request->path));
	buf_print(&out, "query=%.*s\n", STR_ARGS(request->query));
	buf_print(&out, "route=%s\n", request->route->pattern);
	for (int i = 0; i < PATH_PARAMS && request->params[i].at; i++)
		buf_print(&out, "param=%.*s\n", STR_ARGS(request->params[i]));
	for (int i = 0; i < HEADERS; i++) {
		if (request->headers[i].at)
			buf_print(&out, "header %d=%.*s\n", i, STR_ARGS(request->headers[i]));
	}
	buf_print(&out, "body=%zu:%llx\n", request->body.length,
		  (unsigned long long)str_hash(request->body, 1));
	answer(request, buf_as_str(&out));
	buf_finish(&out);
}

static void on_slow(evutil_socket_t, short, void *arg)
{
	struct request *request = arg;

	echo(request);
	request_release(request);
}

static void slow(struct request *request)
{
	request_hold(request);
	event_base_once(loop_base(f.loop), -1, EV_TIMEOUT, on_slow, request,
			&(struct timeval){ .tv_usec = 1 });
}

static void on_gone(struct request *)
{
	f.gone++;
}

static void hold(struct request *request)
{
	f.ran++;
	request->gone = on_gone;
	request_hold(request);
	f.held = request;
}

static void take_after(struct request *request, int status)
{
	struct reply reply = { .status = status, .type = "text/event-stream", .total = NO_TOTAL };

	if (request_take(request, &reply, &f.taken))
		f.taken_count++;
	else
		f.not_taken++;
}

/* The status is in the path. */
static void take_now(struct request *request)
{
	long long status;

	cr_assert(str_number(request->params[0], &status));
	f.ran++;
	take_after(request, (int)status);
}

static void upgrades(struct request *request)
{
	answer(request, request_upgrades(request, "websocket") ? STR("yes\n") : STR("no\n"));
}

static void send_large(struct request *request)
{
	answer(request, (struct str){ large, sizeof(large) });
}

static void send_same(struct request *request)
{
	request_reply(request,
		      &(struct reply){ .status = 304, .etag = "\"1.abc\"", .total = NO_TOTAL });
}

static void send_nothing(struct request *request)
{
	request_reply(request, &(struct reply){ .status = 204, .total = NO_TOTAL });
}

static void send_health(struct request *request)
{
	answer(request, STR("ok\n"));
}

static void refuse(struct request *request)
{
	request_refuse(request, &(struct refusal){
					.problem = PROBLEM_VALIDATION_FAILED,
					.detail = "One \"field\" is invalid.",
					.errors = STR("[{\"pointer\":\"/a\"}]"),
					.retry_after = 3,
				});
}

static void challenge(struct request *request)
{
	request_refuse(request, &(struct refusal){ .problem = PROBLEM_UNAUTHENTICATED });
}

/* Replies with the client's address, loopback and secure. */
static void whose(struct request *request)
{
	struct buf out = { 0 };

	buf_print(&out, "client=%.*s\nloopback=%d\nsecure=%d\n", STR_ARGS(request->client),
		  request->loopback, request->secure);
	answer(request, buf_as_str(&out));
	buf_finish(&out);
}

static enum limit limit_of(struct str name)
{
	static const char *const names[] = {
#define RATE_LIMIT(name, wire, ...) wire,
#include "table/limits.def"
#undef RATE_LIMIT
	};
	enum limit limit = 0;

	while (limit < LIMITS && !str_is(name, names[limit]))
		limit++;
	cr_assert(limit < LIMITS, "%.*s", STR_ARGS(name));
	return limit;
}

/* Takes one from the bucket of each caller in the path. */
static void spend(struct request *request)
{
	struct str rest = request->params[1], who;

	while (str_cut(&rest, ',', &who)) {
		if (!request_spend(request, limit_of(request->params[0]), who))
			return;
	}
	echo(request);
}

static void look(struct request *request)
{
	if (request_may_spend(request, limit_of(request->params[0]), STR("")))
		echo(request);
}

static void charge(struct request *request)
{
	request_charge(request, limit_of(request->params[0]), STR(""));
	echo(request);
}

static const struct route routes[] = {
	{ GET, "/whose", whose },
	{ GET, "/health", send_health, .limit = LIMIT_HEALTH },
	{ GET, "/news", echo, .limit = LIMIT_HEALTH, .streams = true },
	{ GET, "/spend/{class}/{who}", spend },
	{ GET, "/look/{class}", look },
	{ GET, "/charge/{class}", charge },
	{ GET, "/echo", echo },
	{ POST, "/echo", echo },
	{ PUT, "/echo", echo },
	{ PATCH, "/echo", echo },
	{ DELETE, "/echo", echo },
	{ GET, "/items/count", echo },
	{ GET, "/items/{id}", echo },
	{ DELETE, "/items/{id}", echo },
	{ GET, "/items/{id}/parts/{part}", echo },
	{ GET, "/slow", slow },
	{ POST, "/slow", slow },
	{ GET, "/held", hold },
	{ GET, "/take/{status}", take_now },
	{ POST, "/take/{status}", take_now },
	{ GET, "/upgrades", upgrades },
	{ GET, "/large", send_large },
	{ GET, "/same", send_same },
	{ GET, "/nothing", send_nothing },
	{ GET, "/refuse", refuse },
	{ GET, "/challenge", challenge },
	{ GET, "/problems/{slug}", problem_page },
};

void street_serve(void)
{
	f.http = http_new(f.loop, &f.config, routes, COUNT_OF(routes), &f);
	cr_assert(f.http);
}

void street_stop(void)
{
	http_free(f.http);
	f.http = NULL;
}

void street_open(void)
{
	struct buf faults = { 0 };

	setenv("HOST", "127.0.0.1", 1);
	setenv("PORT", "0", 1);
	setenv("RATE_LIMIT", "off", 1);
	cr_assert(config_read(&as_read, NULL, 0, &faults), "%s", buf_cstr(&faults));
	f.config = as_read;
	buf_finish(&faults);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)('a' + i % 26);
	f.loop = loop_new();
	street_serve();
}

void street_close(void)
{
	street_stop();
	street_let_go();
	loop_free(f.loop);
	config_finish(&as_read);
}

void street_let_go(void)
{
	struct request *request = f.held;

	f.held = NULL;
	if (!request)
		return;
	answer(request, STR("held\n"));
	request_release(request);
}

void street_take(int status)
{
	struct request *request = f.held;

	f.held = NULL;
	cr_assert(request);
	take_after(request, status);
	request_release(request);
}

static void do_nothing(struct deferred *)
{
}

void street_turn(void)
{
	static struct deferred nothing = { do_nothing };

	/* A turn does not wait if there is deferred work. */
	loop_defer(f.loop, &nothing);
	loop_turn(f.loop);
}

void street_later(long long ms)
{
	if (!f.now_us)
		f.now_us = clock_exact_us();
	f.now_us += ms * 1000;
	clock_set(f.now_us, 1795240000000 + f.now_us / 1000);
}

static long long real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static struct sockaddr_in loopback(const char *address, int port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	cr_assert(inet_pton(AF_INET, address, &name.sin_addr) == 1);
	return name;
}

static int caller_from(const char *address)
{
	struct sockaddr_in own = loopback(address, 0), server = loopback("127.0.0.1", http_port(f.http));
	int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	cr_assert(caller >= 0, "%s", strerror(errno));
	cr_assert(bind(caller, (struct sockaddr *)&own, sizeof(own)) == 0, "%s", strerror(errno));
	cr_assert(connect(caller, (struct sockaddr *)&server, sizeof(server)) == 0, "%s",
		  strerror(errno));
	setsockopt(caller, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(caller, F_SETFL, O_NONBLOCK);
	street_turn();
	return caller;
}

int caller_new(void)
{
	return caller_from("127.0.0.1");
}

void caller_say(int caller, struct str bytes)
{
	long long end = real_ms() + 20000;

	while (bytes.length && real_ms() < end) {
		ssize_t n = send(caller, bytes.at, bytes.length, MSG_NOSIGNAL);

		if (n > 0) {
			bytes.at += n;
			bytes.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			return; /* the server has closed; its reply is received later */
		}
		street_turn();
	}
}

void caller_says_no_more(int caller)
{
	shutdown(caller, SHUT_WR);
}

/* Receives what is available; false at the end. */
static bool take(int caller, struct buf *heard)
{
	char bytes[65536];
	ssize_t n = recv(caller, bytes, sizeof(bytes), 0);

	if (n > 0)
		buf_add(heard, bytes, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

bool caller_hears_all(int caller, struct buf *heard, int seconds)
{
	long long end = real_ms() + seconds * 1000LL;

	while (take(caller, heard)) {
		if (real_ms() > end)
			return false;
		street_turn();
	}
	return true;
}

bool caller_hears(int caller, struct buf *heard, size_t least, int seconds)
{
	long long end = real_ms() + seconds * 1000LL;

	while (heard->length < least) {
		if (!take(caller, heard) || real_ms() > end)
			return false;
		street_turn();
	}
	return true;
}

struct str ask_from(const char *address, struct str bytes)
{
	static struct buf heard;
	int caller = caller_from(address);

	buf_clear(&heard);
	caller_say(caller, bytes);
	caller_says_no_more(caller);
	cr_expect(caller_hears_all(caller, &heard, 10), "the server did not close the connection");
	close(caller);
	return (struct str){ buf_cstr(&heard), heard.length };
}

struct str ask(struct str bytes)
{
	return ask_from("127.0.0.1", bytes);
}

const char *log_of(struct str bytes)
{
	static char text[8192];
	int ends[2];
	ssize_t n;

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO);
	ask(bytes);
	log_flush();
	n = read(ends[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	log_open(STDERR_FILENO, LOG_WARN);
	close(ends[0]);
	close(ends[1]);
	return text;
}

const char *statuses_of(struct str heard)
{
	static struct buf out;
	static const char mark[] = "HTTP/1.1 ";
	const char *at = heard.at, *end = heard.at + heard.length;

	buf_clear(&out);
	while (heard.at && (at = memmem(at, (size_t)(end - at), mark, sizeof(mark) - 1))) {
		at += sizeof(mark) - 1;
		if (out.length)
			buf_char(&out, ' ');
		buf_add(&out, at, 3);
	}
	return buf_cstr(&out);
}

struct str header_of(struct str heard, const char *name)
{
	const char *end = memmem(heard.at, heard.length, "\r\n\r\n", 4);
	struct str rest = { heard.at, end ? (size_t)(end - heard.at) + 2 : 0 }, line;

	while (str_cut(&rest, '\n', &line)) {
		if (str_begins(line, name) && line.at[strlen(name)] == ':')
			return str_trim((struct str){ line.at + strlen(name) + 1,
						      line.length - strlen(name) - 2 });
	}
	return (struct str){ NULL, 0 };
}

struct str body_of(struct str heard)
{
	const char *end = memmem(heard.at, heard.length, "\r\n\r\n", 4);

	if (!end)
		return (struct str){ NULL, 0 };
	return (struct str){ end + 4, heard.length - (size_t)(end + 4 - heard.at) };
}

int count_of(struct str heard, const char *text)
{
	const char *at = heard.at, *end = heard.at + heard.length;
	int count = 0;

	for (; (at = memmem(at, (size_t)(end - at), text, strlen(text))); at++)
		count++;
	return count;
}

void make_ids_equal(struct buf *heard)
{
	for (size_t i = 0; i + 36 <= heard->length; i++) {
		if (uuid_is_valid((struct str){ heard->at + i, 36 }))
			memset(heard->at + i, 'u', 36);
	}
}
