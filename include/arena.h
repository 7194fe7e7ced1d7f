/* arena.h: memory that goes all at once, and allocation that never comes back empty.
 *
 * What belongs to a request comes from its arena and goes with it. Out of
 * memory ends the program with a line: whoever watches over it starts it again. */

#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

#include "str.h"

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xprint(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct arena_block;

/* All zero is an empty arena. */
struct arena {
	struct arena_block *newest;
	char *free;
	size_t left;
};

void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for anything */
char *arena_copy(struct arena *arena, struct str s); /* with a NUL behind it */
char *arena_print(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_finish(struct arena *arena);

#endif
