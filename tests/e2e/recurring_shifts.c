/* recurring_shifts.c: tests recurring shift patterns and the shifts generated from them. */

#include "shift_fixture.h"

enum { CLIENTS = 50 };

static struct {
	struct client *guard, *supervisor, *admin;
	const char *location, *rosa, *jonas;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.supervisor = e2e_client("supervisor");
	f.admin = e2e_client("admin");
	f.location = e2e_new_location();
	f.rosa = new_guard("Rosa", "Ash");
	f.jonas = new_guard("Jonas", "Birch");
}

TestSuite(recurring_shifts, .init = setup, .timeout = 60);

#define PATTERNS "/api/v1/recurring-shifts"

static const char *path_of(const char *id, const char *action)
{
	return e2e_format(PATTERNS "/%s%s", id, action);
}

/* Tuesdays and Saturdays from 1 March 2050, a Tuesday. */
static const char *body_at(const char *location, const char *extra)
{
	return e2e_format(
		"{'name':'Nights','location_id':'%s','start_time':'22:00','end_time':'06:00',"
		"'days_of_week':[6,2],'start_date':'2050-03-01'%s}",
		location, extra);
}

static const struct answer *post_pattern(const char *extra)
{
	return client_post(f.supervisor, PATTERNS, "%s", body_at(f.location, extra));
}

static const char *create_pattern(const char *extra)
{
	const struct answer *answer = post_pattern(extra);

	assert_status(answer, 201);
	return id_of(answer);
}

static const char *assignments(const char *a, const char *b)
{
	return e2e_format(
		",'user_assignments':[{'user_id':'%s','role':'PRIMARY'},{'user_id':'%s'}]", a, b);
}

static const struct answer *generate(const char *id, int days)
{
	return client_post(f.supervisor, path_of(id, "/generate"), "{'days':%d}", days);
}

static void expect_generated(const struct answer *answer, const char *created, const char *skipped)
{
	expect_status(answer, 200);
	expect_at(answer, "created", created);
	expect_at(answer, "skipped", skipped);
}

/* "1 4 8": the days of March 2050 on which shifts begin at the location. */
static const char *days_at(const char *location)
{
	return e2e_format(
		"%s",
		server_query(
			e2e_server(),
			"select coalesce(string_agg(extract(day from start_time)::text, ' '"
			" order by start_time), 'none') from app.shifts where location_id = '%s'",
			location));
}

Test(recurring_shifts, are_created_read_and_listed)
{
	const struct answer *answer = post_pattern(assignments(f.jonas, f.rosa));
	const char *id;

	assert_status(answer, 201);
	id = id_of(answer);
	expect_header(answer, "Location", path_of(id, ""));
	expect_at(answer, "name", "Nights");
	expect_at(answer, "start_time", "22:00");
	expect_at(answer, "end_time", "06:00");
	expect_at(answer, "days_of_week", "[6,2]");
	expect_at(answer, "start_date", "2050-03-01");
	expect_at(answer, "end_date", "null");
	expect_at(answer, "is_active", "true");
	expect_at(answer, "location.id", f.location);
	expect_at(answer, "user_assignments.0.user.last_name", "Ash");
	expect_at(answer, "user_assignments.1.role", "PRIMARY");
	expect_at(answer, "generated", "null");
	cr_expect_str_eq(days_at(f.location), "none");
	answer = client_get(f.guard, "%s", path_of(id, ""));
	expect_status(answer, 200);
	expect_at(answer, "user_assignments.0.user.id", f.rosa);
	expect_at(answer, "generated", "absent");
	cr_expect_str_eq(event_types("location", f.location), "recurring_shift.created");
	cr_expect_str_eq(event_types("user", f.rosa), "recurring_shift.created");

	expect_status(client_patch(f.supervisor, path_of(id, ""), "{'is_active':false,'name':'B'}"),
	              200);
	assert_status(post_pattern(",'is_active':true"), 201);
	answer = client_get(f.guard, PATTERNS "?location_id=%s", f.location);
	expect_at(answer, "0.name", "B");
	expect_at(answer, "1.name", "Nights");
	cr_expect_eq(json_count(answer->json), 2);
	answer = client_get(f.guard, PATTERNS "?location_id=%s&is_active=false", f.location);
	expect_at(answer, "0.id", id);
	cr_expect_eq(json_count(answer->json), 1);
	answer = client_get(f.guard, PATTERNS "?location_id=%s&limit=1", f.location);
	cr_expect_eq(json_count(answer->json), 1);
	cr_expect(answer_header(answer, "Link") != NULL);
	expect_problem(client_get(f.guard, "%s", path_of(e2e_id(), "")), "NOT_FOUND");
}

Test(recurring_shifts, need_an_active_location)
{
	const char *closed = e2e_new_location(), *other = create_pattern("");
	const char *id = id_of(
		client_post(f.supervisor, PATTERNS, "%s", body_at(closed, ",'is_active':true")));
	const char *location = e2e_format("/api/v1/locations/%s", closed);

	assert_status(client_patch(f.admin, location, "{'is_active':false}"), 200);
	expect_problem(client_post(f.supervisor, PATTERNS, "%s", body_at(closed, "")),
	               "LOCATION_INACTIVE");
	expect_problem(
		client_patch(f.supervisor, path_of(other, ""), "{'location_id':'%s'}", closed),
		"LOCATION_INACTIVE");
	expect_problem(generate(id, 7), "LOCATION_INACTIVE");
	expect_status(client_patch(f.supervisor, path_of(id, ""), "{'is_active':false}"), 200);
	expect_problem(client_patch(f.supervisor, path_of(id, ""), "{'is_active':true}"),
	               "LOCATION_INACTIVE");
	assert_status(client_patch(f.admin, location, "{'is_active':true}"), 200);
	expect_status(client_patch(f.supervisor, path_of(id, ""), "{'is_active':true}"), 200);
}

Test(recurring_shifts, are_validated)
{
	static const char *const wrong[] = {
		"'start_time':'24:00'",   "'start_time':'8:00'", "'end_time':'22:00:00'",
		"'days_of_week':[]",      "'days_of_week':[7]",  "'days_of_week':[-1]",
		"'days_of_week':[1,2,1]", "'days_of_week':null", "'start_date':'2050-02-30'",
		"'start_date':null",      "'is_active':null",    "'name':''",
		"'location_id':'x'",
	};
	const char *path = path_of(create_pattern(""), "");

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		expect_problem(client_patch(f.supervisor, path, "{%s}", wrong[i]),
		               "VALIDATION_FAILED");
	expect_problem(client_patch(f.supervisor, path, "{'generate':{}}"), "VALIDATION_FAILED");
	expect_problem(client_patch(f.supervisor, path, "{'end_date':'2050-02-28'}"),
	               "END_BEFORE_START");
	expect_status(client_patch(f.supervisor, path, "{'end_date':'2050-03-01'}"), 200);
	expect_problem(client_patch(f.supervisor, path, "{'start_date':'2050-03-02'}"),
	               "END_BEFORE_START");
	expect_problem(post_pattern(",'end_date':'2050-02-28'"), "END_BEFORE_START");
	expect_problem(post_pattern(",'generate':{'days':0}"), "VALIDATION_FAILED");
	expect_problem(post_pattern(",'generate':{'days':367}"), "VALIDATION_FAILED");
	expect_problem(post_pattern(",'is_active':false,'generate':{}"), "PATTERN_INACTIVE");
	expect_problem(client_post(f.supervisor, PATTERNS, "%s", body_at(e2e_id(), "")),
	               "LOCATION_NOT_FOUND");
	expect_problem(post_pattern(assignments(f.rosa, e2e_id())), "USER_NOT_FOUND");
	expect_problem(post_pattern(assignments(f.rosa, f.rosa)), "DUPLICATE_ASSIGNMENT");
	expect_problem(client_post(f.supervisor, PATTERNS, "%s",
	                           body_at(new_location(1), assignments(f.rosa, f.jonas))),
	               "CAPACITY_EXCEEDED");
	expect_problem(client_patch(f.supervisor, path, "{'location_id':'%s'}", e2e_id()),
	               "LOCATION_NOT_FOUND");
	expect_problem(client_post(f.guard, PATTERNS, "%s", body_at(f.location, "")), "FORBIDDEN");
	expect_problem(client_patch(f.supervisor, path_of(e2e_id(), ""), "{'name':'x'}"),
	               "NOT_FOUND");
	cr_expect_str_eq(days_at(f.location), "none");
}

Test(recurring_shifts, generate_shifts_for_the_requested_days)
{
	const struct answer *answer = post_pattern(e2e_format(
		"%s,'end_date':'2050-03-15','generate':{'days':7}", assignments(f.rosa, f.jonas)));
	const char *id, *shift;

	assert_status(answer, 201);
	id = id_of(answer);
	expect_at(answer, "generated.created", "2");
	expect_at(answer, "generated.skipped", "0");
	expect_at(answer, "generated.warnings", "[]");
	shift = e2e_format("%s", answer_at(answer, "generated.shift_ids.0"));
	cr_expect_str_eq(days_at(f.location), "1 5");
	answer = client_get(f.guard, "%s", shift_path(shift, ""));
	expect_at(answer, "name", "Nights");
	expect_at(answer, "start_time", "2050-03-01T22:00:00+00:00");
	expect_at(answer, "end_time", "2050-03-02T06:00:00+00:00"); /* on the next day */
	expect_at(answer, "recurring_pattern_id", id);
	expect_at(answer, "recurring_pattern.start_time", "22:00");
	expect_at(answer, "recurring_pattern.days_of_week", "[6,2]");
	expect_at(answer, "assignments.0.role", "PRIMARY");
	cr_expect_str_eq(assigned_names(shift), "Ash, Birch");
	cr_expect_str_eq(event_types("user", f.rosa),
	                 "recurring_shift.created, recurring_shift.generated");

	answer = generate(id, 9);
	expect_generated(answer, "1", "2");
	cr_expect_eq(json_count(json_in(answer->json, "shift_ids")), 1);
	cr_expect_str_eq(days_at(f.location), "1 5 8");
	expect_generated(generate(id, 9), "0", "3");
	/* Up to and including the end date; thirty days by default. */
	expect_generated(client_post(f.supervisor, path_of(id, "/generate"), NULL), "2", "3");
	cr_expect_str_eq(days_at(f.location), "1 5 8 12 15");
	expect_generated(generate(id, 366), "0", "5");
	cr_expect_str_eq(event_types("location", f.location),
	                 "recurring_shift.created, recurring_shift.generated,"
	                 " recurring_shift.generated, recurring_shift.generated");
	expect_problem(generate(id, 0), "VALIDATION_FAILED");
	expect_problem(generate(id, 367), "VALIDATION_FAILED");
	expect_problem(generate(e2e_id(), 7), "NOT_FOUND");
	expect_problem(client_post(f.guard, path_of(id, "/generate"), NULL), "FORBIDDEN");
}

/* If the start date is in the past, the first shift is today's. */
Test(recurring_shifts, generate_no_shifts_in_the_past)
{
	const char *id = create_pattern(",'generate':{'days':1}");
	const struct answer *answer;

	assert_status(client_patch(f.supervisor, path_of(id, ""),
	                           "{'start_date':'2020-01-01','days_of_week':[0,1,2,3,4,5,6]}"),
	              200);
	expect_generated(generate(id, 3), "3", "0");
	/* It may be midnight between the request and this query. */
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select bool_and(start_time::date - current_date between -1 and 3)"
	                     " from app.shifts"
	                     " where location_id = '%s' and start_time < '2050-01-01'",
	                     f.location),
		"t");
	answer = generate(id, 366);
	cr_expect_eq(json_integer(json_in(answer->json, "created"))
	                     + json_integer(json_in(answer->json, "skipped")),
	             366);
}

/* The last shifts end before the last year that can be queried is over in any time zone. */
Test(recurring_shifts, generate_no_shifts_after_the_last_year)
{
	const char *id = create_pattern("");
	const struct answer *answer;

	assert_status(client_patch(f.supervisor, path_of(id, ""),
	                           "{'start_date':'9998-12-20','days_of_week':[0,1,2,3,4,5,6]}"),
	              200);
	expect_generated(generate(id, 366), "10", "0");
	answer =
		client_get(f.guard, "/api/v1/shifts?start_date=9998-12-29T12:00:00Z&location_id=%s",
	                   f.location);
	expect_at(answer, "0.end_time", "9998-12-30T06:00:00+00:00");
	cr_expect_eq(json_count(answer->json), 1);
}

Test(recurring_shifts, generate_nothing_while_inactive)
{
	const char *id = create_pattern("");

	expect_at(client_patch(f.supervisor, path_of(id, ""), "{'is_active':false}"), "is_active",
	          "false");
	expect_problem(generate(id, 7), "PATTERN_INACTIVE");
	expect_status(client_patch(f.supervisor, path_of(id, ""), "{'is_active':true}"), 200);
	expect_generated(generate(id, 7), "2", "0");
}

Test(recurring_shifts, affect_only_later_shifts_when_changed)
{
	const char *id = create_pattern(assignments(f.rosa, f.jonas)), *path = path_of(id, ""),
		   *old, *shift;
	const char *elsewhere = new_location(1);
	const struct answer *answer = generate(id, 1);

	old = e2e_format("%s", answer_at(answer, "shift_ids.0"));
	expect_problem(client_patch(f.supervisor, path, "{'location_id':'%s'}", elsewhere),
	               "CAPACITY_EXCEEDED");
	answer = client_patch(
		f.supervisor, path,
		"{'name':'Days','location_id':'%s','start_time':'08:00','end_time':'16:00',"
		"'days_of_week':[3],'user_assignments':[{'user_id':'%s','role':'BACKUP'}]}",
		elsewhere, f.jonas);
	expect_status(answer, 200);
	expect_at(answer, "user_assignments.0.user.id", f.jonas);
	expect_at(answer, "user_assignments.0.role", "BACKUP");
	answer = generate(id, 7);
	expect_generated(answer, "1", "0");
	shift = e2e_format("%s", answer_at(answer, "shift_ids.0"));
	answer = client_get(f.guard, "%s", shift_path(shift, ""));
	expect_at(answer, "name", "Days");
	expect_at(answer, "location.id", elsewhere);
	expect_at(answer, "start_time", "2050-03-02T08:00:00+00:00");
	expect_at(answer, "end_time", "2050-03-02T16:00:00+00:00");
	cr_expect_str_eq(assigned_names(shift), "Birch");
	/* Shifts that were generated earlier do not change. */
	answer = client_get(f.guard, "%s", shift_path(old, ""));
	expect_at(answer, "name", "Nights");
	expect_at(answer, "location.id", f.location);
	cr_expect_str_eq(assigned_names(old), "Ash, Birch");
	cr_expect_str_eq(
		event_types("user", f.rosa),
		"recurring_shift.created, recurring_shift.generated, recurring_shift.updated");
}

Test(recurring_shifts, leave_out_archived_users_and_respect_capacity)
{
	const char *gone = new_guard("Luke", "Leaver"), *location = new_location(2), *id;
	const struct answer *answer = client_post(f.supervisor, PATTERNS, "%s",
	                                          body_at(location, assignments(f.rosa, gone)));

	assert_status(answer, 201);
	id = id_of(answer);
	assert_status(client_patch(f.admin, e2e_format("/api/v1/locations/%s", location),
	                           "{'max_capacity':1}"),
	              200);
	expect_problem(generate(id, 1), "CAPACITY_EXCEEDED");
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'",
	             gone);
	answer = generate(id, 1);
	expect_generated(answer, "1", "0");
	cr_expect_str_eq(assigned_names(e2e_format("%s", answer_at(answer, "shift_ids.0"))), "Ash");
}

Test(recurring_shifts, warn_of_overlapping_shifts)
{
	const char *id = create_pattern(assignments(f.rosa, f.jonas));
	const struct answer *answer;

	expect_at(generate(id, 7), "warnings", "[]");
	answer = post_pattern(e2e_format("%s,'generate':{'days':7}",
	                                 assignments(f.jonas, new_guard("Mei", "Cedar"))));
	assert_status(answer, 201);
	expect_at(answer, "generated.created", "2");
	expect_at(answer, "generated.warnings", "[\"SHIFT_OVERLAP\"]");
}

Test(recurring_shifts, keep_their_shifts_when_deleted)
{
	const char *id = create_pattern(assignments(f.rosa, f.jonas)), *shift;

	shift = e2e_format("%s", answer_at(generate(id, 1), "shift_ids.0"));
	expect_problem(client_delete(f.supervisor, "%s", path_of(id, "")), "FORBIDDEN");
	expect_status(client_delete(f.admin, "%s", path_of(id, "")), 204);
	expect_problem(client_delete(f.admin, "%s", path_of(id, "")), "NOT_FOUND");
	expect_problem(generate(id, 1), "NOT_FOUND");
	expect_at(client_get(f.guard, "%s", shift_path(shift, "")), "recurring_pattern", "null");
	cr_expect_str_eq(assigned_names(shift), "Ash, Birch");
	cr_expect_str_eq(
		event_types("user", f.jonas),
		"recurring_shift.created, recurring_shift.generated, recurring_shift.removed");
}

/* A pattern has at most one shift with a given start, also after shifts are moved. */
Test(recurring_shifts, have_one_shift_for_each_start)
{
	const struct answer *answer = generate(create_pattern(""), 7);
	const char *one, *other;

	expect_generated(answer, "2", "0");
	one = e2e_format("%s", answer_at(answer, "shift_ids.0"));
	other = e2e_format("%s", answer_at(answer, "shift_ids.1"));
	expect_problem(
		client_patch(
			f.supervisor, shift_path(other, ""),
			"{'start_time':'2050-03-01T22:00:00Z','end_time':'2050-03-02T06:00:00Z'}"),
		"SHIFT_EXISTS");
	expect_status(client_patch(f.supervisor, shift_path(one, ""),
	                           "{'start_time':'2050-03-01T23:00:00Z'}"),
	              200);
	expect_status(
		client_patch(
			f.supervisor, shift_path(other, ""),
			"{'start_time':'2050-03-01T22:00:00Z','end_time':'2050-03-02T06:00:00Z'}"),
		200);
}

Test(recurring_shifts, are_not_changed_with_an_outdated_etag)
{
	const char *id = create_pattern(""), *path = path_of(id, ""), *old, *tag;

	old = e2e_format("%s", answer_header(client_get(f.supervisor, "%s", path), "ETag"));
	client_set_header(f.supervisor, "If-Match: %s", old);
	tag = e2e_format(
		"%s", answer_header(client_patch(f.supervisor, path,
	                                         "{'user_assignments':[{'user_id':'%s'}]}", f.rosa),
	                            "ETag"));
	client_set_header(f.supervisor, "If-Match: %s", old);
	expect_problem(client_patch(f.supervisor, path, "{'name':'x'}"), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", old);
	expect_problem(generate(id, 1), "PRECONDITION_FAILED");
	client_set_header(f.admin, "If-Match: %s", old);
	expect_problem(client_delete(f.admin, "%s", path), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_generated(generate(id, 1), "1", "0");
	client_set_header(f.admin, "If-Match: %s", tag);
	expect_status(client_delete(f.admin, "%s", path), 204);
}

Test(recurring_shifts, generate_once_for_an_idempotency_key)
{
	const char *key = e2e_id(), *id = NULL;

	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.supervisor, "Idempotency-Key: %s", key);
		answer = post_pattern(",'generate':{'days':7}");
		expect_status(answer, 201);
		id = id ? id : id_of(answer);
		expect_at(answer, "id", id);
		expect_at(answer, "generated.created", "2");
	}
	for (int i = 0; i < 2; i++) {
		client_set_header(f.supervisor, "Idempotency-Key: %s", key);
		expect_generated(generate(id, 8), "1", "2");
	}
	cr_expect_str_eq(days_at(f.location), "1 5 8");
}

Test(recurring_shifts, generate_once_in_parallel)
{
	const char *id = create_pattern(assignments(f.rosa, f.jonas)),
		   *path = path_of(id, "/generate");
	struct client *clients[CLIENTS];
	long created = 0, skipped = 0;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", path, "{'days':60}");
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, 200);
		created += (long)json_integer(json_in(answer->json, "created"));
		skipped += (long)json_integer(json_in(answer->json, "skipped"));
	}
	/* Eight weeks and four days, from a Tuesday to a Friday. */
	cr_expect_eq(created, 17, "%ld created", created);
	cr_expect_eq(skipped, (CLIENTS - 1) * 17);
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) || ' ' || count(distinct start_time) from app.shifts"
	                     " where recurring_pattern_id = '%s'",
	                     id),
		"17 17");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from app.shift_assignments where user_id = '%s'",
	                     f.rosa),
		"17");
	cr_expect_str_eq(event_types("location", f.location),
	                 "recurring_shift.created, recurring_shift.generated");
}
