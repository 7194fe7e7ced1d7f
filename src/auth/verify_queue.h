/* verify_queue.h: limits the loop time spent on signature checks, and queues what exceeds it. */

#ifndef LINE_H
#define LINE_H

#include "key.h"
#include "queue.h"

struct line;

/* served() is called on a later turn for each queued query, already removed from the
 * queue, when there is time for its signature check. */
struct line *line_new(struct loop *loop, void (*served)(void *arg, struct auth_query *query), void *arg);
void line_free(struct line *line);

/* Whether a signature may be checked now; false while other queries wait. */
bool line_is_free(struct line *line);
/* key_verify(); its time is charged. */
bool line_verify(struct line *line, struct key *key, struct str bytes, struct str signature);
/* False: the queue is full. */
bool line_join(struct line *line, struct auth_query *query);

#endif
