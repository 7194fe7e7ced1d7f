/* shifts.c: tests creating, changing, deleting and listing shifts. */

#include "shift_fixture.h"

static struct {
	struct client *guard, *supervisor, *admin;
	const char *location, *rosa, *jonas, *mei;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.supervisor = e2e_client("supervisor");
	f.admin = e2e_client("admin");
	f.location = e2e_new_location();
	f.rosa = new_guard("Rosa", "Ash");
	f.jonas = new_guard("Jonas", "Birch");
	f.mei = new_guard("Mei", "Cedar");
}

TestSuite(shifts, .init = setup, .timeout = 40);

static const struct answer *post_shift(const char *day, const char *people)
{
	return client_post(f.supervisor, "/api/v1/shifts", "%s",
	                   shift_body(day, f.location, people));
}

static const char *create_shift(const char *day, const char *people)
{
	const struct answer *answer = post_shift(day, people);

	assert_status(answer, 201);
	return id_of(answer);
}

Test(shifts, can_be_created_with_users)
{
	const struct answer *answer =
		client_post(f.supervisor, "/api/v1/shifts",
	                    "{'name':'Night watch','start_time':'2050-03-01T22:00:00+01:00',"
	                    "'end_time':'2050-03-02T05:00:00Z','location_id':'%s',"
	                    "'user_assignments':[{'user_id':'%s','role':'PRIMARY'},"
	                    "{'user_id':'%s'}]}",
	                    f.location, f.jonas, f.rosa);
	const char *id;

	assert_status(answer, 201);
	id = id_of(answer);
	expect_header(answer, "Location", shift_path(id, ""));
	expect_at(answer, "name", "Night watch");
	expect_at(answer, "start_time", "2050-03-01T21:00:00+00:00");
	expect_at(answer, "end_time", "2050-03-02T05:00:00+00:00");
	expect_at(answer, "location.id", f.location);
	expect_at(answer, "recurring_pattern", "null");
	expect_at(answer, "warnings", "[]");
	expect_at(answer, "assignments.0.user.id", f.rosa);
	expect_at(answer, "assignments.0.user.role", "GUARD");
	cr_expect(json_in(answer->json, "assignments.0.user.email") != NULL);
	expect_at(answer, "assignments.0.role", "null");
	expect_at(answer, "assignments.1.user.first_name", "Jonas");
	expect_at(answer, "assignments.1.role", "PRIMARY");
	answer = client_get(f.guard, "%s", shift_path(id, ""));
	expect_status(answer, 200);
	expect_at(answer, "assignments.1.user.id", f.jonas);
	expect_at(answer, "warnings", "absent");
	cr_expect_str_eq(event_types("location", f.location), "shift.created");
	cr_expect_str_eq(event_types("user", f.rosa), "shift.created");
	cr_expect_str_eq(event_types("user", f.mei), "nothing");
	expect_problem(client_get(f.guard, "%s", shift_path(e2e_id(), "")), "NOT_FOUND");
}

Test(shifts, must_end_after_they_start)
{
	const char *id = create_shift("03-03", ""), *path = shift_path(id, "");
	static const char *const times[] = {
		"'start_time':'2050-03-03T08:00:00Z','end_time':'2050-03-03T08:00:00Z'",
		"'start_time':'2050-03-03T08:00:00Z','end_time':'2050-03-03T07:00:00Z'",
		"'start_time':'2050-03-03T08:00:00+01:00','end_time':'2050-03-03T08:00:00+02:00'",
		/* Times have a resolution of one millisecond. */
		"'start_time':'2050-03-03T08:00:00Z','end_time':'2050-03-03T08:00:00.0004Z'",
	};

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		expect_problem(client_post(f.supervisor, "/api/v1/shifts",
		                           "{'name':'x','location_id':'%s',%s}", f.location,
		                           times[i]),
		               "END_BEFORE_START");
		expect_problem(client_patch(f.supervisor, path, "{%s}", times[i]),
		               "END_BEFORE_START");
	}
	/* A time that is not sent keeps its value. */
	expect_problem(client_patch(f.supervisor, path, "{'start_time':'2050-03-03T16:00:00Z'}"),
	               "END_BEFORE_START");
	expect_problem(client_patch(f.supervisor, path, "{'end_time':'2050-03-03T08:00:00Z'}"),
	               "END_BEFORE_START");
	expect_status(client_patch(f.supervisor, path, "{'end_time':'2050-03-03T08:00:00.001Z'}"),
	              200);
}

Test(shifts, last_at_most_a_day)
{
	const char *id = create_shift("03-02", ""), *path = shift_path(id, "");
	const struct answer *answer;

	answer = client_post(f.supervisor, "/api/v1/shifts",
	                     "{'name':'x','location_id':'%s','start_time':'2050-03-02T08:00:00Z',"
	                     "'end_time':'2061-01-01T00:00:00Z'}",
	                     f.location);
	expect_problem(answer, "SHIFT_TOO_LONG");
	expect_at(answer, "errors.0.pointer", "/end_time");
	expect_problem(client_patch(f.supervisor, path, "{'end_time':'2050-03-03T08:00:00.001Z'}"),
	               "SHIFT_TOO_LONG");
	expect_problem(client_patch(f.supervisor, path, "{'start_time':'2050-03-01T15:59:59Z'}"),
	               "SHIFT_TOO_LONG");
	expect_status(client_patch(f.supervisor, path, "{'end_time':'2050-03-03T08:00:00Z'}"), 200);
}

Test(shifts, are_not_created_with_invalid_values)
{
	const char *archived = new_guard("Luke", "Leaver");

	expect_problem(client_post(f.supervisor, "/api/v1/shifts", "%s",
	                           shift_body("03-04", e2e_id(), "")),
	               "LOCATION_NOT_FOUND");
	expect_problem(post_shift("03-04", user_json(e2e_id())), "USER_NOT_FOUND");
	server_query(e2e_server(), "update app.users set archived_at = now() where id = '%s'",
	             archived);
	expect_problem(post_shift("03-04", user_json(archived)), "NOT_A_GUARD");
	expect_problem(
		post_shift("03-04", e2e_format("%s,%s", user_json(f.rosa), user_json(f.rosa))),
		"DUPLICATE_ASSIGNMENT");
	expect_problem(post_shift("03-04", e2e_format("{'user_id':'%s','role':''}", f.rosa)),
	               "VALIDATION_FAILED");
	expect_problem(client_post(f.supervisor, "/api/v1/shifts",
	                           "{'name':'x','location_id':'%s'}", f.location),
	               "VALIDATION_FAILED");
	expect_problem(
		client_post(f.supervisor, "/api/v1/shifts", "%s",
	                    shift_body("03-04", new_location(1),
	                               e2e_format("%s,%s", user_json(f.rosa), user_json(f.jonas)))),
		"CAPACITY_EXCEEDED");
	expect_problem(
		client_post(f.guard, "/api/v1/shifts", "%s", shift_body("03-04", f.location, "")),
		"FORBIDDEN");
	cr_expect_str_eq(event_types("location", f.location), "nothing");
}

Test(shifts, are_not_planned_at_inactive_locations)
{
	const char *closed = e2e_new_location(), *id = create_shift("03-05", "");
	const char *path = e2e_format("/api/v1/locations/%s", closed);
	const char *old = id_of(
		client_post(f.supervisor, "/api/v1/shifts", "%s", shift_body("03-06", closed, "")));

	assert_status(client_patch(e2e_client("admin"), path, "{'is_active':false}"), 200);
	expect_problem(
		client_post(f.supervisor, "/api/v1/shifts", "%s", shift_body("03-05", closed, "")),
		"LOCATION_INACTIVE");
	expect_problem(
		client_patch(f.supervisor, shift_path(id, ""), "{'location_id':'%s'}", closed),
		"LOCATION_INACTIVE");
	expect_problem(client_patch(f.supervisor, shift_path(old, ""),
	                            "{'end_time':'2050-03-06T17:00:00Z'}"),
	               "LOCATION_INACTIVE");
	expect_status(client_patch(f.supervisor, shift_path(old, ""), "{'name':'Void'}"), 200);
	expect_status(
		client_patch(f.supervisor, shift_path(old, ""), "{'location_id':'%s'}", f.location),
		200);
}

Test(shifts, can_be_changed_with_their_users)
{
	const char *id = create_shift("03-05",
	                              e2e_format("%s,%s", user_json(f.rosa), user_json(f.jonas))),
		   *path = shift_path(id, "");
	const char *other_location = new_location(2), *kept;
	const struct answer *answer = client_get(f.guard, "%s", path);

	kept = e2e_format("%s", answer_at(answer, "assignments.1.id"));
	answer = client_patch(
		f.supervisor, path,
		"{'name':'Late watch','user_assignments':[{'user_id':'%s','role':'BACKUP'},%s]}",
		f.jonas, user_json(f.mei));
	expect_status(answer, 200);
	expect_at(answer, "name", "Late watch");
	expect_at(answer, "start_time", "2050-03-05T08:00:00+00:00");
	expect_at(answer, "assignments.0.id", kept);
	expect_at(answer, "assignments.0.role", "BACKUP");
	cr_expect_str_eq(assigned_names(id), "Birch, Cedar");
	cr_expect_str_eq(event_types("user", f.rosa), "shift.created, shift.updated");
	cr_expect_str_eq(event_types("user", f.mei), "shift.updated");
	/* Moving a shift publishes to the old and the new location. */
	answer = client_patch(f.supervisor, path,
	                      "{'location_id':'%s','start_time':'2050-03-05T09:00:00Z'}",
	                      other_location);
	expect_status(answer, 200);
	expect_at(answer, "location.id", other_location);
	expect_at(answer, "start_time", "2050-03-05T09:00:00+00:00");
	cr_expect_str_eq(assigned_names(id), "Birch, Cedar");
	cr_expect_str_eq(event_types("location", f.location),
	                 "shift.created, shift.updated, shift.updated");
	cr_expect_str_eq(event_types("location", other_location), "shift.updated");
	expect_at(client_patch(f.supervisor, path, "{'user_assignments':[]}"), "assignments", "[]");
	expect_at(client_get(f.guard, "/api/v1/shifts?location_id=%s", other_location),
	          "0.assignments", "[]");
	/* An update without changes publishes no event. */
	expect_status(
		client_patch(f.supervisor, path, "{'name':'Late watch','user_assignments':[]}"),
		200);
	cr_expect_str_eq(event_types("location", other_location), "shift.updated, shift.updated");
}

Test(shifts, are_not_changed_to_invalid_values)
{
	const char *id = create_shift("03-06",
	                              e2e_format("%s,%s", user_json(f.rosa), user_json(f.jonas))),
		   *path = shift_path(id, "");

	expect_problem(client_patch(f.supervisor, path, "{'location_id':'%s'}", e2e_id()),
	               "LOCATION_NOT_FOUND");
	expect_problem(client_patch(f.supervisor, path, "{'location_id':'%s'}", new_location(1)),
	               "CAPACITY_EXCEEDED");
	expect_problem(
		client_patch(f.supervisor, path, "{'user_assignments':[%s]}", user_json(e2e_id())),
		"USER_NOT_FOUND");
	expect_problem(client_patch(f.supervisor, path, "{'user_assignments':[%s,%s]}",
	                            user_json(f.mei), user_json(f.mei)),
	               "DUPLICATE_ASSIGNMENT");
	expect_problem(client_patch(f.supervisor, path,
	                            "{'location_id':'%s','user_assignments':[%s,%s,%s]}",
	                            new_location(2), user_json(f.rosa), user_json(f.jonas),
	                            user_json(f.mei)),
	               "CAPACITY_EXCEEDED");
	expect_problem(client_patch(f.supervisor, path, "{'id':'%s'}", e2e_id()),
	               "VALIDATION_FAILED");
	expect_problem(client_patch(f.supervisor, path, "{'name':null}"), "VALIDATION_FAILED");
	expect_problem(client_patch(f.guard, path, "{'name':'x'}"), "FORBIDDEN");
	expect_problem(client_patch(f.supervisor, shift_path(e2e_id(), ""), "{'name':'x'}"),
	               "NOT_FOUND");
	cr_expect_str_eq(assigned_names(id), "Ash, Birch");
	cr_expect_str_eq(event_types("location", f.location), "shift.created");
}

Test(shifts, can_be_removed_by_administrators)
{
	const char *id = create_shift("03-09", user_json(f.rosa));

	expect_problem(client_delete(f.supervisor, "%s", shift_path(id, "")), "FORBIDDEN");
	expect_status(client_delete(f.admin, "%s", shift_path(id, "")), 204);
	expect_problem(client_delete(f.admin, "%s", shift_path(id, "")), "NOT_FOUND");
	expect_problem(client_get(f.guard, "%s", shift_path(id, "")), "NOT_FOUND");
	expect_problem(assign(f.supervisor, id, f.rosa), "NOT_FOUND");
	cr_expect_str_eq(event_types("user", f.rosa), "shift.created, shift.removed");
}

Test(shifts, changes_honor_if_match)
{
	const char *id = create_shift("03-10", user_json(f.rosa)), *path = shift_path(id, ""), *old,
		   *tag;

	old = e2e_format("%s", answer_header(client_get(f.supervisor, "%s", path), "ETag"));
	/* The assignments are part of the shift's ETag. */
	assert_status(assign(f.supervisor, id, f.jonas), 201);
	client_set_header(f.supervisor, "If-Match: %s", old);
	expect_problem(client_patch(f.supervisor, path, "{'name':'x'}"), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", old);
	expect_problem(assign(f.supervisor, id, f.mei), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", old);
	expect_problem(unassign(f.supervisor, id, f.rosa), "PRECONDITION_FAILED");
	client_set_header(f.admin, "If-Match: %s", old);
	expect_problem(client_delete(f.admin, "%s", path), "PRECONDITION_FAILED");
	cr_expect_str_eq(assigned_names(id), "Ash, Birch");
	tag = e2e_format("%s", answer_header(client_get(f.supervisor, "%s", path), "ETag"));
	client_set_header(f.supervisor, "If-Match: %s", tag);
	tag = e2e_format(
		"%s",
		answer_header(client_patch(f.supervisor, path, "{'user_assignments':[]}"), "ETag"));
	client_set_header(f.supervisor, "If-Match: %s", tag);
	tag = e2e_format("%s", answer_header(assign(f.supervisor, id, f.mei), "ETag"));
	client_set_header(f.admin, "If-Match: %s", tag);
	expect_status(client_delete(f.admin, "%s", path), 204);
}

Test(shifts, retries_with_an_idempotency_key_create_one_shift)
{
	const char *key = e2e_id(), *id = NULL;

	for (int i = 0; i < 3; i++) {
		const struct answer *answer;

		client_set_header(f.supervisor, "Idempotency-Key: %s", key);
		answer = post_shift("03-11", user_json(f.rosa));
		expect_status(answer, 201);
		expect_header(answer, "Idempotent-Replayed", i ? "true" : "absent");
		id = id ? id : id_of(answer);
		expect_at(answer, "id", id);
	}
	for (int i = 0; i < 2; i++) {
		client_set_header(f.supervisor, "Idempotency-Key: %s", key);
		expect_status(assign(f.supervisor, id, f.jonas), 201);
	}
	cr_expect_str_eq(event_types("location", f.location), "shift.created, shift.assigned");
	expect_problem(client_post(f.supervisor, "/api/v1/shifts",
	                           "{'id':'%s','name':'x','start_time':'2050-03-11T08:00:00Z',"
	                           "'end_time':'2050-03-11T09:00:00Z','location_id':'%s'}",
	                           id, f.location),
	               "ID_TAKEN");
}

static void expect_found(const char *query, const char *const *ids)
{
	const struct answer *answer = client_get(f.guard, "/api/v1/shifts?%s", query);
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

/* The night shift in progress is one of today's. */
Test(shifts, in_progress_are_listed)
{
	const char *night = create_shift("04-10", user_json(f.rosa)),
		   *day = create_shift("04-11", user_json(f.rosa));
	const char *const queries[] = {
		e2e_format("location_id=%s", f.location), e2e_format("user_id=%s", f.rosa),
		e2e_format("user_id=%s&location_id=%s", f.rosa, f.location)
	};

	assert_status(
		client_patch(
			f.supervisor, shift_path(night, ""),
			"{'start_time':'2050-04-10T22:00:00Z','end_time':'2050-04-11T06:00:00Z'}"),
		200);
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		const char *today =
			e2e_format("%s&start_date=2050-04-11&end_date=2050-04-11", queries[i]);
		const struct answer *answer;
		const char *next;

		expect_found(today, FOUND(night, day));
		expect_found(e2e_format("%s&start_date=2050-04-11T06:00:00Z", queries[i]),
		             FOUND(day));
		expect_found(e2e_format("%s&limit=1", today), FOUND(night));
		answer = client_get(f.guard, "/api/v1/shifts?%s&limit=1", today);
		next = strstr(answer_header(answer, "Link"), "cursor=");
		expect_found(e2e_format("%s&limit=1&%.*s", today, (int)strcspn(next, ">&"), next),
		             FOUND(day));
	}
}

Test(shifts, are_listed_by_start_time)
{
	const char *c = create_shift("04-03", user_json(f.rosa)),
		   *a = create_shift("04-01", user_json(f.jonas));
	const char *b =
		create_shift("04-02", e2e_format("%s,%s", user_json(f.rosa), user_json(f.jonas)));
	const char *here = e2e_format("location_id=%s", f.location), *next;
	const struct answer *answer;

	expect_found(here, FOUND(a, b, c));
	expect_found(e2e_format("user_id=%s", f.rosa), FOUND(b, c));
	expect_found(e2e_format("user_id=%s&%s&end_date=2050-04-02", f.jonas, here), FOUND(a, b));
	expect_found(e2e_format("user_id=%s&start_date=2050-04-03", f.rosa), FOUND(c));
	expect_found(e2e_format("user_id=%s&end_date=2050-04-02", f.rosa), FOUND(b));
	expect_found(e2e_format("user_id=%s", f.mei), FOUND(NULL));
	expect_found(e2e_format("%s&start_date=2050-04-02&end_date=2050-04-02", here), FOUND(b));
	expect_found(e2e_format("%s&start_date=2050-04-02T08:00:00Z&end_date=2050-04-03T08:00:00Z",
	                        here),
	             FOUND(b, c));
	expect_found(e2e_format("%s&start_date=2050-04-02T08:00:01Z&end_date=2050-04-03T07:59:59Z",
	                        here),
	             FOUND(b));
	/* The time at which a shift ends is not part of it. */
	expect_found(e2e_format("%s&start_date=2050-04-02T15:59:59.999Z&end_date=2050-04-02", here),
	             FOUND(b));
	expect_found(e2e_format("%s&start_date=2050-04-02T16:00:00Z&end_date=2050-04-02", here),
	             FOUND(NULL));
	expect_found(e2e_format("%s&limit=1&skip=1", here), FOUND(b));
	for (int by_user = 0; by_user < 2; by_user++) {
		const char *query = by_user ? e2e_format("user_id=%s", f.rosa) : here;
		const char *const *ids = by_user ? FOUND(b, c) : FOUND(a, b, c);

		for (; *ids; ids++) {
			answer = client_get(f.guard, "/api/v1/shifts?limit=1&%s", query);
			expect_at(answer, "0.id", *ids);
			next = answer_header(answer, "Link");
			cr_assert_eq(next != NULL, ids[1] != NULL);
			if (next)
				query = e2e_format(
					"%s%s",
					by_user ? e2e_format("user_id=%s&", f.rosa)
						: e2e_format("%s&", here),
					e2e_format("%.*s",
				                   (int)strcspn(strstr(next, "cursor="), ">"),
				                   strstr(next, "cursor=")));
		}
	}
	expect_problem(client_get(f.guard, "/api/v1/shifts?role=PRIMARY"), "VALIDATION_FAILED");
}
