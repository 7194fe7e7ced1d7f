/* clock.h: what time it is, asked once per turn of the loop.
 *
 * Deadlines use the monotonic clock, which no administrator can set back. Tests
 * replace both by clock_set(). */

#ifndef CLOCK_H
#define CLOCK_H

#include "str.h"

long long clock_us(void);      /* monotonic microseconds, as of this turn */
long long clock_ms(void);      /* monotonic milliseconds, as of this turn */
long long clock_wall_ms(void); /* milliseconds since 1970, as of this turn */
long long clock_exact_us(void); /* monotonic, now: for measuring within a turn */

void clock_turn(void); /* the loop says: this turn is over */
void clock_set(long long us, long long wall_ms); /* tests: stand still here */

/* "2026-11-21T05:47:00.123Z"; `out` has room for CLOCK_STAMP bytes. */
enum { CLOCK_STAMP = 25 };
void clock_stamp(char *out, long long wall_ms);

/* The Date header: "Sat, 21 Nov 2026 05:47:00 GMT", the same text all through a second. */
const char *clock_http_date(void);

#endif
