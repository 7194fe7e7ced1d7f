/* A pattern says when there are shifts, week after week; of each day that comes one is made. */

#include "shift_planner.h"

enum { MANY = 50 };

static struct {
	struct client *guard, *supervisor, *admin;
	const char *place, *rosa, *jonas;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.supervisor = e2e_client("supervisor");
	f.admin = e2e_client("admin");
	f.place = e2e_location();
	f.rosa = person("Rosa", "Ash");
	f.jonas = person("Jonas", "Birch");
}

TestSuite(recurring_shifts, .init = setup, .timeout = 60);

#define PATTERNS "/api/v1/recurring-shifts"

static const char *path_of(const char *id, const char *act)
{
	return e2e_format(PATTERNS "/%s%s", id, act);
}

/* Tuesdays and Saturdays from the first of March 2050 on, which is a Tuesday. */
static const char *body_at(const char *place, const char *more)
{
	return e2e_format("{'name':'Nights','location_id':'%s','start_time':'22:00','end_time':'06:00',"
	                   "'days_of_week':[6,2],'start_date':'2050-03-01'%s}",
	                   place, more);
}

static const struct answer *make(const char *more)
{
	return client_post(f.supervisor, PATTERNS, "%s", body_at(f.place, more));
}

static const char *made(const char *more)
{
	const struct answer *answer = make(more);

	assert_status(answer, 201);
	return id_of(answer);
}

static const char *people(const char *a, const char *b)
{
	return e2e_format(",'user_assignments':[{'user_id':'%s','role':'PRIMARY'},{'user_id':'%s'}]", a, b);
}

static const struct answer *generate(const char *id, int days)
{
	return client_post(f.supervisor, path_of(id, "/generate"), "{'days':%d}", days);
}

static void expect_made(const struct answer *answer, const char *created, const char *skipped)
{
	expect_status(answer, 200);
	expect_at(answer, "created", created);
	expect_at(answer, "skipped", skipped);
}

/* "1 4 8": the days of March 2050 on which shifts begin there. */
static const char *days_at(const char *place)
{
	return e2e_format("%s", server_query(e2e_server(),
	                                    "select coalesce(string_agg(extract(day from start_time)::text, ' '"
	                                    " order by start_time), 'none') from app.shifts where location_id = '%s'",
	                                    place));
}

Test(recurring_shifts, are_made_read_and_listed)
{
	const struct answer *answer = make(people(f.jonas, f.rosa));
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
	expect_at(answer, "location.id", f.place);
	expect_at(answer, "user_assignments.0.user.last_name", "Ash");
	expect_at(answer, "user_assignments.1.role", "PRIMARY");
	expect_at(answer, "generated", "null");
	cr_expect_str_eq(days_at(f.place), "none");
	answer = client_get(f.guard, "%s", path_of(id, ""));
	expect_status(answer, 200);
	expect_at(answer, "user_assignments.0.user.id", f.rosa);
	expect_at(answer, "generated", "absent");
	cr_expect_str_eq(told("location", f.place), "recurring_shift.created");
	cr_expect_str_eq(told("user", f.rosa), "recurring_shift.created");

	expect_status(client_patch(f.supervisor, path_of(id, ""), "{'is_active':false,'name':'B'}"), 200);
	assert_status(make(",'is_active':true"), 201);
	answer = client_get(f.guard, PATTERNS "?location_id=%s", f.place);
	expect_at(answer, "0.name", "B");
	expect_at(answer, "1.name", "Nights");
	cr_expect_eq(json_count(answer->json), 2);
	answer = client_get(f.guard, PATTERNS "?location_id=%s&is_active=false", f.place);
	expect_at(answer, "0.id", id);
	cr_expect_eq(json_count(answer->json), 1);
	answer = client_get(f.guard, PATTERNS "?location_id=%s&limit=1", f.place);
	cr_expect_eq(json_count(answer->json), 1);
	cr_expect(answer_header(answer, "Link") != NULL);
	expect_problem(client_get(f.guard, "%s", path_of(e2e_id(), "")), "NOT_FOUND");
}

Test(recurring_shifts, that_cannot_be_are_refused)
{
	static const char *const wrong[] = {
		"'start_time':'24:00'", "'start_time':'8:00'", "'end_time':'22:00:00'", "'days_of_week':[]", "'days_of_week':[7]",
		"'days_of_week':[-1]", "'days_of_week':[1,2,1]", "'days_of_week':null", "'start_date':'2050-02-30'",
		"'start_date':null", "'is_active':null", "'name':''", "'location_id':'x'",
	};
	const char *path = path_of(made(""), "");

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		expect_problem(client_patch(f.supervisor, path, "{%s}", wrong[i]), "VALIDATION_FAILED");
	expect_problem(client_patch(f.supervisor, path, "{'generate':{}}"), "VALIDATION_FAILED");
	expect_problem(client_patch(f.supervisor, path, "{'end_date':'2050-02-28'}"), "END_BEFORE_START");
	expect_status(client_patch(f.supervisor, path, "{'end_date':'2050-03-01'}"), 200);
	expect_problem(client_patch(f.supervisor, path, "{'start_date':'2050-03-02'}"), "END_BEFORE_START");
	expect_problem(make(",'end_date':'2050-02-28'"), "END_BEFORE_START");
	expect_problem(make(",'generate':{'days':0}"), "VALIDATION_FAILED");
	expect_problem(make(",'generate':{'days':367}"), "VALIDATION_FAILED");
	expect_problem(make(",'is_active':false,'generate':{}"), "PATTERN_INACTIVE");
	expect_problem(client_post(f.supervisor, PATTERNS, "%s", body_at(e2e_id(), "")), "LOCATION_NOT_FOUND");
	expect_problem(make(people(f.rosa, e2e_id())), "USER_NOT_FOUND");
	expect_problem(make(people(f.rosa, f.rosa)), "DUPLICATE_ASSIGNMENT");
	expect_problem(client_post(f.supervisor, PATTERNS, "%s", body_at(place_for(1), people(f.rosa, f.jonas))),
	               "CAPACITY_EXCEEDED");
	expect_problem(client_patch(f.supervisor, path, "{'location_id':'%s'}", e2e_id()), "LOCATION_NOT_FOUND");
	expect_problem(client_post(f.guard, PATTERNS, "%s", body_at(f.place, "")), "FORBIDDEN");
	expect_problem(client_patch(f.supervisor, path_of(e2e_id(), ""), "{'name':'x'}"), "NOT_FOUND");
	cr_expect_str_eq(days_at(f.place), "none");
}

Test(recurring_shifts, are_followed_day_by_day)
{
	const struct answer *answer = make(e2e_format("%s,'end_date':'2050-03-15','generate':{'days':7}",
	                                               people(f.rosa, f.jonas)));
	const char *id, *shift;

	assert_status(answer, 201);
	id = id_of(answer);
	expect_at(answer, "generated.created", "2");
	expect_at(answer, "generated.skipped", "0");
	expect_at(answer, "generated.warnings", "[]");
	shift = e2e_format("%s", answer_at(answer, "generated.shift_ids.0"));
	cr_expect_str_eq(days_at(f.place), "1 5");
	answer = client_get(f.guard, "%s", shift_path(shift, ""));
	expect_at(answer, "name", "Nights");
	expect_at(answer, "start_time", "2050-03-01T22:00:00+00:00");
	expect_at(answer, "end_time", "2050-03-02T06:00:00+00:00"); /* on the next day */
	expect_at(answer, "recurring_pattern_id", id);
	expect_at(answer, "recurring_pattern.start_time", "22:00");
	expect_at(answer, "recurring_pattern.days_of_week", "[6,2]");
	expect_at(answer, "assignments.0.role", "PRIMARY");
	cr_expect_str_eq(people_of(shift), "Ash, Birch");
	cr_expect_str_eq(told("user", f.rosa), "recurring_shift.created, recurring_shift.generated");

	answer = generate(id, 9);
	expect_made(answer, "1", "2");
	cr_expect_eq(json_count(json_in(answer->json, "shift_ids")), 1);
	cr_expect_str_eq(days_at(f.place), "1 5 8");
	expect_made(generate(id, 9), "0", "3");
	/* To the last day, that included; thirty days unless it is said. */
	expect_made(client_post(f.supervisor, path_of(id, "/generate"), NULL), "2", "3");
	cr_expect_str_eq(days_at(f.place), "1 5 8 12 15");
	expect_made(generate(id, 366), "0", "5");
	cr_expect_str_eq(told("location", f.place), "recurring_shift.created, recurring_shift.generated,"
	                                            " recurring_shift.generated, recurring_shift.generated");
	expect_problem(generate(id, 0), "VALIDATION_FAILED");
	expect_problem(generate(id, 367), "VALIDATION_FAILED");
	expect_problem(generate(e2e_id(), 7), "NOT_FOUND");
	expect_problem(client_post(f.guard, path_of(id, "/generate"), NULL), "FORBIDDEN");
}

/* Where the first day is over they begin today. */
Test(recurring_shifts, begin_today_at_the_earliest)
{
	const char *id = made(",'generate':{'days':1}");
	const struct answer *answer;

	assert_status(client_patch(f.supervisor, path_of(id, ""),
	                           "{'start_date':'2020-01-01','days_of_week':[0,1,2,3,4,5,6]}"),
	              200);
	expect_made(generate(id, 3), "3", "0");
	/* (It may be midnight between the two.) */
	cr_expect_str_eq(server_query(e2e_server(),
	                            "select bool_and(start_time::date - current_date between -1 and 3) from app.shifts"
	                            " where location_id = '%s' and start_time < '2050-01-01'",
	                            f.place),
	                 "t");
	answer = generate(id, 366);
	cr_expect_eq(json_integer(json_in(answer->json, "created")) + json_integer(json_in(answer->json, "skipped")), 366);
}

/* And they end before the last year that one can ask for is over, in any zone. */
Test(recurring_shifts, end_with_the_calendar)
{
	const char *id = made("");
	const struct answer *answer;

	assert_status(client_patch(f.supervisor, path_of(id, ""),
	                           "{'start_date':'9998-12-20','days_of_week':[0,1,2,3,4,5,6]}"),
	              200);
	expect_made(generate(id, 366), "10", "0");
	answer = client_get(f.guard, "/api/v1/shifts?start_date=9998-12-29&location_id=%s", f.place);
	expect_at(answer, "0.end_time", "9998-12-30T06:00:00+00:00");
	cr_expect_eq(json_count(answer->json), 1);
}

Test(recurring_shifts, can_be_switched_off)
{
	const char *id = made("");

	expect_at(client_patch(f.supervisor, path_of(id, ""), "{'is_active':false}"), "is_active", "false");
	expect_problem(generate(id, 7), "PATTERN_INACTIVE");
	expect_status(client_patch(f.supervisor, path_of(id, ""), "{'is_active':true}"), 200);
	expect_made(generate(id, 7), "2", "0");
}

Test(recurring_shifts, change_for_the_shifts_to_come)
{
	const char *id = made(people(f.rosa, f.jonas)), *path = path_of(id, ""), *old, *shift;
	const char *elsewhere = place_for(1);
	const struct answer *answer = generate(id, 1);

	old = e2e_format("%s", answer_at(answer, "shift_ids.0"));
	expect_problem(client_patch(f.supervisor, path, "{'location_id':'%s'}", elsewhere), "CAPACITY_EXCEEDED");
	answer = client_patch(f.supervisor, path,
	                      "{'name':'Days','location_id':'%s','start_time':'08:00','end_time':'16:00',"
	                      "'days_of_week':[3],'user_assignments':[{'user_id':'%s','role':'BACKUP'}]}",
	                      elsewhere, f.jonas);
	expect_status(answer, 200);
	expect_at(answer, "user_assignments.0.user.id", f.jonas);
	expect_at(answer, "user_assignments.0.role", "BACKUP");
	answer = generate(id, 7);
	expect_made(answer, "1", "0");
	shift = e2e_format("%s", answer_at(answer, "shift_ids.0"));
	answer = client_get(f.guard, "%s", shift_path(shift, ""));
	expect_at(answer, "name", "Days");
	expect_at(answer, "location.id", elsewhere);
	expect_at(answer, "start_time", "2050-03-02T08:00:00+00:00");
	expect_at(answer, "end_time", "2050-03-02T16:00:00+00:00");
	cr_expect_str_eq(people_of(shift), "Birch");
	/* What was made before stays as it was. */
	answer = client_get(f.guard, "%s", shift_path(old, ""));
	expect_at(answer, "name", "Nights");
	expect_at(answer, "location.id", f.place);
	cr_expect_str_eq(people_of(old), "Ash, Birch");
	cr_expect_str_eq(told("user", f.rosa), "recurring_shift.created, recurring_shift.generated, recurring_shift.updated");
}

Test(recurring_shifts, are_not_made_for_who_is_gone_nor_for_more_than_fit)
{
	const char *gone = person("Luke", "Leaver"), *place = place_for(2), *id;
	const struct answer *answer = client_post(f.supervisor, PATTERNS, "%s", body_at(place, people(f.rosa, gone)));

	assert_status(answer, 201);
	id = id_of(answer);
	assert_status(client_patch(f.admin, e2e_format("/api/v1/locations/%s", place), "{'max_capacity':1}"), 200);
	expect_problem(generate(id, 1), "CAPACITY_EXCEEDED");
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'", gone);
	answer = generate(id, 1);
	expect_made(answer, "1", "0");
	cr_expect_str_eq(people_of(e2e_format("%s", answer_at(answer, "shift_ids.0"))), "Ash");
}

Test(recurring_shifts, warn_of_two_at_the_same_time)
{
	const char *id = made(people(f.rosa, f.jonas));
	const struct answer *answer;

	expect_at(generate(id, 7), "warnings", "[]");
	answer = make(e2e_format("%s,'generate':{'days':7}", people(f.jonas, person("Mei", "Cedar"))));
	assert_status(answer, 201);
	expect_at(answer, "generated.created", "2");
	expect_at(answer, "generated.warnings", "[\"SHIFT_OVERLAP\"]");
}

Test(recurring_shifts, are_removed_and_their_shifts_stay)
{
	const char *id = made(people(f.rosa, f.jonas)), *shift;

	shift = e2e_format("%s", answer_at(generate(id, 1), "shift_ids.0"));
	expect_problem(client_delete(f.supervisor, "%s", path_of(id, "")), "FORBIDDEN");
	expect_status(client_delete(f.admin, "%s", path_of(id, "")), 204);
	expect_problem(client_delete(f.admin, "%s", path_of(id, "")), "NOT_FOUND");
	expect_problem(generate(id, 1), "NOT_FOUND");
	expect_at(client_get(f.guard, "%s", shift_path(shift, "")), "recurring_pattern", "null");
	cr_expect_str_eq(people_of(shift), "Ash, Birch");
	cr_expect_str_eq(told("user", f.jonas), "recurring_shift.created, recurring_shift.generated, recurring_shift.removed");
}

/* Of a pattern there is one with a given start, also when somebody moves them. */
Test(recurring_shifts, of_a_pattern_never_begin_together)
{
	const struct answer *answer = generate(made(""), 7);
	const char *one, *other;

	expect_made(answer, "2", "0");
	one = e2e_format("%s", answer_at(answer, "shift_ids.0"));
	other = e2e_format("%s", answer_at(answer, "shift_ids.1"));
	expect_problem(client_patch(f.supervisor, shift_path(other, ""), "{'start_time':'2050-03-01T22:00:00Z'}"),
	               "SHIFT_EXISTS");
	expect_status(client_patch(f.supervisor, shift_path(one, ""), "{'start_time':'2050-03-01T23:00:00Z'}"), 200);
	expect_status(client_patch(f.supervisor, shift_path(other, ""), "{'start_time':'2050-03-01T22:00:00Z'}"), 200);
}

Test(recurring_shifts, change_only_when_nobody_was_faster)
{
	const char *id = made(""), *path = path_of(id, ""), *old, *tag;

	old = e2e_format("%s", answer_header(client_get(f.supervisor, "%s", path), "ETag"));
	client_set_header(f.supervisor, "If-Match: %s", old);
	tag = e2e_format("%s", answer_header(client_patch(f.supervisor, path, "{'user_assignments':[{'user_id':'%s'}]}",
	                                                   f.rosa),
	                                      "ETag"));
	client_set_header(f.supervisor, "If-Match: %s", old);
	expect_problem(client_patch(f.supervisor, path, "{'name':'x'}"), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", old);
	expect_problem(generate(id, 1), "PRECONDITION_FAILED");
	client_set_header(f.admin, "If-Match: %s", old);
	expect_problem(client_delete(f.admin, "%s", path), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_made(generate(id, 1), "1", "0");
	client_set_header(f.admin, "If-Match: %s", tag);
	expect_status(client_delete(f.admin, "%s", path), 204);
}

Test(recurring_shifts, are_made_once_however_often_it_is_sent)
{
	const char *key = e2e_id(), *id = NULL;

	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.supervisor, "Idempotency-Key: %s", key);
		answer = make(",'generate':{'days':7}");
		expect_status(answer, 201);
		id = id ? id : id_of(answer);
		expect_at(answer, "id", id);
		expect_at(answer, "generated.created", "2");
	}
	for (int i = 0; i < 2; i++) {
		client_set_header(f.supervisor, "Idempotency-Key: %s", key);
		expect_made(generate(id, 8), "1", "2");
	}
	cr_expect_str_eq(days_at(f.place), "1 5 8");
}

Test(recurring_shifts, are_made_once_however_many_make_them)
{
	const char *id = made(people(f.rosa, f.jonas)), *path = path_of(id, "/generate");
	struct client *clients[MANY];
	long created = 0, skipped = 0;

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < MANY; i++)
		client_send(clients[i], "POST", path, "{'days':60}");
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		expect_status(answer, 200);
		created += (long)json_integer(json_in(answer->json, "created"));
		skipped += (long)json_integer(json_in(answer->json, "skipped"));
	}
	/* Eight weeks and four days, from a Tuesday to a Friday. */
	cr_expect_eq(created, 17, "%ld were made", created);
	cr_expect_eq(skipped, (MANY - 1) * 17);
	cr_expect_str_eq(server_query(e2e_server(), "select count(*) || ' ' || count(distinct start_time) from app.shifts"
	                                            " where recurring_pattern_id = '%s'",
	                            id),
	                 "17 17");
	cr_expect_str_eq(server_query(e2e_server(), "select count(*) from app.shift_assignments where user_id = '%s'", f.rosa),
	                 "17");
	cr_expect_str_eq(told("location", f.place), "recurring_shift.created, recurring_shift.generated");
}
