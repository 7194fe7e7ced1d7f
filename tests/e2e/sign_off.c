/* sign_off.c: tests ending duty, which closes the open check-in, returns the equipment and
 * clocks out, all or nothing. */

#include "e2e.h"

enum { MANY = 50 };

/* Half of the connections write, so that requests run concurrently in the database. */
const char *const e2e_settings[] = { "DB_CONNECTIONS=16", NULL };

static struct {
	struct client *admin, *client;
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
	f.client = e2e_new_user("SUPERVISOR", "Salma");
	f.me = id_of(client_get(f.client, "/api/v1/users/me"));
	f.session = id_of(client_post(f.client, "/api/v1/duty-sessions", "{}"));
	f.vehicle = id_of(client_post(
		f.admin, "/api/v1/vehicles",
		"{'name':'%s','make':'F','model':'R','year':2020,'mileage':90}", e2e_name()));
	f.radio = id_of(client_post(f.admin, "/api/v1/radios", "{'name':'%s'}", e2e_name()));
}

TestSuite(sign_off, .init = setup, .timeout = 60);

static const char *path_of(const char *action)
{
	return e2e_format("/api/v1/duty-sessions/%s/%s", f.session, action);
}

static const struct answer *check_out(struct client *client, const char *session)
{
	return client_post(
		client, "/api/v1/equipment/checkouts",
		"{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':100}",
		session, f.vehicle, f.radio);
}

static const char *check_in(void)
{
	return id_of(client_post(f.client, path_of("check-ins"), "{'location_id':'%s'}",
	                         e2e_new_location()));
}

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* The types of the user's events, in order. */
static const char *event_types(void)
{
	return query(e2e_format("select string_agg(type, ', ' order by \"offset\") from live.events"
	                        " where channel = 'user:%s' and type not like 'user.%%'",
	                        f.me));
}

/* Expects the numbers of open sessions, check-ins and checkouts: "1 0 1". */
static void expect_open(const char *expected)
{
	const char *actual = query(e2e_format(
		"select (select count(*) from app.duty_sessions where id = '%s' and"
		" clock_out_time is null)"
		" || ' ' || (select count(*) from app.location_check_ins where duty_session_id"
		" = '%s'"
		" and check_out_time is null)"
		" || ' ' || (select count(*) from app.equipment_checkouts where"
		" duty_session_id = '%s'"
		" and checkin_time is null)",
		f.session, f.session, f.session));

	cr_expect_str_eq(actual, expected, "%s are open instead of %s", actual, expected);
}

Test(sign_off, ends_duty_check_in_and_checkout_together)
{
	const char *checkout = id_of(check_out(f.client, f.session)), *check_in_id = check_in();
	const struct answer *answer;

	answer = client_post(f.client, path_of("end"),
	                     "{'checkin_mileage':160,'notes':'Car 1 pulls to the left.'}");
	assert_status(answer, 200);
	expect_at(answer, "id", f.session);
	expect_at(answer, "notes", "Car 1 pulls to the left.");
	expect_at(answer, "location_check_ins.0.id", check_in_id);
	cr_expect_str_neq(answer_at(answer, "clock_out_time"), "null");
	cr_expect_str_neq(answer_at(answer, "location_check_ins.0.check_out_time"), "null");
	expect_open("0 0 0");
	answer = client_get(f.client, "/api/v1/equipment/checkouts/%s", checkout);
	expect_at(answer, "checkin_mileage", "160");
	expect_at(answer, "notes", "null");
	cr_expect_str_neq(answer_at(answer, "checkin_time"), "null");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "160");
	cr_expect_str_eq(event_types(), "duty.started, equipment.checked_out, check_in.opened,"
	                                " equipment.checked_in, check_in.closed, duty.ended");
	cr_expect_str_eq(
		query(e2e_format(
			"select string_agg(type, ', ' order by \"offset\") from live.events"
			" where channel = 'duty' and data ->> 'user_id' = '%s'",
			f.me)),
		event_types());
	/* Returned equipment is available to others. */
	f.client = e2e_new_user("SUPERVISOR", "Peter");
	expect_status(
		check_out(f.client, id_of(client_post(f.client, "/api/v1/duty-sessions", "{}"))),
		201);
}

Test(sign_off, requires_the_mileage_of_a_vehicle_checked_out)
{
	static const char *const invalid[] = { "0",     "-1",       "1.5",
		                               "'160'", "10000000", "99999999999999999",
		                               "[160]" };
	static const char *const missing[] = { NULL, "{}", "{'checkin_mileage':null}",
		                               "{'notes':'Home.'}" };
	const struct answer *answer;

	id_of(check_out(f.client, f.session));
	check_in();
	for (size_t i = 0; i < COUNT_OF(missing); i++)
		expect_problem(
			client_post(f.client, path_of("end"), missing[i] ? "%s" : NULL, missing[i]),
			"MILEAGE_REQUIRED");
	for (size_t i = 0; i < COUNT_OF(invalid); i++) {
		answer =
			client_post(f.client, path_of("end"), "{'checkin_mileage':%s}", invalid[i]);
		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", "/checkin_mileage");
	}
	answer = client_post(f.client, path_of("end"), "{'checkin_mileage':99}");
	expect_problem(answer, "MILEAGE_DECREASED");
	cr_expect(strstr(answer_at(answer, "detail"), "100") != NULL, "%s",
	          answer_at(answer, "detail"));
	/* A rejected request changes nothing. */
	expect_open("1 1 1");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "90");
	cr_expect_str_eq(event_types(), "duty.started, equipment.checked_out, check_in.opened");
	expect_status(client_post(f.client, path_of("end"), "{'checkin_mileage':100}"), 200);
	expect_open("0 0 0");
}

Test(sign_off, does_not_require_a_mileage_without_a_checkout)
{
	const char *checkout = id_of(check_out(f.client, f.session));

	assert_status(client_post(f.client,
	                          e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout),
	                          "{'checkin_mileage':120}"),
	              200);
	/* A mileage is then ignored. */
	expect_status(client_post(f.client, path_of("end"), "{'checkin_mileage':7}"), 200);
	expect_at(client_get(f.client, "/api/v1/equipment/checkouts/%s", checkout),
	          "checkin_mileage", "120");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "120");
	expect_problem(client_post(f.client, path_of("end"), NULL), "ALREADY_CLOCKED_OUT");
	f.session = id_of(client_post(f.client, "/api/v1/duty-sessions", "{}"));
	expect_status(client_post(f.client, path_of("end"), NULL), 200);
}

Test(sign_off, clock_out_requires_that_equipment_is_returned)
{
	const char *checkout = id_of(check_out(f.client, f.session));

	check_in();
	expect_problem(client_post(f.client, path_of("clock-out"), NULL), "EQUIPMENT_NOT_RETURNED");
	expect_problem(client_post(f.client, path_of("clock-out"), "{'checkin_mileage':160}"),
	               "VALIDATION_FAILED");
	expect_open("1 1 1");
	assert_status(client_post(f.client,
	                          e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout),
	                          "{'checkin_mileage':160}"),
	              200);
	expect_status(client_post(f.client, path_of("clock-out"), NULL), 200);
	expect_open("0 0 0");
}

Test(sign_off, is_only_for_the_user_on_duty)
{
	struct client *other = e2e_new_user("SUPERVISOR", "Peter");

	id_of(check_out(f.client, f.session));
	expect_problem(client_post(other, path_of("end"), "{'checkin_mileage':160}"), "FORBIDDEN");
	expect_problem(client_post(f.admin, path_of("end"), "{'checkin_mileage':160}"),
	               "FORBIDDEN");
	client_set_header(f.client, "If-Match: \"9.9\"");
	expect_problem(client_post(f.client, path_of("end"), "{'checkin_mileage':160}"),
	               "PRECONDITION_FAILED");
	expect_open("1 0 1");
	/* A supervisor who was demoted can still end their duty. */
	server_query(e2e_server(), "update app.users set role = 'GUARD' where id = '%s'", f.me);
	expect_status(client_post(f.client, path_of("end"), "{'checkin_mileage':160}"), 200);
	expect_open("0 0 0");
}

Test(sign_off, runs_once_with_an_idempotency_key)
{
	id_of(check_out(f.client, f.session));
	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.client, "Idempotency-Key: sign-off-%s", f.session);
		answer = client_post(f.client, path_of("end"), "{'checkin_mileage':160}");
		assert_status(answer, 200);
		expect_header(answer, "Idempotent-Replayed", i ? "true" : "absent");
	}
	cr_expect_str_eq(event_types(),
	                 "duty.started, equipment.checked_out, equipment.checked_in, duty.ended");
}

/* ---- By a supervisor ---- */

Test(sign_off, by_a_supervisor_keeps_equipment_checked_out)
{
	struct client *supervisor = e2e_new_user("SUPERVISOR", "Marek");
	const char *checkout = id_of(check_out(f.client, f.session)), *supervisor_session;
	const char *end = e2e_format("/api/v1/guards/on-duty/%s/end", f.session);
	const struct answer *answer;

	assert_status(client_post(supervisor, end, NULL), 200);
	expect_open("0 0 1");
	/* It stays checked out to the user, and nobody else can take it. */
	answer = client_get(supervisor, "/api/v1/equipment/checkouts?vehicle_id=%s&open=true",
	                    f.vehicle);
	expect_at(answer, "0.id", checkout);
	expect_at(answer, "0.user.id", f.me);
	supervisor_session = id_of(client_post(supervisor, "/api/v1/duty-sessions", "{}"));
	expect_problem(check_out(supervisor, supervisor_session), "EQUIPMENT_CHECKED_OUT");
	expect_problem(client_delete(f.admin, "/api/v1/vehicles/%s", f.vehicle),
	               "EQUIPMENT_CHECKED_OUT");
	/* The user can return it without being on duty. */
	assert_status(client_post(f.client,
	                          e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout),
	                          "{'checkin_mileage':160}"),
	              200);
	expect_open("0 0 0");
	expect_status(check_out(supervisor, supervisor_session), 201);
}

Test(sign_off, by_a_supervisor_with_the_mileage_returns_equipment)
{
	struct client *supervisor = e2e_new_user("SUPERVISOR", "Marek");
	const char *end = e2e_format("/api/v1/guards/on-duty/%s/end", f.session);

	id_of(check_out(f.client, f.session));
	check_in();
	expect_problem(client_post(supervisor, end, "{'checkin_mileage':99}"), "MILEAGE_DECREASED");
	expect_problem(client_post(supervisor, end, "{'checkin_mileage':0}"), "VALIDATION_FAILED");
	expect_open("1 1 1");
	assert_status(client_post(supervisor, end, "{'checkin_mileage':170}"), 200);
	expect_open("0 0 0");
	expect_at(client_get(f.admin, "/api/v1/vehicles/%s", f.vehicle), "mileage", "170");
	cr_expect_str_eq(event_types(), "duty.started, equipment.checked_out, check_in.opened,"
	                                " equipment.checked_in, check_in.closed, duty.ended");
	/* Without a checkout, nothing is returned. */
	f.session = id_of(client_post(f.client, "/api/v1/duty-sessions", "{}"));
	end = e2e_format("/api/v1/guards/on-duty/%s/end", f.session);
	expect_status(client_post(supervisor, end, "{'checkin_mileage':5}"), 200);
}

/* ---- Concurrently ---- */

/* Several connections of the same user. */
static struct client **connect_many(const char *who, int many)
{
	static struct client *clients[MANY];

	for (int i = 0; i < many; i++)
		clients[i] = e2e_client(who);
	return clients;
}

Test(sign_off, concurrent_requests_end_duty_once)
{
	const char *who = "marek.dunn@marina.example";

	f.client = e2e_client(who);
	f.me = id_of(client_get(f.client, "/api/v1/users/me"));
	f.session = id_of(client_post(f.client, "/api/v1/duty-sessions", "{}"));
	id_of(check_out(f.client, f.session));
	cr_expect_eq(e2e_in_parallel(MANY, who, "POST", path_of("end"), "{'checkin_mileage':160}",
	                             200, "ALREADY_CLOCKED_OUT"),
	             1);
	expect_open("0 0 0");
	cr_expect_str_eq(event_types(),
	                 "duty.started, equipment.checked_out, equipment.checked_in, duty.ended");
}

Test(sign_off, races_with_the_return_of_equipment)
{
	const char *who = "tomas.okafor@marina.example";
	struct client **clients = connect_many(who, MANY);

	f.client = clients[0];
	f.me = id_of(client_get(f.client, "/api/v1/users/me"));
	for (int round = 0; round < 5; round++) {
		const char *checkout, *return_path;
		int ended = 0, returned = 0;

		f.session = id_of(client_post(f.client, "/api/v1/duty-sessions", "{}"));
		checkout = id_of(check_out(f.client, f.session));
		return_path = e2e_format("/api/v1/equipment/checkouts/%s/check-in", checkout);
		for (int i = 0; i < MANY; i++)
			client_send(clients[i], "POST",
			            i % 2 == round % 2 ? path_of("end") : return_path,
			            "{'checkin_mileage':%d}", 200 + i);
		for (int i = 0; i < MANY; i++) {
			const struct answer *answer = client_receive(clients[i]);
			bool ends = i % 2 == round % 2;

			if (answer->status == 200)
				(*(ends ? &ended : &returned))++;
			else
				expect_problem(answer,
				               ends ? "ALREADY_CLOCKED_OUT" : "EQUIPMENT_RETURNED");
		}
		cr_expect_eq(ended, 1, "%d requests ended it", ended);
		cr_expect(returned <= 1, "%d requests returned it", returned);
		expect_open("0 0 0");
		cr_expect_str_eq(
			query(e2e_format(
				"select count(*) from live.events where channel = 'user:%s'"
				" and type = 'equipment.checked_in' and data ->> 'id' = '%s'",
				f.me, checkout)),
			"1");
	}
}

/* Either duty ends and nothing is checked out, or equipment is checked out and duty goes on. */
Test(sign_off, clock_out_and_checkout_exclude_each_other)
{
	const char *who = "salma.reyes@marina.example";
	struct client **clients = connect_many(who, 20);
	const struct answer *answer;

	f.client = clients[0];
	answer = client_get(f.client, "/api/v1/duty-sessions/active");
	if (json_kind(answer->json) == JSON_OBJECT) {
		f.session = id_of(answer);
		assert_status(client_post(f.client, path_of("end"), "{'checkin_mileage':50000}"),
		              200);
	}
	for (int round = 0; round < 5; round++) {
		int checked_out = 0, clocked_out = 0;

		f.session = id_of(client_post(f.client, "/api/v1/duty-sessions", "{}"));
		for (int i = 0; i < 20; i++) {
			if (i % 2 == round % 2)
				client_send(clients[i], "POST", path_of("clock-out"), NULL);
			else
				client_send(
					clients[i], "POST", "/api/v1/equipment/checkouts",
					"{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s',"
					"'checkout_mileage':100}",
					f.session, f.vehicle, f.radio);
		}
		for (int i = 0; i < 20; i++) {
			bool ends = i % 2 == round % 2;

			answer = client_receive(clients[i]);
			if (answer->status == (ends ? 200 : 201))
				(*(ends ? &clocked_out : &checked_out))++;
			else
				cr_expect(answer->status == 409, "%.*s", STR_ARGS(answer->body));
		}
		cr_expect_eq(checked_out + clocked_out, 1, "%d checked out, %d clocked out",
		             checked_out, clocked_out);
		expect_open(checked_out ? "1 0 1" : "0 0 0");
		if (checked_out)
			assert_status(
				client_post(f.client, path_of("end"), "{'checkin_mileage':100}"),
				200);
	}
}
