/* verify_queue.c: limits the loop time spent on signature checks, and queues what exceeds it.
 *
 * A signature check costs as much as several requests with a cached token, and anybody can
 * send tokens. So all signature checks together get a share of the loop's time, and
 * callers with a cached token never wait for others.
 *
 * Normal sequence: there is time and nothing is queued; the signature is checked at once.
 *
 * Under load:
 *
 * - the budget of this loop turn is spent: the query waits for the next turn, which
 *   follows at once, so that other events are handled in between;
 * - the share is used up: queries wait, first in, first out, until there is credit again.
 *   An idle server accumulates about 20 ms of credit, enough for a short burst;
 * - the queue is full: the token gets AUTH_BUSY. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "verify_queue.h"
#include "metrics.h"

enum {
	SHARE = 30, /* percent of the time */
	SAVED_MOST_US = 20000,
	SLICE_US = 50,      /* per turn: one ECDSA signature, or two or three of RSA */
	COST_LEAST_US = 20, /* minimum charge, in case the clock is too coarse */
	LINE_MOST = 1024,
	SERVED_MOST = 64, /* queries per turn, if most of them need no signature check any more */
	PAUSE_US = 2000,
};

struct line {
	struct loop *loop;
	struct auth_queue queue;
	struct event *timer; /* pending while the queue is not empty */
	struct deferred turn_over;
	long long saved;    /* credit in 1/100 µs; negative if the last check took long */
	long long saved_us; /* when `saved` was updated */
	long long spent_us; /* in this turn */
	void (*served)(void *arg, struct auth_query *query);
	void *arg;
};

static void on_turn_over(struct deferred *deferred)
{
	container_of(deferred, struct line, turn_over)->spent_us = 0;
}

/* Updates the credit; whether there is time for one more signature check. */
static bool has_time(struct line *line)
{
	long long now_us = clock_us();

	line->saved += (now_us - line->saved_us) * SHARE;
	line->saved_us = now_us;
	if (line->saved > SAVED_MOST_US * 100LL)
		line->saved = SAVED_MOST_US * 100LL;
	return line->saved > 0 && line->spent_us < SLICE_US;
}

static void ring_in(struct line *line, long long us)
{
	event_add(line->timer, &(struct timeval){ .tv_usec = us });
}

static void on_ring(evutil_socket_t, short, void *arg)
{
	struct line *line = arg;

	for (int i = 0; i < SERVED_MOST && line->queue.count && has_time(line); i++) {
		struct auth_query *query = TAILQ_FIRST(&line->queue.queries);

		queue_leave(query);
		line->served(line->arg, query);
	}
	if (line->queue.count)
		ring_in(line, line->saved > 0 ? 0 : PAUSE_US);
}

bool line_is_free(struct line *line)
{
	return line->queue.count == 0 && has_time(line);
}

bool line_verify(struct line *line, struct key *key, struct str bytes, struct str signature)
{
	long long began_us = clock_exact_us(), cost_us;
	bool well = key_verify(key, bytes, signature);

	metrics_count(METRIC_TOKENS_VERIFIED, 1);
	cost_us = clock_exact_us() - began_us;
	if (cost_us < COST_LEAST_US)
		cost_us = COST_LEAST_US;
	line->saved -= cost_us * 100;
	line->spent_us += cost_us;
	loop_defer(line->loop, &line->turn_over);
	return well;
}

bool line_join(struct line *line, struct auth_query *query)
{
	if (line->queue.count == LINE_MOST)
		return false;
	if (line->queue.count == 0)
		ring_in(line, line->saved > 0 ? 0 : PAUSE_US);
	queue_join(&line->queue, query);
	return true;
}

struct line *line_new(struct loop *loop, void (*served)(void *arg, struct auth_query *query), void *arg)
{
	struct line *line = xcalloc(1, sizeof(*line));

	queue_init(&line->queue);
	line->loop = loop;
	line->timer = evtimer_new(loop_base(loop), on_ring, line);
	line->turn_over.run = on_turn_over;
	line->saved = SAVED_MOST_US * 100LL;
	line->saved_us = clock_us();
	line->served = served;
	line->arg = arg;
	return line;
}

void line_free(struct line *line)
{
	if (!line)
		return;
	queue_finish(&line->queue);
	loop_defer_cancel(line->loop, &line->turn_over);
	event_free(line->timer);
	free(line);
}
