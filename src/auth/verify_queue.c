/* verify_queue.c: limits the loop time spent on signature checks, and queues what exceeds it.
 *
 * A signature check costs as much as several requests with a cached token, and anyone can
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
	SHARE_PERCENT = 30, /* of the loop's time */
	MAX_CREDIT_US = 20000,
	TURN_BUDGET_US = 50, /* per turn: one ECDSA signature, or two or three of RSA */
	MIN_COST_US = 20,    /* minimum charge, in case the clock is too coarse */
	MAX_QUEUED = 1024,
	MAX_PER_TURN = 64, /* queries per turn; most may no longer need a signature check */
	PAUSE_US = 2000,
};

struct verify_queue {
	struct loop *loop;
	struct auth_queue pending;
	struct event *timer; /* pending while the queue is not empty */
	struct deferred turn_over;
	long long credit;            /* credit in 1/100 µs; negative if the last check took long */
	long long credit_updated_us; /* when `credit` was updated */
	long long turn_spent_us;     /* in this turn */
	void (*ready)(void *arg, struct auth_query *query);
	void *arg;
};

static void on_turn_over(struct deferred *deferred)
{
	container_of(deferred, struct verify_queue, turn_over)->turn_spent_us = 0;
}

/* Updates the credit; whether there is time for one more signature check. */
static bool has_budget(struct verify_queue *queue)
{
	long long now_us = clock_us();

	queue->credit += (now_us - queue->credit_updated_us) * SHARE_PERCENT;
	queue->credit_updated_us = now_us;
	if (queue->credit > MAX_CREDIT_US * 100LL)
		queue->credit = MAX_CREDIT_US * 100LL;
	return queue->credit > 0 && queue->turn_spent_us < TURN_BUDGET_US;
}

static void schedule(struct verify_queue *queue, long long us)
{
	event_add(queue->timer, &(struct timeval){ .tv_usec = us });
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	struct verify_queue *queue = arg;

	for (int i = 0; i < MAX_PER_TURN && queue->pending.count && has_budget(queue); i++) {
		struct auth_query *query = TAILQ_FIRST(&queue->pending.queries);

		queue_remove(query);
		queue->ready(queue->arg, query);
	}
	if (queue->pending.count)
		schedule(queue, queue->credit > 0 ? 0 : PAUSE_US);
}

bool verify_queue_has_budget(struct verify_queue *queue)
{
	return queue->pending.count == 0 && has_budget(queue);
}

bool verify_queue_verify(struct verify_queue *queue, struct key *key, struct str bytes,
                         struct str signature)
{
	long long started_us = clock_exact_us(), cost_us;
	bool ok = key_verify(key, bytes, signature);

	metrics_count(METRIC_TOKENS_VERIFIED, 1);
	cost_us = clock_exact_us() - started_us;
	if (cost_us < MIN_COST_US)
		cost_us = MIN_COST_US;
	queue->credit -= cost_us * 100;
	queue->turn_spent_us += cost_us;
	loop_defer(queue->loop, &queue->turn_over);
	return ok;
}

bool verify_queue_add(struct verify_queue *queue, struct auth_query *query)
{
	if (queue->pending.count == MAX_QUEUED)
		return false;
	if (queue->pending.count == 0)
		schedule(queue, queue->credit > 0 ? 0 : PAUSE_US);
	queue_add(&queue->pending, query);
	return true;
}

struct verify_queue *verify_queue_new(struct loop *loop,
                                      void (*ready)(void *arg, struct auth_query *query), void *arg)
{
	struct verify_queue *queue = xcalloc(1, sizeof(*queue));

	queue_init(&queue->pending);
	queue->loop = loop;
	queue->timer = evtimer_new(loop_base(loop), on_timer, queue);
	queue->turn_over.run = on_turn_over;
	queue->credit = MAX_CREDIT_US * 100LL;
	queue->credit_updated_us = clock_us();
	queue->ready = ready;
	queue->arg = arg;
	return queue;
}

void verify_queue_free(struct verify_queue *queue)
{
	if (!queue)
		return;
	queue_finish(&queue->pending);
	loop_defer_cancel(queue->loop, &queue->turn_over);
	event_free(queue->timer);
	free(queue);
}
