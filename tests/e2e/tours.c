/* tours.c: tests tours of supervisors and their stops. */

#include "e2e.h"

static struct {
	struct client *supervisor, *other, *guard, *admin;
	const char *location;
} f;

static void setup(void)
{
	f.supervisor = e2e_new_user("SUPERVISOR", "Marek");
	f.other = e2e_new_user("SUPERVISOR", "Peter");
	f.guard = e2e_client("guard");
	f.admin = e2e_client("admin");
	f.location = e2e_new_location();
}

TestSuite(tours, .init = setup, .timeout = 30);

#define START_FIELDS  "'car_number':'7','radio_number':'3','starting_mileage':1000"
#define RETURN_FIELDS "'car_returned':true,'radio_returned':true,'keys_returned':false"

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *start_tour(struct client *client)
{
	const struct answer *answer = client_post(client, "/api/v1/tours", "{" START_FIELDS "}");

	assert_status(answer, 201);
	return id_of(answer);
}

static const char *path_of(const char *id, const char *action)
{
	return e2e_format("/api/v1/tours/%s%s", id, action);
}

static const struct answer *add_stop(struct client *client, const char *tour, const char *more)
{
	return client_post(
		client, path_of(tour, "/stops"),
		"{'stop_type':'LOCATION_INSPECTION','title':'Fence','observations':'Whole.'%s}",
		more);
}

static const struct answer *complete(struct client *client, const char *tour, int mileage)
{
	return client_post(client, path_of(tour, "/complete"),
	                   "{'ending_mileage':%d," RETURN_FIELDS "}", mileage);
}

static const char *my_id(struct client *client)
{
	return id_of(client_get(client, "/api/v1/users/me"));
}

/* The events of tours on the user's channel: "tour.started, tour.completed". */
static const char *event_types(struct client *client)
{
	const char *types =
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = 'user:%s' and type like 'tour.%%'",
	                     my_id(client));

	return e2e_format("%s", types ? types : "nothing");
}

Test(tours, have_a_start_stops_and_an_end)
{
	const struct answer *answer = client_post(f.supervisor, "/api/v1/tours",
	                                          "{'title':'West side'," START_FIELDS "}");
	const char *id, *stop_id, *me = my_id(f.guard);

	assert_status(answer, 201);
	id = id_of(answer);
	expect_header(answer, "Location", path_of(id, ""));
	expect_at(answer, "title", "West side");
	expect_at(answer, "status", "IN_PROGRESS");
	expect_at(answer, "car_number", "7");
	expect_at(answer, "radio_number", "3");
	expect_at(answer, "starting_mileage", "1000");
	expect_at(answer, "supervisor.first_name", "Marek");
	expect_at(answer, "tour_stops", "[]");
	expect_at(answer, "warnings", "[]");
	expect_at(answer, "completed_at", "null");

	answer = client_post(
		f.supervisor, path_of(id, "/stops"),
		"{'stop_type':'GUARD_EVALUATION','title':'Rosa at the gate',"
		"'observations':'Awake.\\nAll well.',"
		"'location_id':'%s','photo_urls':['https://p.example/1'],'guard_user_id':'%s',"
		"'guard_performance_notes':'Good.','issues_severity':'LOW',"
		"'follow_up_required':true}",
		f.location, me);
	assert_status(answer, 201);
	stop_id = id_of(answer);
	expect_at(answer, "tour_id", id);
	expect_at(answer, "stop_type", "GUARD_EVALUATION");
	expect_at(answer, "observations", "Awake.\nAll well.");
	expect_at(answer, "location.id", f.location);
	expect_at(answer, "guard.id", me);
	expect_at(answer, "guard.role", "GUARD");
	expect_at(answer, "guard_performance_notes", "Good.");
	expect_at(answer, "issues_severity", "LOW");
	expect_at(answer, "follow_up_required", "true");
	expect_at(answer, "photo_urls", "[\"https://p.example/1\"]");
	expect_at(answer, "departed_at", "null");

	answer = client_post(f.supervisor, path_of(id, e2e_format("/stops/%s/complete", stop_id)),
	                     NULL);
	expect_status(answer, 200);
	cr_expect_str_neq(answer_at(answer, "departed_at"), "null");
	expect_status(add_stop(f.supervisor, id, ""), 201);

	answer = client_post(f.supervisor, path_of(id, "/complete"),
	                     "{'ending_mileage':1000,'notes':'Quiet.'," RETURN_FIELDS "}");
	expect_status(answer, 200);
	expect_at(answer, "status", "COMPLETED");
	expect_at(answer, "ending_mileage", "1000");
	expect_at(answer, "car_returned", "true");
	expect_at(answer, "keys_returned", "false");
	expect_at(answer, "notes", "Quiet.");
	cr_expect_str_neq(answer_at(answer, "completed_at"), "null");
	/* Stops are listed in the order of their creation. */
	expect_at(answer, "tour_stops.0.id", stop_id);
	expect_at(answer, "tour_stops.1.title", "Fence");
	expect_at(answer, "tour_stops.1.location", "null");
	expect_at(answer, "tour_stops.1.guard", "null");
	expect_at(client_get(f.supervisor, "%s", path_of(id, "")), "tour_stops.0.guard.id", me);
	cr_expect_str_eq(event_types(f.supervisor),
	                 "tour.started, tour.stop_added, tour.stop_completed, tour.stop_added,"
	                 " tour.completed");
}

Test(tours, warn_about_another_tour_in_progress)
{
	const char *first = start_tour(f.supervisor);
	const struct answer *answer =
		client_post(f.supervisor, "/api/v1/tours", "{" START_FIELDS "}");

	assert_status(answer, 201);
	expect_at(answer, "warnings", "[\"INCOMPLETE_TOUR\"]");
	expect_at(client_get(f.supervisor, "%s", path_of(first, "")), "status", "IN_PROGRESS");
	/* Tours of other users do not count. */
	expect_at(client_post(f.other, "/api/v1/tours", "{" START_FIELDS "}"), "warnings", "[]");
}

Test(tours, are_for_supervisors)
{
	const char *id = e2e_id();

	expect_problem(client_post(f.guard, "/api/v1/tours", "{" START_FIELDS "}"), "FORBIDDEN");
	expect_status(
		client_post(f.supervisor, "/api/v1/tours", "{'id':'%s'," START_FIELDS "}", id),
		201);
	expect_problem(
		client_post(f.supervisor, "/api/v1/tours", "{'id':'%s'," START_FIELDS "}", id),
		"ID_TAKEN");
	expect_problem(
		client_post(f.supervisor, "/api/v1/tours", "{'car_number':'7','radio_number':'3'}"),
		"VALIDATION_FAILED");
	expect_problem(
		client_post(f.supervisor, "/api/v1/tours",
	                    "{'car_number':'7','radio_number':'3','starting_mileage':1000000}"),
		"VALIDATION_FAILED");
}

Test(tours, are_restricted_to_their_supervisor_and_administrators)
{
	const char *id = start_tour(f.supervisor), *stop_id = id_of(add_stop(f.supervisor, id, ""));
	const char *complete_stop = path_of(id, e2e_format("/stops/%s/complete", stop_id));

	expect_problem(client_get(f.other, "%s", path_of(id, "")), "FORBIDDEN");
	expect_problem(client_get(f.guard, "%s", path_of(id, "")), "FORBIDDEN");
	expect_problem(add_stop(f.other, id, ""), "FORBIDDEN");
	expect_problem(client_post(f.other, complete_stop, NULL), "FORBIDDEN");
	expect_problem(complete(f.other, id, 1001), "FORBIDDEN");
	expect_problem(client_post(f.other, path_of(id, "/cancel"), NULL), "FORBIDDEN");
	expect_at(client_get(f.supervisor, "%s", path_of(id, "")), "status", "IN_PROGRESS");

	expect_at(client_get(f.admin, "%s", path_of(id, "")), "supervisor.first_name", "Marek");
	expect_status(add_stop(f.admin, id, ""), 201);
	expect_status(client_post(f.admin, complete_stop, NULL), 200);
	expect_status(complete(f.admin, id, 1001), 200);
	cr_expect_str_eq(event_types(f.supervisor),
	                 "tour.started, tour.stop_added, tour.stop_added, tour.stop_completed,"
	                 " tour.completed");
}

Test(tours, and_stops_that_do_not_exist_are_not_found)
{
	const char *unknown = e2e_id(), *id = start_tour(f.supervisor),
		   *other = start_tour(f.supervisor);
	const char *stop_id = id_of(add_stop(f.supervisor, other, ""));

	expect_problem(client_get(f.supervisor, "%s", path_of(unknown, "")), "NOT_FOUND");
	expect_problem(add_stop(f.supervisor, unknown, ""), "NOT_FOUND");
	expect_problem(complete(f.supervisor, unknown, 1), "NOT_FOUND");
	expect_problem(client_post(f.supervisor, path_of(unknown, "/cancel"), NULL), "NOT_FOUND");
	expect_problem(client_post(f.supervisor,
	                           path_of(id, e2e_format("/stops/%s/complete", unknown)), NULL),
	               "NOT_FOUND");
	/* A stop is found only in its own tour. */
	expect_problem(client_post(f.supervisor,
	                           path_of(id, e2e_format("/stops/%s/complete", stop_id)), NULL),
	               "NOT_FOUND");
	expect_problem(add_stop(f.supervisor, id, e2e_format(",'location_id':'%s'", unknown)),
	               "LOCATION_NOT_FOUND");
	expect_problem(add_stop(f.supervisor, id, e2e_format(",'guard_user_id':'%s'", unknown)),
	               "USER_NOT_FOUND");
	expect_at(client_get(f.supervisor, "%s", path_of(id, "")), "tour_stops", "[]");
}

Test(tours, cannot_end_with_a_lower_mileage)
{
	const char *id = start_tour(f.supervisor);
	const struct answer *answer = complete(f.supervisor, id, 999);

	expect_problem(answer, "MILEAGE_DECREASED");
	cr_expect(strstr(answer_at(answer, "detail"), "1000") != NULL, "%s",
	          answer_at(answer, "detail"));
	expect_at(client_get(f.supervisor, "%s", path_of(id, "")), "status", "IN_PROGRESS");
	expect_problem(
		client_post(f.supervisor, path_of(id, "/complete"), "{'ending_mileage':1001}"),
		"VALIDATION_FAILED");
	expect_status(complete(f.supervisor, id, 1000), 200);
}

Test(tours, can_be_cancelled_with_a_reason)
{
	const char *id = start_tour(f.supervisor), *path = path_of(id, "/cancel");
	const struct answer *answer =
		client_post(f.supervisor, path, "{'reason':'The car broke down.'}");

	expect_status(answer, 200);
	expect_at(answer, "status", "CANCELLED");
	expect_at(answer, "notes", "The car broke down.");
	expect_at(answer, "ending_mileage", "null");
	cr_expect_str_neq(answer_at(answer, "completed_at"), "null");
	cr_expect_str_eq(event_types(f.supervisor), "tour.started, tour.cancelled");
	/* The reason is optional. */
	expect_at(client_post(f.supervisor, path_of(start_tour(f.supervisor), "/cancel"), NULL),
	          "notes", "null");
}

Test(tours, do_not_change_after_their_end)
{
	const char *const ids[] = { start_tour(f.supervisor), start_tour(f.supervisor) };

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		const char *stop_id = id_of(add_stop(f.supervisor, ids[i], ""));

		if (i == 0)
			assert_status(complete(f.supervisor, ids[i], 1001), 200);
		else
			assert_status(client_post(f.supervisor, path_of(ids[i], "/cancel"), NULL),
			              200);
		expect_problem(add_stop(f.supervisor, ids[i], ""), "TOUR_NOT_IN_PROGRESS");
		expect_problem(
			client_post(f.supervisor,
		                    path_of(ids[i], e2e_format("/stops/%s/complete", stop_id)),
		                    NULL),
			"TOUR_NOT_IN_PROGRESS");
		expect_problem(complete(f.supervisor, ids[i], 1001), "TOUR_NOT_IN_PROGRESS");
		expect_problem(client_post(f.supervisor, path_of(ids[i], "/cancel"), NULL),
		               "TOUR_NOT_IN_PROGRESS");
	}
	expect_at(client_get(f.supervisor, "%s", path_of(ids[0], "")), "status", "COMPLETED");
	expect_at(client_get(f.supervisor, "%s", path_of(ids[1], "")), "status", "CANCELLED");
}

Test(tours, stops_are_completed_once)
{
	const char *id = start_tour(f.supervisor), *stop_id, *path, *tag;
	const struct answer *answer = add_stop(f.supervisor, id, "");

	stop_id = id_of(answer);
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	path = path_of(id, e2e_format("/stops/%s/complete", stop_id));
	client_set_header(f.supervisor, "If-Match: \"9.9\"");
	expect_problem(client_post(f.supervisor, path, NULL), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_status(client_post(f.supervisor, path, NULL), 200);
	expect_problem(client_post(f.supervisor, path, NULL), "STOP_COMPLETED");
}

Test(tours, changes_honor_if_match)
{
	const char *id = start_tour(f.supervisor), *tag;

	tag = e2e_format("%s",
	                 answer_header(client_get(f.supervisor, "%s", path_of(id, "")), "ETag"));
	client_set_header(f.supervisor, "If-Match: \"9.9\"");
	expect_problem(add_stop(f.supervisor, id, ""), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: \"9.9\"");
	expect_problem(complete(f.supervisor, id, 1001), "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: \"9.9\"");
	expect_problem(client_post(f.supervisor, path_of(id, "/cancel"), NULL),
	               "PRECONDITION_FAILED");
	client_set_header(f.supervisor, "If-Match: %s", tag);
	expect_status(complete(f.supervisor, id, 1001), 200);
}

Test(tours, have_a_limited_number_of_stops)
{
	const char *id = start_tour(f.supervisor);

	server_query(
		e2e_server(),
		"insert into app.tour_stops (tour_id, title, observations) select '%s', 'x', 'x'"
		" from generate_series(1, 199)",
		id);
	expect_status(add_stop(f.supervisor, id, ""), 201);
	expect_problem(add_stop(f.supervisor, id, ""), "TOUR_FULL");
	cr_expect_eq(json_count(json_in(client_get(f.supervisor, "%s", path_of(id, ""))->json,
	                                "tour_stops")),
	             200);
}

Test(tours, concurrent_requests_complete_a_tour_once)
{
	const char *who = "salma.reyes@marina.example", *id = start_tour(e2e_client(who));

	cr_expect_eq(e2e_in_parallel(50, who, "POST", path_of(id, "/complete"),
	                             "{'ending_mileage':1001," RETURN_FIELDS "}", 200,
	                             "TOUR_NOT_IN_PROGRESS"),
	             1);
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from live.events where type = 'tour.completed'"
	                     " and channel <> 'duty' and data ->> 'id' = '%s'",
	                     id),
		"1");
}

Test(tours, concurrent_completion_and_cancellation_exclude_each_other)
{
	enum { MANY = 20, ROUNDS = 5 };
	struct client *clients[MANY];

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("admin");
	for (int round = 0; round < ROUNDS; round++) {
		const char *id = start_tour(f.supervisor);
		int done = 0;

		for (int i = 0; i < MANY; i++)
			client_send(clients[i], "POST",
			            path_of(id, i % 2 ? "/complete" : "/cancel"), "%s",
			            i % 2 ? "{'ending_mileage':1001," RETURN_FIELDS "}" : "{}");
		for (int i = 0; i < MANY; i++) {
			const struct answer *answer = client_receive(clients[i]);

			if (answer->status == 200)
				done++;
			else
				expect_problem(answer, "TOUR_NOT_IN_PROGRESS");
		}
		cr_expect_eq(done, 1, "%d requests ended it", done);
	}
}

static void expect_found(struct client *client, const char *query, const char *const *ids)
{
	const struct answer *answer = client_get(client, "/api/v1/tours?%s", query);
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

Test(tours, are_listed_for_their_supervisor_and_administrators)
{
	const char *a = start_tour(f.supervisor), *b = start_tour(f.supervisor),
		   *c = start_tour(f.other), *me = my_id(f.supervisor), *other_id = my_id(f.other);
	const struct answer *answer;
	const char *stop;

	answer = add_stop(f.supervisor, b, "");
	assert_status(answer, 201);
	stop = id_of(answer);
	assert_status(complete(f.supervisor, a, 1001), 200);
	server_query(e2e_server(),
	             "update app.tours set started_at = '2026-03-08 06:30:00+00' where id = '%s'",
	             a);
	expect_found(f.supervisor, "", FOUND(b, a));
	expect_found(f.other, "", FOUND(c));
	expect_found(f.supervisor, e2e_format("supervisor_id=%s", other_id), FOUND(NULL));
	expect_found(e2e_new_user("GUARD", "Rosa"), "", FOUND(NULL));
	expect_found(f.admin, e2e_format("supervisor_id=%s", me), FOUND(b, a));
	expect_found(f.admin, e2e_format("supervisor_id=%s&status=COMPLETED", me), FOUND(a));
	expect_found(f.admin, e2e_format("supervisor_id=%s&status=IN_PROGRESS,CANCELLED", me),
	             FOUND(b));
	expect_found(f.supervisor, "start_date=2026-03-08&end_date=2026-03-08", FOUND(a));
	expect_found(f.supervisor, "end_date=2026-03-07", FOUND(NULL));
	expect_found(f.supervisor, "start_date=2026-03-09", FOUND(b));
	expect_found(f.supervisor, "start_date=2026-03-08T06:30:00Z&end_date=2026-03-08T06:30:00Z",
	             FOUND(a));
	expect_found(f.supervisor, "limit=1&skip=1", FOUND(a));
	client_set_header(f.supervisor, "Prefer: count=exact");
	answer = client_get(f.supervisor, "/api/v1/tours?limit=1");
	expect_header(answer, "X-Total-Count", "2");
	expect_at(answer, "0.stop_count", "1");
	expect_at(answer, "0.tour_stops.0.id", stop);
	expect_at(answer, "0.supervisor.first_name", "Marek");
	answer = client_get(f.supervisor, "%.*s",
	                    (int)strcspn(answer_header(answer, "Link") + 1, ">"),
	                    answer_header(answer, "Link") + 1);
	expect_at(answer, "0.id", a);
	expect_problem(client_get(f.supervisor, "/api/v1/tours?status=OVER"), "VALIDATION_FAILED");
}

static const char *new_vehicle(void)
{
	const struct answer *answer =
		client_post(f.admin, "/api/v1/vehicles",
	                    "{'name':'Car 9','make':'Ford','model':'Ranger','year':2024}");

	assert_status(answer, 201);
	return id_of(answer);
}

static const struct answer *start_in(const char *vehicle)
{
	return client_post(f.supervisor, "/api/v1/tours", "{'vehicle_id':'%s'," START_FIELDS "}",
	                   vehicle);
}

Test(tours, refer_to_a_vehicle_of_the_fleet)
{
	const char *vehicle = new_vehicle();
	const struct answer *answer = start_in(vehicle);

	assert_status(answer, 201);
	expect_at(answer, "vehicle_id", vehicle);
	expect_at(client_get(f.supervisor, "/api/v1/tours"), "0.vehicle_id", vehicle);
	expect_problem(start_in(e2e_id()), "VEHICLE_NOT_FOUND");
	/* A tour keeps the vehicle that left the fleet; new ones cannot have it. */
	assert_status(client_delete(f.admin, "/api/v1/vehicles/%s", vehicle), 204);
	expect_at(client_get(f.supervisor, "/api/v1/tours"), "0.vehicle_id", vehicle);
	expect_problem(start_in(vehicle), "VEHICLE_NOT_FOUND");
}

Test(tours, are_published_to_supervisors)
{
	const char *tour = start_tour(f.supervisor);

	assert_status(add_stop(f.supervisor, tour, ""), 201);
	assert_status(complete(f.supervisor, tour, 1001), 200);
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select string_agg(type, ', ' order by \"offset\") from live.events"
			" where channel = 'duty' and '%s' in (data ->> 'id', data ->> 'tour_id')",
			tour),
		"tour.started, tour.stop_added, tour.completed");
}
