/* CORS headers by Origin, and which origins can open a WebSocket. */

#include <stdio.h>

#include "log.h"
#include "http_fixture.h"

TestSuite(cors, .init = fixture_open, .fini = fixture_close, .timeout = 60);

#define ORIGINS                                                                                    \
	"https://app.example, http://localhost:5173, https://*.preview.example.app, https://*.x.example:8443"

static void allow(const char *origins)
{
	fixture_stop();
	f.config.cors_origin = origins;
	fixture_serve();
}

static void expect_line(struct str response, const char *name, const char *value)
{
	struct str line = header_of(response, name);

	if (value)
		cr_expect(line.at && str_is(line, value), "%s: %.*s", name, STR_ARGS(line));
	else
		cr_expect_null(line.at, "%s: %.*s", name, STR_ARGS(line));
}

static struct str send_with_origin(const char *format, const char *origin)
{
	static struct buf bytes;

	buf_clear(&bytes);
	while (*format) {
		if (*format == '@')
			buf_text(&bytes, origin);
		else
			buf_char(&bytes, *format);
		format++;
	}
	return send_request(buf_as_str(&bytes));
}

#define REQUEST "GET /echo HTTP/1.1\r\nHost: a\r\nOrigin: @\r\n\r\n"
#define PREFLIGHT                                                                                  \
	"OPTIONS /items/7 HTTP/1.1\r\nHost: a\r\nOrigin: @\r\n"                                    \
	"Access-Control-Request-Method: DELETE\r\n"                                                \
	"Access-Control-Request-Headers: authorization, x-api-key\r\n\r\n"
#define SOCKET                                                                                     \
	"GET /echo HTTP/1.1\r\nHost: api.example\r\nConnection: upgrade\r\nOrigin: @\r\n"          \
	"Upgrade: websocket\r\n\r\n"

static const char *const known[] = {
	"https://app.example",
	"http://localhost:5173",
	"https://a.preview.example.app",
	"https://pr-17.preview.example.app",
	"https://a.b.c.preview.example.app",
	"https://0.preview.example.app",
	"https://app.x.example:8443",
};

static const char *const unknown[] = {
	"https://app.example.evil",
	"http://app.example",
	"https://app.example:444",
	"https://app.example:443",
	"https://APP.example",
	"https://app.exampl",
	"https://app.example/",
	"https://app.example.",
	"xhttps://app.example",
	"https://app.example,http://localhost:5173",
	"http://localhost",
	"http://localhost:51730",
	"null",
	"*",
	"https://*.preview.example.app",
	"https://preview.example.app",
	"https://.preview.example.app",
	"https://evilpreview.example.app",
	"https://a..preview.example.app",
	"https://.a.preview.example.app",
	"https://a.preview.example.app.evil.com",
	"https://a.preview.example.app:8443",
	"https://evil.com/.preview.example.app",
	"https://evil.com:1.preview.example.app",
	"https://evil.com#.preview.example.app",
	"https://evil.com?.preview.example.app",
	"https://user@a.preview.example.app",
	"https://A.preview.example.app",
	"https://a_b.preview.example.app",
	"https://\xc3\xa9.preview.example.app",
	"https://a b.preview.example.app",
	"http://a.preview.example.app",
	"http://ab.preview.example.app",
	"xhttps:/a.preview.example.app",
	"https://app.x.example",
	"https://app.x.example:84430",
	"https://app.x.example:844",
};

Test(cors, listed_are_allowed)
{
	allow(ORIGINS);
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		struct str response = send_with_origin(REQUEST, known[i]);

		cr_expect_str_eq(statuses_of(response), "200");
		expect_line(response, "Access-Control-Allow-Origin", known[i]);
		expect_line(response, "Vary", "Origin");
		expect_line(
			response, "Access-Control-Expose-Headers",
			"ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, "
			"X-Total-Count, Deprecation, Sunset, Preference-Applied, Idempotent-Replayed, "
			"WWW-Authenticate, Allow, Date, Server-Timing, Content-Disposition");
		expect_line(response, "Access-Control-Allow-Credentials", NULL);
		expect_line(response, "Access-Control-Allow-Methods", NULL);

		response = send_with_origin(PREFLIGHT, known[i]);
		cr_expect_str_eq(statuses_of(response), "204");
		expect_line(response, "Access-Control-Allow-Origin", known[i]);
		expect_line(response, "Access-Control-Allow-Methods",
		            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
		expect_line(
			response, "Access-Control-Allow-Headers",
			"authorization, content-type, accept, idempotency-key, if-match, if-none-match, prefer, "
			"traceparent, tracestate, x-request-id, last-event-id, x-api-key");
		expect_line(response, "Access-Control-Max-Age", "7200");
		expect_line(response, "Access-Control-Allow-Credentials", NULL);
		expect_line(
			response, "Vary",
			"Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
	}
	cr_expect_eq(f.ran, COUNT_OF(known), "preflights must not reach a route");
}

Test(cors, unlisted_get_no_cors_headers)
{
	allow(ORIGINS);
	for (size_t i = 0; i < COUNT_OF(unknown); i++) {
		struct str response = send_with_origin(REQUEST, unknown[i]);

		cr_expect_str_eq(statuses_of(response), "200", "%s", unknown[i]);
		cr_expect_eq(count_of(response, "Access-Control-"), 0, "%s", unknown[i]);
		expect_line(response, "Vary", "Origin");

		response = send_with_origin(PREFLIGHT, unknown[i]);
		cr_expect_str_eq(statuses_of(response), "204", "%s", unknown[i]);
		cr_expect_eq(count_of(response, "Access-Control-Allow"), 0, "%s", unknown[i]);
		expect_line(response, "Allow", NULL); /* the route's own OPTIONS reply has it */
		expect_line(
			response, "Vary",
			"Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
	}
}

Test(cors, listed_are_allowed_for_every_status)
{
	static const struct {
		const char *target, *status;
	} kinds[] = {
		{ "GET /echo HTTP/1.1", "200" },
		{ "GET /nothing HTTP/1.1", "204" },
		{ "GET /same HTTP/1.1", "304" },
		{ "GET /challenge HTTP/1.1", "401" },
		{ "GET /none HTTP/1.1", "404" },
		{ "POST /items/7 HTTP/1.1", "405" },
		{ "OPTIONS /items/7 HTTP/1.1", "204" },
		{ "GET /problem HTTP/1.1", "422" },
		{ "POST /echo HTTP/1.1\r\nContent-Length: 99999999", "413" },
	};
	char text[300];

	allow(ORIGINS);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		for (int with = 0; with < 2; with++) {
			struct str response;

			snprintf(text, sizeof(text), "%s\r\nHost: a\r\n%s\r\n", kinds[i].target,
			         with ? "Origin: https://app.example\r\n" : "");
			response = send_request(str_of(text));
			cr_expect_str_eq(statuses_of(response), kinds[i].status, "%s",
			                 kinds[i].target);
			expect_line(response, "Access-Control-Allow-Origin",
			            with ? "https://app.example" : NULL);
			expect_line(response, "Vary", "Origin");
			cr_expect_eq(count_of(response, "Vary: "), 1);
		}
	}
	/* Without a valid head the Origin is ignored. */
	expect_line(send_request(STR("GET /echo HTTP/7.7\r\nOrigin: https://app.example\r\n\r\n")),
	            "Vary", "Origin");
}

Test(cors, come_from_the_setting)
{
	allow(NULL);
	expect_line(send_with_origin(REQUEST, "https://app.example"), "Access-Control-Allow-Origin",
	            NULL);
	expect_line(send_with_origin(REQUEST, "http://localhost:3000"),
	            "Access-Control-Allow-Origin", NULL);
	f.config.environment = "development";
	allow(NULL);
	expect_line(send_with_origin(REQUEST, "http://localhost:3000"),
	            "Access-Control-Allow-Origin", "http://localhost:3000");
	expect_line(send_with_origin(REQUEST, "http://127.0.0.1:5173"),
	            "Access-Control-Allow-Origin", "http://127.0.0.1:5173");
	expect_line(send_with_origin(REQUEST, "http://localhost:9999"),
	            "Access-Control-Allow-Origin", NULL);
	allow("https://app.example");
	expect_line(send_with_origin(REQUEST, "http://localhost:3000"),
	            "Access-Control-Allow-Origin", NULL);
}

Test(cors, absent_means_no_preflight)
{
	struct str response;

	allow(ORIGINS);
	response = send_request(STR(
		"OPTIONS /items/7 HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: GET\r\n\r\n"));
	cr_expect_str_eq(statuses_of(response), "204");
	expect_line(response, "Allow", "GET, HEAD, DELETE, OPTIONS");
	expect_line(response, "Vary", "Origin");
}

/* ---- WebSocket ---- */

Test(cors, listed_can_open_websockets)
{
	allow(ORIGINS);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		cr_expect_str_eq(statuses_of(send_with_origin(SOCKET, known[i])), "200", "%s",
		                 known[i]);
	cr_expect_eq(f.ran, COUNT_OF(known));
}

Test(cors, unlisted_cannot_open_websockets)
{
	struct str response;

	allow(ORIGINS);
	for (size_t i = 0; i < COUNT_OF(unknown); i++)
		cr_expect_str_eq(statuses_of(send_with_origin(SOCKET, unknown[i])), "403", "%s",
		                 unknown[i]);
	cr_expect_eq(f.ran, 0, "rejected handshakes must not reach a route");
	response = send_with_origin(SOCKET, "https://evil.example");
	expect_line(response, "Content-Type", "application/problem+json");
	expect_line(response, "Vary", "Origin");
	cr_expect_eq(count_of(response, "\"code\":\"ORIGIN_NOT_ALLOWED\""), 1);
	cr_expect(strstr(log_of(STR("GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
	                            "Origin: https://evil.example\r\n\r\n")),
	                 "\"why\":\"CORS_ORIGIN does not list https://evil.example\""));
}

Test(cors, are_checked_for_any_spelling_of_websocket)
{
	static const struct {
		const char *upgrade, *status;
	} cases[] = {
		{ "websocket", "403" },
		{ "WebSocket", "403" },
		{ "WEBSOCKET", "403" },
		{ "h2c, websocket", "403" },
		{ "websocket/13", "403" },
		{ "h2c,  WebSocket , x", "403" },
		{ "h2c\r\nUpgrade: websocket", "403" },
		{ "h2c", "200" },
		{ "websockets", "200" },
		{ "", "200" },
	};
	char text[300];

	allow(ORIGINS);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(
			text, sizeof(text),
			"GET /echo HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nUpgrade: %s\r\n\r\n",
			cases[i].upgrade);
		cr_expect_str_eq(statuses_of(send_request(str_of(text))), cases[i].status, "%s",
		                 cases[i].upgrade);
	}
}

Test(cors, of_the_same_host_can_open_websockets)
{
	static const struct {
		const char *host, *origin, *status; /* NULL: not a browser */
	} cases[] = {
		{ "api.example", "https://api.example", "200" },
		{ "api.example", "http://api.example", "200" },
		{ "api.example:8080", "http://api.example:8080", "200" },
		{ "api.example:443", "https://api.example", "200" },
		{ "api.example:80", "http://api.example", "200" },
		{ "[::1]:8080", "http://[::1]:8080", "200" },
		{ "api.example", NULL, "200" },
		{ "api.example:443", "http://api.example", "403" },
		{ "api.example:80", "https://api.example", "403" },
		{ "api.example:8080", "http://api.example", "403" },
		{ "api.example", "http://api.example:8080", "403" },
		{ "api.example.evil", "https://api.example", "403" },
		{ "api.example", "https://api.example.evil", "403" },
		{ "api.example", "https://evil-api.example", "403" },
		{ "api.example", "ftp://api.example", "403" },
		{ "api.example", "api.example", "403" },
		{ "api.example", "https://", "403" },
		{ "api.example", "", "403" },
		{ "api.example", "null", "403" },
	};
	char text[300];

	allow(NULL);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(text, sizeof(text),
		         "GET /echo HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n%s%s%s\r\n",
		         cases[i].host, cases[i].origin ? "Origin: " : "",
		         cases[i].origin ? cases[i].origin : "", cases[i].origin ? "\r\n" : "");
		cr_expect_str_eq(statuses_of(send_request(str_of(text))), cases[i].status, "%s",
		                 text);
	}
}

/* ---- The setting ---- */

Test(cors, setting_is_checked)
{
	static const struct {
		const char *given, *error; /* NULL: valid */
	} table[] = {
		{ NULL, NULL },
		{ ORIGINS, NULL },
		{ "https://a.example.com", NULL },
		{ "https://a.example.com, http://localhost:3000,http://127.0.0.1:1", NULL },
		{ "http://[::1]:3000,http://[2001:db8::1]", NULL },
		{ "https://a.example.com:80,http://a.example.com:443,https://a:65535", NULL },
		{ "https://*.example.app", NULL },
		{ "*", "\"*\" allows every origin" },
		{ "https://a.example.com, *", "\"*\" allows every origin" },
		{ "a.example.com", "\"a.example.com\" does not start with https:// or http://" },
		{ "ftp://a.example.com", "does not start with" },
		{ "null", "does not start with" },
		{ "https://a.example.com,,https://b.example.com", "\"\" does not start with" },
		{ "https://a.example.com https://b.example.com", "has a path" },
		{ "https://", "has an invalid host" },
		{ "https://:80", "has an invalid host" },
		{ "https://a..example.com", "has an invalid host" },
		{ "https://a.example.com.", "has an invalid host" },
		{ "https://a_b.example.com", "has an invalid host" },
		{ "https://u@a.example.com", "has an invalid host" },
		{ "https://a.example.com?x", "has an invalid host" },
		{ "https://a\xc3\xa9.example.com", "has an invalid host" },
		{ "https://[::1", "has an invalid host" },
		{ "https://[x]", "has an invalid host" },
		{ "https://a.example.com/", "has a path or a trailing slash" },
		{ "https://a.example.com/app", "has a path" },
		{ "https://A.example.com", "has uppercase letters" },
		{ "HTTPS://a.example.com", "has uppercase letters" },
		{ "https://a.example.com:443", "has the default port" },
		{ "http://a.example.com:80", "has the default port" },
		{ "https://a.example.com:", "has an invalid port" },
		{ "https://a.example.com:0", "has an invalid port" },
		{ "https://a.example.com:080", "has an invalid port" },
		{ "https://a.example.com:65536", "has an invalid port" },
		{ "https://a.example.com:-1", "has an invalid port" },
		{ "https://a.example.com:x", "has an invalid port" },
		{ "https://*", "has a * that is not the whole first label" },
		{ "https://*.com", "has fewer than two labels after the *" },
		{ "https://*.localhost:3000", "has fewer than two labels" },
		{ "https://*.", "has an invalid host" },
		{ "https://*..com", "has an invalid host" },
		{ "https://*.*.example.com", "has an invalid host" },
		{ "https://a.*.example.com", "has a * that is not the whole first label" },
		{ "https://x*.example.com", "has a * that is not the whole first label" },
		{ "https://*x.example.com", "has a * that is not the whole first label" },
		{ "https://a.example.com:*", "has an invalid port" },
		{ "*://a.example.com", "does not start with" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct buf errors = { 0 };

		f.config.cors_origin = table[i].given;
		cr_expect_eq(http_check_config(&f.config, &errors), table[i].error == NULL,
		             "%s: %s", table[i].given, buf_cstr(&errors));
		cr_expect(table[i].error == NULL
		                  || (strstr(buf_cstr(&errors), table[i].error)
		                      && str_begins(buf_as_str(&errors), "CORS_ORIGIN must list ")),
		          "%s: %s", table[i].given, buf_cstr(&errors));
		buf_finish(&errors);
	}
}

Test(cors, each_invalid_entry_is_reported)
{
	struct buf errors = { 0 };

	f.config.cors_origin = "*, https://A.example, https://b.example";
	f.config.trusted_proxies = "x";
	cr_expect_not(http_check_config(&f.config, &errors));
	cr_expect_eq(count_of(buf_as_str(&errors), "\n"), 3, "%s", buf_cstr(&errors));
	cr_expect_eq(count_of(buf_as_str(&errors), "b.example"), 0);
	buf_finish(&errors);
}
