/* In New York the clock is put forward on 14 March 2060, and back on 7 November: shifts
 * begin and end by it, and days are its days. */

#include "e2e.h"

static struct {
	struct server *server;
	struct client *supervisor;
	const char *place;
} f;

static void setup(void)
{
	static const char *const settings[] = { "TIMEZONE=America/New_York", NULL };
	const struct answer *answer;

	f.server = server_dev(settings);
	f.supervisor = e2e_client_of(f.server, "supervisor");
	answer = client_post(e2e_client_of(f.server, "admin"), "/api/v1/locations", "{'name':'%s'}", e2e_name());
	assert_status(answer, 201);
	f.place = e2e_format("%s", answer_at(answer, "id"));
}

static void teardown(void)
{
	server_free(f.server);
}

TestSuite(dst, .init = setup, .fini = teardown, .timeout = 60);

/* Every day, for five days. */
static void make_shifts(const char *first, const char *begins, const char *ends)
{
	const struct answer *answer =
		client_post(f.supervisor, "/api/v1/recurring-shifts",
	                    "{'name':'Watch','location_id':'%s','start_time':'%s','end_time':'%s',"
	                    "'days_of_week':[0,1,2,3,4,5,6],'start_date':'%s','generate':{'days':5}}",
	                    f.place, begins, ends, first);

	assert_status(answer, 201);
	expect_at(answer, "generated.created", "5");
	expect_at(answer, "generated.skipped", "0");
	answer = client_post(f.supervisor,
	                     e2e_format("/api/v1/recurring-shifts/%s/generate", answer_at(answer, "id")), "{'days':5}");
	expect_at(answer, "created", "0");
	expect_at(answer, "skipped", "5");
}

struct stretch {
	const char *start, *end;
};

static void expect_between(const char *first, const char *last, const struct stretch *shifts, size_t count)
{
	const struct answer *answer = client_get(f.supervisor, "/api/v1/shifts?location_id=%s&start_date=%s&end_date=%s",
	                                         f.place, first, last);

	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), count, "from %s to %s: %zu", first, last, json_count(answer->json));
	for (size_t i = 0; i < count; i++) {
		expect_at(answer, e2e_format("%zu.start_time", i), shifts[i].start);
		expect_at(answer, e2e_format("%zu.end_time", i), shifts[i].end);
	}
}

#define EXPECT_BETWEEN(first, last, ...)                                                                 \
	expect_between(first, last, (const struct stretch[]){ __VA_ARGS__ },                             \
	               COUNT_OF(((const struct stretch[]){ __VA_ARGS__ })))

/* From ten to six: of a night in which an hour is missing seven are left. */
Test(dst, begins_and_the_night_is_an_hour_shorter)
{
	make_shifts("2060-03-11", "22:00", "06:00");
	EXPECT_BETWEEN("2060-03-11", "2060-03-15",
	               { "2060-03-12T03:00:00+00:00", "2060-03-12T11:00:00+00:00" },
	               { "2060-03-13T03:00:00+00:00", "2060-03-13T11:00:00+00:00" },
	               { "2060-03-14T03:00:00+00:00", "2060-03-14T10:00:00+00:00" },
	               { "2060-03-15T02:00:00+00:00", "2060-03-15T10:00:00+00:00" },
	               { "2060-03-16T02:00:00+00:00", "2060-03-16T10:00:00+00:00" });
	/* The day on which it begins is that of the clock on the wall. */
	EXPECT_BETWEEN("2060-03-13", "2060-03-13", { "2060-03-14T03:00:00+00:00", "2060-03-14T10:00:00+00:00" });
	EXPECT_BETWEEN("2060-03-14", "2060-03-14", { "2060-03-15T02:00:00+00:00", "2060-03-15T10:00:00+00:00" });
}

Test(dst, ends_and_the_night_is_an_hour_longer)
{
	make_shifts("2060-11-04", "22:00", "06:00");
	EXPECT_BETWEEN("2060-11-04", "2060-11-08",
	               { "2060-11-05T02:00:00+00:00", "2060-11-05T10:00:00+00:00" },
	               { "2060-11-06T02:00:00+00:00", "2060-11-06T10:00:00+00:00" },
	               { "2060-11-07T02:00:00+00:00", "2060-11-07T11:00:00+00:00" },
	               { "2060-11-08T03:00:00+00:00", "2060-11-08T11:00:00+00:00" },
	               { "2060-11-09T03:00:00+00:00", "2060-11-09T11:00:00+00:00" });
	EXPECT_BETWEEN("2060-11-06", "2060-11-06", { "2060-11-07T02:00:00+00:00", "2060-11-07T11:00:00+00:00" });
	EXPECT_BETWEEN("2060-11-07", "2060-11-07", { "2060-11-08T03:00:00+00:00", "2060-11-08T11:00:00+00:00" });
}

/* What does not touch the night has the same length on all days, and the same time on the
 * wall. */
Test(dst, leaves_the_day_as_long_as_it_is)
{
	make_shifts("2060-03-12", "08:00", "16:00");
	EXPECT_BETWEEN("2060-03-12", "2060-03-16",
	               { "2060-03-12T13:00:00+00:00", "2060-03-12T21:00:00+00:00" },
	               { "2060-03-13T13:00:00+00:00", "2060-03-13T21:00:00+00:00" },
	               { "2060-03-14T12:00:00+00:00", "2060-03-14T20:00:00+00:00" },
	               { "2060-03-15T12:00:00+00:00", "2060-03-15T20:00:00+00:00" },
	               { "2060-03-16T12:00:00+00:00", "2060-03-16T20:00:00+00:00" });
}

/* At half past two there is nothing on that day, and at a quarter past three too little:
 * it begins an hour later and lasts as long as it should. */
Test(dst, has_an_hour_that_is_none)
{
	make_shifts("2060-03-13", "02:30", "03:15");
	EXPECT_BETWEEN("2060-03-13", "2060-03-15",
	               { "2060-03-13T07:30:00+00:00", "2060-03-13T08:15:00+00:00" },
	               { "2060-03-14T07:30:00+00:00", "2060-03-14T08:15:00+00:00" },
	               { "2060-03-15T06:30:00+00:00", "2060-03-15T07:15:00+00:00" });
}

/* A day of 23 hours, and one of 25, from midnight to midnight. */
Test(dst, makes_days_of_other_lengths)
{
	make_shifts("2060-03-13", "00:00", "00:00");
	EXPECT_BETWEEN("2060-03-14", "2060-03-14", { "2060-03-14T05:00:00+00:00", "2060-03-15T04:00:00+00:00" });
	make_shifts("2060-11-06", "00:00", "00:00");
	EXPECT_BETWEEN("2060-11-07", "2060-11-07", { "2060-11-07T04:00:00+00:00", "2060-11-08T05:00:00+00:00" });
}
