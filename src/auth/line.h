/* line.h: how much of the loop's time signatures may take, and the line of those who wait. */

#ifndef LINE_H
#define LINE_H

#include "key.h"
#include "queue.h"

struct line;

/* served() is told of each, on a later turn and out of the line already, when its
 * signature may be checked. */
struct line *line_new(struct loop *loop, void (*served)(void *arg, struct auth_query *query), void *arg);
void line_free(struct line *line);

/* May a signature be checked at once? Not ahead of those who wait. */
bool line_is_free(struct line *line);
/* key_verify(), and the time that it takes is reckoned up. */
bool line_verify(struct line *line, struct key *key, struct str bytes, struct str signature);
/* False: it is full. */
bool line_join(struct line *line, struct auth_query *query);

#endif
