/* Compression of replies: which are compressed, their entity tags, and large bodies. */

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "http_fixture.h"

TestSuite(compression, .init = fixture_open, .fini = fixture_close, .timeout = 60);

#define GZIP "Accept-Encoding: gzip\r\n"

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

/* Decompresses one whole gzip file; -1 if it is none. */
static long inflated(struct str body, char *out, size_t size)
{
	z_stream stream = { .next_in = (unsigned char *)body.at,
		            .avail_in = (unsigned)body.length,
		            .next_out = (unsigned char *)out,
		            .avail_out = (unsigned)size };
	int end;
	long length;

	cr_assert(inflateInit2(&stream, 15 + 16) == Z_OK);
	end = inflate(&stream, Z_FINISH);
	length = end == Z_STREAM_END && !stream.avail_in ? (long)stream.total_out : -1;
	inflateEnd(&stream);
	return length;
}

/* The bytes of the fixture's bodies. */
static void expect_content(struct str response, long size)
{
	static char out[LARGE + 1];
	long length = inflated(body_of(response), out, sizeof(out));

	cr_assert(length == size, "%ld bytes instead of %ld", length, size);
	for (long i = 0; i < length; i++)
		cr_assert(out[i] == (char)('a' + i % 26), "byte %ld", i);
}

Test(compression, is_applied_if_the_client_accepts_it)
{
	static const long sizes[] = { 1025, 4096, 65535, 65536, 65537, 200000, LARGE };
	char path[40];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			struct str response;
			long long length;

			snprintf(path, sizeof(path), "/json/%ld", sizes[i]);
			response = ask("GET", path, GZIP);
			cr_expect_str_eq(statuses_of(response), "200");
			expect_line(response, "Content-Encoding", "gzip");
			expect_line(response, "ETag", "\"7.abc-gzip\"");
			expect_line(response, "Vary", "Origin, Accept-Encoding");
			cr_expect(str_number(header_of(response, "Content-Length"), &length)
			          && length == (long long)body_of(response).length);
			cr_expect(length < sizes[i] / 2);
			expect_content(response, sizes[i]);
		}
	}
}

static const struct {
	const char *path, *headers, *vary;
} uncompressed[] = {
	{ "/json/4096", "", "Origin, Accept-Encoding" },
	{ "/json/4096", "Accept-Encoding: br\r\n", "Origin, Accept-Encoding" },
	{ "/json/4096", "Accept-Encoding: gzip;q=0\r\n", "Origin, Accept-Encoding" },
	{ "/json/1024", GZIP, "Origin" },
	{ "/json/0", GZIP, "Origin" },
	{ "/secret/4096", GZIP, "Origin" },
	{ "/large", GZIP, "Origin" },
};

Test(compression, is_not_applied_otherwise)
{
	for (size_t i = 0; i < COUNT_OF(uncompressed); i++) {
		struct str response = ask("GET", uncompressed[i].path, uncompressed[i].headers);

		cr_expect_str_eq(statuses_of(response), "200");
		expect_line(response, "Content-Encoding", NULL);
		expect_line(response, "Vary", uncompressed[i].vary);
		if (strcmp(uncompressed[i].path, "/large") != 0)
			expect_line(response, "ETag", "\"7.abc\"");
	}
}

Test(compression, can_be_turned_off)
{
	struct str response;

	fixture_stop();
	f.config.compression = "off";
	fixture_serve();
	response = ask("GET", "/json/4096", GZIP);
	expect_line(response, "Content-Encoding", NULL);
	expect_line(response, "Vary", "Origin");
	expect_line(response, "ETag", "\"7.abc\"");
	cr_expect_eq(body_of(response).length, 4096);
}

Test(compression, varies_once)
{
	struct str response = ask("GET", "/preferred/4096", GZIP);

	expect_line(response, "Vary", "Origin, Accept-Encoding, Prefer");
	cr_expect_eq(count_of(response, "Vary: "), 1);
	expect_line(ask("GET", "/preferred/10", GZIP), "Vary", "Origin, Prefer");
}

Test(compression, has_the_same_head_for_head)
{
	static const char *const paths[] = { "/json/4096", "/json/200000" };

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		size_t length = body_of(ask("GET", paths[i], GZIP)).length;
		struct str response = ask("HEAD", paths[i], GZIP);
		long long announced;

		expect_line(response, "Content-Encoding", "gzip");
		expect_line(response, "ETag", "\"7.abc-gzip\"");
		cr_expect(str_number(header_of(response, "Content-Length"), &announced)
		          && announced == (long long)length);
		cr_expect_eq(body_of(response).length, 0);
	}
}

/* The tag of either form is accepted, and 304 names the form that the client has. */
static const struct {
	const char *path, *headers, *status, *etag;
} conditions[] = {
	{ "/json/4096", "If-None-Match: \"7.abc\"\r\n", "304", "\"7.abc\"" },
	{ "/json/4096", "If-None-Match: \"7.abc-gzip\"\r\n", "304", "\"7.abc-gzip\"" },
	{ "/json/4096", GZIP "If-None-Match: \"7.abc\"\r\n", "304", "\"7.abc\"" },
	{ "/json/4096", GZIP "If-None-Match: W/\"7.abc-gzip\"\r\n", "304", "\"7.abc-gzip\"" },
	{ "/json/4096", GZIP "If-None-Match: \"7.abc\", \"7.abc-gzip\"\r\n", "304",
	  "\"7.abc-gzip\"" },
	{ "/json/4096", GZIP "If-None-Match: *\r\n", "304", "\"7.abc-gzip\"" },
	{ "/json/4096", GZIP "If-None-Match: \"7.abd\"\r\n", "200", "\"7.abc-gzip\"" },
	{ "/json/200000", GZIP "If-None-Match: \"7.abc\"\r\n", "304", "\"7.abc\"" },
	/* Never compressed. */
	{ "/secret/4096", GZIP "If-None-Match: \"7.abc-gzip\"\r\n", "200", "\"7.abc\"" },
	{ "/secret/4096", GZIP "If-None-Match: \"7.abc\"\r\n", "304", "\"7.abc\"" },
};

Test(compression, sends_304_for_a_current_tag)
{
	for (size_t i = 0; i < COUNT_OF(conditions); i++) {
		struct str response = ask("GET", conditions[i].path, conditions[i].headers);

		cr_expect_str_eq(statuses_of(response), conditions[i].status, "%s",
		                 conditions[i].headers);
		expect_line(response, "ETag", conditions[i].etag);
		if (strcmp(conditions[i].status, "304") != 0)
			continue;
		expect_line(response, "Content-Encoding", NULL);
		expect_line(response, "Vary",
		            conditions[i].path[1] == 's' ? "Origin" : "Origin, Accept-Encoding");
	}
}

/* A large body takes several turns; other requests are answered meanwhile. */
Test(compression, does_not_delay_other_requests)
{
	struct buf first = { 0 }, second = { 0 };
	int a = client_new(), b = client_new();

	client_send(a, STR("GET /json/1048576 HTTP/1.1\r\nHost: a\r\n" GZIP
	                   "Connection: close\r\n\r\n"));
	while (f.ran < 1)
		fixture_turn();
	client_send(b,
	            STR("GET /json/2000 HTTP/1.1\r\nHost: a\r\n" GZIP "Connection: close\r\n\r\n"));
	cr_expect(client_receive_all(b, &second, 10));
	cr_expect_str_eq(statuses_of(buf_as_str(&second)), "200");
	cr_expect_not(client_receive(a, &first, 1, 0), "the large body must take more turns");
	cr_expect(client_receive_all(a, &first, 10));
	expect_content(buf_as_str(&first), LARGE);
	buf_finish(&first);
	buf_finish(&second);
	close(a);
	close(b);
}

/* The client disconnects, or the server stops, while bodies are being compressed. */
Test(compression, is_cancelled)
{
	for (int i = 0; i < 3; i++) {
		int clients[4];

		for (size_t c = 0; c < COUNT_OF(clients); c++) {
			clients[c] = client_new();
			client_send(clients[c],
			            STR("GET /json/1000000 HTTP/1.1\r\nHost: a\r\n" GZIP "\r\n"));
		}
		while (f.ran < 4 * (i + 1))
			fixture_turn();
		if (i == 2)
			fixture_stop();
		for (size_t c = 0; c < COUNT_OF(clients); c++) {
			if (i == 0 || c % 2)
				shutdown(clients[c], SHUT_RDWR);
			close(clients[c]);
		}
		for (int turn = 0; turn < 200 && f.http; turn++)
			fixture_turn();
		if (f.http)
			expect_content(ask("GET", "/json/200000", GZIP), 200000);
		f.ran = 4 * (i + 1);
	}
	cr_expect_eq(metrics_value(METRIC_HTTP_ACTIVE), 0);
}
