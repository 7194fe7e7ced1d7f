/* verify_queue.h: limits the loop time spent on signature checks, and queues what exceeds it. */

#ifndef VERIFY_QUEUE_H
#define VERIFY_QUEUE_H

#include "key.h"
#include "queue.h"

struct verify_queue;

/* ready() is called on a later turn for each queued query, already removed from the
 * queue, when there is time for its signature check. */
struct verify_queue *
verify_queue_new(struct loop *loop, void (*ready)(void *arg, struct auth_query *query), void *arg);
void verify_queue_free(struct verify_queue *queue);

/* Whether a signature may be checked now; false while other queries wait. */
bool verify_queue_has_budget(struct verify_queue *queue);
/* key_verify(); its time is charged. */
bool verify_queue_verify(struct verify_queue *queue, struct key *key, struct str bytes,
                         struct str signature);
/* False: the queue is full. */
bool verify_queue_add(struct verify_queue *queue, struct auth_query *query);

#endif
