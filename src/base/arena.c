/* arena.c: memory that is freed all at once; allocation that never returns NULL.
 *
 * Up to SPARE_MAX blocks of the standard size are kept for the next arena, so that a request
 * does not call malloc in the steady state. They are not kept under AddressSanitizer,
 * which must be able to detect every use after free. */

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"

enum { BLOCK = 4096, SPARE_MAX = 256 };

struct arena_block {
	struct arena_block *older;
	size_t size;
	alignas(max_align_t) char bytes[];
};

static struct arena_block *spare;
static int spares;

static _Noreturn void out_of_memory(void)
{
	static const char line[] = "{\"level\":\"ERROR\",\"message\":\"out of memory\"}\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(71);
	abort();
}

void *xmalloc(size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *xcalloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *xrealloc(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

char *xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(xmalloc(size), text, size);
}

char *xprint(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	va_end(args);
	return text;
}

static struct arena_block *block_new(size_t size)
{
	struct arena_block *block;

	if (size <= BLOCK && spare) {
		block = spare;
		spare = block->older;
		spares--;
		return block;
	}
	if (size < BLOCK)
		size = BLOCK;
	block = xmalloc(sizeof(*block) + size);
	block->size = size;
	return block;
}

static void block_free(struct arena_block *block)
{
#ifndef __SANITIZE_ADDRESS__
	if (block->size == BLOCK && spares < SPARE_MAX) {
		block->older = spare;
		spare = block;
		spares++;
		return;
	}
#endif
	free(block);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t unit = alignof(max_align_t);
	void *memory;

	size = size ? (size + unit - 1) / unit * unit : unit;
	if (size > arena->left) {
		struct arena_block *block = block_new(size);

		block->older = arena->newest;
		arena->newest = block;
		arena->free = block->bytes;
		arena->left = block->size;
	}
	memory = arena->free;
	arena->free += size;
	arena->left -= size;
	return memset(memory, 0, size);
}

char *arena_copy(struct arena *arena, struct str s)
{
	char *copy = arena_alloc(arena, s.length + 1);

	if (s.length)
		memcpy(copy, s.at, s.length);
	return copy;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void arena_finish(struct arena *arena)
{
	struct arena_block *block = arena->newest;

	while (block) {
		struct arena_block *older = block->older;

		block_free(block);
		block = older;
	}
	*arena = (struct arena){ 0 };
}
