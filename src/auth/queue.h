/* queue.h: queries that wait, in the order they came. A query waits in one place at a time. */

#ifndef QUEUE_H
#define QUEUE_H

#include "auth.h"

struct auth_queue {
	TAILQ_HEAD(, auth_query) queries; /* auth_query.link */
	size_t count;
};

void queue_init(struct auth_queue *queue);
void queue_finish(struct auth_queue *queue); /* nobody waits any more, and nobody is told */

void queue_join(struct auth_queue *queue, struct auth_query *query);
void queue_leave(struct auth_query *query); /* nothing happens when it does not wait */

#endif
