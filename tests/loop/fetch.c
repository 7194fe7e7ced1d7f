/* A fetch ends exactly once: with a response, or with an error within the timeout. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>

#include "ca.h"
#include "clock.h"
#include "fetch.h"
#include "fake_server.h"
#include "resolve.h"

static struct {
	struct loop *loop;
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct fake_server peer;
	struct fetch fetch;
	bool done;
	int done_count, status;
	char error[300], etag[64], cache[64];
	long long age;
	struct buf body;
	char url[200];
} f;

static const bool never;

static void set_up(void)
{
	signal(SIGPIPE, SIG_IGN);
	f.loop = loop_new();
	f.resolver = resolver_new(f.loop);
	f.fetcher = fetcher_new(f.loop, f.resolver);
	cr_assert(f.fetcher != NULL);
}

static void tear_down(void)
{
	fake_server_close(&f.peer);
	fetcher_free(f.fetcher);
	resolver_free(f.resolver);
	loop_free(f.loop);
	buf_finish(&f.body);
}

static void on_done(struct fetch *fetch, const struct fetch_response *response)
{
	cr_expect(fetch == &f.fetch);
	f.done = true;
	f.done_count++;
	f.status = response->status;
	snprintf(f.error, sizeof(f.error), "%s", response->error ? response->error : "");
	snprintf(f.etag, sizeof(f.etag), "%s", response->etag ? response->etag : "");
	snprintf(f.cache, sizeof(f.cache), "%s",
	         response->cache_control ? response->cache_control : "");
	f.age = response->age;
	buf_clear(&f.body);
	buf_str(&f.body, response->body);
}

static void start(const char *url, size_t limit, int timeout_ms)
{
	f.done = false;
	f.done_count = 0;
	fetch_run(f.fetcher, &f.fetch,
	          &(struct fetch_request){ .url = url, .limit = limit, .timeout_ms = timeout_ms },
	          on_done);
	cr_expect(not(f.done), "done() must not be called inside fetch_run()");
}

static const char *server_url(const char *scheme, const char *host)
{
	snprintf(f.url, sizeof(f.url), "%s://%s:%d/keys?a=b", scheme, host, f.peer.port);
	return f.url;
}

static void run(const char *url, size_t limit, int timeout_ms)
{
	start(url, limit, timeout_ms);
	cr_assert(turn_until(f.loop, &f.done, timeout_ms + 1000), "%s did not end", url);
	turn_until(f.loop, &never, 2);
	cr_expect(eq(int, f.done_count, 1));
	cr_expect(f.fetch.exchange == NULL);
}

TestSuite(fetch, .init = set_up, .fini = tear_down, .timeout = 30);

Test(fetch, returns_status_headers_and_body)
{
	f.peer.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"7\"\r\n"
			"Cache-Control: max-age=60\r\n\r\nhello";
	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	run(server_url("http", "127.0.0.1"), 1000, 2000);

	cr_expect(eq(int, f.status, 200), "%s", f.error);
	cr_expect(str_is(buf_as_str(&f.body), "hello"));
	cr_expect(eq(str, f.etag, "\"7\""));
	cr_expect(eq(str, f.cache, "max-age=60"));
	cr_expect(str_begins(buf_as_str(&f.peer.request), "GET /keys?a=b HTTP/1.1\r\n"));
	cr_expect(strstr(buf_cstr(&f.peer.request), "Connection: close\r\n") != NULL);
}

Test(fetch, returns_the_age_of_a_response)
{
	static const struct {
		const char *answer;
		long long age;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAge: 77\r\n\r\n", 77 },
		{ "HTTP/1.1 304 Not Modified\r\nage:  5 \r\n\r\n", 5 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAge: -77\r\n\r\n", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAge: old\r\n\r\n", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAge: 99999999999999999999\r\n\r\n", 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		f.peer = (struct fake_server){ .answer = rows[i].answer, .closes = true };
		cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
		run(server_url("http", "127.0.0.1"), 100, 2000);
		cr_expect(eq(llong, f.age, rows[i].age), "%zu", i);
		fake_server_close(&f.peer);
	}
}

Test(fetch, sends_headers_and_body)
{
	char host[64];

	f.peer.answer = "HTTP/1.1 304 Not Modified\r\n\r\n";
	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	fetch_run(f.fetcher, &f.fetch,
	          &(struct fetch_request){ .url = server_url("http", "localhost"),
	                                   .etag = "\"7\"",
	                                   .bearer = "secret",
	                                   .type = "application/json",
	                                   .body = STR("{\"a\":1}"),
	                                   .limit = 100,
	                                   .timeout_ms = 2000 },
	          on_done);
	cr_assert(turn_until(f.loop, &f.done, 3000));
	cr_expect(eq(int, f.status, 304), "%s", f.error);
	cr_expect(str_begins(buf_as_str(&f.peer.request), "POST /keys?a=b HTTP/1.1\r\n"));
	snprintf(host, sizeof(host), "Host: localhost:%d\r\n", f.peer.port);
	buf_char(&f.peer.request, '\0');
	cr_expect(strstr(f.peer.request.at, host) != NULL);
	cr_expect(strstr(f.peer.request.at, "If-None-Match: \"7\"\r\n") != NULL);
	cr_expect(strstr(f.peer.request.at, "Authorization: Bearer secret\r\n") != NULL);
	cr_expect(strstr(f.peer.request.at, "Content-Type: application/json\r\n") != NULL);
	cr_expect(strstr(f.peer.request.at, "Content-Length: 7\r\n") != NULL);
	cr_expect(strstr(f.peer.request.at, "\r\n\r\n{\"a\":1}") != NULL);
}

Test(fetch, rejects_header_injection)
{
	f.peer.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	fetch_run(f.fetcher, &f.fetch,
	          &(struct fetch_request){ .url = server_url("http", "127.0.0.1"),
	                                   .bearer = "a\r\nX: y",
	                                   .limit = 100,
	                                   .timeout_ms = 2000 },
	          on_done);
	cr_assert(turn_until(f.loop, &f.done, 3000));
	cr_expect(eq(int, f.status, 0));
	cr_expect(eq(int, f.peer.accepted, 0));
}

/* Server behaviours, for a fetch of at most 1000 bytes in 400 ms. */
static const struct {
	const char *what;
	struct fake_server peer;
	int status;
	const char *body; /* NULL: not checked */
} rows[] = {
	{ "a redirect, which is not followed",
	  { .answer =
	            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" },
	  302,
	  "" },
	{ "chunks",
	  { .answer =
	            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" },
	  200,
	  "abcde" },
	{ "a body that ends with the connection",
	  { .answer = "HTTP/1.1 200 OK\r\n\r\nabc", .closes = true },
	  200,
	  "abc" },
	{ "a slow response",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .drip_ms = 2 },
	  200,
	  "ok" },
	{ "no body at all", { .answer = "HTTP/1.1 204 No Content\r\n\r\n" }, 204, "" },
	{ "an error",
	  { .answer = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy" },
	  503,
	  "busy" },
	{ "exactly the limit",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" },
	  200,
	  "abc" },

	{ "a response that is too slow",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .drip_ms = 50 },
	  0 },
	{ "no response", { .silent = true, .answer = "" }, 0 },
	{ "closed at once", { .answer = "", .closes = true }, 0 },
	{ "closed before a request", { .answer = "", .closes = true, .sends_first = true }, 0 },
	{ "closed in the status line", { .answer = "HTTP/1.1 20", .closes = true }, 0 },
	{ "closed in the headers",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Le", .closes = true },
	  0 },
	{ "closed in the body",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .closes = true },
	  0 },
	{ "closed in the chunks",
	  { .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	    .closes = true },
	  0 },
	{ "garbage", { .answer = "\x16\x03\x01\x02garbage\r\n\r\n" }, 0 },
	{ "garbage before a request",
	  { .answer = "SSH-2.0-OpenSSH_9.2\r\n", .sends_first = true },
	  0 },
	{ "an invalid status", { .answer = "HTTP/1.1 abc OK\r\n\r\n" }, 0 },
	{ "another protocol", { .answer = "101 SWITCH\r\n\r\n" }, 0 },
	{ "an unrequested upgrade",
	  { .answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" },
	  0 },
	{ "an invalid length",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc" },
	  0 },
	{ "a length out of range",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc" },
	  0 },
	{ "a length above the limit",
	  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\nabc" },
	  0 },
	{ "a chunk above the limit",
	  { .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\nabc" },
	  0 },
	{ "an invalid chunk size",
	  { .answer =
	            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n" },
	  0 },
	{ "a chunk size out of range",
	  { .answer =
	            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc" },
	  0 },
	{ "a header without a colon", { .answer = "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n" }, 0 },
	{ "endless headers",
	  { .answer = "X-More: of the same, and again, and again\r\n", .repeats = true },
	  0 },
	{ "endless 100 Continue",
	  { .answer = "HTTP/1.1 100 Continue\r\nX: yyyyyyyyyyyy\r\n\r\n", .repeats = true },
	  0 },
	{ "an endless body",
	  { .answer = "HTTP/1.1 200 OK\r\n\r\nabcdefghijklmnop", .repeats = true },
	  0 },
	{ "a flood before a request",
	  { .answer = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    .repeats = true,
	    .sends_first = true },
	  0 },
};

Test(fetch, ends_whatever_the_server_does)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		long long began = clock_exact_us(), took;

		f.peer = rows[i].peer;
		cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
		run(server_url("http", "127.0.0.1"), 1000, 400);
		took = clock_exact_us() - began;
		cr_expect(eq(int, f.status, rows[i].status), "%s: %s", rows[i].what, f.error);
		cr_expect(eq(int, f.status == 0, f.error[0] != '\0'), "%s: <%s>", rows[i].what,
		          f.error);
		cr_expect(rows[i].body == NULL || str_is(buf_as_str(&f.body), rows[i].body),
		          "%s: <%.*s>", rows[i].what, STR_ARGS(buf_as_str(&f.body)));
		cr_expect(lt(llong, took, 900000), "%s", rows[i].what);
		fake_server_close(&f.peer);
	}
}

Test(fetch, limits_bodies_in_every_framing)
{
	static const struct {
		const char *head;
		bool closes;
	} framings[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n", true },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", false },
	};

	for (size_t i = 0; i < COUNT_OF(framings); i++) {
		for (int more = 0; more < 2; more++) {
			char answer[2000];
			size_t head = strlen(framings[i].head);

			memset(answer, 'x', sizeof(answer));
			memcpy(answer, framings[i].head, head);
			f.peer = (struct fake_server){ .answer = answer,
				                       .length = head + 1000,
				                       .closes = framings[i].closes };
			cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
			run(server_url("http", "127.0.0.1"), more ? 999 : 1000, 1000);
			cr_expect(eq(int, f.status, more ? 0 : 200), "framing %zu: %s", i, f.error);
			cr_expect(more || f.body.length == 1000);
			fake_server_close(&f.peer);
		}
	}
}

/* evhttp keeps reading and buffering while it waits to write. */
Test(fetch, limits_unread_input)
{
	static const char *const floods[] = {
		"HTTP/1.1 100 Continue\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\n"
		"a\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
	};
	static const char blank[] =
		"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
	struct buf answer = { 0 };

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		buf_clear(&answer);
		buf_text(&answer, floods[i]);
		while (answer.length < 100000)
			buf_text(&answer, i ? blank : floods[0]);
		f.peer = (struct fake_server){ .answer = answer.at, .length = answer.length };
		cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
		run(server_url("http", "127.0.0.1"), 1000, 2000);
		cr_expect(eq(int, f.status, 0));
		cr_expect(strstr(f.error, "too large") != NULL, "%zu: %s", i, f.error);
		fake_server_close(&f.peer);
	}
	buf_finish(&answer);
}

Test(fetch, reports_why_a_connection_failed)
{
	int port;

	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	port = f.peer.port;
	fake_server_close(&f.peer);
	f.peer.port = port;
	run(server_url("http", "127.0.0.1"), 100, 1000);
	cr_expect(eq(int, f.status, 0));
	cr_expect(strstr(f.error, "refused") != NULL, "%s", f.error);
	run(server_url("https", "127.0.0.1"), 100, 1000);
	cr_expect(eq(int, f.status, 0));
	cr_expect(strstr(f.error, "refused") != NULL, "%s", f.error);
	run("ftp://127.0.0.1/", 100, 1000);
	cr_expect(eq(int, f.status, 0));
	cr_expect(strstr(f.error, "URL") != NULL, "%s", f.error);
	run("http://nowhere.invalid/", 100, 300);
	cr_expect(eq(int, f.status, 0));
	cr_expect(strstr(f.error, "name") != NULL, "%s", f.error);
	/* Nothing responds at this address: the timeout must end the fetch. */
	run("http://192.0.2.1/", 100, 300);
	cr_expect(eq(int, f.status, 0));
}

Test(fetch, can_be_cancelled_at_any_time)
{
	for (int turns = 0; turns < 30; turns++) {
		f.peer = (struct fake_server){
			.answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", .drip_ms = 1
		};
		cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
		start(server_url("http", "127.0.0.1"), 100, 1000);
		for (int i = 0; i < turns && !f.done; i++)
			loop_turn(f.loop);
		if (!f.done) {
			fetch_cancel(&f.fetch);
			fetch_cancel(&f.fetch);
			cr_expect(not(turn_until(f.loop, &f.done, 5)),
			          "done() was called although cancelled after %d turns", turns);
		}
		fake_server_close(&f.peer);
	}
}

Test(fetch, ends_with_its_fetcher)
{
	struct fetch others[4] = { 0 };

	f.peer = (struct fake_server){ .silent = true, .answer = "" };
	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		fetch_run(f.fetcher, &others[i],
		          &(struct fetch_request){
				  .url = server_url(i % 2 ? "https" : "http", "127.0.0.1"),
				  .limit = 100,
				  .timeout_ms = 5000 },
		          on_done);
		for (size_t turn = 0; turn < i; turn++)
			loop_turn(f.loop);
	}
	fetcher_free(f.fetcher);
	f.fetcher = NULL;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		cr_expect(others[i].exchange == NULL);
	cr_expect(not(f.done));
}

static void on_done_restart(struct fetch *fetch, const struct fetch_response *response)
{
	on_done(fetch, response);
	if (f.done_count < 3) {
		f.done = false;
		fetch_run(f.fetcher, fetch,
		          &(struct fetch_request){ .url = f.url, .limit = 100, .timeout_ms = 1000 },
		          on_done_restart);
	}
}

Test(fetch, can_restart_from_done)
{
	f.peer =
		(struct fake_server){ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" };
	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	fetch_run(f.fetcher, &f.fetch,
	          &(struct fetch_request){ .url = server_url("http", "127.0.0.1"),
	                                   .limit = 100,
	                                   .timeout_ms = 1000 },
	          on_done_restart);
	cr_assert(turn_until(f.loop, &f.done, 3000));
	cr_expect(eq(int, f.done_count, 3));
	cr_expect(eq(int, f.peer.accepted, 3));
	cr_expect(eq(int, f.status, 200));
}

/* Certificates and whether they are accepted. */
static const struct {
	const char *what, *host, *names;
	long seconds;
	bool self_signed;
	int status;
} certificates[] = {
	{ "the right name", "localhost", "DNS:localhost", 3600, false, 200 },
	{ "one of several names", "localhost", "DNS:example.com,DNS:localhost", 3600, false, 200 },
	{ "the right address", "127.0.0.1", "IP:127.0.0.1", 3600, false, 200 },
	{ "another name", "localhost", "DNS:example.com", 3600, false, 0 },
	{ "a name with the same beginning", "localhost", "DNS:localhost.example.com", 3600, false,
	  0 },
	{ "another address", "127.0.0.1", "IP:127.0.0.2", 3600, false, 0 },
	{ "an address as a DNS name", "127.0.0.1", "DNS:127.0.0.1", 3600, false, 0 },
	{ "a name for an address", "127.0.0.1", "DNS:localhost", 3600, false, 0 },
	{ "expired", "localhost", "DNS:localhost", -3600, false, 0 },
	{ "self-signed", "localhost", "DNS:localhost", 3600, true, 0 },
};

Test(fetch, accepts_only_trusted_certificates)
{
	struct ca ca;

	ca_open(&ca);
	fetcher_free(f.fetcher);
	f.fetcher = fetcher_new(f.loop, f.resolver);
	for (size_t i = 0; i < COUNT_OF(certificates); i++) {
		f.peer = (struct fake_server){
			.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
		};
		f.peer.tls = ca_server(certificates[i].self_signed ? NULL : &ca,
		                       certificates[i].names, certificates[i].seconds);
		cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
		run(server_url("https", certificates[i].host), 100, 3000);
		cr_expect(eq(int, f.status, certificates[i].status), "%s: %s", certificates[i].what,
		          f.error);
		cr_expect(f.status || strstr(f.error, "certificate is not accepted: "), "%s: <%s>",
		          certificates[i].what, f.error);
		cr_expect(f.status || f.peer.request.length == 0, "%s: a request was sent",
		          certificates[i].what);
		fake_server_close(&f.peer);
	}
	ca_close(&ca);
}

Test(fetch, rejects_old_tls_versions)
{
	struct ca ca;

	ca_open(&ca);
	fetcher_free(f.fetcher);
	f.fetcher = fetcher_new(f.loop, f.resolver);
	f.peer = (struct fake_server){ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" };
	f.peer.tls = ca_server(&ca, "DNS:localhost", 3600);
	SSL_CTX_set_security_level(f.peer.tls, 0);
	SSL_CTX_set_min_proto_version(f.peer.tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(f.peer.tls, TLS1_1_VERSION);
	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	run(server_url("https", "localhost"), 100, 3000);
	cr_expect(eq(int, f.status, 0));
	cr_expect(strstr(f.error, "TLS failed: ") != NULL, "%s", f.error);
	ca_close(&ca);
}

/* The same server behaviours, over TLS. */
Test(fetch, ends_whatever_the_server_does_over_tls)
{
	struct ca ca;

	ca_open(&ca);
	fetcher_free(f.fetcher);
	f.fetcher = fetcher_new(f.loop, f.resolver);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		f.peer = rows[i].peer;
		f.peer.tls = ca_server(&ca, "DNS:localhost", 3600);
		cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
		run(server_url("https", "localhost"), 1000, 600);
		/* A body that ends with the connection requires a close_notify alert. */
		if (rows[i].peer.closes && rows[i].status)
			cr_expect(eq(int, f.status, 0), "%s", rows[i].what);
		else
			cr_expect(eq(int, f.status, rows[i].status), "%s: %s", rows[i].what,
			          f.error);
		cr_expect(eq(int, f.status == 0, f.error[0] != '\0'), "%s: <%s>", rows[i].what,
		          f.error);
		fake_server_close(&f.peer);
	}
	ca_close(&ca);
}

Test(fetch, fails_without_tls_on_the_server)
{
	f.peer = (struct fake_server){ .answer = "HTTP/1.1 400 Bad Request\r\n\r\n",
		                       .sends_first = true,
		                       .closes = true };
	cr_assert(fake_server_open(&f.peer, f.loop, "127.0.0.1"));
	run(server_url("https", "localhost"), 100, 1000);
	cr_expect(eq(int, f.status, 0));
	cr_expect(f.error[0] != '\0');
}
