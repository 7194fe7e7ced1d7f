/* Under random faults each subscriber receives exactly what was published since it subscribed, in
 * order and once, or is disconnected and recovers the rest when it reconnects.
 *
 * Events are published in time, late, twice, out of order or not at all; announced offsets are true
 * or false; the database is slow, answers in any order, or is unavailable; clients connect,
 * disconnect, stop reading, resume, change subscriptions and are re-checked. All choices follow
 * from one number, the seed, which is printed: WS_SEED repeats a run. */

#include <stdio.h>
#include <stdlib.h>

#include "channel.h"
#include "client.h"
#include "hub.h"
#include "protocol.h"
#include "random_client.h"

enum { CLIENTS = 24, STEPS = 2000, RUNS = 4, MAX_DELAYED = 32 };

static struct {
	struct random_client clients[CLIENTS];
	struct {
		int channel;
		long long offset;
	} delayed[MAX_DELAYED]; /* committed, to be published later */
	int delayed_count;
} w;

/* ---- Faults ---- */

static void publish_delayed(void)
{
	int i;

	if (!w.delayed_count)
		return;
	i = random_below(w.delayed_count);
	fixture_publish(channel_names[w.delayed[i].channel], w.delayed[i].offset);
	w.delayed[i] = w.delayed[--w.delayed_count];
}

static void publish_something(void)
{
	int channel = random_below(CHANNELS);
	const char *name = channel_names[channel];
	struct fake_channel *fake_channel = fixture_channel(name);
	long long offset;

	switch (random_below(12)) {
	case 0:
		fixture_commit(name);
		break;
	case 1:
	case 2:
		offset = fixture_commit(name);
		if (w.delayed_count == MAX_DELAYED)
			publish_delayed();
		w.delayed[w.delayed_count].channel = channel;
		w.delayed[w.delayed_count++].offset = offset;
		break;
	case 3:
	case 4:
		publish_delayed();
		break;
	case 5:
		if (fake_channel->last_offset)
			fixture_publish(name, 1 + random_below((int)fake_channel->last_offset));
		break;
	case 6:
		ws_offset_seen(fixture.ws, str_of(name),
		               random_below((int)fake_channel->last_offset + 1));
		break;
	case 7:
		ws_offset_seen(fixture.ws, str_of(name),
		               fake_channel->last_offset + (random_below(10) ? 0 : 5));
		break;
	default:
		fixture_emit(name, 1 + random_below(3));
	}
}

static struct held_request *any_of(struct held_requests *list)
{
	struct held_request *held;
	int many = 0;

	TAILQ_FOREACH(held, list, link)
		many++;
	many = many ? random_below(many) : 0;
	TAILQ_FOREACH(held, list, link) {
		if (many-- == 0)
			return held;
	}
	return NULL;
}

static void answer_something(void)
{
	struct held_request *held = any_of(random_below(3) ? &fixture.queries : &fixture.backfills);

	if (held && !held->has_snapshot && random_below(2))
		fixture_snapshot(held);
	else if (held)
		fixture_reply(held);
}

static void rare_fault(void)
{
	const char *name = channel_names[random_below(CHANNELS)];

	switch (random_below(6)) {
	case 0:
		ws_reset_channel(fixture.ws, name);
		break;
	case 1:
		ws_recheck(fixture.ws, random_below(2) ? ANNA : NULL);
		break;
	case 2:
		fixture.database_down = !fixture.database_down;
		break;
	default:
		fixture.revokes = name;
		fixture_emit(name, 1);
	}
}

static void check_state(void)
{
	const struct channel *channel;
	size_t subs = 0;

	TAILQ_FOREACH(channel, &fixture.ws->channels, link) {
		ALWAYS(channel->ring_count <= (size_t)fixture.config.ws_ring, channel->name);
		ALWAYS(channel->ring_count <= channel->ring_size, channel->name);
		ALWAYS(channel->ring_bytes <= (size_t)fixture.config.ws_ring_bytes, channel->name);
		ALWAYS(channel->sub_count || channel->pending_count, channel->name);
		subs += channel->sub_count;
	}
	ALWAYS(subs == fixture.ws->sub_count, "subscriptions");
}

static void step(void)
{
	switch (random_below(20)) {
	case 0:
	case 1:
	case 2:
		random_client_act(&w.clients[random_below(CLIENTS)]);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		publish_something();
		break;
	case 8:
		if (random_below(10) == 0)
			rare_fault();
		break;
	case 9:
	case 10:
	case 11:
	case 12:
		fixture_run_turns(1 + random_below(4));
		break;
	default:
		answer_something();
	}
	for (int i = 0; i < CLIENTS; i++) {
		if (w.clients[i].client && !w.clients[i].paused)
			random_client_read(&w.clients[i]);
	}
	check_state();
}

/* ---- Recovery ---- */

/* Describes a client that has not received everything yet; NULL: none. */
static const char *find_waiting(void)
{
	static char text[200];

	for (int i = 0; i < CLIENTS; i++) {
		for (int c = 0; w.clients[i].client && c < CHANNELS; c++) {
			const struct channel_state *channel_state = &w.clients[i].channels[c];

			if (!channel_state->requested
			    && (!channel_state->subscribed
			        || channel_state->last
			                   >= fixture_channel(channel_names[c])->last_offset))
				continue;
			snprintf(text, sizeof(text), "client %d, %s, %s: %s, offset %lld of %lld",
			         i, protocols[w.clients[i].client->protocol].name, channel_names[c],
			         channel_state->requested ? "subscribe pending" : "behind",
			         channel_state->last,
			         fixture_channel(channel_names[c])->last_offset);
			return text;
		}
	}
	return NULL;
}

static void recover_all(void)
{
	double end = fixture_seconds() + 20;
	const char *who;

	fixture.hold_queries = fixture.hold_backfills = fixture.database_down = false;
	/* Every subscriber must receive these at least, however little the random steps did. */
	for (int c = 0; c < CHANNELS; c++)
		fixture_emit(channel_names[c], 1);
	while ((who = find_waiting())) {
		ALWAYS(fixture_seconds() < end, who);
		for (int c = 0; c < CHANNELS; c++)
			ws_offset_seen(fixture.ws, str_of(channel_names[c]),
			               fixture_channel(channel_names[c])->last_offset);
		fixture_run_turns(5);
		for (int i = 0; i < CLIENTS; i++) {
			if (w.clients[i].client)
				random_client_read(&w.clients[i]);
		}
	}
	for (int i = 0; i < CLIENTS; i++) {
		if (w.clients[i].client)
			random_client_disconnect(&w.clients[i]);
	}
	fixture_run_turns(60);
	ALWAYS(ws_connection_count(fixture.ws) == 0, "a connection is left");
	ALWAYS(fixture.ws->channel_count == 0, "a channel is left");
	ALWAYS(fixture.ws->active_rechecks == 0 && TAILQ_EMPTY(&fixture.ws->recheck_queue),
	       "a re-check is left");
}

static void run(uint64_t seed)
{
	memset(&w, 0, sizeof(w));
	random_run = (struct random_run){ .seed = seed, .state = seed };
	for (int i = 0; i < CLIENTS; i++) {
		for (int c = 0; c < CHANNELS; c++)
			w.clients[i].channels[c].last = -1;
	}
	ws_fixture_open();
	fixture.config.ws_ring = 8 + random_below(60);
	fixture.config.ws_ring_bytes = 400000;
	fixture.config.ws_pending_bytes = 1024 * 1024;
	fixture.padding = (size_t)random_below(3) * 4000;
	fixture.max_backfill = 1 + random_below(20);
	fixture.hold_queries = fixture.hold_backfills = true;
	for (random_run.step = 0; random_run.step < STEPS; random_run.step++)
		step();
	recover_all();
	ws_fixture_close();
	fprintf(stderr, "WS_SEED=%llu: %lld events, %lld disconnects, %lld recoveries\n",
	        (unsigned long long)seed, random_run.events, random_run.disconnects,
	        random_run.recoveries);
}

Test(random_faults, deliver_every_event_exactly_once, .timeout = 250)
{
	const char *given = getenv("WS_SEED");
	uint64_t seed;

	arc4random_buf(&seed, sizeof(seed));
	if (given)
		run(strtoull(given, NULL, 10));
	for (int i = 0; i < RUNS && !given; i++)
		run((seed + (uint64_t)i) % 1000000007);
}
