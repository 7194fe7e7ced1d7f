/* backfill.h: fetches events that this process has missed and delivers them. */

#ifndef BACKFILL_H
#define BACKFILL_H

struct live;
struct backfill;

struct backfill *backfill_new(struct live *live);
void backfill_free(struct backfill *backfill);

/* Fetches the events of a channel after this offset. */
void backfill_add(struct backfill *backfill, const char *channel, long long after);
void backfill_retry(struct backfill *backfill); /* retries failed queries */

#endif
