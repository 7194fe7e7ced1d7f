/* Supervisors check out a vehicle and a radio for a duty session, one user at a time, and return
 * them. */

#include "e2e.h"

static struct {
	struct client *admin, *supervisor, *other;
} f;

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.supervisor = e2e_new_user("SUPERVISOR", "Salma");
	f.other = e2e_new_user("SUPERVISOR", "Peter");
}

TestSuite(equipment, .init = setup, .timeout = 40);

static const char *id_of(const struct answer *answer)
{
	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *new_vehicle(void)
{
	return id_of(client_post(f.admin, "/api/v1/vehicles",
	                         "{'name':'%s','make':'F','model':'R','year':2020,'mileage':90}",
	                         e2e_name()));
}

static const char *new_radio(void)
{
	return id_of(client_post(f.admin, "/api/v1/radios", "{'name':'%s'}", e2e_name()));
}

static const char *clock_in(struct client *client)
{
	return id_of(client_post(client, "/api/v1/duty-sessions", "{}"));
}

static const struct answer *check_out(struct client *client, const char *session,
                                      const char *vehicle, const char *radio)
{
	return client_post(
		client, "/api/v1/equipment/checkouts",
		"{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':100}",
		session, vehicle, radio);
}

static const struct answer *check_in(struct client *client, const char *id, int mileage)
{
	return client_post(client, e2e_format("/api/v1/equipment/checkouts/%s/check-in", id),
	                   "{'checkin_mileage':%d,'notes':'Tank half full.'}", mileage);
}

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* "equipment.checked_out 1, equipment.checked_in 2" */
static const char *events_of(const char *id)
{
	return query(e2e_format("select string_agg(e.type || ' ' || (e.data ->> 'revision'), ', '"
	                        " order by e.\"offset\") from live.events e"
	                        " join app.equipment_checkouts c on e.data ->> 'id' = c.id::text"
	                        " join app.duty_sessions d on d.id = c.duty_session_id"
	                        " and e.channel = 'user:' || d.user_id where c.id = '%s'",
	                        id));
}

Test(equipment, is_checked_out_and_returned)
{
	const char *session = clock_in(f.supervisor), *vehicle = new_vehicle(),
		   *radio = new_radio(), *id, *tag;
	const struct answer *answer = check_out(f.supervisor, session, vehicle, radio);

	id = id_of(answer);
	expect_header(answer, "Location", e2e_format("/api/v1/equipment/checkouts/%s", id));
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	expect_at(answer, "duty_session_id", session);
	expect_at(answer, "vehicle.id", vehicle);
	expect_at(answer, "vehicle.make", "F");
	expect_at(answer, "radio.id", radio);
	expect_at(answer, "user.first_name", "Salma");
	expect_at(answer, "checkout_mileage", "100");
	expect_at(answer, "checkin_mileage", "null");
	expect_at(answer, "checkin_time", "null");
	expect_header(client_get(f.other, "/api/v1/equipment/checkouts/%s", id), "ETag", tag);

	client_set_header(f.supervisor, "If-Match: %s", tag);
	answer = check_in(f.supervisor, id, 100);
	expect_status(answer, 200);
	expect_at(answer, "checkin_mileage", "100");
	expect_at(answer, "notes", "Tank half full.");
	cr_expect_str_neq(answer_at(answer, "checkin_time"), "null");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", vehicle), "mileage", "100");
	expect_problem(check_in(f.supervisor, id, 100), "EQUIPMENT_RETURNED");
	cr_expect_str_eq(events_of(id), "equipment.checked_out 1, equipment.checked_in 2");
	cr_expect_str_eq(query(e2e_format("select count(*) from live.events where channel = 'duty'"
	                                  " and type like 'equipment.%%' and data ->> 'id' = '%s'",
	                                  id)),
	                 "2");
	/* It can be checked out again. */
	expect_status(check_out(f.supervisor, session, vehicle, radio), 201);
}

Test(equipment, can_be_returned_by_duty_session)
{
	const char *session = clock_in(f.supervisor), *vehicle = new_vehicle(),
		   *path = "/api/v1/equipment/check-in";
	const char *id = id_of(check_out(f.supervisor, session, vehicle, new_radio()));
	const char *body = e2e_format("{'duty_session_id':'%s','checkin_mileage':180}", session);
	const struct answer *answer;

	expect_problem(client_post(f.other, path, "%s", body), "FORBIDDEN");
	expect_problem(client_post(f.supervisor, path,
	                           "{'duty_session_id':'%s','checkin_mileage':99}", session),
	               "MILEAGE_DECREASED");
	expect_problem(client_post(f.supervisor, path, "{'duty_session_id':'%s'}", session),
	               "VALIDATION_FAILED");
	answer = client_post(f.supervisor, path, "%s", body);
	expect_status(answer, 200);
	expect_at(answer, "id", id);
	expect_at(answer, "notes", "null");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", vehicle), "mileage", "180");
	expect_problem(client_post(f.supervisor, path, "%s", body), "NOT_FOUND");
	expect_problem(client_post(f.supervisor, path,
	                           "{'duty_session_id':'%s','checkin_mileage':1}", e2e_id()),
	               "NOT_FOUND");
	cr_expect_str_eq(events_of(id), "equipment.checked_out 1, equipment.checked_in 2");
}

/* Before, its new mileage was not published. */
Test(equipment, publishes_the_vehicle_when_its_mileage_changes)
{
	const char *vehicle = new_vehicle(), *session = clock_in(f.supervisor);
	const char *events = e2e_format("select string_agg(type, ', ' order by \"offset\")"
	                                " from live.events where channel = 'duty'"
	                                " and data ->> 'id' = '%s'",
	                                vehicle);

	expect_status(check_in(f.supervisor,
	                       id_of(check_out(f.supervisor, session, vehicle, new_radio())), 180),
	              200);
	cr_expect_str_eq(query(events), "vehicle.created, vehicle.updated");
	expect_status(check_in(f.supervisor,
	                       id_of(client_post(f.supervisor, "/api/v1/equipment/checkouts",
	                                         "{'duty_session_id':'%s','vehicle_id':'%s',"
	                                         "'radio_id':'%s','checkout_mileage':180}",
	                                         session, vehicle, new_radio())),
	                       180),
	              200);
	cr_expect_str_eq(query(events), "vehicle.created, vehicle.updated");
}

Test(equipment, is_checked_out_by_the_user_of_the_session_only)
{
	const char *session = clock_in(f.supervisor), *vehicle = new_vehicle(),
		   *radio = new_radio();

	expect_problem(check_out(f.other, session, vehicle, radio), "FORBIDDEN");
	expect_problem(check_out(f.admin, session, vehicle, radio), "FORBIDDEN");
	expect_problem(check_out(f.supervisor, e2e_id(), vehicle, radio), "NOT_FOUND");
	assert_status(client_post(f.supervisor,
	                          e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL),
	              200);
	expect_problem(check_out(f.supervisor, session, vehicle, radio), "NOT_ON_DUTY");
	expect_problem(check_out(e2e_client("guard"), session, vehicle, radio), "FORBIDDEN");
	cr_expect_str_eq(
		query(e2e_format(
			"select count(*) from app.equipment_checkouts where vehicle_id = '%s'",
			vehicle)),
		"0");
}

Test(equipment, must_be_working_to_be_checked_out)
{
	const char *session = clock_in(f.supervisor), *vehicle = new_vehicle(),
		   *radio = new_radio();
	const char *const paths[] = { e2e_format("/api/v1/vehicles/%s", vehicle),
		                      e2e_format("/api/v1/radios/%s", radio) };

	expect_problem(check_out(f.supervisor, session, e2e_id(), radio), "EQUIPMENT_UNAVAILABLE");
	expect_problem(check_out(f.supervisor, session, vehicle, e2e_id()),
	               "EQUIPMENT_UNAVAILABLE");
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		static const char *const statuses[] = { "OUT_OF_SERVICE", "RETIRED" };

		for (size_t j = 0; j < COUNT_OF(statuses); j++) {
			assert_status(
				client_patch(f.admin, paths[i], "{'status':'%s'}", statuses[j]),
				200);
			expect_problem(check_out(f.supervisor, session, i ? new_vehicle() : vehicle,
			                         i ? radio : new_radio()),
			               "EQUIPMENT_UNAVAILABLE");
		}
	}
	vehicle = new_vehicle();
	radio = new_radio();
	assert_status(client_delete(f.admin, "/api/v1/vehicles/%s", vehicle), 204);
	expect_problem(check_out(f.supervisor, session, vehicle, radio), "EQUIPMENT_UNAVAILABLE");
	vehicle = new_vehicle();
	assert_status(client_delete(f.admin, "/api/v1/radios/%s", radio), 204);
	expect_problem(check_out(f.supervisor, session, vehicle, radio), "EQUIPMENT_UNAVAILABLE");
}

Test(equipment, cannot_be_checked_out_twice)
{
	const char *session = clock_in(f.supervisor), *other_session = clock_in(f.other),
		   *vehicle = new_vehicle(), *radio = new_radio();
	const char *id = id_of(check_out(f.supervisor, session, vehicle, radio));

	expect_problem(check_out(f.other, other_session, vehicle, new_radio()),
	               "EQUIPMENT_CHECKED_OUT");
	expect_problem(check_out(f.other, other_session, new_vehicle(), radio),
	               "EQUIPMENT_CHECKED_OUT");
	expect_problem(check_out(f.supervisor, session, new_vehicle(), new_radio()),
	               "CHECKOUT_OPEN");
	expect_problem(client_delete(f.admin, "/api/v1/vehicles/%s", vehicle),
	               "EQUIPMENT_CHECKED_OUT");
	expect_problem(client_delete(f.admin, "/api/v1/radios/%s", radio), "EQUIPMENT_CHECKED_OUT");
	assert_status(check_in(f.supervisor, id, 120), 200);
	expect_status(check_out(f.other, other_session, vehicle, radio), 201);
}

Test(equipment, is_returned_by_its_user_with_a_valid_mileage)
{
	const char *session = clock_in(f.supervisor), *vehicle = new_vehicle();
	const char *id = id_of(check_out(f.supervisor, session, vehicle, new_radio()));
	const struct answer *answer;

	expect_problem(check_in(f.other, id, 200), "FORBIDDEN");
	expect_problem(check_in(f.supervisor, e2e_id(), 200), "NOT_FOUND");
	answer = check_in(f.supervisor, id, 99);
	expect_problem(answer, "MILEAGE_DECREASED");
	cr_expect(strstr(answer_at(answer, "detail"), "100") != NULL, "%s",
	          answer_at(answer, "detail"));
	expect_problem(check_in(f.supervisor, id, 0), "VALIDATION_FAILED");
	client_set_header(f.supervisor, "If-Match: \"9.9\"");
	expect_problem(check_in(f.supervisor, id, 200), "PRECONDITION_FAILED");
	expect_at(client_get(f.supervisor, "/api/v1/equipment/checkouts/%s", id), "checkin_time",
	          "null");
	cr_expect_str_eq(events_of(id), "equipment.checked_out 1");
	/* The mileage was corrected in the meantime; returning the vehicle does not lower it. */
	assert_status(client_patch(f.admin, e2e_format("/api/v1/vehicles/%s", vehicle),
	                           "{'mileage':5000}"),
	              200);
	assert_status(check_in(f.supervisor, id, 200), 200);
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", vehicle), "mileage", "5000");
}

Test(equipment, of_an_archived_user_is_returned_by_an_administrator)
{
	const char *session = clock_in(f.supervisor), *vehicle = new_vehicle();
	const char *me =
		e2e_format("%s", answer_at(client_get(f.supervisor, "/api/v1/users/me"), "id"));
	const char *id = id_of(check_out(f.supervisor, session, vehicle, new_radio()));

	assert_status(
		client_post(f.other, e2e_format("/api/v1/guards/on-duty/%s/end", session), NULL),
		200);
	assert_status(client_post(f.admin, e2e_format("/api/v1/users/%s/archive", me), NULL), 200);
	expect_problem(check_in(f.supervisor, id, 200), "ACCOUNT_ARCHIVED");
	expect_problem(check_in(f.other, id, 200), "FORBIDDEN");
	client_set_header(f.admin, "If-Match: \"9.9\"");
	expect_problem(check_in(f.admin, id, 200), "PRECONDITION_FAILED");
	expect_problem(check_in(f.admin, id, 99), "MILEAGE_DECREASED");
	assert_status(check_in(f.admin, id, 200), 200);
	expect_problem(check_in(f.admin, id, 200), "EQUIPMENT_RETURNED");
	cr_expect_str_eq(events_of(id), "equipment.checked_out 1, equipment.checked_in 2");
	assert_status(client_delete(f.admin, "/api/v1/vehicles/%s", vehicle), 204);
}

/* Many supervisors check out the same vehicle, or the same radio, at the same time. */
static void expect_one_checkout(const char *column)
{
	enum { CLIENTS = 50 };
	bool is_vehicle = strcmp(column, "vehicle_id") == 0;
	const char *contested = is_vehicle ? new_vehicle() : new_radio(), *bodies[CLIENTS];
	struct client *clients[CLIENTS];
	int created = 0;

	for (int i = 0; i < CLIENTS; i++) {
		const char *session, *vehicle, *radio;

		clients[i] = e2e_new_user("SUPERVISOR", "Noor");
		session = clock_in(clients[i]);
		vehicle = is_vehicle ? contested : new_vehicle();
		radio = is_vehicle ? new_radio() : contested;
		bodies[i] = e2e_format("{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s',"
		                       "'checkout_mileage':1}",
		                       session, vehicle, radio);
	}
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", "/api/v1/equipment/checkouts", "%s", bodies[i]);
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 201)
			created++;
		else
			expect_problem(answer, "EQUIPMENT_CHECKED_OUT");
	}
	cr_expect_eq(created, 1, "%s: %d checkouts", column, created);
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.equipment_checkouts where %s = '%s'",
	                         column, contested)),
		"1");
}

Test(equipment, vehicle_is_checked_out_once_by_concurrent_requests)
{
	expect_one_checkout("vehicle_id");
}

Test(equipment, radio_is_checked_out_once_by_concurrent_requests)
{
	expect_one_checkout("radio_id");
}

Test(equipment, is_checked_out_and_returned_once_by_concurrent_requests)
{
	const char *email = "marek.dunn@marina.example", *vehicle = new_vehicle(), *id;
	struct client *client = e2e_client(email);
	const char *session = clock_in(client);

	cr_expect_eq(e2e_in_parallel(
			     50, email, "POST", "/api/v1/equipment/checkouts",
			     e2e_format("{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s',"
	                                "'checkout_mileage':10}",
	                                session, vehicle, new_radio()),
			     201, "CHECKOUT_OPEN"),
	             1);
	id = query(e2e_format("select id from app.equipment_checkouts where vehicle_id = '%s'",
	                      vehicle));
	cr_expect_eq(e2e_in_parallel(50, email, "POST",
	                             e2e_format("/api/v1/equipment/checkouts/%s/check-in", id),
	                             "{'checkin_mileage':11}", 200, "EQUIPMENT_RETURNED"),
	             1);
	cr_expect_str_eq(events_of(id), "equipment.checked_out 1, equipment.checked_in 2");
}

/* The indexes enforce this for every writer. */
Test(equipment, has_one_open_checkout_in_the_database)
{
	const char *vehicle = new_vehicle(), *radio = new_radio(),
		   *id = id_of(check_out(f.supervisor, clock_in(f.supervisor), vehicle, radio));
	const char *session = clock_in(f.other);
	const struct {
		const char *vehicle, *radio, *index;
	} rows[] = { { vehicle, new_radio(), "one_open_checkout_per_vehicle" },
		     { new_vehicle(), radio, "one_open_checkout_per_radio" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_str_eq(
			query(e2e_format(
				"do $$ declare c text; begin"
				" begin insert into app.equipment_checkouts"
				" (duty_session_id, vehicle_id, radio_id, checkout_mileage)"
				" values ('%s', '%s', '%s', 1);"
				" exception when unique_violation then"
				" get stacked diagnostics c = constraint_name; end;"
				" perform set_config('test.constraint', c, false); end $$;"
				" select current_setting('test.constraint')",
				session, rows[i].vehicle, rows[i].radio)),
			rows[i].index);
	assert_status(check_in(f.supervisor, id, 100), 200);
}

Test(equipment, checkouts_are_listed_newest_first)
{
	const char *session = clock_in(f.supervisor), *vehicle = new_vehicle(),
		   *radio = new_radio(), *ids[3];
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		ids[i] = id_of(
			check_out(f.supervisor, session, i == 1 ? new_vehicle() : vehicle, radio));
		if (i < 2)
			assert_status(check_in(f.supervisor, ids[i], 100), 200);
	}
	answer = client_get(f.other, "/api/v1/equipment/checkouts?duty_session_id=%s", session);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 3);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		expect_at(answer, e2e_format("%zu.id", i), ids[2 - i]);
	expect_at(answer, "0.vehicle.id", vehicle);
	expect_at(answer, "0.radio.id", radio);
	answer = client_get(f.other, "/api/v1/equipment/checkouts?vehicle_id=%s&open=false",
	                    vehicle);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[0]);
	answer = client_get(f.other, "/api/v1/equipment/checkouts?radio_id=%s&open=true", radio);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[2]);
	/* In pages. */
	client_set_header(f.other, "Prefer: count=exact");
	answer = client_get(f.other, "/api/v1/equipment/checkouts?duty_session_id=%s&limit=2",
	                    session);
	cr_expect_eq(json_count(answer->json), 2);
	expect_header(answer, "X-Total-Count", "3");
	answer = client_get(f.other, "%.*s", (int)strcspn(answer_header(answer, "Link") + 1, ">"),
	                    answer_header(answer, "Link") + 1);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[0]);
	expect_problem(client_get(e2e_client("guard"), "/api/v1/equipment/checkouts"), "FORBIDDEN");
	expect_problem(client_get(f.other, "/api/v1/equipment/checkouts/%s", e2e_id()),
	               "NOT_FOUND");
}

static bool is_available(const char *type, const char *id)
{
	const struct answer *answer =
		client_get(f.supervisor, "/api/v1/equipment/available?type=%s&limit=500", type);

	assert_status(answer, 200);
	for (size_t i = 0; i < json_count(answer->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.id", i)), id) == 0)
			return true;
	}
	return false;
}

Test(equipment, is_available_if_working_and_not_checked_out)
{
	const char *vehicle = new_vehicle(), *radio = new_radio(), *id;

	cr_expect(is_available("VEHICLE", vehicle) && is_available("RADIO", radio));
	cr_expect(!is_available("RADIO", vehicle) && !is_available("VEHICLE", radio));
	id = id_of(check_out(f.supervisor, clock_in(f.supervisor), vehicle, radio));
	cr_expect(!is_available("VEHICLE", vehicle) && !is_available("RADIO", radio));
	assert_status(check_in(f.supervisor, id, 100), 200);
	cr_expect(is_available("VEHICLE", vehicle) && is_available("RADIO", radio));
	assert_status(client_patch(f.admin, e2e_format("/api/v1/vehicles/%s", vehicle),
	                           "{'status':'OUT_OF_SERVICE'}"),
	              200);
	assert_status(client_delete(f.admin, "/api/v1/radios/%s", radio), 204);
	cr_expect(!is_available("VEHICLE", vehicle) && !is_available("RADIO", radio),
	          "out of service or removed equipment is listed as available");
	expect_problem(client_get(f.supervisor, "/api/v1/equipment/available"),
	               "VALIDATION_FAILED");
	expect_problem(client_get(f.supervisor, "/api/v1/equipment/available?type=BOAT"),
	               "VALIDATION_FAILED");
	expect_problem(client_get(e2e_client("guard"), "/api/v1/equipment/available?type=VEHICLE"),
	               "FORBIDDEN");
}

Test(equipment, of_the_demo_data_includes_an_overdue_checkout)
{
	const struct answer *answer = client_get(e2e_client("noor.castellan@marina.example"),
	                                         "/api/v1/equipment/checkouts?open=true&limit=500");
	size_t overdue = 0;

	for (size_t i = 0; i < json_count(answer->json); i++)
		overdue +=
			strcmp(answer_at(answer, e2e_format("%zu.user.last_name", i)), "Castellan")
			== 0;
	cr_expect_eq(overdue, 1);
}
