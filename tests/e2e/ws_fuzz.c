/* Strangers who make noise: handshakes and frames of every kind, thousands of them that nobody has thought
 * of. Each is answered as it should be, or closed, and whoever speaks properly is served as before.
 *
 * What is random comes from a seed, which is told when something is wrong: NOISE_SEED tries it again. */

#include <stdlib.h>

#include "e2e.h"
#include "raw_conn.h"

const char *const e2e_settings[] = { "RATE_LIMIT=off", NULL };

enum { HANDSHAKES = 2000, SOCKETS = 400, FRAMES = 20, PATIENCE_MS = 10000 };

TestSuite(ws_fuzz, .timeout = 170);

static int port(void)
{
	return server_port(e2e_server());
}

/* ---- As it should be answered ---- */

static const char handshake[] = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n"
				"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

Test(ws_fuzz, of_a_handshake_is_answered_with_what_is_wrong)
{
	static const struct {
		const char *from, *to;
		int status;
	} rows[] = {
		{ "", "", 101 },
		{ "/ws", "/connection/websocket", 101 },
		{ "websocket", "WebSocket", 101 },
		{ "keep-alive, Upgrade", "upgrade", 101 },
		{ "Host: localhost\r\n", "Host: localhost\r\nOrigin: http://localhost\r\n", 101 },
		{ "Host: localhost\r\n", "Host: localhost\r\nOrigin: https://evil.example\r\n", 403 },
		{ "Upgrade: websocket\r\n", "", 426 },
		{ "websocket", "h2c", 426 },
		{ "websocket", "websockets", 426 },
		{ "keep-alive, Upgrade", "keep-alive", 426 },
		{ "Version: 13", "Version: 12", 426 },
		{ "Version: 13", "Version: 013", 426 },
		{ "Version: 13", "Version: 13, 8", 426 },
		{ "Sec-WebSocket-Version: 13\r\n", "", 426 },
		{ "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400 },
		{ "jZQ==", "jZQ=", 400 },
		{ "jZQ==", "jZQ===", 400 },
		{ "jZQ==", "jZR==", 400 },
		{ "jZQ==", "!ZQ==", 400 },
		{ "dGhl", "dGhl dGhl", 400 },
		{ "GET", "POST", 405 },
		{ "/ws", "/nowhere", 404 },
		{ "HTTP/1.1", "HTTP/1.0", 426 },
		{ "HTTP/1.1", "HTTP/2.0", 505 },
		{ "Host: localhost\r\n", "", 400 },
		{ "Host: localhost\r\n", "Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct raw_conn *wire = raw_conn_new(port());
		const char *at = strstr(handshake, rows[i].from);

		raw_conn_send(wire, str_of(e2e_format("%.*s%s%s", (int)(at - handshake), handshake, rows[i].to,
		                                  at + strlen(rows[i].from))));
		cr_expect(raw_conn_wait_for(wire, "\r\n\r\n", PATIENCE_MS));
		cr_expect_eq(raw_conn_status(wire), rows[i].status, "\"%s\" for \"%s\": %d instead of %d", rows[i].to, rows[i].from,
		             raw_conn_status(wire), rows[i].status);
		raw_conn_free(wire);
	}
}

Test(ws_fuzz, of_frames_is_closed_with_the_code_that_says_why)
{
	static const struct {
		const char *path, *bytes;
		size_t length;
		int code;
	} rows[] = {
#define ROW(path, bytes, code) { path, bytes, sizeof(bytes) - 1, code }
		ROW("/ws", "\xc1\x80\0\0\0\0", 1002), /* a bit that means nothing */
		ROW("/ws", "\x83\x80\0\0\0\0", 1002), /* a kind that there is not */
		ROW("/ws", "\x80\x80\0\0\0\0", 1002), /* goes on, with nothing begun */
		ROW("/ws", "\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 1002), /* begins anew within a message */
		ROW("/ws", "\x09\x80\0\0\0\0", 1002), /* a ping in pieces */
		ROW("/ws", "\x89\xfe\0\x7e\0\0\0\0", -1), /* a long one: not a word */
		ROW("/ws", "\x88\x81\0\0\0\0\x03", 0), /* half a code: nor a code */
		ROW("/ws", "\x88\x82\0\0\0\0\x03\xed", 1002), /* one that is never said */
		ROW("/ws", "\x82\x81\0\0\0\0x", 1003),
		ROW("/ws", "\x81\x81\0\0\0\0\xff", 1007),
		ROW("/ws", "\x81\x82\0\0\0\0\xc3(", 1007),
		ROW("/ws", "\x81\xff\0\0\0\0\0\x10\0\0\0\0\0\0x", 1009),
		ROW("/ws", "\x88\x82\0\0\0\0\x03\xe8", 1000),
		ROW("/connection/websocket", "\x81\x81\0\0\0\0x", 3501),
		ROW("/connection/websocket", "\x81\x82\0\0\0\0[]", 3501),
		ROW("/connection/websocket", "\x82\x81\0\0\0\0x", 1003),
		ROW("/connection/websocket", "\x81\x81\0\0\0\0\xff", 1007),
#undef ROW
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct raw_conn *wire = raw_conn_websocket(port(), rows[i].path);
		int code;

		raw_conn_send(wire, (struct str){ rows[i].bytes, rows[i].length });
		code = raw_conn_close_code(wire, PATIENCE_MS);
		cr_expect_eq(code, rows[i].code, "row %zu: %d instead of %d", i, code, rows[i].code);
		cr_expect(raw_conn_wait_end(wire, PATIENCE_MS));
		raw_conn_free(wire);
	}
}

/* ---- Whatever it is ---- */

static unsigned seed;

static void take_seed(void)
{
	const char *given = getenv("NOISE_SEED");

	seed = given ? (unsigned)strtoul(given, NULL, 10) : arc4random();
	srandom(seed);
}

static size_t below(size_t many)
{
	return (size_t)random() % many;
}

/* Some bytes otherwise, gone, or twice. */
static void spoil(struct buf *bytes)
{
	for (size_t faults = 1 + below(4); faults > 0 && bytes->length > 1; faults--) {
		size_t at = below(bytes->length), length = 1 + below(bytes->length - at > 8 ? 8 : bytes->length - at);

		switch (below(4)) {
		case 0:
			bytes->at[at] = (char)below(256);
			break;
		case 1:
			bytes->at[at] = (char)(bytes->at[at] ^ (1 << below(8)));
			break;
		case 2:
			memmove(bytes->at + at, bytes->at + at + length, bytes->length - at - length);
			bytes->length -= length;
			break;
		default:
			buf_reserve(bytes, length);
			memmove(bytes->at + at + length, bytes->at + at, bytes->length - at);
			bytes->length += length;
		}
	}
}

static bool is_answer(int status)
{
	static const int statuses[] = { 101, 200, 400, 403, 404, 405, 408, 413, 414, 417, 422, 426, 431, 501, 503, 505 };

	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		if (statuses[i] == status)
			return true;
	}
	return false;
}

Test(ws_fuzz, of_handshakes_harms_nobody, .init = take_seed)
{
	for (int i = 0; i < HANDSHAKES; i++) {
		struct raw_conn *wire = raw_conn_new(port());
		struct buf bytes = { 0 };

		buf_text(&bytes, handshake);
		spoil(&bytes);
		raw_conn_send(wire, buf_as_str(&bytes));
		raw_conn_shutdown(wire);
		cr_expect(raw_conn_wait_end(wire, PATIENCE_MS), "NOISE_SEED=%u: %d waits for ever", seed, i);
		cr_expect(!wire->heard.length || is_answer(raw_conn_status(wire)), "NOISE_SEED=%u: %d is answered %.60s", seed, i,
		          buf_cstr(&wire->heard));
		buf_finish(&bytes);
		raw_conn_free(wire);
	}
}

static struct str words(void)
{
	static const char *const known[] = {
		"{\"id\":1,\"connect\":{}}", "{\"id\":2,\"subscribe\":{\"channel\":\"all\",\"recover\":true,\"offset\":1,\"epoch\":\"x\"}}",
		"{\"id\":3,\"unsubscribe\":{\"channel\":\"all\"}}", "{\"id\":4,\"history\":{\"channel\":\"all\",\"limit\":3}}",
		"{\"id\":5,\"presence\":{\"channel\":\"all\"}}", "{\"id\":6,\"refresh\":{\"token\":\"a.b.c\"}}", "{}", "",
		"{\"id\":7,\"ping\":{}}\n{\"id\":8,\"ping\":{}}", "{\"type\":\"subscribe\",\"data\":{\"channel\":\"all\"}}",
		"{\"type\":\"resume\",\"data\":{\"channel\":\"all\",\"offset\":0,\"epoch\":\"\"}}",
		"{\"type\":\"authenticate\",\"data\":{\"token\":\"a.b.c\"}}", "\xc3\xa4", "[[[[[[[[",
	};

	return str_of(known[below(COUNT_OF(known))]);
}

static void put_noise(struct buf *out)
{
	static const int kinds[] = { 0x81, 0x81, 0x81, 0x81, 0x01, 0x80, 0x00, 0x82, 0x89, 0x8a, 0x88, 0xf1, 0x83 };
	struct buf payload = { 0 }, frame = { 0 };

	buf_str(&payload, words());
	if (below(2))
		spoil(&payload);
	raw_conn_put_frame(&frame, kinds[below(below(4) ? 4 : COUNT_OF(kinds))], buf_as_str(&payload));
	if (below(6) == 0)
		spoil(&frame);
	buf_str(out, buf_as_str(&frame));
	buf_finish(&payload);
	buf_finish(&frame);
}

/* Ours, or one of theirs that comes back; none, where not even a frame was said. */
static bool is_code(int code)
{
	return code <= 0 || (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1011) || code >= 3000;
}

Test(ws_fuzz, of_frames_harms_nobody, .init = take_seed)
{
	for (int i = 0; i < SOCKETS; i++) {
		struct raw_conn *wire = raw_conn_websocket(port(), i % 2 ? "/ws" : "/connection/websocket");
		struct buf bytes = { 0 };
		int code;

		if (i % 2 == 0 && below(2))
			raw_conn_send_frame(wire, FRAME_TEXT, STR("{\"id\":1,\"connect\":{}}"));
		for (int frames = 0; frames < FRAMES; frames++)
			put_noise(&bytes);
		while (bytes.length) {
			size_t part = 1 + below(bytes.length);

			if (!raw_conn_send(wire, (struct str){ bytes.at, part }))
				break;
			memmove(bytes.at, bytes.at + part, bytes.length - part);
			bytes.length -= part;
		}
		raw_conn_send_frame(wire, FRAME_CLOSE, STR("\x03\xe8"));
		raw_conn_shutdown(wire);
		code = raw_conn_close_code(wire, PATIENCE_MS);
		cr_expect(is_code(code), "NOISE_SEED=%u: %d is closed with %d", seed, i, code);
		cr_expect(raw_conn_wait_end(wire, PATIENCE_MS), "NOISE_SEED=%u: %d is not closed", seed, i);
		buf_finish(&bytes);
		raw_conn_free(wire);
	}
}

/* And who speaks properly is served, whatever goes on beside him. */
Test(ws_fuzz, is_not_heard_by_others)
{
	struct raw_conn *wire = raw_conn_websocket(port(), "/ws"), *other = raw_conn_websocket(port(), "/connection/websocket");

	cr_expect(raw_conn_wait_for(wire, "\"subscribed\"", PATIENCE_MS));
	for (int i = 0; i < 200; i++) {
		const char *echo = e2e_format("\"original\":{\"n\":%d}", i), *pong = e2e_format("{\"id\":%d,\"ping\":{}}", i + 2);

		if (i == 0)
			raw_conn_send_frame(other, FRAME_TEXT, STR("{\"id\":1,\"connect\":{}}"));
		raw_conn_send_frame(wire, FRAME_TEXT, str_of(e2e_format("{\"n\":%d}", i)));
		raw_conn_send_frame(other, FRAME_TEXT, str_of(pong));
		cr_assert(raw_conn_wait_for(wire, echo, PATIENCE_MS), "%s", echo);
		cr_assert(raw_conn_wait_for(other, pong, PATIENCE_MS), "%s", pong);
	}
	raw_conn_free(wire);
	raw_conn_free(other);
}

Test(ws_fuzz, of_streams_is_answered_as_it_should_be)
{
	static const struct {
		const char *path, *code;
	} rows[] = {
		{ "/api/v1/events", "VALIDATION_FAILED" },
		{ "/api/v1/events?channels=", "VALIDATION_FAILED" },
		{ "/api/v1/events?channels=nothing", "VALIDATION_FAILED" },
		{ "/api/v1/events?channels=all,", "VALIDATION_FAILED" },
		{ "/api/v1/events?channels=all,all", "VALIDATION_FAILED" },
		{ "/api/v1/events?channels=all,org,duty,all", "VALIDATION_FAILED" },
		{ "/api/v1/events?channels=all&x=1", "VALIDATION_FAILED" },
		{ "/api/v1/events?channels=all,duty", "FORBIDDEN" },
		{ "/connection/sse", "VALIDATION_FAILED" },
		{ "/connection/sse?x=1", "VALIDATION_FAILED" },
	};
	struct client *nobody = e2e_client(NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_problem(client_get(nobody, "%s", rows[i].path), rows[i].code);
	expect_problem(client_post(nobody, "/connection/http_stream", NULL), "BAD_REQUEST");
	expect_problem(client_get(nobody, "/ws"), "UPGRADE_REQUIRED");
	expect_problem(client_get(nobody, "/connection/websocket"), "UPGRADE_REQUIRED");
}
