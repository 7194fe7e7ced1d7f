/* test_client.c: test clients, and expectations about what they receive. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws_fixture.h"

enum { QUIET_TURNS = 40, PATIENCE_S = 20 };

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

static void hear_head(struct guest *guest)
{
	char byte;

	while (guest->heard.length < 4 || memcmp(guest->heard.at + guest->heard.length - 4, "\r\n\r\n", 4) != 0) {
		cr_assert_eq(recv(guest->fd, &byte, 1, 0), 1);
		buf_char(&guest->heard, byte);
	}
	buf_clear(&guest->heard);
}

/* The reply to `connect` includes it, but a test may send before it arrives. */
static void note_session(struct guest *guest)
{
	const struct client *client = TAILQ_LAST(&hall.ws->clients, clients);

	if (client->session.crowd)
		snprintf(guest->session, sizeof(guest->session), "%016llx%016llx",
		         (unsigned long long)client->session.crowd->key.halves[0],
		         (unsigned long long)client->session.crowd->key.halves[1]);
}

/* A UNIX socket: TCP with such small buffers waits for its retransmission timers, longer each
 * time. */
static int narrow_pair(int *caller)
{
	int both[2], little = 4096;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both), 0);
	setsockopt(both[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
	*caller = both[1];
	return both[0];
}

struct guest *guest_new(enum ws_speech speech, const struct arriving *how)
{
	struct guest *guest = xcalloc(1, sizeof(*guest));
	struct ws_arrival arrival = {
		.speech = speech,
		.address = address_of(how->address),
		.rest = str_of(how->rest ?: ""),
		.token = str_of(how->token ?: ""),
		.words = str_of(quoted(how->words ?: "")),
		.since = str_of(how->since ?: ""),
		.key = speeches[speech].socket ? KEY : NULL,
	};

	if (how->user)
		memcpy(arrival.who.id, how->user, UUID_SIZE);
	arrival.who.expires_ms = hall.expires_ms;
	guest->speech = speech;
	arrival.fd = how->slow ? narrow_pair(&guest->fd) : quay_pair(&guest->fd);
	ws_arrive(hall.ws, &arrival);
	if (arrival.key)
		hear_head(guest);
	else
		note_session(guest);
	return guest;
}

void guest_frame(struct guest *guest, int first, struct str bytes)
{
	struct buf frame = { 0 };
	struct str left;

	frame_put(&frame, first, bytes);
	for (left = buf_as_str(&frame); left.length;) {
		ssize_t n = send(guest->fd, left.at, left.length, MSG_NOSIGNAL);

		if (n > 0) {
			left.at += n;
			left.length -= (size_t)n;
		} else if (errno != EAGAIN) {
			break;
		}
		hall_turns(1);
	}
	buf_finish(&frame);
}

void guest_say(struct guest *guest, const char *text)
{
	text = quoted(text);
	if (speeches[guest->speech].socket)
		guest_frame(guest, 0x81, str_of(text));
	else
		ws_speak(hall.ws, str_of(guest->session), str_of(text));
}

static void take(struct guest *guest)
{
	char bytes[16384];
	ssize_t n;

	while (guest->fd >= 0 && (n = recv(guest->fd, bytes, sizeof(bytes), 0)) > 0)
		buf_add(&guest->heard, bytes, (size_t)n);
	if (guest->fd >= 0 && (n == 0 || errno != EAGAIN))
		guest->ended = true;
}

static void forget_heard(struct guest *guest, size_t length)
{
	memmove(guest->heard.at, guest->heard.at + length, guest->heard.length - length);
	guest->heard.length -= length;
}

/* Takes one frame; answers pings and close frames. */
static bool cut_frame(struct guest *guest)
{
	struct str rest = buf_as_str(&guest->heard), payload;
	int first = frame_cut(&rest, &payload);

	if (first < 0)
		return false;
	buf_clear(&guest->text);
	if (first == 0x88) {
		guest->code = payload.length < 2 ? 0 : (unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1];
		guest_frame(guest, 0x88, (struct str){ payload.at, payload.length < 2 ? 0 : 2 });
	} else if (first == 0x89) {
		guest->pings++;
		if (!guest->mute)
			guest_frame(guest, 0x8a, payload);
	} else {
		cr_assert_eq(first, 0x81);
		cr_assert(str_is_utf8(payload));
		buf_str(&guest->text, payload);
	}
	forget_heard(guest, guest->heard.length - rest.length);
	return true;
}

static bool cut_text(struct guest *guest, const char *mark)
{
	size_t length = strlen(mark);
	const char *end = guest->heard.length ? memmem(guest->heard.at, guest->heard.length, mark, length) : NULL;

	if (!end)
		return false;
	buf_clear(&guest->text);
	buf_add(&guest->text, guest->heard.at, (size_t)(end - guest->heard.at));
	forget_heard(guest, (size_t)(end - guest->heard.at) + length);
	return true;
}

static bool cut(struct guest *guest)
{
	if (speeches[guest->speech].socket)
		return cut_frame(guest);
	return cut_text(guest, guest->speech == WS_CENTRIFUGE_LINES ? "\n" : "\n\n");
}

/* A ping; Centrifugo's is an empty object, and so is its answer. */
static bool is_beat(struct guest *guest)
{
	const char *text = buf_cstr(&guest->text);

	if (strcmp(text, "{}") != 0 && strcmp(text, "data: {}") != 0 && strcmp(text, ": ping") != 0)
		return false;
	guest->pings++;
	if (speeches[guest->speech].socket && !guest->mute)
		guest_say(guest, "{}");
	return true;
}

/* Takes the next complete message from what has arrived. */
static bool next_words(struct guest *guest)
{
	while (cut(guest)) {
		if (guest->text.length && !is_beat(guest))
			return true;
	}
	return false;
}

const char *guest_heard(struct guest *guest)
{
	take(guest);
	return next_words(guest) ? buf_cstr(&guest->text) : NULL;
}

const char *guest_next(struct guest *guest)
{
	for (int quiet = 0; quiet < QUIET_TURNS; quiet++) {
		take(guest);
		if (next_words(guest))
			return buf_cstr(&guest->text);
		if (guest->ended)
			break;
		hall_turns(1);
	}
	return NULL;
}

const char *guest_wait(struct guest *guest)
{
	double end = hall_seconds() + PATIENCE_S;
	const char *told;

	while (!(told = guest_next(guest)) && !guest->ended && hall_seconds() < end)
		;
	return told;
}

void guest_hang_up(struct guest *guest)
{
	if (guest->fd >= 0)
		close(guest->fd);
	guest->fd = -1;
	guest->ended = true;
}

void guest_free(struct guest *guest)
{
	guest_hang_up(guest);
	buf_finish(&guest->heard);
	buf_finish(&guest->text);
	free(guest);
}

struct guest *guest_connected(enum ws_speech speech, const char *user)
{
	char words[200];
	struct guest *guest;

	snprintf(words, sizeof(words), user ? "{'id':1,'connect':{'token':'%s'}}" : "{'id':1,'connect':{}}", user);
	guest = guest_new(speech, &(struct arriving){ .words = words });
	if (speeches[speech].socket)
		guest_say(guest, words);
	expect_next(guest, speech == WS_CENTRIFUGE_EVENTS ? "data: {'id':1,'connect':{*" : "{'id':1,'connect':{*");
	return guest;
}

void guest_subscribes(struct guest *guest, const char *channel)
{
	char words[300];

	if (guest->speech == WS_PLAIN) {
		snprintf(words, sizeof(words), "{'type':'subscribe','data':{'channel':'%s'}}", channel);
		guest_say(guest, words);
		expect_next(guest, "{'type':'subscribed',*");
		return;
	}
	snprintf(words, sizeof(words), "{'id':2,'subscribe':{'channel':'%s'}}", channel);
	guest_say(guest, words);
	expect_next(guest, "*{'id':2,'subscribe':{'recoverable':true,'positioned':true,'epoch':'e1','offset':*");
}

/* ---- Expectations ---- */

static bool fits(const char *pattern, const char *text)
{
	for (; *pattern && *pattern != '*'; pattern++, text++) {
		if (*pattern != *text && (*pattern != '^' || !*text))
			return false;
	}
	if (!*pattern)
		return !*text;
	for (;; text++) {
		if (fits(pattern + 1, text))
			return true;
		if (!*text)
			return false;
	}
}

void expect_next(struct guest *guest, const char *wanted)
{
	const char *told = guest_wait(guest);

	wanted = quoted(wanted);
	cr_assert(told && fits(wanted, told), "received %s instead of %s",
	          told ?: guest->ended ? "a disconnect" : "nothing", wanted);
}

void expect_silence(struct guest *guest)
{
	const char *told = guest_next(guest);

	cr_assert(!told, "received %s", told);
	cr_assert(!guest->ended, "disconnected with %d", guest->code);
}

void expect_end(struct guest *guest, int code)
{
	const char *told;

	while ((told = guest_wait(guest))) {
		const char *farewell = strstr(told, "\"disconnect\":{\"code\":");

		if (farewell)
			guest->code = (int)strtol(farewell + 21, NULL, 10);
	}
	cr_assert(guest->ended, "not disconnected");
	if (guest->speech != WS_EVENTS)
		cr_expect_eq(guest->code, code, "%d instead of %d", guest->code, code);
}

long long offset_of(const struct guest *, const char *told, char channel[CHANNEL_NAME_MOST + 1])
{
	const char *at = strstr(told, "\"channel\":\""), *offset = NULL;

	if (!strstr(told, "drill.step") || !at)
		return -1;
	sscanf(at, "\"channel\":\"%128[^\"]\"", channel);
	for (at = told; (at = strstr(at, "\"offset\":")); at++)
		offset = at;
	return offset ? strtoll(offset + strlen("\"offset\":"), NULL, 10) : -1;
}

void expect_offsets(struct guest *guest, const char *channel, long long from, long long to)
{
	char name[CHANNEL_NAME_MOST + 1] = "";

	for (; from <= to; from++) {
		const char *told = guest_wait(guest);
		long long offset = told ? offset_of(guest, told, name) : -1;

		cr_assert(offset == from && strcmp(name, channel) == 0, "received %s instead of %s %lld",
		          told ?: guest->ended ? "a disconnect" : "nothing", channel, from);
	}
}
