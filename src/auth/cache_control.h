/* cache_control.h: how long a response may be cached, from its Cache-Control header. */

#ifndef FRESHNESS_H
#define FRESHNESS_H

enum { FRESHNESS_NOT_SAID = -1 };

/* The remaining lifetime in seconds in a private cache, given the seconds (`age`) the
 * response already spent in other caches. 0: it must not be cached. */
long long freshness(const char *cache_control, long long age);

#endif
