/* shift_fixture.c: requests and expectations shared by the tests of shifts. */

#include "shift_fixture.h"

const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answer, "id"));
}

const char *new_guard(const char *first_name, const char *last_name)
{
	return e2e_format("%s", server_query(e2e_server(),
	                                     "insert into app.users (role, first_name, last_name)"
	                                     " values ('GUARD', '%s', '%s') returning id",
	                                     first_name, last_name));
}

const char *new_location(int capacity)
{
	const struct answer *answer =
		client_post(e2e_client("admin"), "/api/v1/locations",
	                    "{'name':'%s','max_capacity':%d}", e2e_name(), capacity);

	assert_status(answer, 201);
	return id_of(answer);
}

const char *shift_path(const char *id, const char *action)
{
	return e2e_format("/api/v1/shifts/%s%s", id, action);
}

const char *shift_body(const char *day, const char *location, const char *people)
{
	return e2e_format(
		"{'name':'Watch','start_time':'2050-%sT08:00:00Z','end_time':'2050-%sT16:00:00Z',"
		"'location_id':'%s','user_assignments':[%s]}",
		day, day, location, people);
}

const char *user_json(const char *id)
{
	return e2e_format("{'user_id':'%s'}", id);
}

const struct answer *assign(struct client *client, const char *shift, const char *user)
{
	return client_post(client, shift_path(shift, "/assignments"), "%s", user_json(user));
}

const struct answer *unassign(struct client *client, const char *shift, const char *user)
{
	return client_delete(client, "%s?user_id=%s", shift_path(shift, "/assignments"), user);
}

const char *assigned_names(const char *shift)
{
	const struct answer *answer = client_get(e2e_client("guard"), "%s", shift_path(shift, ""));
	const char *names = "";

	for (size_t i = 0; i < json_count(json_in(answer->json, "assignments")); i++)
		names = e2e_format(
			"%s%s%s", names, i ? ", " : "",
			answer_at(answer, e2e_format("assignments.%zu.user.last_name", i)));
	return names;
}

const char *event_types(const char *channel, const char *id)
{
	const char *types =
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = '%s:%s' and type like '%%shift.%%'",
	                     channel, id);

	return e2e_format("%s", types ? types : "nothing");
}
