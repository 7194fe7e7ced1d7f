/* Files embedded at build time: encodings, entity tags, 304 and HEAD. */

#include <stdio.h>

#include "http_fixture.h"

TestSuite(static_file, .init = fixture_open, .fini = fixture_close, .timeout = 30);

static struct str ask(const char *method, const char *path, const char *headers)
{
	char text[500];

	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, path, headers);
	return send_request(str_of(text));
}

static void expect_line(struct str response, const char *name, const char *value)
{
	struct str line = header_of(response, name);

	if (value)
		cr_expect(line.at && str_is(line, value), "%s: %.*s", name, STR_ARGS(line));
	else
		cr_expect_null(line.at, "%s: %.*s", name, STR_ARGS(line));
}

static const struct {
	const char *path, *accept, *encoding, *etag, *body, *length, *vary;
} cases[] = {
	{ "/file", "", NULL, "\"f1\"", "identity bytes", "14", "Origin, Accept-Encoding" },
	{ "/file", "Accept-Encoding: gzip\r\n", "gzip", "\"f1-gzip\"", "gzip bytes", "10",
	  "Origin, Accept-Encoding" },
	{ "/file", "Accept-Encoding: gzip\r\nAccept-Encoding: br\r\n", "br", "\"f1-br\"",
	  "br bytes", "8", "Origin, Accept-Encoding" },
	{ "/file", "Accept-Encoding: br;q=0, identity;q=0\r\n", NULL, "\"f1\"", "identity bytes",
	  "14", "Origin, Accept-Encoding" },
	{ "/plain-file", "Accept-Encoding: gzip, br\r\n", NULL, "\"f2\"", "plain", "5", "Origin" },
};

Test(static_file, is_sent_in_the_best_encoding)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str response = ask("GET", cases[i].path, cases[i].accept);

		cr_expect_str_eq(statuses_of(response), "200");
		expect_line(response, "Content-Type", "text/css; charset=utf-8");
		expect_line(response, "Content-Encoding", cases[i].encoding);
		expect_line(response, "ETag", cases[i].etag);
		expect_line(response, "Content-Length", cases[i].length);
		expect_line(response, "Vary", cases[i].vary);
		cr_expect_eq(count_of(response, "Vary: "), 1);
		cr_expect(str_is(body_of(response), cases[i].body), "%.*s",
		          STR_ARGS(body_of(response)));
	}
}

Test(static_file, has_only_a_head_for_head)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str response = ask("HEAD", cases[i].path, cases[i].accept);

		cr_expect_str_eq(statuses_of(response), "200");
		expect_line(response, "Content-Encoding", cases[i].encoding);
		expect_line(response, "ETag", cases[i].etag);
		expect_line(response, "Content-Length", cases[i].length);
		cr_expect_eq(body_of(response).length, 0);
	}
}

static const struct {
	const char *headers, *status, *etag;
} conditions[] = {
	{ "If-None-Match: \"f1\"\r\n", "304", "\"f1\"" },
	{ "If-None-Match: W/\"f1\"\r\n", "304", "\"f1\"" },
	{ "If-None-Match: *\r\n", "304", "\"f1\"" },
	{ "If-None-Match: \"f0\", \"f1\"\r\n", "304", "\"f1\"" },
	{ "If-None-Match: \"f1-gzip\"\r\nAccept-Encoding: gzip\r\n", "304", "\"f1-gzip\"" },
	{ "If-None-Match: \"f1-br\"\r\nAccept-Encoding: br\r\n", "304", "\"f1-br\"" },
	{ "If-None-Match: \"f0\"\r\n", "200", "\"f1\"" },
	/* The client has another encoding than the one it accepts now. */
	{ "If-None-Match: \"f1-gzip\"\r\n", "200", "\"f1\"" },
	{ "If-None-Match: \"f1\"\r\nAccept-Encoding: gzip\r\n", "200", "\"f1-gzip\"" },
};

Test(static_file, gets_304_for_a_current_tag)
{
	for (size_t i = 0; i < COUNT_OF(conditions); i++) {
		struct str response = ask("GET", "/file", conditions[i].headers);

		cr_expect_str_eq(statuses_of(response), conditions[i].status, "%s",
		                 conditions[i].headers);
		expect_line(response, "ETag", conditions[i].etag);
		expect_line(response, "Vary", "Origin, Accept-Encoding");
		expect_line(response, "Cache-Control", "public, no-cache");
		if (strcmp(conditions[i].status, "304") == 0) {
			expect_line(response, "Content-Encoding", NULL);
			expect_line(response, "Content-Length", NULL);
			cr_expect_eq(body_of(response).length, 0);
		}
	}
}

Test(static_file, has_its_own_policies)
{
	struct str response = ask("GET", "/file", "");

	expect_line(response, "Cache-Control", "public, no-cache");
	expect_line(response, "Content-Security-Policy", "default-src 'self'");
	response = ask("GET", "/plain-file", "");
	expect_line(response, "Cache-Control", "no-store");
	expect_line(response, "Content-Security-Policy",
	            "default-src 'none'; frame-ancestors 'none'");
}
