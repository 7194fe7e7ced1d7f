/* Shifts and days follow local time across changes of daylight saving time: in New York the clock
 * is put forward on 14 March 2060 and back on 7 November. */

#include "e2e.h"

static struct {
	struct server *server;
	struct client *supervisor;
	const char *location;
} f;

static void setup(void)
{
	static const char *const settings[] = { "TIMEZONE=America/New_York", NULL };
	const struct answer *answer;

	f.server = server_dev(settings);
	f.supervisor = e2e_client_of(f.server, "supervisor");
	answer = client_post(e2e_client_of(f.server, "admin"), "/api/v1/locations", "{'name':'%s'}",
	                     e2e_name());
	assert_status(answer, 201);
	f.location = e2e_format("%s", answer_at(answer, "id"));
}

static void teardown(void)
{
	server_free(f.server);
}

TestSuite(dst, .init = setup, .fini = teardown, .timeout = 60);

/* Creates a shift on each of five days. */
static void create_shifts(const char *first, const char *start, const char *end)
{
	const struct answer *answer = client_post(
		f.supervisor, "/api/v1/recurring-shifts",
		"{'name':'Watch','location_id':'%s','start_time':'%s','end_time':'%s',"
		"'days_of_week':[0,1,2,3,4,5,6],'start_date':'%s','generate':{'days':5}}",
		f.location, start, end, first);

	assert_status(answer, 201);
	expect_at(answer, "generated.created", "5");
	expect_at(answer, "generated.skipped", "0");
	answer = client_post(
		f.supervisor,
		e2e_format("/api/v1/recurring-shifts/%s/generate", answer_at(answer, "id")),
		"{'days':5}");
	expect_at(answer, "created", "0");
	expect_at(answer, "skipped", "5");
}

struct shift {
	const char *start, *end;
};

static void expect_shifts(const char *first, const char *last, const struct shift *shifts,
                          size_t count)
{
	const struct answer *answer =
		client_get(f.supervisor, "/api/v1/shifts?location_id=%s&start_date=%s&end_date=%s",
	                   f.location, first, last);

	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), count, "from %s to %s: %zu", first, last,
	             json_count(answer->json));
	for (size_t i = 0; i < count; i++) {
		expect_at(answer, e2e_format("%zu.start_time", i), shifts[i].start);
		expect_at(answer, e2e_format("%zu.end_time", i), shifts[i].end);
	}
}

#define EXPECT_SHIFTS(first, last, ...)                                                            \
	expect_shifts(first, last, (const struct shift[]){ __VA_ARGS__ },                          \
	              COUNT_OF(((const struct shift[]){ __VA_ARGS__ })))

/* The shift from 22:00 to 06:00 has seven hours in the night in which the clock is put forward. */
Test(dst, start_makes_the_night_shift_an_hour_shorter)
{
	create_shifts("2060-03-11", "22:00", "06:00");
	EXPECT_SHIFTS("2060-03-11", "2060-03-15",
	              { "2060-03-12T03:00:00+00:00", "2060-03-12T11:00:00+00:00" },
	              { "2060-03-13T03:00:00+00:00", "2060-03-13T11:00:00+00:00" },
	              { "2060-03-14T03:00:00+00:00", "2060-03-14T10:00:00+00:00" },
	              { "2060-03-15T02:00:00+00:00", "2060-03-15T10:00:00+00:00" },
	              { "2060-03-16T02:00:00+00:00", "2060-03-16T10:00:00+00:00" });
	/* A shift belongs to the local dates of its start and its end. */
	EXPECT_SHIFTS("2060-03-14", "2060-03-14",
	              { "2060-03-14T03:00:00+00:00", "2060-03-14T10:00:00+00:00" },
	              { "2060-03-15T02:00:00+00:00", "2060-03-15T10:00:00+00:00" });
	EXPECT_SHIFTS("2060-03-16", "2060-03-16",
	              { "2060-03-16T02:00:00+00:00", "2060-03-16T10:00:00+00:00" });
}

Test(dst, end_makes_the_night_shift_an_hour_longer)
{
	create_shifts("2060-11-04", "22:00", "06:00");
	EXPECT_SHIFTS("2060-11-04", "2060-11-08",
	              { "2060-11-05T02:00:00+00:00", "2060-11-05T10:00:00+00:00" },
	              { "2060-11-06T02:00:00+00:00", "2060-11-06T10:00:00+00:00" },
	              { "2060-11-07T02:00:00+00:00", "2060-11-07T11:00:00+00:00" },
	              { "2060-11-08T03:00:00+00:00", "2060-11-08T11:00:00+00:00" },
	              { "2060-11-09T03:00:00+00:00", "2060-11-09T11:00:00+00:00" });
	EXPECT_SHIFTS("2060-11-07", "2060-11-07",
	              { "2060-11-07T02:00:00+00:00", "2060-11-07T11:00:00+00:00" },
	              { "2060-11-08T03:00:00+00:00", "2060-11-08T11:00:00+00:00" });
}

/* Shifts outside the changed hour have the same length and the same local times on all days. */
Test(dst, does_not_change_the_length_of_day_shifts)
{
	create_shifts("2060-03-12", "08:00", "16:00");
	EXPECT_SHIFTS("2060-03-12", "2060-03-16",
	              { "2060-03-12T13:00:00+00:00", "2060-03-12T21:00:00+00:00" },
	              { "2060-03-13T13:00:00+00:00", "2060-03-13T21:00:00+00:00" },
	              { "2060-03-14T12:00:00+00:00", "2060-03-14T20:00:00+00:00" },
	              { "2060-03-15T12:00:00+00:00", "2060-03-15T20:00:00+00:00" },
	              { "2060-03-16T12:00:00+00:00", "2060-03-16T20:00:00+00:00" });
}

/* 02:30 does not exist on the day of the change, and 03:15 would leave a quarter of an hour: the
 * shift starts an hour later and keeps its length. */
Test(dst, moves_shifts_that_start_in_the_skipped_hour)
{
	create_shifts("2060-03-13", "02:30", "03:15");
	EXPECT_SHIFTS("2060-03-13", "2060-03-15",
	              { "2060-03-13T07:30:00+00:00", "2060-03-13T08:15:00+00:00" },
	              { "2060-03-14T07:30:00+00:00", "2060-03-14T08:15:00+00:00" },
	              { "2060-03-15T06:30:00+00:00", "2060-03-15T07:15:00+00:00" });
}

/* From midnight to midnight, the days of the changes have 23 and 25 hours. */
Test(dst, changes_the_length_of_days)
{
	create_shifts("2060-03-13", "00:00", "00:00");
	EXPECT_SHIFTS("2060-03-14", "2060-03-14",
	              { "2060-03-14T05:00:00+00:00", "2060-03-15T04:00:00+00:00" });
	create_shifts("2060-11-06", "00:00", "00:00");
	EXPECT_SHIFTS("2060-11-07", "2060-11-07",
	              { "2060-11-07T04:00:00+00:00", "2060-11-08T05:00:00+00:00" });
}

static const struct answer *post_shift(const char *start, const char *end)
{
	return client_post(f.supervisor, "/api/v1/shifts",
	                   "{'name':'Day','location_id':'%s','start_time':'%s','end_time':'%s'}",
	                   f.location, start, end);
}

/* 24 hours, or until the same local time on the next day: 23 or 25 hours. */
Test(dst, changes_how_long_shifts_may_last)
{
	/* From 12:00 to 12:00, and a second more. */
	expect_status(post_shift("2060-11-06T16:00:00Z", "2060-11-07T17:00:00Z"), 201);
	expect_problem(post_shift("2060-11-06T16:00:00Z", "2060-11-07T17:00:01Z"),
	               "SHIFT_TOO_LONG");
	/* From 12:00 to 13:00: 24 hours. */
	expect_status(post_shift("2060-03-13T17:00:00Z", "2060-03-14T17:00:00Z"), 201);
	expect_problem(post_shift("2060-03-13T17:00:00Z", "2060-03-14T17:00:01Z"),
	               "SHIFT_TOO_LONG");
	expect_problem(post_shift("2060-11-08T17:00:00Z", "2060-11-09T17:00:01Z"),
	               "SHIFT_TOO_LONG");
}
