/* Under random faults each subscriber receives exactly what was published since it subscribed, in
 * order and once, or is disconnected and recovers the rest when it reconnects.
 *
 * Events are published in time, late, twice, out of order or not at all; announced offsets are true
 * or false; the database is slow, answers in any order, or is unavailable; clients connect,
 * disconnect, stop reading, resume, change subscriptions and are re-checked. All choices follow
 * from one number, the seed, which is printed: WS_SEED repeats a run. */

#include <stdio.h>
#include <stdlib.h>

#include "random_client.h"

enum { LISTENERS = 24, STEPS = 2000, RUNS = 4, MISLAID = 32 };

static struct {
	struct listener listeners[LISTENERS];
	struct {
		int channel;
		long long offset;
	} mislaid[MISLAID]; /* committed, to be published later */
	int mislaid_count;
} w;

/* ---- Faults ---- */

static void find_mislaid(void)
{
	int i;

	if (!w.mislaid_count)
		return;
	i = below(w.mislaid_count);
	hall_tell(channel_names[w.mislaid[i].channel], w.mislaid[i].offset);
	w.mislaid[i] = w.mislaid[--w.mislaid_count];
}

static void something_happens(void)
{
	int channel = below(CHANNELS);
	const char *name = channel_names[channel];
	struct tale *tale = hall_tale(name);
	long long offset;

	switch (below(12)) {
	case 0:
		hall_commit(name);
		break;
	case 1:
	case 2:
		offset = hall_commit(name);
		if (w.mislaid_count == MISLAID)
			find_mislaid();
		w.mislaid[w.mislaid_count].channel = channel;
		w.mislaid[w.mislaid_count++].offset = offset;
		break;
	case 3:
	case 4:
		find_mislaid();
		break;
	case 5:
		if (tale->top)
			hall_tell(name, 1 + below((int)tale->top));
		break;
	case 6:
		ws_known(hall.ws, str_of(name), below((int)tale->top + 1));
		break;
	case 7:
		ws_known(hall.ws, str_of(name), tale->top + (below(10) ? 0 : 5));
		break;
	default:
		hall_say(name, 1 + below(3));
	}
}

static struct pending *any_of(struct pendings *line)
{
	struct pending *pending;
	int many = 0;

	TAILQ_FOREACH(pending, line, link)
		many++;
	many = many ? below(many) : 0;
	TAILQ_FOREACH(pending, line, link) {
		if (many-- == 0)
			return pending;
	}
	return NULL;
}

static void the_database_works(void)
{
	struct pending *pending = any_of(below(3) ? &hall.asks : &hall.holes);

	if (pending && !pending->looked && below(2))
		hall_look(pending);
	else if (pending)
		hall_answer(pending);
}

static void rarely(void)
{
	const char *name = channel_names[below(CHANNELS)];

	switch (below(6)) {
	case 0:
		ws_broken(hall.ws, name);
		break;
	case 1:
		ws_doubt(hall.ws, below(2) ? ANNA : NULL);
		break;
	case 2:
		hall.down = !hall.down;
		break;
	default:
		hall.revokes = name;
		hall_say(name, 1);
	}
}

static void look_at_the_room(void)
{
	const struct channel *channel;
	size_t ears = 0;

	TAILQ_FOREACH(channel, &hall.ws->channels, link) {
		ALWAYS(channel->held <= (size_t)hall.config.ws_ring, channel->name);
		ALWAYS(channel->held <= channel->room, channel->name);
		ALWAYS(channel->bytes <= (size_t)hall.config.ws_ring_bytes, channel->name);
		ALWAYS(channel->ear_count || channel->asking, channel->name);
		ears += channel->ear_count;
	}
	ALWAYS(ears == hall.ws->ear_count, "subscriptions");
}

static void step(void)
{
	switch (below(20)) {
	case 0:
	case 1:
	case 2:
		listener_act(&w.listeners[below(LISTENERS)]);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		something_happens();
		break;
	case 8:
		if (below(10) == 0)
			rarely();
		break;
	case 9:
	case 10:
	case 11:
	case 12:
		hall_turns(1 + below(4));
		break;
	default:
		the_database_works();
	}
	for (int i = 0; i < LISTENERS; i++) {
		if (w.listeners[i].guest && !w.listeners[i].paused)
			listener_read(&w.listeners[i]);
	}
	look_at_the_room();
}

/* ---- Recovery ---- */

/* Describes a client that has not received everything yet; NULL: none. */
static const char *who_waits(void)
{
	static char text[200];

	for (int i = 0; i < LISTENERS; i++) {
		for (int c = 0; w.listeners[i].guest && c < CHANNELS; c++) {
			const struct thread *thread = &w.listeners[i].threads[c];

			if (!thread->asked && (!thread->hears || thread->last >= hall_tale(channel_names[c])->top))
				continue;
			snprintf(text, sizeof(text),
			         "client %d, %s, %s: %s, offset %lld of %lld", i,
			         speeches[w.listeners[i].guest->speech].name, channel_names[c],
			         thread->asked ? "subscribe pending" : "behind", thread->last,
			         hall_tale(channel_names[c])->top);
			return text;
		}
	}
	return NULL;
}

static void clear_up(void)
{
	double end = hall_seconds() + 20;
	const char *who;

	hall.holds_asks = hall.holds_holes = hall.down = false;
	while ((who = who_waits())) {
		ALWAYS(hall_seconds() < end, who);
		for (int c = 0; c < CHANNELS; c++)
			ws_known(hall.ws, str_of(channel_names[c]), hall_tale(channel_names[c])->top);
		hall_turns(5);
		for (int i = 0; i < LISTENERS; i++) {
			if (w.listeners[i].guest)
				listener_read(&w.listeners[i]);
		}
	}
	for (int i = 0; i < LISTENERS; i++) {
		if (w.listeners[i].guest)
			listener_leave(&w.listeners[i]);
	}
	hall_turns(60);
	ALWAYS(ws_count(hall.ws) == 0, "a connection is left");
	ALWAYS(hall.ws->channel_count == 0, "a channel is left");
	ALWAYS(hall.ws->doubting == 0 && TAILQ_EMPTY(&hall.ws->doubts), "a re-check is left");
}

static void run(uint64_t seed)
{
	memset(&w, 0, sizeof(w));
	chance = (struct chance){ .seed = seed, .state = seed };
	for (int i = 0; i < LISTENERS; i++) {
		for (int c = 0; c < CHANNELS; c++)
			w.listeners[i].threads[c].last = -1;
	}
	hall_open();
	hall.config.ws_ring = 8 + below(60);
	hall.config.ws_ring_bytes = 400000;
	hall.config.ws_pending_bytes = 1024 * 1024;
	hall.padding = (size_t)below(3) * 4000;
	hall.fill_most = 1 + below(20);
	hall.holds_asks = hall.holds_holes = true;
	for (chance.step = 0; chance.step < STEPS; chance.step++)
		step();
	clear_up();
	hall_close();
	fprintf(stderr, "WS_SEED=%llu: %lld events, %lld disconnects, %lld recoveries\n",
	        (unsigned long long)seed, chance.heard, chance.ended, chance.recovered);
	cr_expect(chance.heard > 100);
}

Test(weather, is_survived_by_all, .timeout = 250)
{
	const char *given = getenv("WS_SEED");
	uint64_t seed;

	arc4random_buf(&seed, sizeof(seed));
	if (given)
		run(strtoull(given, NULL, 10));
	for (int i = 0; i < RUNS && !given; i++)
		run((seed + (uint64_t)i) % 1000000007);
}
