/* fetch.c: HTTP and HTTPS requests, with libevent's evhttp client.
 *
 * Normal sequence of an exchange:
 *
 * - the URL is parsed and its host resolved;
 * - a connection to the first address is made, with TLS for https, and the request sent;
 * - the response is kept, done() is called at the end of that turn, and the connection
 *   is freed.
 *
 * Failures:
 *
 * - the connection fails: the next address is tried. Each address gets an equal share
 *   of the remaining time, so that one that does not respond cannot use up all of it;
 * - a timeout, a response that is too large or malformed, a connection closed early, an
 *   invalid certificate: done() gets status 0 and a description of the error;
 * - the caller cancels: the exchange is freed at once.
 *
 * evhttp still uses a connection after its callbacks have returned. So callbacks free
 * nothing and never call done(): they record the outcome, and on_settled() does the rest.
 * evhttp limits each part separately (each header, each chunk), so the bytes received are
 * also counted here. */

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "fetch.h"
#include "resolve.h"
#include "tls.h"
#include "url.h"

enum {
	HEAD_MAX = 16 * 1024,    /* status line and headers of a response */
	FRAMING_MAX = 32 * 1024, /* what head and chunk framing may add to the body */
};

struct fetcher {
	struct loop *loop;
	struct resolver *resolver;
	SSL_CTX *tls;
	TAILQ_HEAD(, exchange) exchanges; /* exchange.link */
};

struct exchange {
	struct fetcher *fetcher;
	struct fetch *fetch;
	struct url url;
	char *etag, *type, *authorization; /* NULL if absent */
	struct buf body;
	size_t limit;
	long long deadline_us;
	struct event *timer; /* ends the attempt, or the exchange */
	struct lookup lookup;
	int tried; /* number of lookup.addresses tried */

	/* The current attempt. */
	struct evhttp_connection *connection;
	struct bufferevent *stream; /* owned by the connection */
	const char *cert_error;     /* why certificate verification failed */
	bool request_sent;          /* the request was written to the connection */
	size_t received;

	/* The outcome. */
	struct deferred settled;
	struct evhttp_request *reply; /* owned; NULL: no response */
	char error[256];
	TAILQ_ENTRY(exchange) link;
};

struct fetcher *fetcher_new(struct loop *loop, struct resolver *resolver)
{
	struct fetcher *fetcher = xcalloc(1, sizeof(*fetcher));

	fetcher->loop = loop;
	fetcher->resolver = resolver;
	TAILQ_INIT(&fetcher->exchanges);
	fetcher->tls = tls_new();
	if (!fetcher->tls) {
		free(fetcher);
		return NULL;
	}
	return fetcher;
}

static void attempt_end(struct exchange *exchange)
{
	if (exchange->connection)
		evhttp_connection_free(exchange->connection);
	exchange->connection = NULL;
	exchange->stream = NULL;
}

static void exchange_free(struct exchange *exchange)
{
	loop_defer_cancel(exchange->fetcher->loop, &exchange->settled);
	resolve_cancel(&exchange->lookup);
	attempt_end(exchange);
	if (exchange->reply)
		evhttp_request_free(exchange->reply);
	event_free(exchange->timer);
	free(exchange->etag);
	free(exchange->type);
	free(exchange->authorization);
	buf_finish(&exchange->body);
	free(exchange);
}

void fetch_cancel(struct fetch *fetch)
{
	struct exchange *exchange = fetch->exchange;

	if (!exchange)
		return;
	fetch->exchange = NULL;
	TAILQ_REMOVE(&exchange->fetcher->exchanges, exchange, link);
	exchange_free(exchange);
}

void fetcher_free(struct fetcher *fetcher)
{
	struct exchange *exchange;

	if (!fetcher)
		return;
	while ((exchange = TAILQ_FIRST(&fetcher->exchanges)))
		fetch_cancel(exchange->fetch);
	tls_free(fetcher->tls);
	free(fetcher);
}

/* Parses the Age header. */
static long long read_age(const char *text)
{
	long long age;

	return text && str_number(str_trim(str_of(text)), &age) && age > 0 ? age : 0;
}

static void on_settled(struct deferred *deferred)
{
	struct exchange *exchange = container_of(deferred, struct exchange, settled);
	struct evhttp_request *reply = exchange->reply;
	struct fetch *fetch = exchange->fetch;
	struct fetch_response response = { .error = exchange->error };

	if (reply) {
		struct evbuffer *body = evhttp_request_get_input_buffer(reply);
		struct evkeyvalq *headers = evhttp_request_get_input_headers(reply);

		response.status = evhttp_request_get_response_code(reply);
		response.error = NULL;
		response.body.length = evbuffer_get_length(body);
		response.body.at =
			response.body.length ? (const char *)evbuffer_pullup(body, -1) : "";
		response.etag = evhttp_find_header(headers, "ETag");
		response.cache_control = evhttp_find_header(headers, "Cache-Control");
		response.age = read_age(evhttp_find_header(headers, "Age"));
	}
	/* From here on, the caller may start another fetch, even from done(). */
	fetch->exchange = NULL;
	TAILQ_REMOVE(&exchange->fetcher->exchanges, exchange, link);
	fetch->done(fetch, &response);
	exchange_free(exchange);
}

static void settle(struct exchange *exchange)
{
	event_del(exchange->timer);
	loop_defer(exchange->fetcher->loop, &exchange->settled);
}

static bool is_settled(const struct exchange *exchange)
{
	return exchange->settled.waiting;
}

static void fail(struct exchange *exchange, const char *why, const char *more)
{
	if (is_settled(exchange))
		return;
	snprintf(exchange->error, sizeof(exchange->error), "%s%s%s", why, more ? ": " : "",
	         more ? more : "");
	settle(exchange);
}

/* ---- evhttp callbacks ---- */

static void on_received(struct evbuffer *, const struct evbuffer_cb_info *info, void *arg)
{
	struct exchange *exchange = arg;

	exchange->received += info->n_added;
	if (exchange->received > exchange->limit + FRAMING_MAX)
		fail(exchange, "the response is too large", NULL);
}

static void on_sent(struct evbuffer *, const struct evbuffer_cb_info *info, void *arg)
{
	struct exchange *exchange = arg;

	if (info->n_added)
		exchange->request_sent = true;
}

/* The TLS error that ended the connection, or NULL. */
static const char *tls_error(struct exchange *exchange)
{
	unsigned long code = 0, next;

	if (!exchange->url.tls || !exchange->stream)
		return NULL;
	while ((next = bufferevent_get_openssl_error(exchange->stream)))
		code = ERR_reason_error_string(next) ? next : code;
	return code ? ERR_reason_error_string(code) : NULL;
}

/* The connection ended without a response. `cause` is the error, if on_error() had one. */
static void attempt_failed(struct exchange *exchange, const char *cause)
{
	const char *tls = tls_error(exchange);

	if (is_settled(exchange))
		return;
	if (exchange->cert_error)
		fail(exchange, "the certificate is not accepted", exchange->cert_error);
	else if (tls)
		fail(exchange, "TLS failed", tls);
	else if (!exchange->request_sent && exchange->tried < exchange->lookup.count)
		/* The timer starts the next attempt: it must not start inside evhttp. */
		event_active(exchange->timer, EV_TIMEOUT, 0);
	else if (exchange->request_sent)
		fail(exchange, cause ? cause : "the server closed the connection too early", NULL);
	else
		fail(exchange, "the connection failed", cause ? cause : "refused");
}

static void on_error(enum evhttp_request_error kind, void *arg)
{
	struct exchange *exchange = arg;
	int error = errno;

	if (kind == EVREQ_HTTP_DATA_TOO_LONG)
		fail(exchange, "the response is too large or malformed", NULL);
	else if (kind == EVREQ_HTTP_INVALID_HEADER)
		fail(exchange, "the response is not HTTP, or its headers are too large", NULL);
	else if (kind == EVREQ_HTTP_TIMEOUT)
		fail(exchange, "the request timed out", NULL);
	else
		attempt_failed(exchange,
		               exchange->request_sent || error == 0 ? NULL : strerror(error));
}

static void on_response(struct evhttp_request *request, void *arg)
{
	struct exchange *exchange = arg;
	int status = request ? evhttp_request_get_response_code(request) : 0;

	if (!request || is_settled(exchange))
		return; /* handled by on_error() */
	if (status == 0) {
		attempt_failed(exchange, NULL);
	} else if (status < 200) {
		fail(exchange, "the response has an unexpected status", NULL);
	} else {
		evhttp_request_own(request);
		exchange->reply = request;
		settle(exchange);
	}
}

/* ---- attempts ---- */

static struct bufferevent *stream_new(struct exchange *exchange)
{
	struct event_base *base = loop_base(exchange->fetcher->loop);
	struct bufferevent *stream;
	SSL *ssl;

	if (!exchange->url.tls)
		return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	ssl = tls_connection(exchange->fetcher->tls, &exchange->url, &exchange->cert_error);
	if (!ssl)
		return NULL;
	stream = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
	                                        BEV_OPT_CLOSE_ON_FREE);
	if (!stream)
		SSL_free(ssl);
	return stream;
}

static bool add_headers(struct exchange *exchange, struct evhttp_request *request)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	const struct {
		const char *name, *value;
	} rows[] = {
		{ "Host", exchange->url.host_header },
		{ "User-Agent", "binnacle" },
		{ "Accept", "*/*" },
		{ "Connection", "close" },
		{ "If-None-Match", exchange->etag },
		{ "Authorization", exchange->authorization },
		{ "Content-Type", exchange->type },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].value && evhttp_add_header(headers, rows[i].name, rows[i].value) < 0)
			return false;
	if (exchange->type)
		evbuffer_add(evhttp_request_get_output_buffer(request), exchange->body.at,
		             exchange->body.length);
	return true;
}

/* Limits this attempt to its share of the remaining time. */
static void set_timer(struct exchange *exchange)
{
	int left = exchange->lookup.count - exchange->tried + 1;
	long long us = exchange->deadline_us - clock_exact_us();

	us = us < 1000 ? 1000 : us / left;
	event_add(exchange->timer, &(struct timeval){ us / 1000000, us % 1000000 });
}

static void attempt(struct exchange *exchange)
{
	const char *address = exchange->lookup.addresses[exchange->tried++];
	/* exchange->timer is the timeout; evhttp's own must not expire before it. */
	const struct timeval never = { 24 * 60 * 60, 0 };
	struct evhttp_request *request;

	set_timer(exchange);
	exchange->request_sent = false;
	exchange->received = 0;
	exchange->stream = stream_new(exchange);
	if (!exchange->stream) {
		fail(exchange, "TLS setup failed", NULL);
		return;
	}
	evbuffer_add_cb(bufferevent_get_input(exchange->stream), on_received, exchange);
	evbuffer_add_cb(bufferevent_get_output(exchange->stream), on_sent, exchange);

	exchange->connection = evhttp_connection_base_bufferevent_new(
		loop_base(exchange->fetcher->loop), NULL, exchange->stream, address,
		(unsigned short)exchange->url.port);
	if (!exchange->connection) {
		bufferevent_free(exchange->stream);
		exchange->stream = NULL;
		fail(exchange, "connection setup failed", NULL);
		return;
	}
	evhttp_connection_set_retries(exchange->connection, 0);
	evhttp_connection_set_timeout_tv(exchange->connection, &never);
	evhttp_connection_set_max_headers_size(exchange->connection, HEAD_MAX);
	evhttp_connection_set_max_body_size(exchange->connection, (ev_ssize_t)exchange->limit);

	request = evhttp_request_new(on_response, exchange);
	evhttp_request_set_error_cb(request, on_error);
	if (!add_headers(exchange, request)) {
		evhttp_request_free(request);
		fail(exchange, "a header contains an invalid character", NULL);
		return;
	}
	if (evhttp_make_request(exchange->connection, request,
	                        exchange->type ? EVHTTP_REQ_POST : EVHTTP_REQ_GET,
	                        exchange->url.path)
	    < 0)
		fail(exchange, "the request could not be sent", NULL);
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	struct exchange *exchange = arg;

	if (!exchange->request_sent && exchange->tried > 0
	    && exchange->tried < exchange->lookup.count && !is_settled(exchange)) {
		attempt_end(exchange);
		attempt(exchange);
	} else {
		fail(exchange,
		     exchange->lookup.query ? "name resolution timed out" : "the request timed out",
		     NULL);
	}
}

static void on_addresses(struct lookup *lookup, const char *error)
{
	struct exchange *exchange = container_of(lookup, struct exchange, lookup);

	if (is_settled(exchange))
		return;
	if (lookup->count == 0)
		fail(exchange, "name resolution failed", error);
	else
		attempt(exchange);
}

static char *copy_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void fetch_run(struct fetcher *fetcher, struct fetch *fetch, const struct fetch_request *request,
               fetch_done_fn *done)
{
	struct exchange *exchange = xcalloc(1, sizeof(*exchange));
	const char *error = url_parse(&exchange->url, request->url);

	exchange->fetcher = fetcher;
	exchange->fetch = fetch;
	exchange->settled.run = on_settled;
	exchange->limit = request->limit;
	exchange->etag = copy_or_null(request->etag);
	exchange->type = copy_or_null(request->type);
	if (request->bearer)
		exchange->authorization = xprint("Bearer %s", request->bearer);
	buf_str(&exchange->body, request->body);
	exchange->timer = evtimer_new(loop_base(fetcher->loop), on_timer, exchange);
	exchange->deadline_us = clock_exact_us() + request->timeout_ms * 1000LL;
	TAILQ_INSERT_TAIL(&fetcher->exchanges, exchange, link);

	fetch->done = done;
	fetch->exchange = exchange;
	if (error) {
		fail(exchange, "invalid URL", error);
		return;
	}
	set_timer(exchange);
	resolve(fetcher->resolver, &exchange->lookup, exchange->url.host, on_addresses);
}
