/* race_fixture.c: clients that send conflicting requests in parallel. */

#include "race_fixture.h"

/* Eight of the server's connections write, so that transactions do run concurrently. */
const char *const e2e_settings[] = { "DB_CONNECTIONS=16", NULL };

struct race race;

void set_up_race(void)
{
	race.super_admin = e2e_client("super_admin");
	for (int i = 0; i < CLIENTS; i++)
		race.clients[i] = e2e_client("super_admin");
}

const char *id_of(const struct answer *answer)
{
	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

const char *own_id(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

bool has_succeeded(struct client *client, const char *code)
{
	const struct answer *answer = client_receive(client);

	if (answer->status == 200)
		return true;
	expect_problem(answer, code);
	return false;
}

const char *some_log(void)
{
	return e2e_new_log(race.super_admin, e2e_new_location(), "Lamp out");
}

const char *some_tour(void)
{
	return id_of(client_post(race.super_admin, "/api/v1/tours",
	                         "{'car_number':'7','radio_number':'3','starting_mileage':1000}"));
}

/* With the ID of its tour. */
const char *some_stop(void)
{
	const char *id = some_tour();

	return id_of(client_post(
		race.super_admin, e2e_format("/api/v1/tours/%s/stops", id),
		"{'id':'%s','stop_type':'INCIDENT_CHECK','title':'x','observations':'x'}", id));
}

const char *some_vehicle(void)
{
	return id_of(client_post(race.super_admin, "/api/v1/vehicles",
	                         "{'name':'Car','make':'F','model':'R','year':2020}"));
}

const char *some_radio(void)
{
	return id_of(client_post(race.super_admin, "/api/v1/radios", "{'name':'Radio'}"));
}

const char *some_item(void)
{
	return id_of(client_post(race.super_admin, "/api/v1/safety-checklist/items",
	                         "{'name':'%s'}", e2e_name()));
}

const char *some_visitor(void)
{
	return id_of(client_post(race.super_admin, "/api/v1/visitors",
	                         "{'first_name':'Nils','last_name':'Aker','location_id':'%s'}",
	                         e2e_new_location()));
}

const char *some_person(void)
{
	return id_of(client_post(
		race.super_admin, "/api/v1/users",
		"{'email':'%s@test.example','first_name':'A','last_name':'B','role':'GUARD'}",
		e2e_id()));
}

const char *some_archived_person(void)
{
	const char *id = some_person();

	assert_status(
		client_post(race.super_admin, e2e_format("/api/v1/users/%s/archive", id), NULL),
		200);
	return id;
}

const char *some_message(void)
{
	return id_of(client_post(e2e_guard_on_duty("Mei", e2e_new_location()), "/api/v1/messages",
	                         "{'content':'Lamp out.'}"));
}

const char *some_notification(void)
{
	return id_of(client_post(race.super_admin, "/api/v1/notifications",
	                         "{'title':'News','message':'Read it.'}"));
}

/* A duty session that has equipment out. */
const char *some_equipped_session(void)
{
	const char *id = id_of(client_post(race.super_admin, "/api/v1/duty-sessions", "{}"));

	id_of(client_post(
		race.super_admin, "/api/v1/equipment/checkouts",
		"{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':1}",
		id, some_vehicle(), some_radio()));
	return id;
}

const char *some_note(void)
{
	return id_of(client_post(race.super_admin, "/api/v1/me/notes",
	                         "{'title':'List','content':'Milk.'}"));
}

const char *some_public_note(void)
{
	const char *id = some_note();

	assert_status(
		client_post(race.super_admin, e2e_format("/api/v1/me/notes/%s/publish", id), NULL),
		200);
	return id;
}
