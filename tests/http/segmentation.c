/* Each sample request gets the expected statuses, and the same response for any segmentation. */

#include <stdlib.h>
#include <unistd.h>

#include "samples.h"
#include "http_fixture.h"

TestSuite(front, .init = street_open, .fini = street_close, .timeout = 120);

static void expect_statuses(const struct shape *shape)
{
	struct str heard = ask(shape->bytes);

	cr_expect_str_eq(statuses_of(heard), shape->statuses, "%s: %.*s", shape->name,
			 heard.length > 400 ? 400 : (int)heard.length, heard.at);
}

Test(front, answers_each_sample_with_the_expected_status)
{
	size_t count;
	const struct shape *more = long_shapes(&count);

	for (size_t i = 0; i < shape_count; i++)
		expect_statuses(&shapes[i]);
	for (size_t i = 0; i < count; i++)
		expect_statuses(&more[i]);
}

/* `cuts`: offsets in ascending order; the last one is the length. */
static bool responds_the_same(const struct shape *shape, const size_t *cuts, struct str whole)
{
	static struct buf heard;
	int caller = caller_new();
	size_t begin = 0;
	bool same;

	buf_clear(&heard);
	for (;; cuts++) {
		caller_say(caller, (struct str){ shape->bytes.at + begin, *cuts - begin });
		begin = *cuts;
		if (begin == shape->bytes.length)
			break;
	}
	caller_says_no_more(caller);
	cr_expect(caller_hears_all(caller, &heard, 10),
	          "%s: the server did not close the connection", shape->name);
	close(caller);
	make_ids_equal(&heard);
	same = str_equal(buf_as_str(&heard), whole);
	if (!same)
		cr_log_error("%s\n--- whole:\n%.*s\n--- cut:\n%.*s", shape->name,
			     (int)whole.length, whole.at, (int)heard.length, heard.at);
	return same;
}

static void hear_whole(const struct shape *shape, struct buf *whole)
{
	struct str heard = ask(shape->bytes);

	buf_clear(whole);
	buf_str(whole, heard);
	make_ids_equal(whole);
}

Test(front, responds_the_same_to_two_segments)
{
	struct buf whole = { 0 };

	street_later(0); /* keeps the Date constant */
	for (size_t i = 0; i < shape_count; i++) {
		size_t length = shapes[i].bytes.length;

		hear_whole(&shapes[i], &whole);
		for (size_t cut = 1; cut < length; cut++)
			cr_assert(responds_the_same(&shapes[i], (size_t[]){ cut, length },
						  buf_as_str(&whole)),
				  "%s, cut at %zu", shapes[i].name, cut);
	}
	buf_finish(&whole);
}

Test(front, responds_the_same_byte_by_byte)
{
	struct buf whole = { 0 };
	size_t cuts[2048];

	for (size_t i = 0; i < COUNT_OF(cuts); i++)
		cuts[i] = i + 1;
	street_later(0);
	for (size_t i = 0; i < shape_count; i++) {
		hear_whole(&shapes[i], &whole);
		cr_assert(responds_the_same(&shapes[i], cuts, buf_as_str(&whole)), "%s",
			  shapes[i].name);
	}
	buf_finish(&whole);
}

/* Not rand(), so that a seed gives the same sequence everywhere. */
static unsigned next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*state >> 33);
}

static int compare(const void *a, const void *b)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;

	return (left > right) - (left < right);
}

static void expect_same_at_random(const struct shape *shape, int times, uint64_t *random)
{
	struct buf whole = { 0 };
	size_t cuts[10];

	hear_whole(shape, &whole);
	for (int time = 0; time < times; time++) {
		size_t count = 1 + next_random(random) % 9;
		uint64_t seed = *random;

		for (size_t i = 0; i < count; i++)
			cuts[i] = next_random(random) % shape->bytes.length;
		cuts[count] = shape->bytes.length;
		qsort(cuts, count + 1, sizeof(cuts[0]), compare);
		cr_assert(responds_the_same(shape, cuts, buf_as_str(&whole)), "%s, seed %llu",
			  shape->name, (unsigned long long)seed);
	}
	buf_finish(&whole);
}

Test(front, responds_the_same_to_random_segments)
{
	uint64_t random = 20261121;
	size_t count;
	const struct shape *more = long_shapes(&count);

	street_later(0);
	for (size_t i = 0; i < shape_count; i++)
		expect_same_at_random(&shapes[i], 200, &random);
	for (size_t i = 0; i < count; i++)
		expect_same_at_random(&more[i], 30, &random);
}
