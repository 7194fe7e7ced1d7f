/* What a socket hears and says, whole and in pieces. */

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include <stdlib.h>
#include "quay.h"

TestSuite(sockets, .init = quay_open, .fini = quay_close, .timeout = 120);

#define FIN 0x80
enum { CONTINUED, TEXT, BINARY, CLOSE = 8, PING, PONG };

static struct str all(const struct buf *buf)
{
	return buf_as_str(buf);
}

/* What the caller is told next: one frame, and nothing behind it. */
static void expect_frame(int caller, int first, struct str payload)
{
	struct buf heard = { 0 };
	struct str rest, told;

	cr_expect(caller_hears(caller, &heard, payload.length + 2));
	rest = all(&heard);
	cr_expect_eq(frame_cut(&rest, &told), first);
	cr_expect(str_equal(told, payload));
	cr_expect_eq(rest.length, 0);
	buf_finish(&heard);
}

Test(sockets, hear_a_message_and_answer_it)
{
	struct berth *berth = berth_socket("");

	berth->echoes = true;
	caller_frame(berth->caller, FIN | TEXT, STR("hello"));
	expect_frame(berth->caller, FIN | TEXT, STR("hello"));
	cr_expect_str_eq(buf_cstr(&berth->said), "hello|");
	berth_free(berth);
}
