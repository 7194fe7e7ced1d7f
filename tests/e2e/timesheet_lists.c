/* timesheet_lists.c: tests listing timesheets, listing candidates, and approving many at once. */

#include "e2e.h"

static struct {
	struct client *supervisor, *other;
	const char *week; /* used by this test only */
} f;

/* Picks a random week in the past, so that tests do not see each other's timesheets. */
static void setup(void)
{
	f.supervisor = e2e_new_user("SUPERVISOR", "Marek");
	f.other = e2e_new_user("SUPERVISOR", "Peter");
	f.week = e2e_format(
		"%s",
		server_query(e2e_server(),
	                     "select date '1950-01-01' - 70 * floor(random() * 3500)::integer"));
}

TestSuite(timesheet_lists, .init = setup, .timeout = 40);

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

static const char *week_after(int weeks)
{
	return query(e2e_format("select date '%s' + 7 * %d", f.week, weeks));
}

static const char *person(const char *last_name)
{
	return query(e2e_format(
		"insert into app.users (role, first_name, last_name) values ('GUARD', 'Some', '%s')"
		" returning id",
		last_name));
}

static void add_session(const char *who, const char *week, int hours)
{
	server_query(e2e_server(),
	             "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	             " select '%s', t, t + %d * interval '1 hour'"
	             " from (select '%s 06:00Z'::timestamptz as t) w",
	             who, hours, week);
}

static const char *create_timesheet(const char *who, const char *week, bool submitted)
{
	const struct answer *answer;
	const char *id;

	add_session(who, week, 8);
	answer = client_post(f.supervisor, "/api/v1/timesheets",
	                     "{'user_id':'%s','week_start_date':'%s'}", who, week);
	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	if (submitted)
		assert_status(client_post(f.supervisor,
		                          e2e_format("/api/v1/timesheets/%s/submit", id), NULL),
		              200);
	return id;
}

static void expect_found(const char *query, const char *const *ids)
{
	const struct answer *answer = client_get(f.supervisor, "/api/v1/timesheets?%s", query);
	size_t count = 0;

	expect_status(answer, 200);
	for (; ids[count]; count++)
		expect_at(answer, e2e_format("%zu.id", count), ids[count]);
	cr_expect_eq(json_count(answer->json), count, "%s: %zu instead of %zu", query,
	             json_count(answer->json), count);
}

/* clang-format off */
#define FOUND(...) (const char *const[]){ __VA_ARGS__, NULL }
/* clang-format on */

Test(timesheet_lists, can_be_filtered_by_user_status_and_week)
{
	const char *ada = person("Adams"), *bo = person("bohm"), *next = week_after(1);
	const char *a1 = create_timesheet(ada, f.week, true),
		   *b1 = create_timesheet(bo, f.week, false),
		   *a2 = create_timesheet(ada, next, false);
	const struct answer *answer;

	expect_found(e2e_format("user_id=%s", ada), FOUND(a2, a1));
	expect_found(e2e_format("user_id=%s&status=PENDING", ada), FOUND(a1));
	expect_found(e2e_format("user_id=%s&status=DRAFT,PENDING", ada), FOUND(a2, a1));
	expect_found(e2e_format("user_id=%s&status=APPROVED", ada), FOUND(NULL));
	expect_found(e2e_format("week_start_date=%s", f.week), FOUND(a1, b1));
	expect_found(e2e_format("week_start_date=%s&status=DRAFT", f.week), FOUND(b1));
	expect_found(e2e_format("week_start_date=%s&user_id=%s", next, bo), FOUND(NULL));
	answer = client_get(f.supervisor, "/api/v1/timesheets?user_id=%s&limit=1&skip=1", ada);
	expect_at(answer, "0.user.last_name", "Adams");
	expect_at(answer, "0.total_hours", "8.00");
	expect_at(answer, "0.entries", "absent");
	expect_problem(client_get(f.supervisor, "/api/v1/timesheets?week_start_date=2026-03-02"),
	               "NOT_A_SUNDAY");
	expect_problem(client_get(f.supervisor, "/api/v1/timesheets?status=OPEN"),
	               "VALIDATION_FAILED");
}

static const char *next_of(const struct answer *answer)
{
	const char *link = answer_header(answer, "Link");

	return link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
}

/* The newest week first; in a week by last name, ignoring case, then by ID. */
Test(timesheet_lists, are_sorted_across_pages)
{
	static const char *const names[] = { "Adams", "adler", "Berg", "Berg", "Berg", "zander" };
	enum { PEOPLE = COUNT_OF(names), WEEKS = 3 };
	const char *who[PEOPLE], *path, *last = "";
	int seen = 0, pages = 0;

	for (int i = 0; i < PEOPLE; i++)
		who[i] = person(names[i]);
	for (int week = 0; week < WEEKS; week++) {
		for (int i = PEOPLE; i-- > 0;)
			create_timesheet(who[i], week_after(week), week == 1);
	}
	client_set_header(f.supervisor, "Prefer: count=exact");
	expect_header(client_get(f.supervisor, "/api/v1/timesheets?limit=1&user_id=%s", who[0]),
	              "X-Total-Count", "3");
	path = e2e_format("/api/v1/timesheets?limit=4");
	/* Later weeks have timesheets of other tests. */
	while (path && seen < PEOPLE * WEEKS) {
		const struct answer *answer = client_get(f.supervisor, "%s", path);

		expect_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json); i++) {
			const char *week = e2e_format(
				"%s", answer_at(answer, e2e_format("%zu.week_start_date", i)));
			const char *key;

			if (strcmp(week, f.week) < 0 || strcmp(week, week_after(WEEKS - 1)) > 0)
				continue;
			/* A key that sorts like the list. */
			key = query(e2e_format(
				"select lpad((date '9999-01-01' - date '%s')::text, 8, '0') ||"
				" ' ' || lower('%s')"
				" || ' ' || '%s'",
				week, answer_at(answer, e2e_format("%zu.user.last_name", i)),
				answer_at(answer, e2e_format("%zu.id", i))));
			cr_expect(strcmp(key, last) > 0, "%s is listed after %s", key, last);
			last = key;
			seen++;
		}
		pages++;
		path = next_of(answer);
		cr_assert(pages < 2000);
	}
	cr_expect_eq(seen, PEOPLE * WEEKS, "%d were listed", seen);
}

Test(timesheet_lists, reject_a_cursor_of_another_list)
{
	const char *ada = person("Adams"), *next;

	create_timesheet(ada, f.week, false);
	create_timesheet(ada, week_after(1), false);
	next = next_of(client_get(f.supervisor, "/api/v1/timesheets?user_id=%s&limit=1", ada));
	cr_assert(next != NULL);
	expect_at(client_get(f.supervisor, "%s", next), "0.week_start_date", f.week);
	expect_problem(client_get(f.supervisor, "/api/v1/timesheets?limit=1&cursor=%s",
	                          strstr(next, "cursor=") + 7),
	               "BAD_CURSOR");
}

Test(timesheet_lists, list_candidates_with_their_sessions)
{
	const char *ada = person("Adams"), *bo = person("bohm"), *cy = person("Cole"), *timesheet;
	const struct answer *answer;

	timesheet = create_timesheet(ada, f.week, false);
	add_session(bo, f.week, 3);
	add_session(bo, f.week, 4);
	add_session(bo, f.week, 0);
	add_session(cy, week_after(1), 8);
	server_query(
		e2e_server(),
		"insert into app.duty_sessions (user_id, clock_in_time) values ('%s', '%s 07:00Z')",
		cy, f.week);
	answer = client_get(f.other, "/api/v1/timesheets/candidates?week_start_date=%s", f.week);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.user_id", ada);
	expect_at(answer, "0.timesheet_id", timesheet);
	expect_at(answer, "0.missing_sessions", "0");
	expect_at(answer, "0.user.last_name", "Adams");
	expect_at(answer, "1.user_id", bo);
	expect_at(answer, "1.completed_sessions", "2");
	expect_at(answer, "1.total_hours", "7.00");
	expect_at(answer, "1.timesheet_id", "null");
	expect_at(answer, "1.missing_sessions", "2");
	expect_at(client_get(f.other,
	                     "/api/v1/timesheets/candidates?week_start_date=%s&limit=1&skip=1",
	                     f.week),
	          "0.user_id", bo);
	expect_problem(
		client_get(f.other, "/api/v1/timesheets/candidates?week_start_date=2026-03-02"),
		"NOT_A_SUNDAY");
	expect_problem(client_get(f.other, "/api/v1/timesheets/candidates"), "VALIDATION_FAILED");
}

static const struct answer *approve(struct client *client, const char *ids)
{
	return client_post(client, "/api/v1/timesheets/bulk-approve", "{'ids':[%s]}", ids);
}

Test(timesheet_lists, bulk_approval_handles_each_timesheet_by_itself)
{
	const char *me = e2e_format("%s", answer_at(client_get(f.other, "/api/v1/users/me"), "id"));
	const char *first = create_timesheet(person("Adams"), f.week, true),
		   *second = create_timesheet(person("Berg"), f.week, true);
	const char *draft = create_timesheet(person("Cole"), f.week, false),
		   *mine = create_timesheet(me, f.week, true), *unknown = e2e_id();
	const struct answer *answer =
		approve(f.other, e2e_format("'%s','%s','%s','%s','%s','%s'", draft, first, unknown,
	                                    mine, first, second));

	expect_status(answer, 200);
	expect_at(answer, "approved", "2");
	expect_at(answer, "failed", "3");
	cr_expect_eq(json_count(json_in(answer->json, "errors")), 3);
	expect_at(answer, "errors.0.id", draft);
	expect_at(answer, "errors.0.code", "TIMESHEET_NOT_PENDING");
	expect_at(answer, "errors.1.id", unknown);
	expect_at(answer, "errors.1.code", "NOT_FOUND");
	expect_at(answer, "errors.2.id", mine);
	expect_at(answer, "errors.2.code", "FORBIDDEN");
	expect_at(client_get(f.supervisor, "/api/v1/timesheets/%s", first), "status", "APPROVED");
	expect_at(client_get(f.supervisor, "/api/v1/timesheets/%s", second), "approved_by", me);
	expect_at(client_get(f.supervisor, "/api/v1/timesheets/%s", draft), "status", "DRAFT");
	expect_at(client_get(f.supervisor, "/api/v1/timesheets/%s", mine), "status", "PENDING");
	cr_expect_str_eq(
		query(e2e_format(
			"select count(*) from live.events where type = 'timesheet.approved'"
			" and data ->> 'id' in ('%s', '%s', '%s', '%s')",
			first, second, draft, mine)),
		"2");

	answer = approve(f.other, e2e_format("'%s'", first));
	expect_status(answer, 200);
	expect_at(answer, "approved", "0");
	expect_at(answer, "errors.0.code", "TIMESHEET_NOT_PENDING");
	expect_problem(approve(f.other, ""), "VALIDATION_FAILED");
	expect_problem(approve(f.other, "'x'"), "VALIDATION_FAILED");
}

/* Requests that list the timesheets in opposite orders: each is approved once, without a
 * deadlock. */
Test(timesheet_lists, concurrent_bulk_approvals_approve_each_once)
{
	enum { TIMESHEETS = 10, REQUESTS = 20 };
	const char *forward = "", *backward = "", *ids[TIMESHEETS];
	struct client *clients[REQUESTS];
	int approved = 0, failed = 0;

	for (int i = 0; i < TIMESHEETS; i++) {
		ids[i] = create_timesheet(person("Adams"), f.week, true);
		forward = e2e_format("%s%s'%s'", forward, *forward ? "," : "", ids[i]);
		backward = e2e_format("'%s'%s%s", ids[i], *backward ? "," : "", backward);
	}
	for (int i = 0; i < REQUESTS; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < REQUESTS; i++)
		client_send(clients[i], "POST", "/api/v1/timesheets/bulk-approve", "{'ids':[%s]}",
		            i % 2 ? forward : backward);
	for (int i = 0; i < REQUESTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, 200);
		approved += (int)json_integer(json_in(answer->json, "approved"));
		failed += (int)json_integer(json_in(answer->json, "failed"));
	}
	cr_expect_eq(approved, TIMESHEETS);
	cr_expect_eq(failed, TIMESHEETS * (REQUESTS - 1));
}
