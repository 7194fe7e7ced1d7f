/* offset_poll.h: polls the offsets of the channels with subscribers. */

#ifndef OFFSET_POLL_H
#define OFFSET_POLL_H

struct live;
struct offset_poll;

struct offset_poll *offset_poll_new(struct live *live);
void offset_poll_free(struct offset_poll *poll);
void offset_poll_run(struct offset_poll *poll); /* no effect while the last poll is pending */

#endif
