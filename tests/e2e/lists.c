/* lists.c: tests filters, totals and pagination of lists on the example of logs. */

#include "e2e.h"

static struct {
	struct client *guard, *supervisor;
	const char *location;
} f;

static void setup(void)
{
	f.supervisor = e2e_client("supervisor");
	f.location = e2e_new_location();
	f.guard = e2e_guard_on_duty("Rosa", f.location);
}

TestSuite(lists, .init = setup, .timeout = 30);

static const char *write_log(struct client *client, const char *members)
{
	const struct answer *answer =
		client_post(client, "/api/v1/logs", "{%s,'location_id':'%s'}", members, f.location);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

/* Changes when the log was created. */
static void set_created_at(const char *id, const char *time)
{
	server_query(e2e_server(), "update app.logs set created_at = '%s' where id = '%s'", time,
	             id);
}

static void expect_ids(struct client *client, const char *path, const char *const *ids)
{
	const struct answer *answer = client_get(client, "%s", path);
	size_t count = 0;

	expect_status(answer, 200);
	for (; ids[count]; count++)
		expect_at(answer, e2e_format("%zu.id", count), ids[count]);
	cr_expect_eq(json_count(answer->json), count, "%s: %zu instead of %zu", path,
	             json_count(answer->json), count);
}

Test(lists, apply_every_filter)
{
	const char *a =
		write_log(f.guard, "'type':'INCIDENT','severity':'HIGH','title':'Broken lamp',"
	                           "'description':'At the gangway.'");
	const char *b =
		write_log(f.supervisor, "'type':'WEATHER','severity':'LOW','title':'Wind 100%',"
	                                "'description':'Backing south-west.'");
	const char *c = write_log(
		f.guard, "'type':'PATROL','title':'Round_of_docks','description':'All quiet.',"
			 "'status':'DRAFT'");
	const char *guard =
		e2e_format("%s", answer_at(client_get(f.guard, "/api/v1/users/me"), "id"));
	const struct {
		const char *query, *found[4];
	} rows[] = {
		{ "", { c, b, a } },
		{ "&type=INCIDENT", { a } },
		{ "&type=INCIDENT,WEATHER", { b, a } },
		{ "&type=INCIDENT&type=WEATHER", { b, a } },
		{ "&type=INCIDENT&severity=LOW,HIGH&type=PATROL,WEATHER", { b, a } },
		{ "&type=OTHER", { 0 } },
		{ "&status=DRAFT", { c } },
		{ "&status=LIVE,UPDATED", { b, a } },
		{ "&severity=HIGH,CRITICAL", { a } },
		{ "&severity=LOW", { b } },
		{ e2e_format("&user_id=%s", guard), { c, a } },
		{ "&search=gangway", { a } },
		{ "&search=GANGWAY", { a } },
		{ "&search=lamp%20At", { a } }, /* title and description are searched as one text */
		{ "&search=100%25", { b } },
		{ "&search=0%25%20B", { b } },
		{ "&search=%25", { b } },
		{ "&search=round_of", { c } },
		{ "&search=round.of", { 0 } },
		{ "&search=_", { c } },
		{ "&start_date=2026-02-01", { c, b } },
		{ "&end_date=2026-02-01", { b, a } },
		{ "&start_date=2026-02-01&end_date=2026-02-01", { b } },
		{ "&end_date=2026-01-31", { a } },
		{ "&start_date=2026-02-01T23:30:00Z", { c, b } },
		{ "&start_date=2026-02-01T23:30:00.001Z", { c } },
		{ "&start_date=2026-02-02T00:30:00%2B01:00", { c, b } },
		{ "&end_date=2026-02-01T23:29:59.999Z", { a } },
		{ "&year=2025", { a } },
		{ "&year=2026", { c, b } },
		{ "&year=2026&month=2", { b } },
		{ "&year=2025&month=12", { a } },
		{ "&day_of_week=0", { b } },
		{ "&day_of_week=6", { 0 } },
		{ "&type=INCIDENT&severity=LOW", { 0 } },
	};

	set_created_at(a, "2025-12-31T23:59:59.999Z");
	set_created_at(b, "2026-02-01T23:30:00Z"); /* a Sunday */
	set_created_at(c, "2026-03-03T00:00:00Z");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t count = 0;

		while (rows[i].found[count])
			count++;
		expect_ids(f.guard,
		           e2e_format("/api/v1/logs?location_id=%s%s", f.location, rows[i].query),
		           rows[i].found);
		if (strstr(rows[i].query, "status=") == NULL)
			expect_at(client_get(f.guard, "/api/v1/logs/count?location_id=%s%s",
			                     f.location, rows[i].query),
			          "count", e2e_format("%zu", count));
	}
}

Test(lists, use_days_of_the_configured_time_zone)
{
	static const char *const times[] = {
		"2026-01-01T04:59:59.999Z", "2026-01-01T05:00:00Z", /* New Year in New York */
		"2026-03-08T04:59:59.999Z", "2026-03-08T05:00:00Z", /* a Sunday of 23 hours */
		"2026-03-09T03:59:59.999Z", "2026-03-09T04:00:00Z",
	};
	static const struct {
		const char *query;
		int found[7]; /* indexes into `times`, newest first; ends with -1 */
	} rows[] = {
		{ "start_date=2026-03-08&end_date=2026-03-08", { 4, 3, -1 } },
		{ "year=2026&day_of_week=0", { 4, 3, -1 } },
		{ "year=2026&day_of_week=1", { 5, -1 } },
		{ "year=2025", { 0, -1 } },
		{ "year=2026&month=1", { 1, -1 } },
		{ "year=2026&month=3", { 5, 4, 3, 2, -1 } },
		{ "start_date=2026-03-09T04:00:00Z&year=2026", { 5, -1 } },
	};
	struct server *server =
		server_dev((const char *const[]){ "TIMEZONE=America/New_York", NULL });
	struct client *writer = e2e_client_of(server, "supervisor"),
		      *admin = e2e_client_of(server, "admin");
	const char *location, *ids[COUNT_OF(times)];

	location = e2e_format(
		"%s", answer_at(client_post(admin, "/api/v1/locations", "{'name':'Far'}"), "id"));
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		ids[i] = e2e_new_log(writer, location, times[i]);
		server_query(server, "update app.logs set created_at = '%s' where id = '%s'",
		             times[i], ids[i]);
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *found[COUNT_OF(times) + 1] = { 0 };

		for (size_t j = 0; rows[i].found[j] >= 0; j++)
			found[j] = ids[rows[i].found[j]];
		expect_ids(writer,
		           e2e_format("/api/v1/logs?location_id=%s&%s", location, rows[i].query),
		           found);
	}
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

static const char *next_link(const struct answer *answer)
{
	const char *link = answer_header(answer, "Link");

	if (!link)
		return NULL;
	cr_assert(link[0] == '<' && strstr(link, ">; rel=\"next\""), "%s", link);
	return e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1);
}

Test(lists, filter_by_the_month_of_the_current_year)
{
	const char *id = e2e_new_log(f.guard, f.location, "This month"), *last_year;
	int month = atoi(server_query(e2e_server(), "select extract(month from now())"));

	last_year = e2e_new_log(f.guard, f.location, "A year ago");
	set_created_at(last_year, server_query(e2e_server(), "select now() - interval '1 year'"));
	expect_ids(f.guard, e2e_format("/api/v1/logs?location_id=%s&month=%d", f.location, month),
	           (const char *[]){ id, NULL });
	expect_at(client_get(f.guard, "/api/v1/logs/count?location_id=%s&month=%d", f.location,
	                     month),
	          "count", "1");
	expect_ids(f.guard,
	           e2e_format("/api/v1/logs?location_id=%s&month=%d", f.location, month % 12 + 1),
	           (const char *[]){ NULL });
}

/* A cursor depends on the values of the filters, not on how they were sent. */
Test(lists, continue_with_array_filters_in_either_form)
{
	static const char *const forms[] = {
		"type=PATROL&type=OTHER",
		"type=OTHER,PATROL",
		"type=PATROL,OTHER&type=OTHER",
	};
	const char *ids[3];

	for (int i = 0; i < 3; i++) {
		ids[i] = e2e_new_log(f.guard, f.location, e2e_format("Log %d", i));
		set_created_at(ids[i], e2e_format("2026-01-01T00:00:0%dZ", i));
	}
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		const char *path = e2e_format("/api/v1/logs?location_id=%s&limit=1&%s", f.location,
		                              forms[i]),
			   *next = next_link(client_get(f.guard, "%s", path)), *cursor;

		cr_assert(next != NULL, "%s", path);
		cr_expect(strstr(next, forms[i]) != NULL, "%s", next);
		expect_ids(f.guard, next, (const char *[]){ ids[1], NULL });
		cursor = strstr(next, "&cursor=");
		for (size_t j = 0; j < COUNT_OF(forms); j++)
			expect_ids(f.guard,
			           e2e_format("/api/v1/logs?location_id=%s&limit=1&%s%s",
			                      f.location, forms[j], cursor),
			           (const char *[]){ ids[1], NULL });
		expect_problem(client_get(f.guard,
		                          "/api/v1/logs?location_id=%s&limit=1&type=OTHER%s",
		                          f.location, cursor),
		               "BAD_CURSOR");
	}
}

Test(lists, return_each_entry_once_while_entries_are_added)
{
	enum { OLD = 35, PAGE = 10 };
	const char *ids[OLD], *path;
	int seen = 0, pages = 0;

	/* Three logs each have the same time; the ID decides their order. */
	for (int i = 0; i < OLD; i++) {
		ids[i] = e2e_new_log(f.guard, f.location, e2e_format("Old %d", i));
		set_created_at(ids[i], e2e_format("2026-01-01T00:00:%02dZ", i / 3));
	}
	path = e2e_format("/api/v1/logs?location_id=%s&limit=%d", f.location, PAGE);
	for (; path; pages++) {
		const struct answer *answer = client_get(f.guard, "%s", path);
		size_t count = json_count(answer->json);
		const char *next = next_link(answer);

		assert_status(answer, 200);
		cr_expect(next ? count == PAGE : count <= PAGE);
		for (size_t i = 0; i < count; i++) {
			const char *id = answer_at(answer, e2e_format("%zu.id", i));
			bool found = false;

			for (int j = 0; j < OLD; j++) {
				if (ids[j] && strcmp(ids[j], id) == 0) {
					found = true;
					ids[j] = NULL;
					seen++;
				}
			}
			cr_expect(found, "%s is listed twice or does not match the filter", id);
		}
		/* New logs arrive between the pages. */
		for (int i = 0; i < 7; i++)
			e2e_new_log(f.supervisor, f.location, "New");
		path = next;
	}
	cr_expect_eq(seen, OLD);
	cr_expect_eq(pages, 4);
}

Test(lists, keep_filters_in_next_links)
{
	const char *next;
	const struct answer *answer;

	for (int i = 0; i < 5; i++) {
		write_log(f.guard, "'type':'PATROL','title':'Round','description':'x'");
		write_log(f.guard, "'type':'OTHER','title':'Else','description':'x'");
	}
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&type=PATROL&limit=2", f.location);
	for (int page = 0; page < 3; page++) {
		for (size_t i = 0; i < json_count(answer->json); i++)
			expect_at(answer, e2e_format("%zu.type", i), "PATROL");
		next = next_link(answer);
		cr_expect(page < 2 ? next != NULL : next == NULL);
		if (next)
			answer = client_get(f.guard, "%s", next);
		assert_status(answer, 200);
	}
	/* A cursor is valid only with the filters it was issued for. */
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&type=PATROL&limit=2", f.location);
	next = strstr(next_link(answer), "cursor=");
	expect_problem(
		client_get(f.guard, "/api/v1/logs?location_id=%s&limit=2&%s", f.location, next),
		"BAD_CURSOR");
	expect_status(client_get(f.guard, "/api/v1/logs?location_id=%s&type=PATROL&limit=3&%s",
	                         f.location, next),
	              200);
}

Test(lists, escape_search_text_in_next_links)
{
	static const char *const searches[] = { "a>b%26c", "a%3Eb%26c", "a%3eb%26" };

	for (int i = 0; i < 3; i++)
		write_log(f.guard, "'type':'PATROL','title':'a>b&c','description':'x'");
	for (size_t i = 0; i < COUNT_OF(searches); i++) {
		const char *next = next_link(client_get(
			f.guard, "/api/v1/logs?location_id=%s&search=%s&limit=1&%%73kip=1",
			f.location, searches[i]));
		const struct answer *answer;

		cr_assert(next != NULL, "%s", searches[i]);
		answer = client_get(f.guard, "%s", next);
		expect_status(answer, 200);
		expect_at(answer, "0.title", "a>b&c");
		cr_expect(answer_header(answer, "Link") == NULL, "%s", searches[i]);
	}
}

Test(lists, return_the_total_only_on_request)
{
	const struct answer *answer;

	for (int i = 0; i < 3; i++)
		e2e_new_log(f.guard, f.location, "One");
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&limit=2", f.location);
	cr_expect(!answer_header(answer, "X-Total-Count"));

	client_set_header(f.guard, "Prefer: count=exact");
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&limit=2", f.location);
	expect_header(answer, "X-Total-Count", "3");
	cr_expect(answer_header(answer, "Preference-Applied") != NULL);
	cr_expect_eq(json_count(answer->json), 2);

	client_set_header(f.guard, "Prefer: respond-async, count=exact");
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&type=WEATHER", f.location);
	expect_header(answer, "X-Total-Count", "0");
	cr_expect_eq(json_count(answer->json), 0);
}

Test(lists, skip_the_requested_number_of_entries)
{
	const char *ids[4];
	const struct answer *answer;

	for (int i = 3; i >= 0; i--) {
		ids[i] = e2e_new_log(f.guard, f.location, "One");
		set_created_at(ids[i], e2e_format("2026-01-0%dT00:00:00Z", 9 - i));
	}
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&skip=1&limit=2", f.location);
	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.id", ids[1]);
	expect_at(answer, "1.id", ids[2]);
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s&skip=4", f.location);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 0);
}

Test(lists, return_the_newest_logs_of_a_location)
{
	const char *last = NULL;
	const struct answer *answer;

	for (int i = 0; i < 25; i++) {
		last = e2e_new_log(f.guard, f.location, "One");
		set_created_at(last, e2e_format("2026-01-01T00:00:%02dZ", i));
	}
	answer = client_get(f.guard, "/api/v1/locations/%s/logs", f.location);
	cr_expect_eq(json_count(answer->json), 20);
	expect_at(answer, "0.id", last);
	answer = client_get(f.guard, "/api/v1/locations/%s/logs?limit=1", f.location);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.location.id", f.location);
	expect_at(answer, "0.author.first_name", "Rosa");
	answer = client_get(f.guard, "/api/v1/locations/%s/logs", e2e_new_location());
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 0);
}

Test(lists, respond_304_if_unchanged)
{
	const struct answer *answer;
	const char *tag;

	e2e_new_log(f.guard, f.location, "One");
	answer = client_get(f.guard, "/api/v1/logs?location_id=%s", f.location);
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	cr_expect(str_begins(str_of(tag), "W/\""));
	client_set_header(f.guard, "If-None-Match: %s", tag);
	expect_status(client_get(f.guard, "/api/v1/logs?location_id=%s", f.location), 304);
	e2e_new_log(f.guard, f.location, "Two");
	client_set_header(f.guard, "If-None-Match: %s", tag);
	expect_status(client_get(f.guard, "/api/v1/logs?location_id=%s", f.location), 200);
}
