/* freshness.h: how long an answer may be kept, in the words of its Cache-Control. */

#ifndef FRESHNESS_H
#define FRESHNESS_H

enum { FRESHNESS_NOT_SAID = -1 };

/* Seconds from now on, for a cache that is nobody else's; `age` of them, that the
 * answer spent elsewhere, are gone already. 0: it must not be kept. */
long long freshness(const char *cache_control, long long age);

#endif
