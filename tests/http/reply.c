/* Headers of a response, problem bodies, access log and metrics. */

#include <stdio.h>

#include "json.h"
#include "http_fixture.h"

TestSuite(reply, .init = fixture_open, .fini = fixture_close, .timeout = 30);

#define SEND(text)       send_request(STR(text))
#define GET_(path, more) "GET " path " HTTP/1.1\r\nHost: a\r\n" more "\r\n"

static void expect_line(struct str response, const char *name, const char *value)
{
	struct str line = header_of(response, name);

	if (value)
		cr_expect(line.at && str_is(line, value), "%s: %.*s", name, STR_ARGS(line));
	else
		cr_expect_null(line.at, "%s: %.*s", name, STR_ARGS(line));
}

Test(reply, has_security_headers)
{
	struct str response = SEND(GET_("/echo", ""));

	expect_line(response, "Cache-Control", "no-store");
	expect_line(response, "Content-Security-Policy",
	            "default-src 'none'; frame-ancestors 'none'");
	expect_line(response, "X-Content-Type-Options", "nosniff");
	expect_line(response, "X-Frame-Options", "DENY");
	expect_line(response, "Cross-Origin-Resource-Policy", "same-origin");
	expect_line(response, "Vary", "Origin");
	expect_line(response, "Strict-Transport-Security", NULL);
	expect_line(response, "Permissions-Policy", NULL);
	expect_line(response, "Server", NULL);
	expect_line(response, "Connection", NULL);
	cr_expect_eq(header_of(response, "Date").length, strlen("Sat, 21 Nov 2026 05:47:00 GMT"));
	cr_expect_eq(header_of(response, "X-Request-Id").length, 36);
}

Test(reply, has_security_headers_for_pages)
{
	struct str response = SEND(GET_("/problems/validation-failed", ""));

	expect_line(response, "Cache-Control", "public, max-age=3600");
	expect_line(
		response, "Content-Security-Policy",
		"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
	expect_line(response, "X-Content-Type-Options", "nosniff");
	expect_line(response, "X-Frame-Options", "DENY");
	expect_line(response, "Referrer-Policy", "no-referrer");
	expect_line(response, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
	expect_line(response, "Cross-Origin-Opener-Policy", "same-origin");
	expect_line(response, "Cross-Origin-Resource-Policy", "same-origin");
	expect_line(response, "Origin-Agent-Cluster", "?1");
	expect_line(response, "X-Permitted-Cross-Domain-Policies", "none");
	expect_line(response, "X-DNS-Prefetch-Control", "off");
	expect_line(response, "Server", NULL);
	cr_expect_eq(count_of(response, "Cross-Origin-Resource-Policy"), 1);
}

static const struct {
	const char *given;
	bool accepted;
} ids[] = {
	{ "abcdefgh", true },   { "A.b_c:d-1", true },   { "abcdefg", false },
	{ "abcdefg h", false }, { "abcdefgh\"", false }, { "abcdefg\xc3\xa9", false },
};

Test(reply, has_the_request_id)
{
	char text[200];

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		struct str response;

		snprintf(text, sizeof(text), GET_("/none", "X-Request-Id: %s\r\n"), ids[i].given);
		response = send_request(str_of(text));
		cr_expect_eq(str_is(header_of(response, "X-Request-Id"), ids[i].given),
		             ids[i].accepted, "%s", ids[i].given);
		cr_expect_eq(memmem(response.at, response.length, "\"request_id\":\"", 14) != NULL,
		             true);
		cr_expect_eq(count_of(response, ids[i].given), ids[i].accepted ? 2 : 0, "%s",
		             ids[i].given);
	}
}

Test(reply, has_a_length_only_with_content)
{
	struct str response = SEND("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n");

	expect_line(response, "Content-Length", "1048576");
	cr_expect_eq(body_of(response).length, 0);

	response = SEND(GET_("/nothing", ""));
	expect_line(response, "Content-Length", NULL);
	expect_line(response, "Content-Type", NULL);
	cr_expect_eq(body_of(response).length, 0);

	response = SEND(GET_("/same", ""));
	expect_line(response, "Content-Length", NULL);
	expect_line(response, "ETag", "\"1.abc\"");

	response = SEND(GET_("/large", ""));
	cr_expect_eq(body_of(response).length, LARGE);
}

Test(reply, has_a_connection_header_if_needed)
{
	expect_line(SEND(GET_("/echo", "Connection: close\r\n")), "Connection", "close");
	expect_line(SEND("GET /echo HTTP/1.0\r\n\r\n"), "Connection", "close");
	expect_line(SEND("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "Connection",
	            "keep-alive");
	expect_line(SEND("GET /echo HTTP/3.0\r\n\r\n"), "Connection", "close");
	expect_line(SEND(GET_("/none", "")), "Connection", NULL);
}

Test(reply, lists_the_allowed_methods)
{
	expect_line(SEND("OPTIONS /items/7 HTTP/1.1\r\nHost: a\r\n\r\n"), "Allow",
	            "GET, HEAD, DELETE, OPTIONS");
	expect_line(SEND("POST /items/7 HTTP/1.1\r\nHost: a\r\n\r\n"), "Allow",
	            "GET, HEAD, DELETE, OPTIONS");
}

/* Checks a member of the problem in the response. */
static void expect_member(struct str response, const char *name, const char *value)
{
	const char *error;
	size_t where;
	struct json *problem = json_parse(body_of(response), &error, &where);
	struct buf text = { 0 };

	cr_assert(problem, "%s", error);
	cr_assert(json_member(problem, name), "%s", name);
	buf_json_value(&text, json_member(problem, name));
	cr_expect_str_eq(buf_cstr(&text), value, "%s", name);
	buf_finish(&text);
	json_free(problem);
}

Test(reply, describes_a_problem)
{
	struct str response = SEND(GET_("/problem", "X-Request-Id: client-made-id\r\n"));

	expect_line(response, "Content-Type", "application/problem+json");
	expect_line(response, "Retry-After", "3");
	expect_member(response, "type", "\"/problems/validation-failed\"");
	expect_member(response, "title", "\"Validation failed\"");
	expect_member(response, "status", "422");
	expect_member(response, "detail", "\"One \\\"field\\\" is invalid.\"");
	expect_member(response, "code", "\"VALIDATION_FAILED\"");
	expect_member(response, "request_id", "\"client-made-id\"");
	expect_member(response, "errors", "[{\"pointer\":\"/a\"}]");
	expect_line(SEND(GET_("/challenge", "")), "WWW-Authenticate", "Bearer");
}

Test(reply, finds_a_problem_by_its_slug)
{
	cr_expect_str_eq(statuses_of(SEND(GET_("/problems/validation-failed", ""))), "200");
	cr_expect_str_eq(statuses_of(SEND(GET_("/problems/validation", ""))), "401");
	cr_expect_str_eq(statuses_of(SEND(GET_("/problems/VALIDATION-FAILED", ""))), "401");
}

Test(reply, is_logged)
{
	static const char *const parts[] = {
		"\"message\":\"request\"",
		"\"http.request.method\":\"GET\"",
		"\"http.route\":\"/items/{id}\"",
		"\"http.response.status_code\":200",
		"\"duration_ms\":0.000",
		"\"client.address\":\"127.0.0.1\"",
		"\"user_agent.original\":\"x \\\"y\\\"\"",
		"\"request_id\":\"client-made-id\"",
	};
	const char *text;

	fixture_advance(0);
	text = log_of(STR(
		GET_("/items/secret", "X-Request-Id: client-made-id\r\nUser-Agent: x \"y\"\r\n")));
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		cr_expect(strstr(text, parts[i]), "%s is missing in %s", parts[i], text);
	cr_expect_null(strstr(text, "secret"));

	text = log_of(STR("GET / HTTP/5.0\r\n\r\n"));
	cr_expect(strstr(text, "\"http.response.status_code\":505"), "%s", text);
	cr_expect(strstr(text, "\"error.type\":\"HTTP_VERSION_NOT_SUPPORTED\""), "%s", text);
	cr_expect(strstr(text, "\"http.request.method\":\"_OTHER\""), "%s", text);
}

Test(reply, is_counted)
{
	static const char *const parts[] = {
		"_count{http_request_method=\"GET\",http_route=\"/items/{id}\","
		"http_response_status_code=\"200\",url_scheme=\"http\"} 2\n",
		"_count{http_request_method=\"GET\",http_route=\"\","
		"http_response_status_code=\"404\",url_scheme=\"http\"} 1\n",
		"_count{http_request_method=\"_OTHER\",http_route=\"\","
		"http_response_status_code=\"501\",url_scheme=\"http\"} 1\n",
	};
	struct buf text = { 0 };

	SEND(GET_("/items/1", ""));
	SEND(GET_("/items/2", ""));
	SEND(GET_("/none", ""));
	SEND("BREW / HTTP/1.1\r\n\r\n");
	metrics_print(&text);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		cr_expect(strstr(buf_cstr(&text), parts[i]), "missing: %s", parts[i]);
	cr_expect_eq(metrics_value(METRIC_HTTP_MALFORMED), 1);
	cr_expect_eq(metrics_value(METRIC_HTTP_ACTIVE), 0);
	buf_finish(&text);
}

static const struct {
	const char *query;
	const char *pairs; /* [name]=[value], or !raw if it cannot be decoded */
} queries[] = {
	{ "", "" },
	{ "a=1", "[a]=[1]" },
	{ "a=1&b=2", "[a]=[1][b]=[2]" },
	{ "a", "[a]=[]" },
	{ "a=", "[a]=[]" },
	{ "=b", "[]=[b]" },
	{ "a=b=c", "[a]=[b=c]" },
	{ "&&a=1&", "[a]=[1]" },
	{ "a=x+y%2Bz", "[a]=[x y+z]" },
	{ "%61=%C3%A9", "[a]=[\xc3\xa9]" },
	{ "a=%&b=2", "!a=%[b]=[2]" },
	{ "a=%00", "!a=%00" },
	{ "%ff=1", "!%ff=1" },
};

Test(query, is_parsed)
{
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		struct request request = { 0 };
		struct str rest = str_of(queries[i].query), name, value;
		struct buf text = { 0 };

		while (request_query_next(&request, &rest, &name, &value)) {
			if (name.at)
				buf_print(&text, "[%.*s]=[%.*s]", STR_ARGS(name), STR_ARGS(value));
			else
				buf_print(&text, "!%.*s", STR_ARGS(value));
		}
		cr_expect_str_eq(buf_cstr(&text), queries[i].pairs);
		buf_finish(&text);
		arena_finish(&request.arena);
	}
}
