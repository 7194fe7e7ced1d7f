/* How WebSockets close: by either side, by a broken connection, and all at once. */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_fixture.h"

TestSuite(ends, .init = quay_open, .fini = quay_close, .timeout = 120);

static int descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

Test(ends, are_said_by_us)
{
	struct berth *berth = berth_socket(STR(""));

	berth_tell(berth, STR("last words"));
	berth_close(berth, 3001, "shutdown");
	/* After close, nothing more is passed up or written. */
	berth_tell(berth, STR("unsaid"));
	berth_close(berth, 3500, "another reason");
	caller_frame(berth->caller, FIN | TEXT, STR("unheard"));
	{
		struct buf heard = { 0 };

		cr_expect(caller_hears(berth->caller, &heard, 12));
		cr_expect(str_begins(buf_as_str(&heard), "\x81\x0alast words"));
		cr_expect_eq(berth->closed, 0);
		buf_finish(&heard);
	}
	quay_turns(5);
	caller_frame(berth->caller, FIN | CLOSE, STR("\x0b\xb9"));
	cr_expect(quay_until(&berth->closed, 1, 10));
	cr_expect_eq(berth->messages, 0);
	berth_free(berth);
}

Test(ends, say_why)
{
	struct berth *berth = berth_socket(STR(""));

	berth_close(berth, 3501, "bad request");
	caller_expects_close(berth->caller, 3501);
	berth_free(berth);
	berth = berth_socket(STR(""));
	berth_close(berth, 1000, NULL);
	caller_expects_close(berth->caller, 1000);
	berth_free(berth);
}

Test(ends, may_come_from_what_was_heard)
{
	struct buf rest = { 0 };
	struct berth *berth = berth_socket(STR(""));

	berth->ends = true;
	caller_frame(berth->caller, FIN | TEXT, STR("end it"));
	caller_frame(berth->caller, FIN | TEXT, STR("unheard"));
	caller_expects_close(berth->caller, 3001);
	cr_expect_eq(berth->messages, 1);
	berth_free(berth);

	/* The same in a single read, with bytes that followed the request. */
	frame_put(&rest, FIN | TEXT, STR("end it"));
	frame_put(&rest, FIN | TEXT, STR("unheard"));
	berth = berth_socket(buf_as_str(&rest));
	berth->ends = true;
	caller_expects_close(berth->caller, 3001);
	cr_expect_eq(berth->messages, 1);
	berth_free(berth);
	buf_finish(&rest);
}

Test(ends, are_said_by_the_peer)
{
	static const struct {
		struct str said;
		int code; /* in the answer; 0: none */
	} table[] = {
		{ STR(""), 0 },
		{ STR("\x03\xe8"), 1000 },
		{ STR("\x03\xe9" "going away"), 1001 },
		{ STR("\x0b\xb8"), 3000 },
		{ STR("\x03\xed"), 1002 }, /* 1005 must not be sent */
		{ STR("\x00\x01"), 1002 },
		{ STR("\x03\xe8\xff"), 1007 },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct berth *berth = berth_socket(STR(""));
		struct buf heard = { 0 };
		struct str rest, told = { 0 };

		caller_frame(berth->caller, FIN | CLOSE, table[i].said);
		cr_expect(caller_hears_end(berth->caller, &heard));
		rest = buf_as_str(&heard);
		cr_expect_eq(frame_cut(&rest, &told), FIN | CLOSE);
		cr_expect_eq(told.length > 1 ? (unsigned char)told.at[0] << 8 | (unsigned char)told.at[1] : 0,
		             table[i].code, "row %zu", i);
		cr_expect_eq(rest.length, 0);
		cr_expect(quay_until(&berth->closed, 1, 10));
		buf_finish(&heard);
		berth_free(berth);
	}
}

Test(ends, come_by_a_fin)
{
	struct berth *berth = berth_socket(STR(""));

	shutdown(berth->caller, SHUT_WR);
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);
}

Test(ends, come_by_a_reset)
{
	struct berth *berth = berth_socket(STR(""));

	caller_breaks(berth->caller);
	berth->caller = -1;
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);
}

Test(ends, are_found_while_writing)
{
	struct berth *berth = berth_socket(STR(""));

	/* The server notices the reset only by writing. */
	caller_breaks(berth->caller);
	berth->caller = -1;
	for (int i = 0; i < 3; i++)
		berth_tell(berth, STR("hello?"));
	cr_expect_eq(berth->closed, 0);
	cr_expect(berth->peer.closing);
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);
}

/* The server does not read, so only a failed write shows that the client is gone. */
Test(ends, are_found_while_writing_to_one_who_is_not_heard)
{
	struct berth *berth = berth_socket(STR(""));

	berth_listen(berth, false);
	quay_turns(20);
	caller_breaks(berth->caller);
	berth->caller = -1;
	quay_turns(20);
	cr_expect_eq(berth->closed, 0);
	berth_tell(berth, STR("hello?"));
	berth_tell(berth, STR("hello?"));
	cr_expect(quay_until(&berth->closed, 1, 10));
	berth_free(berth);
}

Test(ends, come_while_the_request_is_answered)
{
	struct berth *berth = xcalloc(1, sizeof(*berth));
	int fd = quay_pair(&berth->caller);

	caller_breaks(berth->caller);
	if (socket_open(f.sockets, &berth->peer, fd, &(struct handshake){ KEY }, STR("")))
		cr_expect_fail("a socket is opened whose client has already disconnected");
	cr_expect_eq(sockets_count(f.sockets), 0);
	quay_turns(5);
	free(berth);
}

Test(ends, of_full_sockets_come_when_they_are_read)
{
	struct berth *berth = berth_socket(STR(""));
	size_t written = berth_fill(berth);
	struct buf heard = { 0 };
	struct str rest, text = { 0 };
	int first = 0, last = 0;

	berth_close(berth, 3008, "slow");
	cr_expect(caller_hears(berth->caller, &heard, written + 2));
	rest = buf_as_str(&heard);
	while ((first = frame_cut(&rest, &text)) >= 0)
		last = first;
	cr_expect_eq(last, FIN | CLOSE);
	cr_expect_eq((unsigned char)text.at[0] << 8 | (unsigned char)text.at[1], 3008);
	caller_frame(berth->caller, FIN | CLOSE, STR("\x0b\xc0"));
	cr_expect(quay_until(&berth->closed, 1, 10));
	cr_expect_eq(berth->rooms, 0);
	buf_finish(&heard);
	berth_free(berth);
}

/* A peer that neither reads nor answers is closed after a few seconds. */
Test(ends, are_not_waited_for)
{
	struct berth *full = berth_socket(STR("")), *silent, *both;

	/* On its own, so that nothing else wakes libwebsockets. */
	berth_fill(full);
	quay_turns(20);
	berth_close(full, 3008, "slow");
	cr_expect(quay_until(&full->closed, 1, 15));
	berth_free(full);

	silent = berth_socket(STR(""));
	both = berth_socket(STR(""));
	berth_fill(both);
	berth_listen(both, false);
	berth_close(silent, 3001, "shutdown");
	berth_close(both, 3008, "slow");
	cr_expect(quay_until(&silent->closed, 1, 15));
	cr_expect(quay_until(&both->closed, 1, 15));
	berth_free(silent);
	berth_free(both);
}

/* The client of a full socket resets the connection. */
Test(ends, of_full_sockets_are_noticed)
{
	struct berth *berth = berth_socket(STR(""));

	berth_fill(berth);
	quay_turns(3);
	caller_breaks(berth->caller);
	berth->caller = -1;
	cr_expect(quay_until(&berth->closed, 1, 15));
	cr_expect_eq(berth->rooms, 0);
	berth_free(berth);
}

/* Invalid input to a full socket, which is not read, is not buffered. */
Test(ends, of_full_sockets_gather_nothing)
{
	struct berth *berth = berth_socket(STR(""));
	char bytes[65536];

	berth_fill(berth);
	memset(bytes, 0xff, sizeof(bytes));
	while (send(berth->caller, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
	quay_turns(2000);
	cr_expect_eq(send(berth->caller, bytes, sizeof(bytes), MSG_NOSIGNAL), -1);
	cr_expect_eq(errno, EAGAIN);
	cr_expect_eq(berth->messages, 0);
	cr_expect_eq(berth->closed, 0);
	berth_close(berth, 3008, "slow");
	berth_free(berth);
}

Test(ends, of_a_thousand_leave_nothing)
{
	int before = descriptors();

	for (int round = 0; round < 10; round++) {
		struct berth *berths[100];

		for (size_t i = 0; i < COUNT_OF(berths); i++) {
			berths[i] = berth_socket(STR(""));
			caller_frame(berths[i]->caller, i % 2 ? TEXT : FIN | TEXT, STR("half, or all"));
		}
		for (size_t i = 0; i < COUNT_OF(berths); i++) {
			if (i % 4 == 0)
				berth_close(berths[i], 3001, "shutdown");
			if (i % 4 == 1)
				berth_fill(berths[i]);
			if (i % 4 == 2) {
				caller_breaks(berths[i]->caller);
				berths[i]->caller = -1;
			}
		}
		for (size_t i = 0; i < COUNT_OF(berths); i++)
			berth_free(berths[i]);
	}
	quay_turns(5);
	cr_expect_eq(descriptors(), before);
	cr_expect_eq(sockets_count(f.sockets), 0);
}

/* Shutdown with sockets in every state. */
Test(ends, come_with_the_room)
{
	struct berth *berths[60];
	int before = descriptors();

	sockets_free(f.sockets);
	f.sockets = sockets_new(f.loop, MESSAGE_MOST, MOST);
	for (size_t i = 0; i < COUNT_OF(berths); i++) {
		berths[i] = berth_socket(STR("\x81\x85"));
		if (i % 6 == 1)
			berth_fill(berths[i]);
		if (i % 6 == 2)
			berth_close(berths[i], 3001, "shutdown");
		if (i % 6 == 3) {
			quay_turns(2);
			caller_breaks(berths[i]->caller);
			berths[i]->caller = -1;
			berth_tell(berths[i], STR("broken"));
			berth_tell(berths[i], STR("broken"));
		}
		if (i % 6 == 4)
			berth_listen(berths[i], false);
		if (i % 6 == 5)
			shutdown(berths[i]->caller, SHUT_WR);
	}
	sockets_free(f.sockets);
	for (size_t i = 0; i < COUNT_OF(berths); i++) {
		cr_expect_eq(berths[i]->closed, 1, "%zu", i);
		berth_free(berths[i]);
	}
	f.sockets = sockets_new(f.loop, MESSAGE_MOST, MOST);
	cr_expect_eq(descriptors(), before);
}
