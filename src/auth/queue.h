/* queue.h: a FIFO queue of pending queries. A query is in at most one queue. */

#ifndef QUEUE_H
#define QUEUE_H

#include "auth.h"

struct auth_queue {
	TAILQ_HEAD(, auth_query) queries; /* auth_query.link */
	size_t count;
};

void queue_init(struct auth_queue *queue);
void queue_finish(struct auth_queue *queue); /* removes all queries without calling done() */

void queue_add(struct auth_queue *queue, struct auth_query *query);
void queue_remove(struct auth_query *query); /* no effect if it is not queued */

#endif
