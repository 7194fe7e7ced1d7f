/* cache_control.h: how long a response may be cached, from its Cache-Control header. */

#ifndef CACHE_CONTROL_H
#define CACHE_CONTROL_H

enum { CACHE_CONTROL_NONE = -1 };

/* The remaining lifetime in seconds in a private cache, given the seconds (`age`) the
 * response already spent in other caches. 0: it must not be cached. */
long long cache_control_seconds(const char *cache_control, long long age);

#endif
