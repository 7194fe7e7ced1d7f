/* Input and output of WebSockets: whole, in pieces, and with a peer that does not read. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_fixture.h"

TestSuite(sockets, .init = quay_open, .fini = quay_close, .timeout = 120);

static struct str text_of(char letter, size_t length)
{
	static char bytes[2 * MESSAGE_MOST];

	memset(bytes, letter, length);
	return (struct str){ bytes, length };
}

/* The next frame, with nothing after it. */
static void expect_frame(int caller, int first, struct str payload)
{
	struct buf heard = { 0 };
	struct str rest, told = { 0 };

	cr_expect(caller_hears(caller, &heard, payload.length + 2));
	rest = buf_as_str(&heard);
	cr_expect_eq(frame_cut(&rest, &told), first);
	cr_expect(str_equal(told, payload));
	cr_expect_eq(rest.length, 0);
	buf_finish(&heard);
}

static void expect_said(struct berth *berth, const char *said)
{
	quay_turns(5);
	cr_expect_str_eq(buf_cstr(&berth->said), said);
}

Test(sockets, are_answered_as_they_must_be)
{
	static const char *const protocols[] = { NULL, "centrifuge-json" };

	for (size_t i = 0; i < COUNT_OF(protocols); i++) {
		struct buf heard = { 0 };
		struct berth *berth;

		f.protocol = protocols[i];
		berth = berth_raw(STR(""), &heard);
		cr_expect_str_eq(buf_cstr(&heard),
		                 i == 0 ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
		                          "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n"
		                        : "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
		                          "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: centrifuge-json\r\n\r\n");
		buf_finish(&heard);
		berth_free(berth);
	}
}

Test(sockets, are_not_opened_for_what_is_no_handshake)
{
	static const struct handshake table[] = {
		{ "" },
		{ "dGhlIHNhbXBsZSBub25jZQ=" },
		{ "dGhlIHNhbXBsZSBub25jZQ===" },
		{ "dGhlIHNhbXBsZSBub25jZR==" },
		{ "dGhlIHNhbXBsZSBub25jZQaa" },
		{ "dGhlIHNhbXBsZSBub25\r\nQ==" },
		{ "dGhlIHNhbXBsZSBub25jZQ==\r\nX: y" },
		{ KEY, "" },
		{ KEY, "two, words" },
		{ KEY, "a\r\nX: y" },
		{ KEY, "a-name-that-is-longer-than-sixty-four-letters-which-nobody-should-need" },
	};
	static struct berth berth;

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct buf heard = { 0 };
		int caller, fd = quay_pair(&caller);

		cr_expect_not(socket_open(f.sockets, &berth.peer, fd, &table[i], STR("")), "row %zu", i);
		cr_expect(caller_hears_end(caller, &heard));
		cr_expect_eq(heard.length, 0);
		close(caller);
	}
	cr_expect_eq(sockets_count(f.sockets), 0);
}

Test(sockets, hear_a_message_and_answer_it)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 127, 255, 256, 257, 300, 1000, 4096, 65535, 65536 };
	struct berth *berth = berth_socket(STR(""));

	berth->echoes = true;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct str text = text_of('a', lengths[i]);

		caller_frame(berth->caller, FIN | TEXT, text);
		expect_frame(berth->caller, FIN | TEXT, text);
		cr_expect_eq(berth->message_length, lengths[i]);
	}
	cr_expect_eq(berth->messages, (int)COUNT_OF(lengths));
	berth_free(berth);
}

Test(sockets, hear_what_came_behind_the_request)
{
	struct buf bytes = { 0 };
	struct berth *berth;

	frame_put(&bytes, FIN | TEXT, STR("first"));
	frame_put(&bytes, FIN | TEXT, STR("second"));
	frame_put(&bytes, FIN | TEXT, text_of('x', 5000));
	frame_put(&bytes, FIN | TEXT, STR("third"));
	for (size_t cut = 0; cut <= bytes.length; cut += cut < 40 ? 1 : 991) {
		berth = berth_socket((struct str){ bytes.at, cut });
		caller_say(berth->caller, (struct str){ bytes.at + cut, bytes.length - cut });
		cr_expect(quay_until(&berth->messages, 4, 10), "cut at %zu: %d", cut, berth->messages);
		cr_expect(str_begins(buf_as_str(&berth->said), "first|second|xxx"));
		cr_expect_str_eq(buf_cstr(&berth->said) + 5013, "|third|");
		berth_free(berth);
	}
	buf_finish(&bytes);
}

/* Messages do not depend on how the bytes are segmented. */
Test(sockets, hear_the_same_however_it_was_cut)
{
	struct buf bytes = { 0 };

	frame_put(&bytes, FIN | TEXT, STR("whole"));
	frame_put(&bytes, TEXT, STR("fr\xc3"));
	frame_put(&bytes, FIN | PING, STR("ping"));
	frame_put(&bytes, CONTINUED, STR(""));
	frame_put(&bytes, FIN | PONG, STR("\xff"));
	frame_put(&bytes, CONTINUED, STR("\xbc"));
	frame_put(&bytes, FIN | CONTINUED, STR("hling"));
	frame_put(&bytes, FIN | TEXT, STR(""));
	frame_put(&bytes, TEXT, STR(""));
	frame_put(&bytes, FIN | CONTINUED, STR(""));
	frame_put(&bytes, FIN | TEXT, text_of('z', 300));
	frame_put(&bytes, FIN | TEXT, STR("end"));
	for (size_t step = 1; step < bytes.length; step += step < 9 ? 1 : 37) {
		struct berth *berth = berth_socket(STR(""));

		for (size_t at = 0; at < bytes.length; at += step)
			caller_say(berth->caller, (struct str){ bytes.at + at, bytes.length - at < step
			                                                                       ? bytes.length - at
			                                                                       : step });
		cr_expect(quay_until(&berth->messages, 6, 10));
		cr_expect(str_begins(buf_as_str(&berth->said), "whole|fr\xc3\xbchling|||zzz"), "step %zu: %s", step,
		          buf_cstr(&berth->said));
		cr_expect_str_eq(buf_cstr(&berth->said) + 18 + 300, "|end|");
		cr_expect_eq(berth->pongs, 1);
		expect_frame(berth->caller, FIN | PONG, STR("ping"));
		berth_free(berth);
	}
	buf_finish(&bytes);
}

Test(sockets, put_together_what_is_long_enough)
{
	struct berth *berth = berth_socket(STR(""));

	caller_frame(berth->caller, FIN | TEXT, text_of('m', MESSAGE_MOST));
	caller_frame(berth->caller, TEXT, text_of('m', MESSAGE_MOST - 1));
	caller_frame(berth->caller, FIN | CONTINUED, text_of('m', 1));
	cr_expect(quay_until(&berth->messages, 2, 10));
	cr_expect_eq(berth->message_length, MESSAGE_MOST);
	berth_free(berth);
}

static void expect_refused(int code, int count, const int *firsts, const struct str *payloads)
{
	struct berth *berth = berth_socket(STR(""));

	for (int i = 0; i < count; i++)
		caller_frame(berth->caller, firsts[i], payloads[i]);
	caller_expects_close(berth->caller, code);
	cr_expect(quay_until(&berth->closed, 1, 10));
	cr_expect_eq(berth->messages, 0, "%s", buf_cstr(&berth->said));
	berth_free(berth);
}

#define REFUSED(code, ...)                                                                               \
	do {                                                                                             \
		const struct row { int first; struct str payload; } rows[] = { __VA_ARGS__ };                \
		int firsts[COUNT_OF(rows)];                                                              \
		struct str payloads[COUNT_OF(rows)];                                                     \
                                                                                                         \
		for (size_t i = 0; i < COUNT_OF(rows); i++) {                                            \
			firsts[i] = rows[i].first;                                                       \
			payloads[i] = rows[i].payload;                                                   \
		}                                                                                        \
		expect_refused(code, COUNT_OF(rows), firsts, payloads);                                  \
	} while (0)

Test(sockets, refuse_what_is_no_message_of_ours)
{
	/* too long */
	REFUSED(1009, { FIN | TEXT, text_of('m', MESSAGE_MOST + 1) });
	REFUSED(1009, { TEXT, text_of('m', MESSAGE_MOST) }, { FIN | CONTINUED, STR("m") });
	/* binary */
	REFUSED(1003, { FIN | BINARY, STR("b") });
	REFUSED(1003, { BINARY, STR("") });
	/* invalid UTF-8 */
	REFUSED(1007, { FIN | TEXT, STR("\xff") });
	REFUSED(1007, { FIN | TEXT, STR("\xc3") });
	REFUSED(1007, { FIN | TEXT, STR("\xed\xa0\x80") });
	REFUSED(1007, { FIN | TEXT, STR("\xc0\xaf") });
	REFUSED(1007, { TEXT, STR("a\xc3") }, { FIN | CONTINUED, STR("a") });
	REFUSED(1007, { TEXT, STR("a\xc3") }, { FIN | CONTINUED, STR("") });
	/* protocol violations */
	REFUSED(1002, { FIN | CONTINUED, STR("a") });
	REFUSED(1002, { TEXT, STR("a") }, { FIN | TEXT, STR("b") });
	REFUSED(1002, { PING, STR("a") });
	REFUSED(1002, { FIN | 0x40 | TEXT, STR("a") });
	REFUSED(1002, { FIN | 0x10 | TEXT, STR("a") });
	REFUSED(1002, { FIN | 3, STR("a") });
	REFUSED(1002, { FIN | 11, STR("a") });
}

/* A frame whose length exceeds the limit is rejected at once. */
Test(sockets, refuse_what_says_it_will_be_too_long)
{
	struct berth *berth = berth_socket(STR(""));

	struct buf heard = { 0 };

	caller_say(berth->caller, STR("\x81\xff\x00\x00\x00\x7f\xff\xff\xff\xff\x01\x02\x03\x04x"));
	cr_expect(caller_hears(berth->caller, &heard, 12));
	cr_expect_str_eq(buf_cstr(&heard), "\x88\x12\x03\xf1message too long");
	buf_finish(&heard);
	berth_free(berth);
	berth = berth_socket(STR(""));
	caller_say(berth->caller, STR("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01\x01\x02\x03\x04x"));
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);
}

Test(sockets, answer_pings_and_hear_pongs)
{
	struct berth *berth = berth_socket(STR(""));

	caller_frame(berth->caller, FIN | PING, STR("are you there?"));
	expect_frame(berth->caller, FIN | PONG, STR("are you there?"));
	caller_frame(berth->caller, FIN | PING, text_of('p', 125));
	expect_frame(berth->caller, FIN | PONG, text_of('p', 125));

	berth_write(berth, STR("\x89\x01!"));
	expect_frame(berth->caller, FIN | PING, STR("!"));
	caller_frame(berth->caller, FIN | PONG, STR("!"));
	cr_expect(quay_until(&berth->pongs, 1, 10));
	cr_expect_eq(berth->messages, 0);
	berth_free(berth);
}

/* Several frames in one write are sent unchanged. */
Test(sockets, write_what_they_are_given)
{
	struct berth *berth = berth_socket(STR(""));
	struct buf bytes = { 0 }, heard = { 0 };
	struct str rest, text;

	for (int i = 0; i < 1000; i++)
		buf_str(&bytes, STR("\x81\x05hello"));
	berth_write(berth, buf_as_str(&bytes));
	cr_expect(caller_hears(berth->caller, &heard, bytes.length));
	rest = buf_as_str(&heard);
	for (int i = 0; i < 1000; i++) {
		cr_expect_eq(frame_cut(&rest, &text), FIN | TEXT);
		cr_expect(str_is(text, "hello"));
	}
	cr_expect_eq(rest.length, 0);
	buf_finish(&bytes);
	buf_finish(&heard);
	berth_free(berth);
}

static void expect_x(int caller, size_t least)
{
	struct buf heard = { 0 };
	struct str rest, text;
	size_t letters = 0;

	cr_expect(caller_hears(caller, &heard, least));
	quay_turns(20);
	rest = buf_as_str(&heard);
	while (frame_cut(&rest, &text) == (FIN | TEXT)) {
		for (size_t i = 0; i < text.length; i++)
			letters += text.at[i] == 'x';
	}
	cr_expect_eq(rest.length, 0);
	cr_expect_geq(letters, least - 200 * FRAME_HEAD);
	buf_finish(&heard);
}

Test(sockets, that_are_full_say_when_there_is_room)
{
	struct berth *berth = berth_socket(STR(""));

	for (int round = 1; round < 4; round++) {
		size_t written = berth_fill(berth);

		quay_turns(20);
		cr_expect_eq(berth->rooms, 0);
		/* The full socket is not read, and pings are not answered until their turn. */
		caller_frame(berth->caller, FIN | TEXT, STR("still here"));
		quay_turns(20);
		cr_expect_eq(berth->rooms, 0);
		cr_expect_eq(berth->messages, round - 1);
		expect_x(berth->caller, written);
		cr_expect(quay_until(&berth->rooms, 1, 10));
		cr_expect(quay_until(&berth->messages, round, 10));
		cr_expect_not(berth->peer.full);
	}
	berth_tell(berth, STR("small"));
	expect_frame(berth->caller, FIN | TEXT, STR("small"));
	berth_free(berth);
}

Test(sockets, that_do_not_listen_hear_it_later)
{
	struct berth *berth = berth_socket(STR(""));
	struct buf bytes = { 0 };

	berth_listen(berth, false);
	for (int i = 0; i < 100; i++)
		frame_put(&bytes, FIN | TEXT, STR("m"));
	caller_say(berth->caller, buf_as_str(&bytes));
	quay_turns(50);
	cr_expect_eq(berth->messages, 0);
	/* The server can still write. */
	berth_tell(berth, STR("patience"));
	expect_frame(berth->caller, FIN | TEXT, STR("patience"));
	berth_listen(berth, true);
	cr_expect(quay_until(&berth->messages, 100, 10));

	/* Messages from a single read are delivered one by one. */
	berth->deafens = true;
	caller_say(berth->caller, buf_as_str(&bytes));
	for (int i = 1; i <= 100; i++) {
		cr_expect(quay_until(&berth->messages, 100 + i, 10));
		quay_turns(3);
		cr_expect_eq(berth->messages, 100 + i);
		berth_listen(berth, true);
	}
	buf_finish(&bytes);
	berth_free(berth);
}

Test(sockets, that_do_not_listen_are_closed_all_the_same)
{
	struct berth *berth = berth_socket(STR(""));
	long long began = clock_exact_us();

	berth_listen(berth, false);
	caller_frame(berth->caller, FIN | TEXT, STR("unheard"));
	quay_turns(5);
	berth_close(berth, 3001, "shutdown");
	caller_expects_close(berth->caller, 3001);
	cr_expect(quay_until(&berth->closed, 1, 10));
	/* By the answer, not by the timeout. */
	cr_expect_lt(clock_exact_us() - began, 4000000);
	cr_expect_eq(berth->messages, 0);
	berth_free(berth);
}

Test(sockets, are_as_many_as_allowed)
{
	struct berth *berths[MOST];
	struct berth *late = xcalloc(1, sizeof(*late));
	int caller;

	for (int i = 0; i < MOST; i++)
		berths[i] = berth_socket(STR(""));
	cr_expect_eq(sockets_count(f.sockets), MOST);
	cr_expect_not(socket_open(f.sockets, &late->peer, quay_pair(&caller), &(struct handshake){ KEY }, STR("")));
	close(caller);
	for (int i = 0; i < MOST; i++)
		caller_frame(berths[i]->caller, FIN | TEXT, STR("me, too"));
	for (int i = 0; i < MOST; i++) {
		cr_expect(quay_until(&berths[i]->messages, 1, 10));
		expect_said(berths[i], "me, too|");
	}
	for (int i = 0; i < MOST; i++)
		berth_free(berths[i]);
	cr_expect_eq(sockets_count(f.sockets), 0);
	free(late);
}

Test(frames, have_the_least_head)
{
	static const struct {
		size_t length;
		struct str head;
	} table[] = {
		{ 0, STR("\x81\x00") },
		{ 125, STR("\x81\x7d") },
		{ 126, STR("\x81\x7e\x00\x7e") },
		{ 65535, STR("\x81\x7e\xff\xff") },
		{ 65536, STR("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00") },
		{ 0x123456789a, STR("\x81\x7f\x00\x00\x00\x12\x34\x56\x78\x9a") },
	};
	unsigned char head[FRAME_HEAD];

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		size_t length = frame_head(FRAME_TEXT, table[i].length, head);

		cr_expect(str_equal((struct str){ (char *)head, length }, table[i].head), "row %zu", i);
	}
	cr_expect_eq(frame_head(FRAME_PING, 0, head), 2);
	cr_expect_eq(head[0], 0x89);
}
