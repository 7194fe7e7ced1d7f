/* Timesheets are listed by week and name, approved in numbers, and made of who worked. */

#include "e2e.h"

static struct {
	struct client *chief, *other;
	const char *week; /* nobody else's */
} f;

/* Far away, and another one for each test. */
static void setup(void)
{
	f.chief = e2e_new_user("SUPERVISOR", "Marek");
	f.other = e2e_new_user("SUPERVISOR", "Peter");
	f.week = e2e_format("%s", server_query(e2e_server(),
	                                      "select date '2100-01-03' + 70 * floor(random() * 35000)::integer"));
}

TestSuite(timesheet_lists, .init = setup, .timeout = 40);

static const char *ask(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

static const char *week_after(int weeks)
{
	return ask(e2e_format("select date '%s' + 7 * %d", f.week, weeks));
}

static const char *person(const char *last_name)
{
	return ask(e2e_format("insert into app.users (role, first_name, last_name) values ('GUARD', 'Some', '%s')"
	                       " returning id", last_name));
}

static void work(const char *who, const char *week, int hours)
{
	server_query(e2e_server(),
	           "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	           " select '%s', t, t + %d * interval '1 hour' from (select '%s 06:00Z'::timestamptz as t) w",
	           who, hours, week);
}

static const char *sheet_of(const char *who, const char *week, bool submitted)
{
	const struct answer *answer;
	const char *id;

	work(who, week, 8);
	answer = client_post(f.chief, "/api/v1/timesheets", "{'user_id':'%s','week_start_date':'%s'}", who, week);
	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	if (submitted)
		assert_status(client_post(f.chief, e2e_format("/api/v1/timesheets/%s/submit", id), NULL), 200);
	return id;
}

static void expect_found(const char *query, const char *const *ids)
{
	const struct answer *answer = client_get(f.chief, "/api/v1/timesheets?%s", query);
	size_t count = 0;

	expect_status(answer, 200);
	for (; ids[count]; count++)
		expect_at(answer, e2e_format("%zu.id", count), ids[count]);
	cr_expect_eq(json_count(answer->json), count, "%s: %zu instead of %zu", query, json_count(answer->json), count);
}

#define FOUND(...) (const char *const[]){ __VA_ARGS__, NULL }

Test(timesheet_lists, are_filtered_by_person_state_and_week)
{
	const char *ada = person("Adams"), *bo = person("bohm"), *next = week_after(1);
	const char *a1 = sheet_of(ada, f.week, true), *b1 = sheet_of(bo, f.week, false), *a2 = sheet_of(ada, next, false);
	const struct answer *answer;

	expect_found(e2e_format("user_id=%s", ada), FOUND(a2, a1));
	expect_found(e2e_format("user_id=%s&status=PENDING", ada), FOUND(a1));
	expect_found(e2e_format("user_id=%s&status=DRAFT,PENDING", ada), FOUND(a2, a1));
	expect_found(e2e_format("user_id=%s&status=APPROVED", ada), FOUND(NULL));
	expect_found(e2e_format("week_start_date=%s", f.week), FOUND(a1, b1));
	expect_found(e2e_format("week_start_date=%s&status=DRAFT", f.week), FOUND(b1));
	expect_found(e2e_format("week_start_date=%s&user_id=%s", next, bo), FOUND(NULL));
	answer = client_get(f.chief, "/api/v1/timesheets?user_id=%s&limit=1&skip=1", ada);
	expect_at(answer, "0.user.last_name", "Adams");
	expect_at(answer, "0.total_hours", "8.00");
	expect_at(answer, "0.entries", "absent");
	expect_problem(client_get(f.chief, "/api/v1/timesheets?week_start_date=2026-03-02"), "NOT_A_SUNDAY");
	expect_problem(client_get(f.chief, "/api/v1/timesheets?status=OPEN"), "VALIDATION_FAILED");
}

static const char *next_of(const struct answer *answer)
{
	const char *link = answer_header(answer, "Link");

	return link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
}

/* The newest week first, in it by last name, however it is written; of two with the same
 * name the id settles it. */
Test(timesheet_lists, turn_over_page_by_page)
{
	static const char *const names[] = { "Adams", "adler", "Berg", "Berg", "Berg", "zander" };
	enum { PEOPLE = COUNT_OF(names), WEEKS = 3 };
	const char *who[PEOPLE], *path, *last = "";
	int seen = 0, pages = 0;

	for (int i = 0; i < PEOPLE; i++)
		who[i] = person(names[i]);
	for (int week = 0; week < WEEKS; week++) {
		for (int i = PEOPLE; i-- > 0;)
			sheet_of(who[i], week_after(week), week == 1);
	}
	client_set_header(f.chief, "Prefer: count=exact");
	expect_header(client_get(f.chief, "/api/v1/timesheets?limit=1&user_id=%s", who[0]), "X-Total-Count", "3");
	path = e2e_format("/api/v1/timesheets?limit=4");
	/* What lies in later weeks is other tests'. */
	while (path && seen < PEOPLE * WEEKS) {
		const struct answer *answer = client_get(f.chief, "%s", path);

		expect_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json); i++) {
			const char *week = e2e_format("%s", answer_at(answer, e2e_format("%zu.week_start_date", i)));
			const char *place;

			if (strcmp(week, f.week) < 0 || strcmp(week, week_after(WEEKS - 1)) > 0)
				continue;
			/* Of what is listed later the place is greater. */
			place = ask(e2e_format("select lpad((date '9999-01-01' - date '%s')::text, 8, '0') || ' ' || lower('%s')"
			                        " || ' ' || '%s'",
			                        week, answer_at(answer, e2e_format("%zu.user.last_name", i)),
			                        answer_at(answer, e2e_format("%zu.id", i))));
			cr_expect(strcmp(place, last) > 0, "%s stands behind %s", place, last);
			last = place;
			seen++;
		}
		pages++;
		path = next_of(answer);
		cr_assert(pages < 2000);
	}
	cr_expect_eq(seen, PEOPLE * WEEKS, "%d were seen", seen);
}

Test(timesheet_lists, take_no_cursor_of_another_list)
{
	const char *ada = person("Adams"), *next;

	sheet_of(ada, f.week, false);
	sheet_of(ada, week_after(1), false);
	next = next_of(client_get(f.chief, "/api/v1/timesheets?user_id=%s&limit=1", ada));
	cr_assert(next != NULL);
	expect_at(client_get(f.chief, "%s", next), "0.week_start_date", f.week);
	expect_problem(client_get(f.chief, "/api/v1/timesheets?limit=1&cursor=%s", strstr(next, "cursor=") + 7), "BAD_CURSOR");
}

Test(timesheet_lists, of_candidates_say_who_worked)
{
	const char *ada = person("Adams"), *bo = person("bohm"), *cy = person("Cole"), *sheet;
	const struct answer *answer;

	sheet = sheet_of(ada, f.week, false);
	work(bo, f.week, 3);
	work(bo, f.week, 4);
	work(bo, f.week, 0);
	work(cy, week_after(1), 8);
	server_query(e2e_server(), "insert into app.duty_sessions (user_id, clock_in_time) values ('%s', '%s 07:00Z')", cy,
	           f.week);
	answer = client_get(f.other, "/api/v1/timesheets/candidates?week_start_date=%s", f.week);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 2);
	expect_at(answer, "0.user_id", ada);
	expect_at(answer, "0.timesheet_id", sheet);
	expect_at(answer, "0.user.last_name", "Adams");
	expect_at(answer, "1.user_id", bo);
	expect_at(answer, "1.completed_sessions", "2");
	expect_at(answer, "1.total_hours", "7.00");
	expect_at(answer, "1.timesheet_id", "null");
	expect_at(client_get(f.other, "/api/v1/timesheets/candidates?week_start_date=%s&limit=1&skip=1", f.week),
	          "0.user_id", bo);
	expect_problem(client_get(f.other, "/api/v1/timesheets/candidates?week_start_date=2026-03-02"), "NOT_A_SUNDAY");
	expect_problem(client_get(f.other, "/api/v1/timesheets/candidates"), "VALIDATION_FAILED");
}

static const struct answer *approve(struct client *client, const char *ids)
{
	return client_post(client, "/api/v1/timesheets/bulk-approve", "{'ids':[%s]}", ids);
}

Test(timesheet_lists, are_approved_each_by_itself)
{
	const char *me = e2e_format("%s", answer_at(client_get(f.other, "/api/v1/users/me"), "id"));
	const char *good = sheet_of(person("Adams"), f.week, true), *fine = sheet_of(person("Berg"), f.week, true);
	const char *draft = sheet_of(person("Cole"), f.week, false), *mine = sheet_of(me, f.week, true), *nothing = e2e_id();
	const struct answer *answer = approve(f.other, e2e_format("'%s','%s','%s','%s','%s','%s'", draft, good, nothing, mine,
	                                                           good, fine));

	expect_status(answer, 200);
	expect_at(answer, "approved", "2");
	expect_at(answer, "failed", "3");
	cr_expect_eq(json_count(json_in(answer->json, "errors")), 3);
	expect_at(answer, "errors.0.id", draft);
	expect_at(answer, "errors.0.code", "TIMESHEET_NOT_PENDING");
	expect_at(answer, "errors.1.id", nothing);
	expect_at(answer, "errors.1.code", "NOT_FOUND");
	expect_at(answer, "errors.2.id", mine);
	expect_at(answer, "errors.2.code", "FORBIDDEN");
	expect_at(client_get(f.chief, "/api/v1/timesheets/%s", good), "status", "APPROVED");
	expect_at(client_get(f.chief, "/api/v1/timesheets/%s", fine), "approved_by", me);
	expect_at(client_get(f.chief, "/api/v1/timesheets/%s", draft), "status", "DRAFT");
	expect_at(client_get(f.chief, "/api/v1/timesheets/%s", mine), "status", "PENDING");
	cr_expect_str_eq(ask(e2e_format("select count(*) from live.events where type = 'timesheet.approved'"
	                                 " and data ->> 'id' in ('%s', '%s', '%s', '%s')", good, fine, draft, mine)),
	                 "2");

	answer = approve(f.other, e2e_format("'%s'", good));
	expect_status(answer, 200);
	expect_at(answer, "approved", "0");
	expect_at(answer, "errors.0.code", "TIMESHEET_NOT_PENDING");
	expect_problem(approve(f.other, ""), "VALIDATION_FAILED");
	expect_problem(approve(f.other, "'x'"), "VALIDATION_FAILED");
}

/* In either order, by many at the same time: each once, and nobody waits for ever. */
Test(timesheet_lists, are_approved_once_by_all_who_do_it_in_numbers)
{
	enum { SHEETS = 10, ASKERS = 20 };
	const char *there = "", *back = "", *ids[SHEETS];
	struct client *clients[ASKERS];
	int approved = 0, failed = 0;

	for (int i = 0; i < SHEETS; i++) {
		ids[i] = sheet_of(person("Adams"), f.week, true);
		there = e2e_format("%s%s'%s'", there, *there ? "," : "", ids[i]);
		back = e2e_format("'%s'%s%s", ids[i], *back ? "," : "", back);
	}
	for (int i = 0; i < ASKERS; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < ASKERS; i++)
		client_send(clients[i], "POST", "/api/v1/timesheets/bulk-approve", "{'ids':[%s]}", i % 2 ? there : back);
	for (int i = 0; i < ASKERS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, 200);
		approved += (int)json_integer(json_in(answer->json, "approved"));
		failed += (int)json_integer(json_in(answer->json, "failed"));
	}
	cr_expect_eq(approved, SHEETS);
	cr_expect_eq(failed, SHEETS * (ASKERS - 1));
}
