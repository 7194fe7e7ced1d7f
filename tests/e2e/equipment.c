/* A vehicle and a radio are taken out for a duty, had by one at a time, and brought back. */

#include "e2e.h"

static struct {
	struct client *admin, *one, *other;
} f;

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.one = e2e_new_user("SUPERVISOR", "Salma");
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
	                         "{'name':'%s','make':'F','model':'R','year':2020,'mileage':90}", e2e_name()));
}

static const char *new_radio(void)
{
	return id_of(client_post(f.admin, "/api/v1/radios", "{'name':'%s'}", e2e_name()));
}

static const char *duty_of(struct client *client)
{
	return id_of(client_post(client, "/api/v1/duty-sessions", "{}"));
}

static const struct answer *take(struct client *client, const char *session, const char *vehicle, const char *radio)
{
	return client_post(client, "/api/v1/equipment/checkouts",
	                   "{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':100}", session,
	                   vehicle, radio);
}

static const struct answer *bring(struct client *client, const char *id, int mileage)
{
	return client_post(client, e2e_format("/api/v1/equipment/checkouts/%s/check-in", id),
	                   "{'checkin_mileage':%d,'notes':'Tank half full.'}", mileage);
}

static const char *ask(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* "equipment.checked_out 1, equipment.checked_in 2" */
static const char *told(const char *id)
{
	return ask(e2e_format("select string_agg(e.type || ' ' || (e.data ->> 'revision'), ', ' order by e.\"offset\")"
	                       " from live.events e join app.equipment_checkouts c on e.data ->> 'id' = c.id::text"
	                       " join app.duty_sessions d on d.id = c.duty_session_id and e.channel = 'user:' || d.user_id"
	                       " where c.id = '%s'",
	                       id));
}

Test(equipment, is_taken_out_and_brought_back)
{
	const char *session = duty_of(f.one), *vehicle = new_vehicle(), *radio = new_radio(), *id, *tag;
	const struct answer *answer = take(f.one, session, vehicle, radio);

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

	client_set_header(f.one, "If-Match: %s", tag);
	answer = bring(f.one, id, 100);
	expect_status(answer, 200);
	expect_at(answer, "checkin_mileage", "100");
	expect_at(answer, "notes", "Tank half full.");
	cr_expect_str_neq(answer_at(answer, "checkin_time"), "null");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", vehicle), "mileage", "100");
	expect_problem(bring(f.one, id, 100), "EQUIPMENT_RETURNED");
	cr_expect_str_eq(told(id), "equipment.checked_out 1, equipment.checked_in 2");
	cr_expect_str_eq(ask(e2e_format("select count(*) from live.events where channel = 'duty'"
	                                 " and type like 'equipment.%%' and data ->> 'id' = '%s'",
	                                 id)),
	                 "2");
	/* And may be taken out again. */
	expect_status(take(f.one, session, vehicle, radio), 201);
}

Test(equipment, is_brought_back_by_its_session_too)
{
	const char *session = duty_of(f.one), *vehicle = new_vehicle(), *path = "/api/v1/equipment/check-in";
	const char *id = id_of(take(f.one, session, vehicle, new_radio()));
	const char *body = e2e_format("{'duty_session_id':'%s','checkin_mileage':180}", session);
	const struct answer *answer;

	expect_problem(client_post(f.other, path, "%s", body), "FORBIDDEN");
	expect_problem(client_post(f.one, path, "{'duty_session_id':'%s','checkin_mileage':99}", session),
	               "MILEAGE_DECREASED");
	expect_problem(client_post(f.one, path, "{'duty_session_id':'%s'}", session), "VALIDATION_FAILED");
	answer = client_post(f.one, path, "%s", body);
	expect_status(answer, 200);
	expect_at(answer, "id", id);
	expect_at(answer, "notes", "null");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", vehicle), "mileage", "180");
	expect_problem(client_post(f.one, path, "%s", body), "NOT_FOUND");
	expect_problem(client_post(f.one, path, "{'duty_session_id':'%s','checkin_mileage':1}", e2e_id()), "NOT_FOUND");
	cr_expect_str_eq(told(id), "equipment.checked_out 1, equipment.checked_in 2");
}

Test(equipment, is_taken_out_by_whoever_is_on_duty)
{
	const char *session = duty_of(f.one), *vehicle = new_vehicle(), *radio = new_radio();

	expect_problem(take(f.other, session, vehicle, radio), "FORBIDDEN");
	expect_problem(take(f.admin, session, vehicle, radio), "FORBIDDEN");
	expect_problem(take(f.one, e2e_id(), vehicle, radio), "NOT_FOUND");
	assert_status(client_post(f.one, e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL), 200);
	expect_problem(take(f.one, session, vehicle, radio), "NOT_ON_DUTY");
	expect_problem(take(e2e_client("guard"), session, vehicle, radio), "FORBIDDEN");
	cr_expect_str_eq(ask(e2e_format("select count(*) from app.equipment_checkouts where vehicle_id = '%s'", vehicle)),
	                 "0");
}

Test(equipment, that_does_not_work_is_not_taken_out)
{
	const char *session = duty_of(f.one), *vehicle = new_vehicle(), *radio = new_radio();
	const char *const paths[] = { e2e_format("/api/v1/vehicles/%s", vehicle), e2e_format("/api/v1/radios/%s", radio) };

	expect_problem(take(f.one, session, e2e_id(), radio), "EQUIPMENT_UNAVAILABLE");
	expect_problem(take(f.one, session, vehicle, e2e_id()), "EQUIPMENT_UNAVAILABLE");
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		static const char *const statuses[] = { "OUT_OF_SERVICE", "RETIRED" };

		for (size_t j = 0; j < COUNT_OF(statuses); j++) {
			assert_status(client_patch(f.admin, paths[i], "{'status':'%s'}", statuses[j]), 200);
			expect_problem(take(f.one, session, i ? new_vehicle() : vehicle, i ? radio : new_radio()),
			               "EQUIPMENT_UNAVAILABLE");
		}
	}
	vehicle = new_vehicle();
	radio = new_radio();
	assert_status(client_delete(f.admin, "/api/v1/vehicles/%s", vehicle), 204);
	expect_problem(take(f.one, session, vehicle, radio), "EQUIPMENT_UNAVAILABLE");
	vehicle = new_vehicle();
	assert_status(client_delete(f.admin, "/api/v1/radios/%s", radio), 204);
	expect_problem(take(f.one, session, vehicle, radio), "EQUIPMENT_UNAVAILABLE");
}

Test(equipment, that_one_has_no_other_takes)
{
	const char *mine = duty_of(f.one), *yours = duty_of(f.other), *vehicle = new_vehicle(), *radio = new_radio();
	const char *id = id_of(take(f.one, mine, vehicle, radio));

	expect_problem(take(f.other, yours, vehicle, new_radio()), "EQUIPMENT_CHECKED_OUT");
	expect_problem(take(f.other, yours, new_vehicle(), radio), "EQUIPMENT_CHECKED_OUT");
	expect_problem(take(f.one, mine, new_vehicle(), new_radio()), "CHECKOUT_OPEN");
	expect_problem(client_delete(f.admin, "/api/v1/vehicles/%s", vehicle), "EQUIPMENT_CHECKED_OUT");
	expect_problem(client_delete(f.admin, "/api/v1/radios/%s", radio), "EQUIPMENT_CHECKED_OUT");
	assert_status(bring(f.one, id, 120), 200);
	expect_status(take(f.other, yours, vehicle, radio), 201);
}

Test(equipment, is_brought_back_by_who_has_it_with_what_the_counter_shows)
{
	const char *session = duty_of(f.one), *vehicle = new_vehicle();
	const char *id = id_of(take(f.one, session, vehicle, new_radio()));
	const struct answer *answer;

	expect_problem(bring(f.other, id, 200), "FORBIDDEN");
	expect_problem(bring(f.one, e2e_id(), 200), "NOT_FOUND");
	answer = bring(f.one, id, 99);
	expect_problem(answer, "MILEAGE_DECREASED");
	cr_expect(strstr(answer_at(answer, "detail"), "100") != NULL, "%s", answer_at(answer, "detail"));
	expect_problem(bring(f.one, id, 0), "VALIDATION_FAILED");
	client_set_header(f.one, "If-Match: \"9.9\"");
	expect_problem(bring(f.one, id, 200), "PRECONDITION_FAILED");
	expect_at(client_get(f.one, "/api/v1/equipment/checkouts/%s", id), "checkin_time", "null");
	cr_expect_str_eq(told(id), "equipment.checked_out 1");
	/* Somebody has corrected the counter meanwhile: it does not run backwards. */
	assert_status(client_patch(f.admin, e2e_format("/api/v1/vehicles/%s", vehicle), "{'mileage':5000}"), 200);
	assert_status(bring(f.one, id, 200), 200);
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", vehicle), "mileage", "5000");
}

Test(equipment, of_who_is_gone_is_brought_back_by_an_administrator)
{
	const char *session = duty_of(f.one), *vehicle = new_vehicle();
	const char *me = e2e_format("%s", answer_at(client_get(f.one, "/api/v1/users/me"), "id"));
	const char *id = id_of(take(f.one, session, vehicle, new_radio()));

	assert_status(client_post(f.other, e2e_format("/api/v1/guards/on-duty/%s/end", session), NULL), 200);
	assert_status(client_post(f.admin, e2e_format("/api/v1/users/%s/archive", me), NULL), 200);
	expect_problem(bring(f.one, id, 200), "ACCOUNT_ARCHIVED");
	expect_problem(bring(f.other, id, 200), "FORBIDDEN");
	client_set_header(f.admin, "If-Match: \"9.9\"");
	expect_problem(bring(f.admin, id, 200), "PRECONDITION_FAILED");
	expect_problem(bring(f.admin, id, 99), "MILEAGE_DECREASED");
	assert_status(bring(f.admin, id, 200), 200);
	expect_problem(bring(f.admin, id, 200), "EQUIPMENT_RETURNED");
	cr_expect_str_eq(told(id), "equipment.checked_out 1, equipment.checked_in 2");
	assert_status(client_delete(f.admin, "/api/v1/vehicles/%s", vehicle), 204);
}

/* Fifty supervisors want the same vehicle, or the same radio, at the same time. */
static void expect_one_has(const char *column)
{
	enum { MANY = 50 };
	bool is_vehicle = strcmp(column, "vehicle_id") == 0;
	const char *wanted = is_vehicle ? new_vehicle() : new_radio(), *bodies[MANY];
	struct client *clients[MANY];
	int won = 0;

	for (int i = 0; i < MANY; i++) {
		const char *session, *vehicle, *radio;

		clients[i] = e2e_new_user("SUPERVISOR", "Noor");
		session = duty_of(clients[i]);
		vehicle = is_vehicle ? wanted : new_vehicle();
		radio = is_vehicle ? new_radio() : wanted;
		bodies[i] = e2e_format("{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':1}",
		                        session, vehicle, radio);
	}
	for (int i = 0; i < MANY; i++)
		client_send(clients[i], "POST", "/api/v1/equipment/checkouts", "%s", bodies[i]);
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 201)
			won++;
		else
			expect_problem(answer, "EQUIPMENT_CHECKED_OUT");
	}
	cr_expect_eq(won, 1, "%s: %d have it", column, won);
	cr_expect_str_eq(ask(e2e_format("select count(*) from app.equipment_checkouts where %s = '%s'", column, wanted)),
	                 "1");
}

Test(equipment, of_all_who_want_a_vehicle_one_gets_it)
{
	expect_one_has("vehicle_id");
}

Test(equipment, of_all_who_want_a_radio_one_gets_it)
{
	expect_one_has("radio_id");
}

Test(equipment, is_taken_out_and_brought_back_once_however_often_it_is_said)
{
	const char *who = "marek.dunn@marina.example", *vehicle = new_vehicle(), *id;
	struct client *client = e2e_client(who);
	const char *session = duty_of(client);

	cr_expect_eq(e2e_in_parallel(50, who, "POST", "/api/v1/equipment/checkouts",
	                           e2e_format("{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s',"
	                                       "'checkout_mileage':10}",
	                                       session, vehicle, new_radio()),
	                           201, "CHECKOUT_OPEN"),
	             1);
	id = ask(e2e_format("select id from app.equipment_checkouts where vehicle_id = '%s'", vehicle));
	cr_expect_eq(e2e_in_parallel(50, who, "POST", e2e_format("/api/v1/equipment/checkouts/%s/check-in", id),
	                           "{'checkin_mileage':11}", 200, "EQUIPMENT_RETURNED"),
	             1);
	cr_expect_str_eq(told(id), "equipment.checked_out 1, equipment.checked_in 2");
}

/* The indexes hold by themselves, whoever writes. */
Test(equipment, is_had_by_one_for_the_database_as_well)
{
	const char *vehicle = new_vehicle(), *radio = new_radio(), *id = id_of(take(f.one, duty_of(f.one), vehicle, radio));
	const char *session = duty_of(f.other);
	const struct {
		const char *vehicle, *radio, *index;
	} rows[] = { { vehicle, new_radio(), "one_open_checkout_per_vehicle" },
		     { new_vehicle(), radio, "one_open_checkout_per_radio" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_str_eq(ask(e2e_format("do $$ declare c text; begin"
		                                 " begin insert into app.equipment_checkouts"
		                                 " (duty_session_id, vehicle_id, radio_id, checkout_mileage)"
		                                 " values ('%s', '%s', '%s', 1);"
		                                 " exception when unique_violation then"
		                                 " get stacked diagnostics c = constraint_name; end;"
		                                 " perform set_config('story.held', c, false); end $$;"
		                                 " select current_setting('story.held')",
		                                 session, rows[i].vehicle, rows[i].radio)),
		                 rows[i].index);
	assert_status(bring(f.one, id, 100), 200);
}

Test(equipment, is_listed_the_last_first)
{
	const char *session = duty_of(f.one), *vehicle = new_vehicle(), *radio = new_radio(), *ids[3];
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		ids[i] = id_of(take(f.one, session, i == 1 ? new_vehicle() : vehicle, radio));
		if (i < 2)
			assert_status(bring(f.one, ids[i], 100), 200);
	}
	answer = client_get(f.other, "/api/v1/equipment/checkouts?duty_session_id=%s", session);
	expect_status(answer, 200);
	cr_expect_eq(json_count(answer->json), 3);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		expect_at(answer, e2e_format("%zu.id", i), ids[2 - i]);
	expect_at(answer, "0.vehicle.id", vehicle);
	expect_at(answer, "0.radio.id", radio);
	answer = client_get(f.other, "/api/v1/equipment/checkouts?vehicle_id=%s&open=false", vehicle);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[0]);
	answer = client_get(f.other, "/api/v1/equipment/checkouts?radio_id=%s&open=true", radio);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[2]);
	/* Page by page. */
	client_set_header(f.other, "Prefer: count=exact");
	answer = client_get(f.other, "/api/v1/equipment/checkouts?duty_session_id=%s&limit=2", session);
	cr_expect_eq(json_count(answer->json), 2);
	expect_header(answer, "X-Total-Count", "3");
	answer = client_get(f.other, "%.*s", (int)strcspn(answer_header(answer, "Link") + 1, ">"),
	                    answer_header(answer, "Link") + 1);
	cr_expect_eq(json_count(answer->json), 1);
	expect_at(answer, "0.id", ids[0]);
	expect_problem(client_get(e2e_client("guard"), "/api/v1/equipment/checkouts"), "FORBIDDEN");
	expect_problem(client_get(f.other, "/api/v1/equipment/checkouts/%s", e2e_id()), "NOT_FOUND");
}

static bool is_available(const char *type, const char *id)
{
	const struct answer *answer = client_get(f.one, "/api/v1/equipment/available?type=%s&limit=500", type);

	assert_status(answer, 200);
	for (size_t i = 0; i < json_count(answer->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.id", i)), id) == 0)
			return true;
	}
	return false;
}

Test(equipment, is_offered_as_long_as_it_works_and_nobody_has_it)
{
	const char *vehicle = new_vehicle(), *radio = new_radio(), *id;

	cr_expect(is_available("CAR", vehicle) && is_available("RADIO", radio));
	cr_expect(!is_available("RADIO", vehicle) && !is_available("CAR", radio));
	id = id_of(take(f.one, duty_of(f.one), vehicle, radio));
	cr_expect(!is_available("CAR", vehicle) && !is_available("RADIO", radio));
	assert_status(bring(f.one, id, 100), 200);
	cr_expect(is_available("CAR", vehicle) && is_available("RADIO", radio));
	assert_status(client_patch(f.admin, e2e_format("/api/v1/vehicles/%s", vehicle), "{'status':'OUT_OF_SERVICE'}"),
	              200);
	assert_status(client_delete(f.admin, "/api/v1/radios/%s", radio), 204);
	cr_expect(!is_available("CAR", vehicle) && !is_available("RADIO", radio), "it is broken, or gone");
	expect_problem(client_get(f.one, "/api/v1/equipment/available"), "VALIDATION_FAILED");
	expect_problem(client_get(f.one, "/api/v1/equipment/available?type=BOAT"), "VALIDATION_FAILED");
	expect_problem(client_get(e2e_client("guard"), "/api/v1/equipment/available?type=CAR"), "FORBIDDEN");
}

Test(equipment, of_the_night_before_is_overdue)
{
	const struct answer *answer = client_get(e2e_client("noor.castellan@marina.example"),
	                                         "/api/v1/equipment/checkouts?open=true&limit=500");
	size_t overdue = 0;

	for (size_t i = 0; i < json_count(answer->json); i++)
		overdue += strcmp(answer_at(answer, e2e_format("%zu.user.last_name", i)), "Castellan") == 0;
	cr_expect_eq(overdue, 1);
}
