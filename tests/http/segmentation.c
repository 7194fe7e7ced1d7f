/* Each sample request gets the expected statuses, and the same response for any segmentation. */

#include <stdlib.h>
#include <unistd.h>

#include "samples.h"
#include "http_fixture.h"

TestSuite(segmentation, .init = fixture_open, .fini = fixture_close, .timeout = 120);

static void expect_statuses(const struct sample *sample)
{
	struct str response = send_request(sample->bytes);

	cr_expect_str_eq(statuses_of(response), sample->statuses, "%s: %.*s", sample->name,
	                 response.length > 400 ? 400 : (int)response.length, response.at);
}

Test(segmentation, answers_each_sample_with_the_expected_status)
{
	size_t count;
	const struct sample *more = long_samples(&count);

	for (size_t i = 0; i < sample_count; i++)
		expect_statuses(&samples[i]);
	for (size_t i = 0; i < count; i++)
		expect_statuses(&more[i]);
}

/* `cuts`: offsets in ascending order; the last one is the length. */
static bool responds_the_same(const struct sample *sample, const size_t *cuts, struct str whole)
{
	static struct buf response;
	int client = client_new();
	size_t begin = 0;
	bool same;

	buf_clear(&response);
	for (;; cuts++) {
		client_send(client, (struct str){ sample->bytes.at + begin, *cuts - begin });
		begin = *cuts;
		if (begin == sample->bytes.length)
			break;
	}
	client_shutdown(client);
	cr_expect(client_receive_all(client, &response, 10),
	          "%s: the server did not close the connection", sample->name);
	close(client);
	mask_ids(&response);
	same = str_equal(buf_as_str(&response), whole);
	if (!same)
		cr_log_error("%s\n--- whole:\n%.*s\n--- cut:\n%.*s", sample->name,
		             (int)whole.length, whole.at, (int)response.length, response.at);
	return same;
}

static void get_whole(const struct sample *sample, struct buf *whole)
{
	struct str response = send_request(sample->bytes);

	buf_clear(whole);
	buf_str(whole, response);
	mask_ids(whole);
}

Test(segmentation, responds_the_same_to_two_segments)
{
	struct buf whole = { 0 };

	fixture_advance(0); /* keeps the Date constant */
	for (size_t i = 0; i < sample_count; i++) {
		size_t length = samples[i].bytes.length;

		get_whole(&samples[i], &whole);
		for (size_t cut = 1; cut < length; cut++)
			cr_assert(responds_the_same(&samples[i], (size_t[]){ cut, length },
			                            buf_as_str(&whole)),
			          "%s, cut at %zu", samples[i].name, cut);
	}
	buf_finish(&whole);
}

Test(segmentation, responds_the_same_byte_by_byte)
{
	struct buf whole = { 0 };
	size_t cuts[2048];

	for (size_t i = 0; i < COUNT_OF(cuts); i++)
		cuts[i] = i + 1;
	fixture_advance(0);
	for (size_t i = 0; i < sample_count; i++) {
		get_whole(&samples[i], &whole);
		cr_assert(responds_the_same(&samples[i], cuts, buf_as_str(&whole)), "%s",
		          samples[i].name);
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

static void expect_same_at_random(const struct sample *sample, int times, uint64_t *random)
{
	struct buf whole = { 0 };
	size_t cuts[10];

	get_whole(sample, &whole);
	for (int time = 0; time < times; time++) {
		size_t count = 1 + next_random(random) % 9;
		uint64_t seed = *random;

		for (size_t i = 0; i < count; i++)
			cuts[i] = next_random(random) % sample->bytes.length;
		cuts[count] = sample->bytes.length;
		qsort(cuts, count + 1, sizeof(cuts[0]), compare);
		cr_assert(responds_the_same(sample, cuts, buf_as_str(&whole)), "%s, seed %llu",
		          sample->name, (unsigned long long)seed);
	}
	buf_finish(&whole);
}

Test(segmentation, responds_the_same_to_random_segments)
{
	uint64_t random = 20261121;
	size_t count;
	const struct sample *more = long_samples(&count);

	fixture_advance(0);
	for (size_t i = 0; i < sample_count; i++)
		expect_same_at_random(&samples[i], 200, &random);
	for (size_t i = 0; i < count; i++)
		expect_same_at_random(&more[i], 30, &random);
}
