/* queue.c: a FIFO queue of pending queries. */

#include "metrics.h"
#include "queue.h"

void queue_init(struct auth_queue *queue)
{
	TAILQ_INIT(&queue->queries);
	queue->count = 0;
}

void queue_finish(struct auth_queue *queue)
{
	while (!TAILQ_EMPTY(&queue->queries))
		queue_remove(TAILQ_FIRST(&queue->queries));
}

void queue_add(struct auth_queue *queue, struct auth_query *query)
{
	TAILQ_INSERT_TAIL(&queue->queries, query, link);
	queue->count++;
	query->queue = queue;
	query->waiting = true;
	metrics_count(METRIC_TOKENS_WAITING, 1);
}

void queue_remove(struct auth_query *query)
{
	if (!query->waiting)
		return;
	TAILQ_REMOVE(&query->queue->queries, query, link);
	query->queue->count--;
	query->waiting = false;
	metrics_count(METRIC_TOKENS_WAITING, -1);
}
