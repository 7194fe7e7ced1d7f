/* http_fixture.c: an HTTP server on the test's own loop, and clients for it. */

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "http_fixture.h"
#include "uuid.h"

struct http_fixture f;

static struct config initial_config; /* owns the initial f.config */

static char large[LARGE];

static void send_text(struct request *request, struct str text)
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
	send_text(request, buf_as_str(&out));
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

static void on_disconnect(struct request *)
{
	f.disconnects++;
}

static void hold_request(struct request *request)
{
	f.ran++;
	request->on_disconnect = on_disconnect;
	request_hold(request);
	f.held = request;
}

static void detach_with(struct request *request, int status)
{
	struct reply reply = { .status = status, .type = "text/event-stream", .total = NO_TOTAL };

	if (request_detach(request, &reply, &f.detached))
		f.detached_count++;
	else
		f.not_detached++;
}

/* The status is in the path. */
static void detach_now(struct request *request)
{
	long long status;

	cr_assert(str_number(request->params[0], &status));
	f.ran++;
	detach_with(request, (int)status);
}

static void upgrades(struct request *request)
{
	send_text(request, request_upgrades(request, "websocket") ? STR("yes\n") : STR("no\n"));
}

static void send_large(struct request *request)
{
	send_text(request, (struct str){ large, sizeof(large) });
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
	send_text(request, STR("ok\n"));
}

static const struct problem_row validation_failed = {
	"VALIDATION_FAILED", 422, "Validation failed", "`errors` lists them.", "Fix each of them.",
};
static const struct problem_row unauthenticated = {
	"UNAUTHENTICATED", 401, "Authentication required", "There is no token.", "Send one.",
};

static void send_problem(struct request *request)
{
	const struct problem_reply reply = {
		.problem = &validation_failed,
		.detail = "One \"field\" is invalid.",
		.errors = STR("[{\"pointer\":\"/a\"}]"),
		.retry_after = 3,
	};

	request_problem(request, &reply);
}

static void send_page(struct request *request)
{
	const struct reply page = {
		.status = 200,
		.type = "text/html; charset=utf-8",
		.body = STR("<!DOCTYPE html><title>Page</title>\n"),
		.cache_control = "public, max-age=3600",
		.csp = "default-src 'none'; base-uri 'none'; form-action 'none'; "
		       "frame-ancestors 'none'",
		.total = NO_TOTAL,
	};

	if (problem_has_slug(&validation_failed, request->params[0]))
		request_reply(request, &page);
	else
		request_problem(request, &(struct problem_reply){ .problem = &unauthenticated });
}

static void challenge(struct request *request)
{
	request_problem(request, &(struct problem_reply){ .problem = &unauthenticated });
}

static void send_json(struct request *request, const char *vary, bool compress)
{
	long long size;

	cr_assert(str_number(request->params[0], &size) && size <= LARGE);
	request_reply(request, &(struct reply){
				       .status = 200,
				       .type = "application/json; charset=utf-8",
				       .body = { large, (size_t)size },
				       .etag = "\"7.abc\"",
				       .vary = vary,
				       .total = NO_TOTAL,
				       .compress = compress,
				       .revalidate = true,
			       });
}

static void send_compressible(struct request *request)
{
	f.ran++;
	send_json(request, NULL, true);
}

static void send_preferred(struct request *request)
{
	send_json(request, "Prefer", true);
}

static void send_secret(struct request *request)
{
	send_json(request, NULL, false);
}

static void send_file(struct request *request)
{
	static const struct static_file file = {
		.type = "text/css; charset=utf-8",
		.etag = "\"f1\"",
		.cache_control = "public, no-cache",
		.csp = "default-src 'self'",
		.identity = { "identity bytes", 14 },
		.gzip = { "gzip bytes", 10 },
		.brotli = { "br bytes", 8 },
	};

	request_reply_file(request, &file);
}

static void send_plain_file(struct request *request)
{
	static const struct static_file file = {
		.type = "text/css; charset=utf-8",
		.etag = "\"f2\"",
		.identity = { "plain", 5 },
	};

	request_reply_file(request, &file);
}

/* Replies with the client's address, loopback and secure. */
static void show_client(struct request *request)
{
	struct buf out = { 0 };

	buf_print(&out, "client=%.*s\nloopback=%d\nsecure=%d\n", STR_ARGS(request->client),
	          request->loopback, request->secure);
	send_text(request, buf_as_str(&out));
	buf_finish(&out);
}

static enum limit limit_of(struct str name)
{
	static const char *const names[] = {
#define RATE_LIMIT(name, wire_name, ...) wire_name,
#include "table/limits.def"
#undef RATE_LIMIT
	};
	enum limit limit = 0;

	while (limit < LIMITS && !str_is(name, names[limit]))
		limit++;
	cr_assert(limit < LIMITS, "%.*s", STR_ARGS(name));
	return limit;
}

/* Takes one from the bucket of each client in the path. */
static void take_limit(struct request *request)
{
	struct str rest = request->params[1], client;

	while (str_cut(&rest, ',', &client)) {
		if (!rate_limit_take(request, limit_of(request->params[0]), client))
			return;
	}
	echo(request);
}

static void check_limit(struct request *request)
{
	if (rate_limit_check(request, limit_of(request->params[0]), STR("")))
		echo(request);
}

static void charge_limit(struct request *request)
{
	rate_limit_charge(request, limit_of(request->params[0]), STR(""));
	echo(request);
}

static const struct route routes[] = {
	{ GET, "/client", show_client },
	{ GET, "/health", send_health, .limit = LIMIT_HEALTH },
	{ GET, "/news", echo, .limit = LIMIT_HEALTH, .event_stream = true },
	{ GET, "/take/{class}/{clients}", take_limit },
	{ GET, "/check/{class}", check_limit },
	{ GET, "/charge/{class}", charge_limit },
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
	{ GET, "/held", hold_request },
	{ GET, "/detach/{status}", detach_now },
	{ POST, "/detach/{status}", detach_now },
	{ GET, "/upgrades", upgrades },
	{ GET, "/large", send_large },
	{ GET, "/same", send_same },
	{ GET, "/nothing", send_nothing },
	{ GET, "/problem", send_problem },
	{ GET, "/json/{size}", send_compressible },
	{ POST, "/json/{size}", send_compressible },
	{ GET, "/preferred/{size}", send_preferred },
	{ GET, "/secret/{size}", send_secret },
	{ GET, "/file", send_file },
	{ GET, "/plain-file", send_plain_file },
	{ GET, "/challenge", challenge },
	{ GET, "/problems/{slug}", send_page },
};

void fixture_serve(void)
{
	f.http = http_new(f.loop, &f.config, routes, COUNT_OF(routes));
	cr_assert(f.http);
}

void fixture_stop(void)
{
	http_free(f.http);
	f.http = NULL;
}

void fixture_open(void)
{
	struct buf errors = { 0 };

	setenv("HOST", "127.0.0.1", 1);
	setenv("PORT", "0", 1);
	setenv("RATE_LIMIT", "off", 1);
	cr_assert(config_read(&initial_config, NULL, 0, &errors), "%s", buf_cstr(&errors));
	f.config = initial_config;
	buf_finish(&errors);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)('a' + i % 26);
	f.loop = loop_new();
	fixture_serve();
}

void fixture_close(void)
{
	fixture_stop();
	fixture_reply_held();
	loop_free(f.loop);
	config_finish(&initial_config);
}

void fixture_reply_held(void)
{
	struct request *request = f.held;

	f.held = NULL;
	if (!request)
		return;
	send_text(request, STR("held\n"));
	request_release(request);
}

void fixture_detach_held(int status)
{
	struct request *request = f.held;

	f.held = NULL;
	cr_assert(request);
	detach_with(request, status);
	request_release(request);
}

static void do_nothing(struct deferred *)
{
}

void fixture_turn(void)
{
	static struct deferred nothing = { do_nothing };

	/* A turn does not wait if there is deferred work. */
	loop_defer(f.loop, &nothing);
	loop_turn(f.loop);
}

void fixture_advance(long long ms)
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

static int client_from(const char *address)
{
	struct sockaddr_in own = loopback(address, 0),
			   server = loopback("127.0.0.1", http_port(f.http));
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	cr_assert(client >= 0, "%s", strerror(errno));
	cr_assert(bind(client, (struct sockaddr *)&own, sizeof(own)) == 0, "%s", strerror(errno));
	cr_assert(connect(client, (struct sockaddr *)&server, sizeof(server)) == 0, "%s",
	          strerror(errno));
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(client, F_SETFL, O_NONBLOCK);
	fixture_turn();
	return client;
}

int client_new(void)
{
	return client_from("127.0.0.1");
}

void client_send(int client, struct str bytes)
{
	long long end = real_ms() + 20000;

	while (bytes.length && real_ms() < end) {
		ssize_t n = send(client, bytes.at, bytes.length, MSG_NOSIGNAL);

		if (n > 0) {
			bytes.at += n;
			bytes.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			return; /* the server has closed; its reply is received later */
		}
		fixture_turn();
	}
}

void client_shutdown(int client)
{
	shutdown(client, SHUT_WR);
}

/* Receives what is available; false at the end. */
static bool receive_available(int client, struct buf *response)
{
	char bytes[65536];
	ssize_t n = recv(client, bytes, sizeof(bytes), 0);

	if (n > 0)
		buf_add(response, bytes, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

bool client_receive_all(int client, struct buf *response, int seconds)
{
	long long end = real_ms() + seconds * 1000LL;

	while (receive_available(client, response)) {
		if (real_ms() > end)
			return false;
		fixture_turn();
	}
	return true;
}

bool client_receive(int client, struct buf *response, size_t least, int seconds)
{
	long long end = real_ms() + seconds * 1000LL;

	while (response->length < least) {
		if (!receive_available(client, response) || real_ms() > end)
			return false;
		fixture_turn();
	}
	return true;
}

struct str send_request_from(const char *address, struct str bytes)
{
	static struct buf response;
	int client = client_from(address);

	buf_clear(&response);
	client_send(client, bytes);
	client_shutdown(client);
	cr_expect(client_receive_all(client, &response, 10),
	          "the server did not close the connection");
	close(client);
	return (struct str){ buf_cstr(&response), response.length };
}

struct str send_request(struct str bytes)
{
	return send_request_from("127.0.0.1", bytes);
}

const char *log_of(struct str bytes)
{
	static char text[8192];
	int ends[2];
	ssize_t n;

	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO);
	send_request(bytes);
	log_flush();
	n = read(ends[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	log_open(STDERR_FILENO, LOG_WARN);
	close(ends[0]);
	close(ends[1]);
	return text;
}

const char *statuses_of(struct str response)
{
	static struct buf out;
	static const char mark[] = "HTTP/1.1 ";
	const char *at = response.at, *end = response.at + response.length;

	buf_clear(&out);
	while (response.at && (at = memmem(at, (size_t)(end - at), mark, sizeof(mark) - 1))) {
		at += sizeof(mark) - 1;
		if (out.length)
			buf_char(&out, ' ');
		buf_add(&out, at, 3);
	}
	return buf_cstr(&out);
}

struct str header_of(struct str response, const char *name)
{
	const char *end = memmem(response.at, response.length, "\r\n\r\n", 4);
	struct str rest = { response.at, end ? (size_t)(end - response.at) + 2 : 0 }, line;

	while (str_cut(&rest, '\n', &line)) {
		if (str_begins(line, name) && line.at[strlen(name)] == ':')
			return str_trim((struct str){ line.at + strlen(name) + 1,
			                              line.length - strlen(name) - 2 });
	}
	return (struct str){ NULL, 0 };
}

struct str body_of(struct str response)
{
	const char *end = memmem(response.at, response.length, "\r\n\r\n", 4);

	if (!end)
		return (struct str){ NULL, 0 };
	return (struct str){ end + 4, response.length - (size_t)(end + 4 - response.at) };
}

int count_of(struct str response, const char *text)
{
	const char *at = response.at, *end = response.at + response.length;
	int count = 0;

	for (; (at = memmem(at, (size_t)(end - at), text, strlen(text))); at++)
		count++;
	return count;
}

void mask_ids(struct buf *response)
{
	for (size_t i = 0; i + 36 <= response->length; i++) {
		if (uuid_is_valid((struct str){ response->at + i, 36 }))
			memset(response->at + i, 'u', 36);
	}
}
