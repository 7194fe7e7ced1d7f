/* arena.h: memory that is freed all at once, and allocation that never returns NULL.
 *
 * Everything that belongs to a request is allocated from its arena and freed with
 * it. Running out of memory writes a log line and aborts; the supervisor restarts
 * the process. */

#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

#include "str.h"

[[nodiscard]] void *xmalloc(size_t size);
[[nodiscard]] void *xcalloc(size_t count, size_t size);
[[nodiscard]] void *xrealloc(void *old, size_t size);
[[nodiscard]] char *xstrdup(const char *text);
char *xprint(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct arena_block;

/* Zero-initialize for an empty arena. */
struct arena {
	struct arena_block *newest;
	char *free;
	size_t left;
};

/* Zeroed memory, aligned for any type. */
[[nodiscard]] void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, struct str s); /* NUL-terminated */
char *arena_print(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void arena_finish(struct arena *arena);

#endif
