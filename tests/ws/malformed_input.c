/* Many random clients: valid and corrupted frames, cut anywhere, disconnected at any moment.
 * Nothing crashes or leaks, and on_closed() is called exactly once per connection.
 *
 * The sequence is the same each time; SEED in the environment selects another. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_fixture.h"

TestSuite(storm, .init = quay_open, .fini = quay_close, .timeout = 300);

enum { SHIPS = 40, STEPS = 20000, LONGEST = 140000 };

static struct ship {
	struct berth *berth;
	struct buf says; /* output of its client */
	size_t said;
} ships[SHIPS];

static unsigned any(unsigned most)
{
	return (unsigned)random() % most;
}

static const char *letters(size_t length)
{
	static char text[LONGEST];

	for (size_t i = 0; i < length; i++)
		text[i] = any(30) ? (char)('a' + i % 26) : (char)random();
	return text;
}

/* Mostly valid frames, and mostly in a valid order. */
static void put_frame(struct buf *says)
{
	static const unsigned char firsts[] = { 0x81, 0x01, 0x80, 0x00, 0x89, 0x8a, 0x81, 0x81, 0x89, 0x01,
		                                0x88, 0x82, 0x02, 0x08, 0x83, 0xc1, 0x91 };
	static const unsigned lengths[] = { 0, 1, 2, 5, 100, 125, 126, 127, 128, 129, 300, 1000, 5000, 70000, LONGEST };
	size_t at = says->length, length = lengths[any(any(3) ? 11 : COUNT_OF(lengths))];

	frame_put(says, firsts[any(any(4) ? 10 : sizeof(firsts))], (struct str){ letters(length), length });
	if (any(12) == 0)
		says->at[at + any(10) % (says->length - at)] ^= (char)(1 << any(8));
	if (any(40) == 0)
		buf_str(says, (struct str){ letters(300), any(300) });
}

static void say(struct ship *ship)
{
	size_t left = ship->says.length - ship->said;
	ssize_t n;

	if (left == 0) {
		buf_clear(&ship->says);
		ship->said = 0;
		for (unsigned i = any(4) + 1; i; i--)
			put_frame(&ship->says);
		left = ship->says.length;
	}
	if (any(2) && left > 1)
		left = 1 + any((unsigned)left);
	n = send(ship->berth->caller, ship->says.at + ship->said, left, MSG_NOSIGNAL);
	if (n > 0)
		ship->said += (size_t)n;
}

static void arrive(struct ship *ship)
{
	struct buf rest = { 0 };

	if (any(3) == 0)
		put_frame(&rest);
	ship->berth = berth_socket((struct str){ rest.length ? rest.at : "", any(2) ? rest.length : rest.length / 2 });
	ship->berth->echoes = any(3) == 0;
	ship->berth->deafens = any(6) == 0;
	ship->berth->ends = any(12) == 0;
	buf_finish(&rest);
}

static void caller_acts(struct ship *ship)
{
	static char heard[1024 * 1024];
	int *caller = &ship->berth->caller;

	switch (any(16)) {
	case 0:
		if (any(2))
			caller_breaks(*caller);
		else
			close(*caller);
		*caller = -1;
		break;
	case 1:
		shutdown(*caller, any(4) ? SHUT_WR : SHUT_RDWR);
		break;
	case 2 ... 5:
		recv(*caller, heard, any(4) ? sizeof(heard) : 100, 0);
		break;
	default:
		say(ship);
	}
}

static void we_act(struct berth *berth)
{
	switch (any(12)) {
	case 0:
		berth_close(berth, 3000 + (int)any(10), any(2) ? "a reason" : NULL);
		break;
	case 1:
		if (!berth->peer.full && !berth->peer.closing && any(3) == 0)
			berth_flood(berth);
		break;
	case 2 ... 4:
		berth_listen(berth, any(2));
		break;
	default:
		if (!berth->peer.full)
			berth_tell(berth, STR("hello"));
	}
}

static void step(struct ship *ship)
{
	struct berth *berth = ship->berth;

	if (!berth) {
		arrive(ship);
	} else if (berth->closed) {
		berth_free(berth);
		ship->berth = NULL;
		ship->said = ship->says.length;
	} else if (any(3) && berth->caller >= 0) {
		caller_acts(ship);
	} else {
		we_act(berth);
	}
	if (any(2))
		quay_turn();
}

Test(storm, is_weathered)
{
	const char *seed = getenv("SEED");

	srandom(seed ? (unsigned)atoi(seed) : 1);
	for (int i = 0; i < STEPS; i++) {
		step(&ships[any(SHIPS)]);
		if (i == STEPS / 2) {
			sockets_free(f.sockets);
			f.sockets = sockets_new(f.loop, MESSAGE_MOST, MOST);
		}
	}
	for (int i = 0; i < SHIPS; i++) {
		struct berth *berth = ships[i].berth;

		if (berth && !berth->closed) {
			/* A disconnect is only noticed while reading. */
			berth->deafens = false;
			berth_listen(berth, true);
			/* Nor is one noticed behind pending output: TCP may take minutes, so the
			 * owner must close. */
			if (berth->peer.full)
				berth_close(berth, 3008, "slow");
		}
		if (berth)
			berth_free(berth);
		buf_finish(&ships[i].says);
	}
	cr_expect_eq(sockets_count(f.sockets), 0);
}
