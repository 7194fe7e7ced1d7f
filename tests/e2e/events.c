/* Every change publishes its events, and the offsets of a channel are 1, 2, 3 … without gaps. */

#include "e2e.h"

TestSuite(events, .timeout = 40);

static const char *query(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

/* "1 log.created, 2 log.updated" */
static const char *events_on(const char *channel)
{
	return query(
		e2e_format("select string_agg(\"offset\" || ' ' || type, ', ' order by \"offset\")"
	                   " from live.events where channel = '%s'",
	                   channel));
}

/* The names of the members of an event's data. */
static const char *members_of(const char *channel, int offset)
{
	return query(e2e_format(
		"select string_agg(k, ' ' order by k) from live.events, jsonb_object_keys(data) k"
		" where channel = '%s' and \"offset\" = %d",
		channel, offset));
}

Test(events, are_published_for_changes_of_a_log)
{
	struct client *writer = e2e_client("supervisor"), *super_admin = e2e_client("super_admin");
	const char *location = e2e_new_location(), *id = e2e_new_log(writer, location, "One");
	const char *path = e2e_format("/api/v1/logs/%s", id);

	assert_status(client_patch(writer, path, "{'title':'Two'}"), 200);
	assert_status(client_delete(writer, "%s", path), 204);
	assert_status(client_delete(super_admin, "%s?hard=true", path), 204);
	/* log.created has no event here: nobody can subscribe to a log before it exists. */
	cr_expect_str_eq(events_on(e2e_format("log:%s", id)),
	                 "1 log.updated, 2 log.archived, 3 log.removed");
	cr_expect_str_eq(
		events_on(e2e_format("location:%s", location)),
		"1 location.created, 2 log.created, 3 log.updated, 4 log.archived, 5 log.removed");
	for (int offset = 1; offset <= 3; offset++)
		cr_expect_str_eq(
			members_of(e2e_format("log:%s", id), offset),
			"created_at id location_id revision severity status title type user_id");
	cr_expect_str_eq(
		query(e2e_format(
			"select data ->> 'title' || ' ' || (data ->> 'revision') from live.events"
			" where channel = 'log:%s' and \"offset\" = 1",
			id)),
		"Two 2");
}

Test(events, are_not_published_for_unchanged_values)
{
	struct client *admin = e2e_client("admin");
	const char *location = e2e_new_location(), *id = e2e_new_log(admin, location, "Same");
	const char *path = e2e_format("/api/v1/logs/%s", id);
	const struct answer *answer =
		client_patch(admin, path, "{'title':'Same','status':'DRAFT'}");

	assert_status(answer, 200);
	cr_expect_str_eq(answer_at(answer, "status"), "LIVE");
	assert_status(client_patch(admin, path, "{}"), 200);
	assert_status(client_patch(admin, e2e_format("/api/v1/locations/%s", location), "{}"), 200);
	cr_expect_str_eq(events_on(e2e_format("log:%s", id)), "nothing");
	cr_expect_str_eq(events_on(e2e_format("location:%s", location)),
	                 "1 location.created, 2 log.created");
}

Test(events, of_a_moved_log_are_published_to_both_locations)
{
	struct client *supervisor = e2e_client("supervisor");
	const char *from = e2e_new_location(), *to = e2e_new_location(),
		   *id = e2e_new_log(supervisor, from, "Moving");

	assert_status(client_patch(supervisor, e2e_format("/api/v1/logs/%s", id),
	                           "{'location_id':'%s'}", to),
	              200);
	cr_expect_str_eq(events_on(e2e_format("location:%s", from)),
	                 "1 location.created, 2 log.created, 3 log.updated");
	cr_expect_str_eq(events_on(e2e_format("location:%s", to)),
	                 "1 location.created, 2 log.updated");
	cr_expect_str_eq(events_on(e2e_format("log:%s", id)), "1 log.updated");
}

Test(events, are_published_for_changes_of_a_location)
{
	struct client *admin = e2e_client("admin");
	const char *id = e2e_new_location(), *path = e2e_format("/api/v1/locations/%s", id);

	assert_status(client_patch(admin, path, "{'description':'New.'}"), 200);
	assert_status(client_post(admin, e2e_format("%s/toggle-active", path), NULL), 200);
	cr_expect_str_eq(events_on(e2e_format("location:%s", id)),
	                 "1 location.created, 2 location.updated, 3 location.updated");
	cr_expect_str_eq(members_of(e2e_format("location:%s", id), 3),
	                 "id is_active name revision");
}

Test(events, are_published_for_changes_of_a_user)
{
	struct client *client = e2e_sign_up("GUARD");
	const char *id = e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));

	assert_status(client_patch(client, "/api/v1/users/me", "{'phone':'1'}"), 200);
	assert_status(client_patch(client, "/api/v1/users/me", "{'phone':'1'}"), 200);
	cr_expect_str_eq(events_on(e2e_format("user:%s", id)), "1 user.created, 2 user.updated");
	cr_expect_str_eq(members_of(e2e_format("user:%s", id), 2), "archived_at id revision role");
}

Test(events, are_not_published_for_rejected_changes)
{
	struct client *writer = e2e_client("supervisor"), *admin = e2e_client("admin");
	const char *location = e2e_new_location(), *id = e2e_new_log(writer, location, "One");
	const char *path = e2e_format("/api/v1/logs/%s", id), *name;
	const char *other = e2e_format("/api/v1/locations/%s", e2e_new_location());

	name = e2e_format("%s",
	                  answer_at(client_get(admin, "/api/v1/locations/%s", location), "name"));
	client_set_header(writer, "If-Match: \"9.9\"");
	expect_problem(client_patch(writer, path, "{'title':'Two'}"), "PRECONDITION_FAILED");
	expect_problem(client_patch(writer, path, "{'location_id':'%s'}", e2e_id()),
	               "LOCATION_NOT_FOUND");
	expect_problem(client_patch(admin, other, "{'name':'%s'}", name), "LOCATION_NAME_TAKEN");
	expect_problem(client_delete(writer, "%s?hard=true", path), "FORBIDDEN");
	cr_expect_str_eq(events_on(e2e_format("log:%s", id)), "nothing");
	cr_expect_str_eq(events_on(e2e_format("location:%s", location)),
	                 "1 location.created, 2 log.created");
}

Test(events, have_offsets_without_gaps_under_concurrent_writes)
{
	enum { WRITERS = 8, LOCATIONS = 3, ROUNDS = 20 };
	struct client *writers[WRITERS];
	const char *locations[LOCATIONS], *ids[WRITERS] = { 0 };
	int changes = 0;

	for (int i = 0; i < LOCATIONS; i++)
		locations[i] = e2e_new_location();
	for (int i = 0; i < WRITERS; i++)
		writers[i] = e2e_client("supervisor");
	/* All at the same time, each creates a log and changes it in alternate rounds. */
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < WRITERS; i++) {
			const char *location = locations[(round + i) % LOCATIONS];

			if (round % 2 == 0)
				client_send(writers[i], "POST", "/api/v1/logs",
				            "{'type':'OTHER','title':'x','description':'x',"
				            "'location_id':'%s'}",
				            location);
			else
				client_send(writers[i], "PATCH",
				            e2e_format("/api/v1/logs/%s", ids[i]),
				            "{'location_id':'%s','title':'%d'}", location, round);
		}
		for (int i = 0; i < WRITERS; i++) {
			const struct answer *answer = client_receive(writers[i]);

			cr_expect(answer->status == 201 || answer->status == 200, "%.*s",
			          STR_ARGS(answer->body));
			ids[i] = e2e_format("%s", answer_at(answer, "id"));
			changes++;
		}
	}
	cr_expect_eq(changes, WRITERS * ROUNDS);
	cr_expect_str_eq(
		query(e2e_format("select sum(n) from (select count(*) - 1 as n from live.events"
	                         " where channel in ('location:%s', 'location:%s', 'location:%s')"
	                         " group by channel) c",
	                         locations[0], locations[1], locations[2])),
		e2e_format("%d", changes + WRITERS * ROUNDS / 2)); /* a move has two events */
	cr_expect_str_eq(query("select count(*)"
	                       " from (select channel, count(*) as n, min(\"offset\") as first,"
	                       " max(\"offset\") as last from live.events group by channel) c"
	                       " where first <> 1 or last <> n"),
	                 "0");
}
