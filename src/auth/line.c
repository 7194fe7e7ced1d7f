/* line.c: how much of the loop's time signatures may take, and the line of those who wait.
 *
 * A signature costs as much as several requests of a caller who is known, and
 * anybody can send tokens that have one. So all signatures together have a share of
 * the loop's time, and who is known never waits for who is not.
 *
 * The happy path: there is time, and nobody waits; the signature is checked in the
 * same breath.
 *
 * When many come:
 *
 * - a turn of the loop has spent its slice: the others wait for the next turn,
 *   which begins at once, so that whatever else is ready comes in between;
 * - the share is used up: they wait until there is some again, first come, first
 *   served. What an idle server saved up is some 20 ms, so that a crowd that comes
 *   at once does not wait for its share;
 * - the line is full: who comes now is told to come back. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "line.h"
#include "metrics.h"

enum {
	SHARE = 30,	      /* percent of the time */
	SAVED_MOST_US = 20000,
	SLICE_US = 50,	      /* of a turn: a signature of a curve, or two or three of RSA */
	COST_LEAST_US = 20,   /* of a signature, were the clock too coarse to see it */
	LINE_MOST = 1024,
	SERVED_MOST = 64,     /* in a turn: most of them may cost no signature any more */
	PAUSE_US = 2000,
};

struct line {
	struct loop *loop;
	struct auth_queue queue;
	struct event *timer; /* set while somebody waits */
	struct later turn_over;
	long long saved;     /* hundredths of microseconds; below zero when the last one took long */
	long long saved_us;  /* when that was reckoned */
	long long spent_us;  /* of this turn's slice */
	void (*served)(void *arg, struct auth_query *query);
	void *arg;
};

static void on_turn_over(struct later *later)
{
	container_of(later, struct line, turn_over)->spent_us = 0;
}

/* Is there time for one more signature? */
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
	loop_later(line->loop, &line->turn_over);
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
	loop_later_forget(line->loop, &line->turn_over);
	event_free(line->timer);
	free(line);
}
