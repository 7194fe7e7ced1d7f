/* clock.h: the current time, read once per loop turn.
 *
 * Timeouts use the monotonic clock, which cannot be set back. Tests replace both
 * clocks with clock_set(). */

#ifndef CLOCK_H
#define CLOCK_H

#include "str.h"

long long clock_us(void);       /* monotonic microseconds, as of this turn */
long long clock_ms(void);       /* monotonic milliseconds, as of this turn */
long long clock_wall_ms(void);  /* milliseconds since 1970, as of this turn */
long long clock_exact_us(void); /* monotonic, not cached: for measuring within a turn */

void clock_end_turn(void);                       /* called by the loop at the end of each turn */
void clock_set(long long us, long long wall_ms); /* for tests: freezes both clocks */

/* Writes "2026-11-21T05:47:00.123Z"; `out` must hold CLOCK_STAMP_SIZE bytes. */
enum { CLOCK_STAMP_SIZE = 25 };
void clock_stamp(char *out, long long wall_ms);

/* Writes "Sat, 21 Nov 2026 05:47:00 GMT" for a Unix time. */
enum { HTTP_DATE_SIZE = 32 };
void clock_format_http_date(long long seconds, char out[HTTP_DATE_SIZE]);

/* The Date header of the current second, cached. */
const char *clock_http_date(void);

#endif
