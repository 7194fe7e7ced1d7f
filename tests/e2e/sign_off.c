/* Whoever signs off leaves the place he is at, brings back what he has out, and goes home: all of it, or nothing. */

#include "e2e.h"

enum { MANY = 50 };

/* Eight of the server's connections write, so that they do meet in the database. */
const char *const e2e_settings[] = { "DB_CONNECTIONS=16", NULL };

static struct {
	struct client *admin, *one;
	const char *me, *session, *vehicle, *radio;
} f;

static const char *id_of(const struct answer *answer)
{
	assert_status(answer, answer->status == 200 ? 200 : 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.one = e2e_new_user("SUPERVISOR", "Salma");
	f.me = id_of(client_get(f.one, "/api/v1/users/me"));
	f.session = id_of(client_post(f.one, "/api/v1/duty-sessions", "{}"));
	f.vehicle = id_of(client_post(f.admin, "/api/v1/vehicles",
	                              "{'name':'%s','make':'F','model':'R','year':2020,'mileage':90}", e2e_name()));
	f.radio = id_of(client_post(f.admin, "/api/v1/radios", "{'name':'%s'}", e2e_name()));
}

TestSuite(sign_off, .init = setup, .timeout = 60);

static const char *path_of(const char *act)
{
	return e2e_format("/api/v1/duty-sessions/%s/%s", f.session, act);
}

static const struct answer *take(struct client *client, const char *session)
{
	return client_post(client, "/api/v1/equipment/checkouts",
	                   "{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':100}", session,
	                   f.vehicle, f.radio);
}

static const char *come(void)
{
	return id_of(client_post(f.one, path_of("check-ins"), "{'location_id':'%s'}", e2e_location()));
}

static const char *ask(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* What he has heard, in its order. */
static const char *told(void)
{
	return ask(e2e_format("select string_agg(type, ', ' order by \"offset\") from live.events"
	                       " where channel = 'user:%s' and type not like 'user.%%'",
	                       f.me));
}

/* Of the session, of its check-ins and of its checkouts: how many are open. */
static void expect_open(const char *wanted)
{
	const char *is = ask(e2e_format(
		"select (select count(*) from app.duty_sessions where id = '%s' and clock_out_time is null)"
		" || ' ' || (select count(*) from app.location_check_ins where duty_session_id = '%s'"
		" and check_out_time is null)"
		" || ' ' || (select count(*) from app.equipment_checkouts where duty_session_id = '%s'"
		" and checkin_time is null)",
		f.session, f.session, f.session));

	cr_expect_str_eq(is, wanted, "open are %s instead of %s", is, wanted);
}

Test(sign_off, ends_all_there_is_with_one_word)
{
	const char *checkout = id_of(take(f.one, f.session)), *visit = come();
	const struct answer *answer;

	answer = client_post(f.one, path_of("end"), "{'checkin_mileage':160,'notes':'Car 1 pulls to the left.'}");
	assert_status(answer, 200);
	expect_at(answer, "id", f.session);
	expect_at(answer, "notes", "Car 1 pulls to the left.");
	expect_at(answer, "location_check_ins.0.id", visit);
	cr_expect_str_neq(answer_at(answer, "clock_out_time"), "null");
	cr_expect_str_neq(answer_at(answer, "location_check_ins.0.check_out_time"), "null");
	expect_open("0 0 0");
	answer = client_get(f.one, "/api/v1/equipment/checkouts/%s", checkout);
	expect_at(answer, "checkin_mileage", "160");
	expect_at(answer, "notes", "null");
	cr_expect_str_neq(answer_at(answer, "checkin_time"), "null");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "160");
	cr_expect_str_eq(told(), "duty.started, equipment.checked_out, check_in.opened,"
	                         " equipment.checked_in, check_in.closed, duty.ended");
	cr_expect_str_eq(ask(e2e_format("select string_agg(type, ', ' order by \"offset\") from live.events"
	                                 " where channel = 'duty' and data ->> 'user_id' = '%s'",
	                                 f.me)),
	                 told());
	/* What is back is there for others. */
	f.one = e2e_new_user("SUPERVISOR", "Peter");
	expect_status(take(f.one, id_of(client_post(f.one, "/api/v1/duty-sessions", "{}"))), 201);
}

Test(sign_off, tells_the_counter_of_what_is_out)
{
	static const char *const faults[] = { "0", "-1", "1.5", "'160'", "10000000", "99999999999999999", "[160]" };
	static const char *const lacking[] = { NULL, "{}", "{'checkin_mileage':null}", "{'notes':'Home.'}" };
	const struct answer *answer;

	id_of(take(f.one, f.session));
	come();
	for (size_t i = 0; i < COUNT_OF(lacking); i++)
		expect_problem(client_post(f.one, path_of("end"), lacking[i] ? "%s" : NULL, lacking[i]), "MILEAGE_REQUIRED");
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		answer = client_post(f.one, path_of("end"), "{'checkin_mileage':%s}", faults[i]);
		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", "/checkin_mileage");
	}
	answer = client_post(f.one, path_of("end"), "{'checkin_mileage':99}");
	expect_problem(answer, "MILEAGE_DECREASED");
	cr_expect(strstr(answer_at(answer, "detail"), "100") != NULL, "%s", answer_at(answer, "detail"));
	/* Whatever is refused changes nothing. */
	expect_open("1 1 1");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "90");
	cr_expect_str_eq(told(), "duty.started, equipment.checked_out, check_in.opened");
	expect_status(client_post(f.one, path_of("end"), "{'checkin_mileage':100}"), 200);
	expect_open("0 0 0");
}

Test(sign_off, asks_for_no_counter_when_nothing_is_out)
{
	const char *checkout = id_of(take(f.one, f.session));

	assert_status(client_post(f.one, e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout),
	                          "{'checkin_mileage':120}"),
	              200);
	/* It says nothing then. */
	expect_status(client_post(f.one, path_of("end"), "{'checkin_mileage':7}"), 200);
	expect_at(client_get(f.one, "/api/v1/equipment/checkouts/%s", checkout), "checkin_mileage", "120");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "120");
	expect_problem(client_post(f.one, path_of("end"), NULL), "ALREADY_CLOCKED_OUT");
	f.session = id_of(client_post(f.one, "/api/v1/duty-sessions", "{}"));
	expect_status(client_post(f.one, path_of("end"), NULL), 200);
}

Test(sign_off, by_clock_alone_is_for_empty_hands)
{
	const char *checkout = id_of(take(f.one, f.session));

	come();
	expect_problem(client_post(f.one, path_of("clock-out"), NULL), "EQUIPMENT_NOT_RETURNED");
	expect_problem(client_post(f.one, path_of("clock-out"), "{'checkin_mileage':160}"), "VALIDATION_FAILED");
	expect_open("1 1 1");
	assert_status(client_post(f.one, e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout),
	                          "{'checkin_mileage':160}"),
	              200);
	expect_status(client_post(f.one, path_of("clock-out"), NULL), 200);
	expect_open("0 0 0");
}

Test(sign_off, belongs_to_who_is_on_duty)
{
	struct client *other = e2e_new_user("SUPERVISOR", "Peter");

	id_of(take(f.one, f.session));
	expect_problem(client_post(other, path_of("end"), "{'checkin_mileage':160}"), "FORBIDDEN");
	expect_problem(client_post(f.admin, path_of("end"), "{'checkin_mileage':160}"), "FORBIDDEN");
	client_set_header(f.one, "If-Match: \"9.9\"");
	expect_problem(client_post(f.one, path_of("end"), "{'checkin_mileage':160}"), "PRECONDITION_FAILED");
	expect_open("1 0 1");
	/* Who is no supervisor any more can go home all the same. */
	server_query(e2e_server(), "update app.users set role = 'GUARD' where id = '%s'", f.me);
	expect_status(client_post(f.one, path_of("end"), "{'checkin_mileage':160}"), 200);
	expect_open("0 0 0");
}

Test(sign_off, sent_twice_with_its_key_is_done_once)
{
	id_of(take(f.one, f.session));
	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.one, "Idempotency-Key: sign-off-%s", f.session);
		answer = client_post(f.one, path_of("end"), "{'checkin_mileage':160}");
		assert_status(answer, 200);
		expect_header(answer, "Idempotent-Replayed", i ? "true" : "absent");
	}
	cr_expect_str_eq(told(), "duty.started, equipment.checked_out, equipment.checked_in, duty.ended");
}

/* ---- By somebody above ---- */

Test(sign_off, by_a_supervisor_leaves_equipment_with_who_has_it)
{
	struct client *above = e2e_new_user("SUPERVISOR", "Marek");
	const char *checkout = id_of(take(f.one, f.session)), *his;
	const char *end = e2e_format("/api/v1/guards/on-duty/%s/end", f.session);
	const struct answer *answer;

	assert_status(client_post(above, end, NULL), 200);
	expect_open("0 0 1");
	/* It is out in her name, and nobody else gets it. */
	answer = client_get(above, "/api/v1/equipment/checkouts?vehicle_id=%s&open=true", f.vehicle);
	expect_at(answer, "0.id", checkout);
	expect_at(answer, "0.user.id", f.me);
	his = id_of(client_post(above, "/api/v1/duty-sessions", "{}"));
	expect_problem(take(above, his), "EQUIPMENT_CHECKED_OUT");
	expect_problem(client_delete(f.admin, "/api/v1/vehicles/%s", f.vehicle), "EQUIPMENT_CHECKED_OUT");
	/* Until she brings it, off duty as she is. */
	assert_status(client_post(f.one, e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout),
	                          "{'checkin_mileage':160}"),
	              200);
	expect_open("0 0 0");
	expect_status(take(above, his), 201);
}

Test(sign_off, by_a_supervisor_at_the_counter_brings_equipment_back)
{
	struct client *above = e2e_new_user("SUPERVISOR", "Marek");
	const char *end = e2e_format("/api/v1/guards/on-duty/%s/end", f.session);

	id_of(take(f.one, f.session));
	come();
	expect_problem(client_post(above, end, "{'checkin_mileage':99}"), "MILEAGE_DECREASED");
	expect_problem(client_post(above, end, "{'checkin_mileage':0}"), "VALIDATION_FAILED");
	expect_open("1 1 1");
	assert_status(client_post(above, end, "{'checkin_mileage':170}"), 200);
	expect_open("0 0 0");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "170");
	cr_expect_str_eq(told(), "duty.started, equipment.checked_out, check_in.opened,"
	                         " equipment.checked_in, check_in.closed, duty.ended");
	/* Of whom nothing is out, nothing comes back. */
	f.session = id_of(client_post(f.one, "/api/v1/duty-sessions", "{}"));
	end = e2e_format("/api/v1/guards/on-duty/%s/end", f.session);
	expect_status(client_post(above, end, "{'checkin_mileage':5}"), 200);
}

/* ---- At the same time ---- */

/* So many connections of the same person's. */
static struct client **many_of(const char *who, int many)
{
	static struct client *clients[MANY];

	for (int i = 0; i < many; i++)
		clients[i] = e2e_client(who);
	return clients;
}

Test(sign_off, happens_once_however_many_ask)
{
	const char *who = "marek.dunn@marina.example";

	f.one = e2e_client(who);
	f.me = id_of(client_get(f.one, "/api/v1/users/me"));
	f.session = id_of(client_post(f.one, "/api/v1/duty-sessions", "{}"));
	id_of(take(f.one, f.session));
	cr_expect_eq(e2e_in_parallel(MANY, who, "POST", path_of("end"), "{'checkin_mileage':160}", 200,
	                           "ALREADY_CLOCKED_OUT"),
	             1);
	expect_open("0 0 0");
	cr_expect_str_eq(told(), "duty.started, equipment.checked_out, equipment.checked_in, duty.ended");
}

Test(sign_off, and_the_way_back_of_equipment_meet_in_either_order)
{
	const char *who = "peter.ahlborn@marina.example";
	struct client **clients = many_of(who, MANY);

	f.one = clients[0];
	f.me = id_of(client_get(f.one, "/api/v1/users/me"));
	for (int round = 0; round < 5; round++) {
		const char *checkout, *back;
		int ended = 0, returned = 0;

		f.session = id_of(client_post(f.one, "/api/v1/duty-sessions", "{}"));
		checkout = id_of(take(f.one, f.session));
		back = e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout);
		for (int i = 0; i < MANY; i++)
			client_send(clients[i], "POST", i % 2 == round % 2 ? path_of("end") : back, "{'checkin_mileage':%d}",
			            200 + i);
		for (int i = 0; i < MANY; i++) {
			const struct answer *answer = client_receive(clients[i]);
			bool ends = i % 2 == round % 2;

			if (answer->status == 200)
				(*(ends ? &ended : &returned))++;
			else
				expect_problem(answer, ends ? "ALREADY_CLOCKED_OUT" : "EQUIPMENT_RETURNED");
		}
		cr_expect_eq(ended, 1, "%d ended it", ended);
		cr_expect(returned <= 1, "%d brought it back", returned);
		expect_open("0 0 0");
		cr_expect_str_eq(ask(e2e_format("select count(*) from live.events where channel = 'user:%s'"
		                                 " and type = 'equipment.checked_in' and data ->> 'id' = '%s'",
		                                 f.me, checkout)),
		                 "1");
	}
}

/* Either the duty has ended and nothing goes out, or it is out and the duty goes on. */
Test(sign_off, by_clock_and_the_way_out_of_equipment_exclude_each_other)
{
	const char *who = "salma.reyes@marina.example";
	struct client **clients = many_of(who, 20);
	const struct answer *answer;

	f.one = clients[0];
	answer = client_get(f.one, "/api/v1/duty-sessions/active");
	if (json_kind(answer->json) == JSON_OBJECT) {
		f.session = id_of(answer);
		assert_status(client_post(f.one, path_of("end"), "{'checkin_mileage':50000}"), 200);
	}
	for (int round = 0; round < 5; round++) {
		int out = 0, over = 0;

		f.session = id_of(client_post(f.one, "/api/v1/duty-sessions", "{}"));
		for (int i = 0; i < 20; i++) {
			if (i % 2 == round % 2)
				client_send(clients[i], "POST", path_of("clock-out"), NULL);
			else
				client_send(clients[i], "POST", "/api/v1/equipment/checkouts",
				            "{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s',"
				            "'checkout_mileage':100}",
				            f.session, f.vehicle, f.radio);
		}
		for (int i = 0; i < 20; i++) {
			bool ends = i % 2 == round % 2;

			answer = client_receive(clients[i]);
			if (answer->status == (ends ? 200 : 201))
				(*(ends ? &over : &out))++;
			else
				cr_expect(answer->status == 409, "%.*s", STR_ARGS(answer->body));
		}
		cr_expect_eq(out + over, 1, "%d took it out, %d went home", out, over);
		expect_open(out ? "1 0 1" : "0 0 0");
		if (out)
			assert_status(client_post(f.one, path_of("end"), "{'checkin_mileage':100}"), 200);
	}
}
