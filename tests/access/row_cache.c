/* row_cache.c: tests that a cached row is found until it changes, and never afterwards. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "fake_db.h"
#include "row_cache.h"

#define CHANNEL "changes"

enum { MAX = 4 };

static struct row_cache *cache;

static void set_up(void)
{
	fake_db_open();
	cache = row_cache_new(&fake_db, CHANNEL, MAX, sizeof(int));
}

static void tear_down(void)
{
	row_cache_free(cache);
	fake_db_close();
}

TestSuite(row_cache, .init = set_up, .fini = tear_down);

static struct row_cache_key key(const char *first, const char *second)
{
	return (struct row_cache_key){ str_of(first), str_of(second) };
}

/* IDs have a fixed size. */
static const char *id_of(const char *text)
{
	static char id[UUID_SIZE];

	memset(id, 0, sizeof(id));
	snprintf(id, sizeof(id), "%s", text);
	return id;
}

static bool put(const char *first, const char *second, const char *id, int value)
{
	int *at = row_cache_put(cache, key(first, second), id_of(id), row_cache_generation(cache));

	if (at)
		*at = value;
	return at;
}

/* -1: not cached. */
static int find(const char *first, const char *second)
{
	const int *value = row_cache_find(cache, key(first, second));

	return value ? *value : -1;
}

Test(row_cache, a_row_is_found_by_both_parts_of_its_key)
{
	cr_assert(put("ab", "c", "1", 1));
	cr_expect(eq(int, find("ab", "c"), 1));
	cr_expect(eq(int, find("a", "bc"), -1));
	cr_expect(eq(int, find("abc", ""), -1));
	cr_expect(eq(int, find("ab", ""), -1));
	cr_assert(put("abc", "", "2", 2));
	cr_expect(eq(int, find("abc", ""), 2));
	cr_expect(eq(int, find("ab", "c"), 1));
}

Test(row_cache, a_new_value_is_zeroed_and_replaces_the_old_one)
{
	const int *value;

	cr_assert(put("a", "", "1", 1));
	value = row_cache_put(cache, key("a", ""), id_of("2"), row_cache_generation(cache));
	cr_expect(eq(int, *value, 0));
	cr_expect(eq(int, find("a", ""), 0));
	/* The old row's ID no longer concerns the entry. */
	fake_db_receive(CHANNEL, "1");
	cr_expect(eq(int, find("a", ""), 0));
	fake_db_receive(CHANNEL, "2");
	cr_expect(eq(int, find("a", ""), -1));
}

Test(row_cache, the_least_recently_used_row_is_evicted)
{
	static const char *const names[] = { "a", "b", "c", "d" };

	for (int i = 0; i < MAX; i++)
		cr_assert(put(names[i], "", names[i], i));
	cr_expect(eq(int, find("a", ""), 0)); /* now b is the least recently used */
	cr_assert(put("e", "", "e", 4));
	cr_expect(eq(int, find("b", ""), -1));
	cr_expect(eq(int, find("a", ""), 0));
	cr_expect(eq(int, find("e", ""), 4));
	/* Replacing a row evicts no other one. */
	cr_assert(put("e", "", "e", 5));
	cr_expect(eq(int, find("c", ""), 2));
	cr_expect(eq(int, find("d", ""), 3));
}

Test(row_cache, a_notification_drops_all_entries_of_its_row_and_no_others)
{
	cr_assert(put("a", "", "1", 1));
	cr_assert(put("b", "", "1", 2));
	cr_assert(put("c", "", "12", 3));
	fake_db_receive(CHANNEL, "1");
	cr_expect(eq(int, find("a", ""), -1));
	cr_expect(eq(int, find("b", ""), -1));
	cr_expect(eq(int, find("c", ""), 3));
	row_cache_invalidate(cache, STR("12"));
	cr_expect(eq(int, find("c", ""), -1));
}

static void notify_its_row(void)
{
	fake_db_receive(CHANNEL, "1");
}

static void notify_another_row(void)
{
	fake_db_receive(CHANNEL, "2");
}

static void invalidate_its_row(void)
{
	row_cache_invalidate(cache, STR("1"));
}

static void lose_connection(void)
{
	fake_db_lose();
	fake_db.listening = true;
}

static void stop_listening(void)
{
	fake_db.listening = false;
}

/* The ID is known only after the row has been read, so every change counts. */
Test(row_cache, a_row_that_may_have_changed_while_it_was_read_is_not_cached)
{
	static const struct {
		const char *description;
		void (*meanwhile)(void);
	} rows[] = {
		{ "its row is notified", notify_its_row },
		{ "another row is notified", notify_another_row },
		{ "its row is invalidated", invalidate_its_row },
		{ "the listening connection is lost and comes back", lose_connection },
		{ "the listening connection does not respond", stop_listening },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned long long generation;

		row_cache_invalidate(cache, STR("1"));
		generation = row_cache_generation(cache);
		rows[i].meanwhile();
		cr_expect_null(row_cache_put(cache, key("a", ""), id_of("1"), generation), "%s",
		               rows[i].description);
		fake_db.listening = true;
		cr_expect(find("a", "") == -1, "%s", rows[i].description);
		cr_expect(put("a", "", "1", 1), "%s: the next read is cached", rows[i].description);
	}
}

Test(row_cache, nothing_is_found_while_changes_are_not_notified)
{
	cr_assert(put("a", "", "1", 1));
	fake_db.listening = false;
	cr_expect(eq(int, find("a", ""), -1));
	/* It was only slow to respond; no notification is lost. */
	fake_db.listening = true;
	cr_expect(eq(int, find("a", ""), 1));
	fake_db_lose();
	fake_db.listening = true;
	cr_expect(eq(int, find("a", ""), -1));
}

Test(row_cache, a_large_cache_finds_all_its_rows_until_they_change)
{
	enum { MANY = 1000 };
	struct row_cache *large = row_cache_new(&fake_db, "others", MANY, sizeof(int));
	char name[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		*(int *)row_cache_put(large, key(name, "x"), id_of(name), 0) = i;
	}
	for (int i = 0; i < MANY; i++) {
		const int *value;

		snprintf(name, sizeof(name), "%d", i);
		value = row_cache_find(large, key(name, "x"));
		cr_assert(value && *value == i, "%d", i);
	}
	/* Others share their buckets. */
	for (int i = 0; i < MANY; i += 2) {
		snprintf(name, sizeof(name), "%d", i);
		fake_db_receive("others", name);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		cr_assert(i % 2 == (row_cache_find(large, key(name, "x")) != NULL), "%d", i);
	}
	row_cache_free(large);
}
