/* ws_fuzz.c: tests invalid WebSocket handshakes and frames, fixed ones and thousands of random
 * ones. Each must be answered with a valid status or close code, and must not affect other
 * clients.
 *
 * Random tests print their seed on failure; set WS_FUZZ_SEED to repeat them. */

#include <stdlib.h>

#include "e2e.h"
#include "raw_conn.h"

const char *const e2e_settings[] = { "RATE_LIMIT=off", NULL };

enum { HANDSHAKES = 2000, SOCKETS = 400, FRAMES = 20, TIMEOUT_MS = 10000 };

TestSuite(ws_fuzz, .timeout = 170);

static int port(void)
{
	return server_port(e2e_server());
}

/* ---- Fixed input ---- */

static const char handshake[] =
	"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n"
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

Test(ws_fuzz, invalid_handshakes_get_a_status)
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
		{ "Host: localhost\r\n", "Host: localhost\r\nOrigin: https://evil.example\r\n",
		  403 },
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
		{ "Host: localhost\r\n",
		  "Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct raw_conn *conn = raw_conn_new(port());
		const char *at = strstr(handshake, rows[i].from);

		raw_conn_send(conn, str_of(e2e_format("%.*s%s%s", (int)(at - handshake), handshake,
		                                      rows[i].to, at + strlen(rows[i].from))));
		cr_expect(raw_conn_wait_for(conn, "\r\n\r\n", TIMEOUT_MS));
		cr_expect_eq(raw_conn_status(conn), rows[i].status,
		             "\"%s\" for \"%s\": %d instead of %d", rows[i].to, rows[i].from,
		             raw_conn_status(conn), rows[i].status);
		raw_conn_free(conn);
	}
}

Test(ws_fuzz, invalid_frames_get_a_close_code)
{
	static const struct {
		const char *path, *bytes;
		size_t length;
		int code;
	} rows[] = {
/* clang-format off */
#define ROW(path, bytes, code) { path, bytes, sizeof(bytes) - 1, code }
		ROW("/ws", "\xc1\x80\0\0\0\0", 1002), /* a reserved bit */
		ROW("/ws", "\x83\x80\0\0\0\0", 1002), /* an undefined opcode */
		ROW("/ws", "\x80\x80\0\0\0\0", 1002), /* a continuation of nothing */
		ROW("/ws", "\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 1002), /* a message within another */
		ROW("/ws", "\x09\x80\0\0\0\0", 1002), /* a fragmented ping */
		ROW("/ws", "\x89\xfe\0\x7e\0\0\0\0", -1), /* a ping that is too long */
		ROW("/ws", "\x88\x81\0\0\0\0\x03", 0), /* half a close code */
		ROW("/ws", "\x88\x82\0\0\0\0\x03\xed", 1002), /* a code that must not be sent */
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
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct raw_conn *conn = raw_conn_websocket(port(), rows[i].path);
		int code;

		raw_conn_send(conn, (struct str){ rows[i].bytes, rows[i].length });
		code = raw_conn_close_code(conn, TIMEOUT_MS);
		cr_expect_eq(code, rows[i].code, "row %zu: %d instead of %d", i, code,
		             rows[i].code);
		cr_expect(raw_conn_wait_end(conn, TIMEOUT_MS));
		raw_conn_free(conn);
	}
}

/* ---- Random input ---- */

static unsigned seed;

static void init_seed(void)
{
	const char *set = getenv("WS_FUZZ_SEED");

	seed = set ? (unsigned)strtoul(set, NULL, 10) : arc4random();
	srandom(seed);
}

static size_t random_below(size_t limit)
{
	return (size_t)random() % limit;
}

/* Changes, removes or repeats some bytes. */
static void corrupt(struct buf *bytes)
{
	for (size_t faults = 1 + random_below(4); faults > 0 && bytes->length > 1; faults--) {
		size_t at = random_below(bytes->length),
		       length = 1 + random_below(bytes->length - at > 8 ? 8 : bytes->length - at);

		switch (random_below(4)) {
		case 0:
			bytes->at[at] = (char)random_below(256);
			break;
		case 1:
			bytes->at[at] = (char)(bytes->at[at] ^ (1 << random_below(8)));
			break;
		case 2:
			memmove(bytes->at + at, bytes->at + at + length,
			        bytes->length - at - length);
			bytes->length -= length;
			break;
		default:
			buf_reserve(bytes, length);
			memmove(bytes->at + at + length, bytes->at + at, bytes->length - at);
			bytes->length += length;
		}
	}
}

static bool is_expected_status(int status)
{
	static const int statuses[] = { 101, 200, 400, 403, 404, 405, 408, 413,
		                        414, 417, 422, 426, 431, 501, 503, 505 };

	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		if (statuses[i] == status)
			return true;
	}
	return false;
}

Test(ws_fuzz, random_handshakes_get_a_status_or_nothing, .init = init_seed)
{
	for (int i = 0; i < HANDSHAKES; i++) {
		struct raw_conn *conn = raw_conn_new(port());
		struct buf bytes = { 0 };

		buf_text(&bytes, handshake);
		corrupt(&bytes);
		raw_conn_send(conn, buf_as_str(&bytes));
		raw_conn_shutdown(conn);
		cr_expect(raw_conn_wait_end(conn, TIMEOUT_MS),
		          "WS_FUZZ_SEED=%u: handshake %d is not closed", seed, i);
		cr_expect(!conn->received.length || is_expected_status(raw_conn_status(conn)),
		          "WS_FUZZ_SEED=%u: handshake %d: unexpected answer %.60s", seed, i,
		          buf_cstr(&conn->received));
		buf_finish(&bytes);
		raw_conn_free(conn);
	}
}

static struct str random_message(void)
{
	static const char *const messages[] = {
		"{\"id\":1,\"connect\":{}}",
		"{\"id\":2,\"subscribe\":{\"channel\":\"all\",\"recover\":true,\"offset\":1,"
		"\"epoch\":\"x\"}}",
		"{\"id\":3,\"unsubscribe\":{\"channel\":\"all\"}}",
		"{\"id\":4,\"history\":{\"channel\":\"all\",\"limit\":3}}",
		"{\"id\":5,\"presence\":{\"channel\":\"all\"}}",
		"{\"id\":6,\"refresh\":{\"token\":\"a.b.c\"}}",
		"{}",
		"",
		"{\"id\":7,\"ping\":{}}\n{\"id\":8,\"ping\":{}}",
		"{\"type\":\"subscribe\",\"data\":{\"channel\":\"all\"}}",
		"{\"type\":\"resume\",\"data\":{\"channel\":\"all\",\"offset\":0,\"epoch\":\"\"}}",
		"{\"type\":\"authenticate\",\"data\":{\"token\":\"a.b.c\"}}",
		"\xc3\xa4",
		"[[[[[[[[",
	};

	return str_of(messages[random_below(COUNT_OF(messages))]);
}

static void put_random_frame(struct buf *out)
{
	static const int opcodes[] = { 0x81, 0x81, 0x81, 0x81, 0x01, 0x80, 0x00,
		                       0x82, 0x89, 0x8a, 0x88, 0xf1, 0x83 };
	struct buf payload = { 0 }, frame = { 0 };

	buf_str(&payload, random_message());
	if (random_below(2))
		corrupt(&payload);
	raw_conn_put_frame(&frame, opcodes[random_below(random_below(4) ? 4 : COUNT_OF(opcodes))],
	                   buf_as_str(&payload));
	if (random_below(6) == 0)
		corrupt(&frame);
	buf_str(out, buf_as_str(&frame));
	buf_finish(&payload);
	buf_finish(&frame);
}

/* A code of the server, or the client's, echoed; or none, if the end came without a close frame. */
static bool is_expected_code(int code)
{
	return code <= 0 || (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1011)
	       || code >= 3000;
}

Test(ws_fuzz, random_frames_get_a_close_code_or_nothing, .init = init_seed)
{
	for (int i = 0; i < SOCKETS; i++) {
		struct raw_conn *conn =
			raw_conn_websocket(port(), i % 2 ? "/ws" : "/connection/websocket");
		struct buf bytes = { 0 };
		int code;

		if (i % 2 == 0 && random_below(2))
			raw_conn_send_frame(conn, FRAME_TEXT, STR("{\"id\":1,\"connect\":{}}"));
		for (int frames = 0; frames < FRAMES; frames++)
			put_random_frame(&bytes);
		while (bytes.length) {
			size_t part = 1 + random_below(bytes.length);

			if (!raw_conn_send(conn, (struct str){ bytes.at, part }))
				break;
			memmove(bytes.at, bytes.at + part, bytes.length - part);
			bytes.length -= part;
		}
		raw_conn_send_frame(conn, FRAME_CLOSE, STR("\x03\xe8"));
		raw_conn_shutdown(conn);
		code = raw_conn_close_code(conn, TIMEOUT_MS);
		cr_expect(is_expected_code(code),
		          "WS_FUZZ_SEED=%u: connection %d is closed with %d", seed, i, code);
		cr_expect(raw_conn_wait_end(conn, TIMEOUT_MS),
		          "WS_FUZZ_SEED=%u: connection %d is not closed", seed, i);
		buf_finish(&bytes);
		raw_conn_free(conn);
	}
}

/* Valid messages are answered meanwhile. */
Test(ws_fuzz, valid_clients_are_served)
{
	struct raw_conn *conn = raw_conn_websocket(port(), "/ws"),
			*other = raw_conn_websocket(port(), "/connection/websocket");

	cr_expect(raw_conn_wait_for(conn, "\"subscribed\"", TIMEOUT_MS));
	for (int i = 0; i < 200; i++) {
		const char *echo = e2e_format("\"data\":{\"n\":%d}}", i),
			   *pong = e2e_format("{\"id\":%d,\"ping\":{}}", i + 2);

		if (i == 0)
			raw_conn_send_frame(other, FRAME_TEXT, STR("{\"id\":1,\"connect\":{}}"));
		raw_conn_send_frame(
			conn, FRAME_TEXT,
			str_of(e2e_format("{\"type\":\"echo\",\"data\":{\"n\":%d}}", i)));
		raw_conn_send_frame(other, FRAME_TEXT, str_of(pong));
		cr_assert(raw_conn_wait_for(conn, echo, TIMEOUT_MS), "%s", echo);
		cr_assert(raw_conn_wait_for(other, pong, TIMEOUT_MS), "%s", pong);
	}
	raw_conn_free(conn);
	raw_conn_free(other);
}

Test(ws_fuzz, invalid_requests_for_streams_get_problems)
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
		{ "/connection/sse?cf_connect=", "VALIDATION_FAILED" },
		{ "/connection/sse?cf_connect={}&cf_connect={}", "VALIDATION_FAILED" },
	};
	struct client *client = e2e_client(NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_problem(client_get(client, "%s", rows[i].path), rows[i].code);
	expect_problem(client_post(client, "/connection/http_stream", NULL), "BAD_REQUEST");
	expect_problem(client_get(client, "/ws"), "UPGRADE_REQUIRED");
	expect_problem(client_get(client, "/connection/websocket"), "UPGRADE_REQUIRED");
}
