/* Arena memory is zeroed, aligned, and valid until the arena is finished. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdalign.h>
#include <stdlib.h>

#include "arena.h"

Test(arena, returns_zeroed_and_aligned_memory)
{
	/* Twice: the second round reuses blocks. */
	for (int round = 0; round < 2; round++) {
		struct arena arena = { 0 };

		for (size_t size = 0; size < 6000; size += 7) {
			unsigned char *memory = arena_alloc(&arena, size);

			cr_assert(0 == (uintptr_t)memory % alignof(max_align_t), "%zu bytes", size);
			for (size_t i = 0; i < size; i++)
				cr_assert(memory[i] == 0, "%zu bytes", size);
			memset(memory, 0xa5, size);
		}
		arena_finish(&arena);
		cr_expect(arena.newest == NULL && arena.left == 0);
	}
}

Test(arena, keeps_allocations_intact)
{
	struct arena arena = { 0 };
	unsigned char *blocks[2000];

	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		blocks[i] = arena_alloc(&arena, i % 97 + 1);
		memset(blocks[i], (int)(i % 251), i % 97 + 1);
	}
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		for (size_t n = 0; n < i % 97 + 1; n++)
			cr_assert(blocks[i][n] == i % 251, "number %zu was overwritten", i);
	}
	arena_finish(&arena);
}

Test(arena, mixes_large_and_small_allocations)
{
	struct arena arena = { 0 };
	char *small = arena_copy(&arena, STR("before"));
	char *large = arena_alloc(&arena, 1 << 20);
	char *after = arena_copy(&arena, STR("after"));

	memset(large, 'x', 1 << 20);
	cr_expect_str_eq(small, "before");
	cr_expect_str_eq(after, "after");
	arena_finish(&arena);
}

Test(arena, copies_are_nul_terminated)
{
	struct arena arena = { 0 };

	cr_expect_str_eq(arena_copy(&arena, (struct str){ "abcdef", 3 }), "abc");
	cr_expect_str_eq(arena_copy(&arena, (struct str){ 0 }), "");
	cr_expect_str_eq(arena_print(&arena, "%d-%s", 7, "x"), "7-x");
	cr_expect(eq(sz, strlen(arena_print(&arena, "%5000d", 7)), 5000));
	arena_finish(&arena);
}

Test(arena, can_be_reused_after_finish)
{
	struct arena arena = { 0 };

	arena_finish(&arena);
	arena_copy(&arena, STR("once"));
	arena_finish(&arena);
	cr_expect_str_eq(arena_copy(&arena, STR("twice")), "twice");
	arena_finish(&arena);
	arena_finish(&arena);
}

Test(arena, zero_sized_allocations_return_memory)
{
	struct arena arena = { 0 };
	void *a = xmalloc(0), *b = xcalloc(0, 8), *c = xrealloc(NULL, 0);
	char *d = xstrdup(""), *e = xprint("%s=%d", "a", 1);

	cr_expect(a && b && c);
	cr_expect(arena_alloc(&arena, 0) != NULL);
	arena_finish(&arena);
	cr_expect_str_eq(d, "");
	cr_expect_str_eq(e, "a=1");
	free(a);
	free(b);
	free(c);
	free(d);
	free(e);
}

/* AddressSanitizer aborts before xmalloc() can. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

Test(arena, aborts_when_out_of_memory, .signal = SIGABRT, .disabled = SANITIZED)
{
	volatile size_t too_much = SIZE_MAX / 2;

	free(xmalloc(too_much));
}
