/* test_client.c: test clients, and expectations about what they receive. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "client.h"
#include "hub.h"
#include "protocol.h"
#include "ws_fixture.h"

enum { QUIET_TURNS = 40, TIMEOUT_S = 20 };

static const char *quoted(const char *text)
{
	static struct buf out;

	buf_clear(&out);
	for (; *text; text++)
		buf_char(&out, *text == '\'' ? '"' : *text);
	return buf_cstr(&out);
}

/* ---- Clients ---- */

static struct in6_addr address_of(int last)
{
	struct in6_addr address = { .s6_addr = { 0x20, 1, [15] = (unsigned char)last } };

	return address;
}

static void read_head(struct test_client *client)
{
	char byte;

	while (client->received.length < 4
	       || memcmp(client->received.at + client->received.length - 4, "\r\n\r\n", 4) != 0) {
		cr_assert_eq(recv(client->fd, &byte, 1, 0), 1);
		buf_char(&client->received, byte);
	}
	buf_clear(&client->received);
}

/* The reply to `connect` includes it, but a test may send before it arrives. */
static void copy_session(struct test_client *client)
{
	const struct client *connection = TAILQ_LAST(&fixture.ws->clients, clients);

	if (connection->session_entry.group)
		snprintf(client->session, sizeof(client->session), "%016llx%016llx",
		         (unsigned long long)connection->session_entry.group->key.halves[0],
		         (unsigned long long)connection->session_entry.group->key.halves[1]);
}

/* A UNIX socket: TCP with such small buffers waits for its retransmission timers, longer each
 * time. */
static int small_buffer_pair(int *client_fd)
{
	int both[2], small = 4096;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both), 0);
	setsockopt(both[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	*client_fd = both[1];
	return both[0];
}

struct test_client *test_client_new(enum ws_protocol protocol, const struct client_options *options)
{
	struct test_client *client = xcalloc(1, sizeof(*client));
	struct ws_incoming incoming = {
		.protocol = protocol,
		.address = address_of(options->address),
		.rest = str_of(options->rest ?: ""),
		.token = str_of(options->token ?: ""),
		.payload = str_of(quoted(options->payload ?: "")),
		.last_event_id = str_of(options->since ?: ""),
		.key = protocols[protocol].is_websocket ? KEY : NULL,
	};

	if (options->user)
		memcpy(incoming.identity.id, options->user, UUID_SIZE);
	incoming.identity.expires_ms = fixture.expires_ms;
	client->protocol = protocol;
	incoming.fd = options->slow ? small_buffer_pair(&client->fd) : connected_pair(&client->fd);
	ws_accept(fixture.ws, &incoming);
	if (incoming.key)
		read_head(client);
	else
		copy_session(client);
	return client;
}

void test_client_send_frame(struct test_client *client, int first, struct str bytes)
{
	struct buf frame = { 0 };
	struct str left;

	frame_put(&frame, first, bytes);
	for (left = buf_as_str(&frame); left.length;) {
		ssize_t n = send(client->fd, left.at, left.length, MSG_NOSIGNAL);

		if (n > 0) {
			left.at += n;
			left.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			break;
		}
		fixture_run_turns(1);
	}
	buf_finish(&frame);
}

void test_client_send(struct test_client *client, const char *text)
{
	text = quoted(text);
	if (protocols[client->protocol].is_websocket)
		test_client_send_frame(client, 0x81, str_of(text));
	else
		ws_session_receive(fixture.ws, str_of(client->session), str_of(text));
}

static void read_available(struct test_client *client)
{
	char bytes[16384];
	ssize_t n;

	while (client->fd >= 0 && (n = recv(client->fd, bytes, sizeof(bytes), 0)) > 0)
		buf_add(&client->received, bytes, (size_t)n);
	if (client->fd >= 0 && (n == 0 || errno != EAGAIN))
		client->closed = true;
}

static void drop_received(struct test_client *client, size_t length)
{
	memmove(client->received.at, client->received.at + length,
	        client->received.length - length);
	client->received.length -= length;
}

/* Takes one frame; answers pings and close frames. */
static bool take_frame(struct test_client *client)
{
	struct str rest = buf_as_str(&client->received), payload;
	int first = frame_take(&rest, &payload);

	if (first < 0)
		return false;
	buf_clear(&client->text);
	if (first == 0x88) {
		client->close_code = payload.length < 2 ? 0
		                                        : (unsigned char)payload.at[0] << 8
		                                                  | (unsigned char)payload.at[1];
		test_client_send_frame(client, 0x88,
		                       (struct str){ payload.at, payload.length < 2 ? 0 : 2 });
	} else if (first == 0x89) {
		client->pings++;
		if (!client->ignores_pings)
			test_client_send_frame(client, 0x8a, payload);
	} else {
		cr_assert_eq(first, 0x81);
		cr_assert(str_is_utf8(payload));
		buf_str(&client->text, payload);
	}
	drop_received(client, client->received.length - rest.length);
	return true;
}

static bool take_text(struct test_client *client, const char *mark)
{
	size_t length = strlen(mark);
	const char *end = client->received.length ? memmem(client->received.at,
	                                                   client->received.length, mark, length)
	                                          : NULL;

	if (!end)
		return false;
	buf_clear(&client->text);
	buf_add(&client->text, client->received.at, (size_t)(end - client->received.at));
	drop_received(client, (size_t)(end - client->received.at) + length);
	return true;
}

static bool take_message(struct test_client *client)
{
	if (protocols[client->protocol].is_websocket)
		return take_frame(client);
	return take_text(client, client->protocol == WS_CENTRIFUGE_HTTP_STREAM ? "\n" : "\n\n");
}

/* A ping; Centrifugo's is an empty object, and so is its answer. */
static bool is_ping(struct test_client *client)
{
	const char *text = buf_cstr(&client->text);

	if (strcmp(text, "{}") != 0 && strcmp(text, "data: {}") != 0 && strcmp(text, ": ping") != 0)
		return false;
	client->pings++;
	if (protocols[client->protocol].is_websocket && !client->ignores_pings)
		test_client_send(client, "{}");
	return true;
}

/* Takes the next complete message from what has arrived. */
static bool next_message(struct test_client *client)
{
	while (take_message(client)) {
		if (client->text.length && !is_ping(client))
			return true;
	}
	return false;
}

const char *test_client_received(struct test_client *client)
{
	read_available(client);
	return next_message(client) ? buf_cstr(&client->text) : NULL;
}

const char *test_client_next(struct test_client *client)
{
	for (int quiet = 0; quiet < QUIET_TURNS; quiet++) {
		read_available(client);
		if (next_message(client))
			return buf_cstr(&client->text);
		if (client->closed)
			break;
		fixture_run_turns(1);
	}
	return NULL;
}

const char *test_client_wait(struct test_client *client)
{
	double end = fixture_seconds() + TIMEOUT_S;
	const char *message;

	while (!(message = test_client_next(client)) && !client->closed && fixture_seconds() < end)
		;
	return message;
}

void test_client_close(struct test_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->closed = true;
}

void test_client_free(struct test_client *client)
{
	test_client_close(client);
	buf_finish(&client->received);
	buf_finish(&client->text);
	free(client);
}

struct test_client *test_client_connect(enum ws_protocol protocol, const char *user)
{
	char text[200];
	struct test_client *client;

	snprintf(text, sizeof(text),
	         user ? "{'id':1,'connect':{'token':'%s'}}" : "{'id':1,'connect':{}}", user);
	client = test_client_new(protocol, &(struct client_options){ .payload = text });
	if (protocols[protocol].is_websocket)
		test_client_send(client, text);
	expect_next(client, protocol == WS_CENTRIFUGE_SSE ? "data: {'id':1,'connect':{*"
	                                                  : "{'id':1,'connect':{*");
	return client;
}

void test_client_subscribe(struct test_client *client, const char *channel)
{
	char text[300];

	if (client->protocol == WS_JSON) {
		snprintf(text, sizeof(text), "{'type':'subscribe','data':{'channel':'%s'}}",
		         channel);
		test_client_send(client, text);
		expect_next(client, "{'type':'subscribed',*");
		return;
	}
	snprintf(text, sizeof(text), "{'id':2,'subscribe':{'channel':'%s'}}", channel);
	test_client_send(client, text);
	expect_next(
		client,
		"*{'id':2,'subscribe':{'recoverable':true,'positioned':true,'epoch':'e1','offset':*");
}

/* ---- Expectations ---- */

static bool matches(const char *pattern, const char *text)
{
	for (; *pattern && *pattern != '*'; pattern++, text++) {
		if (*pattern != *text && (*pattern != '^' || !*text))
			return false;
	}
	if (!*pattern)
		return !*text;
	for (;; text++) {
		if (matches(pattern + 1, text))
			return true;
		if (!*text)
			return false;
	}
}

static const char *received_or_end(const struct test_client *client, const char *message)
{
	if (message)
		return message;
	return client->closed ? "a disconnect" : "nothing";
}

void expect_next(struct test_client *client, const char *expected)
{
	const char *message = test_client_wait(client);

	expected = quoted(expected);
	cr_assert(message && matches(expected, message), "received %s instead of %s",
	          received_or_end(client, message), expected);
}

void expect_silence(struct test_client *client)
{
	const char *message = test_client_next(client);

	cr_assert(!message, "received %s", message);
	cr_assert(!client->closed, "disconnected with %d", client->close_code);
}

void expect_end(struct test_client *client, int code)
{
	const char *message;

	while ((message = test_client_wait(client))) {
		const char *disconnect = strstr(message, "\"disconnect\":{\"code\":");

		if (disconnect)
			client->close_code = (int)strtol(disconnect + 21, NULL, 10);
	}
	cr_assert(client->closed, "not disconnected");
	if (client->protocol != WS_SSE)
		cr_expect_eq(client->close_code, code, "%d instead of %d", client->close_code,
		             code);
}

long long offset_of(const struct test_client *, const char *message,
                    char channel[MAX_CHANNEL_NAME + 1])
{
	const char *at = strstr(message, "\"channel\":\""), *offset = NULL;

	if (!strstr(message, "drill.step") || !at)
		return -1;
	sscanf(at, "\"channel\":\"%128[^\"]\"", channel);
	for (at = message; (at = strstr(at, "\"offset\":")); at++)
		offset = at;
	return offset ? strtoll(offset + strlen("\"offset\":"), NULL, 10) : -1;
}

void expect_offsets(struct test_client *client, const char *channel, long long from, long long to)
{
	char name[MAX_CHANNEL_NAME + 1] = "";

	for (; from <= to; from++) {
		const char *message = test_client_wait(client);
		long long offset = message ? offset_of(client, message, name) : -1;

		cr_assert(offset == from && strcmp(name, channel) == 0,
		          "received %s instead of %s %lld", received_or_end(client, message),
		          channel, from);
	}
}
