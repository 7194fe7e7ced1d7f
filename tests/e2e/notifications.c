/* notifications.c: tests sending, listing and dismissing notifications. */

#include "e2e.h"

static struct {
	struct client *admin, *me, *other;
	const char *my_id;
} f;

static const char *user_id(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.me = e2e_new_user("GUARD", "Ada");
	f.other = e2e_new_user("GUARD", "Bert");
	f.my_id = user_id(f.me);
}

TestSuite(notifications, .init = setup, .timeout = 30);

/* Sends a notification with these extra members and returns its ID. Without a recipient it goes
 * to everyone, with priority LOW: other tests list it after their own notifications. */
static const char *notify(const char *recipient, const char *title, const char *extra)
{
	const struct answer *answer = client_post(
		f.admin, "/api/v1/notifications", "{'title':'%s','message':'Read it.'%s%s}", title,
		recipient ? e2e_format(",'user_id':'%s'", recipient) : ",'priority':'LOW'", extra);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

/* Members of a notification that cannot be dismissed. */
static const char *lasting(void)
{
	const char *time = server_query(
		e2e_server(),
		"select to_char(now() + interval '6 days', 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM')");

	return e2e_format(",'dismissible':false,'expires_at':'%s'", time);
}

static const struct answer *dismiss(struct client *client, const char *id)
{
	return client_post(client, e2e_format("/api/v1/notifications/%s/dismiss", id), NULL);
}

static bool sees(struct client *client, const char *id)
{
	const struct answer *answer = client_get(client, "/api/v1/notifications");

	assert_status(answer, 200);
	return memmem(answer->body.at, answer->body.length, id, strlen(id)) != NULL;
}

static const char *events_of(const char *channel, const char *id)
{
	const char *types =
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = '%s' and data ->> 'id' = '%s'",
	                     channel, id);

	return e2e_format("%s", types ? types : "nothing");
}

Test(notifications, store_every_given_field)
{
	const char *id = e2e_id();
	const struct answer *answer = client_post(
		f.admin, "/api/v1/notifications",
		"{'id':'%s','user_id':'%s','type':'WARNING','priority':'HIGH','title':'Gale',"
		"'message':'By night.\\nFrom SW.',"
		"'action_label':'Read','action_url':'https://w.example/gale'%s}",
		id, f.my_id, lasting());
	static const char *const fields[][2] = {
		{ "type", "WARNING" },      { "priority", "HIGH" },
		{ "title", "Gale" },        { "action_label", "Read" },
		{ "dismissible", "false" }, { "message", "By night.\nFrom SW." },
		{ "dismissed_at", "null" }, { "action_url", "https://w.example/gale" },
	};

	assert_status(answer, 201);
	expect_at(answer, "id", id);
	expect_at(answer, "user_id", f.my_id);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		expect_at(answer, fields[i][0], fields[i][1]);
	expect_header(answer, "Location", e2e_format("/api/v1/notifications/%s", id));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	answer = client_get(f.me, "/api/v1/notifications");
	expect_at(answer, "0.id", id);
	expect_at(answer, "0.title", "Gale");
	cr_expect_str_eq(events_of(e2e_format("user:%s", f.my_id), id), "notification.created");
}

Test(notifications, use_defaults_for_missing_fields)
{
	const struct answer *answer =
		client_get(f.me, "/api/v1/notifications/%s", notify(f.my_id, "News", ""));

	expect_status(answer, 200);
	expect_at(answer, "type", "INFO");
	expect_at(answer, "priority", "MEDIUM");
	expect_at(answer, "dismissible", "true");
	expect_at(answer, "action_label", "null");
	expect_at(answer, "action_url", "null");
}

Test(notifications, are_listed_by_priority_then_newest_first)
{
	static const char *const priorities[] = { "LOW", "URGENT", "MEDIUM", "HIGH", "URGENT" };
	static const int order[] = { 4, 1, 3, 2, 0 };
	const char *ids[COUNT_OF(priorities)];
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(priorities); i++)
		ids[i] = notify(f.my_id, priorities[i],
		                e2e_format(",'priority':'%s'", priorities[i]));
	answer = client_get(f.me, "/api/v1/notifications");
	/* The last one is LOW, like the notifications to everyone. */
	for (size_t i = 0; i < COUNT_OF(order) - 1; i++)
		expect_at(answer, e2e_format("%zu.id", i), ids[order[i]]);
}

Test(notifications, are_listed_in_pages_that_keep_the_order)
{
	static const char *const priorities[] = { "LOW", "URGENT", "MEDIUM", "HIGH", "URGENT" };
	const char *path = "/api/v1/notifications?limit=2", *titles = "";
	int pages = 0;

	for (size_t i = 0; i < 15; i++)
		notify(f.my_id, e2e_format("%zu", i),
		       e2e_format(",'priority':'%s'", priorities[i % COUNT_OF(priorities)]));
	for (; path && pages < 6; pages++) {
		const struct answer *answer;
		const char *link;

		client_set_header(f.me, "Prefer: count=exact");
		answer = client_get(f.me, "%s", path);
		assert_status(answer, 200);
		cr_expect(atoi(answer_header(answer, "X-Total-Count")) >= 15);
		titles = e2e_format("%s%s %s ", titles, answer_at(answer, "0.title"),
		                    answer_at(answer, "1.title"));
		link = answer_header(answer, "Link");
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect_str_eq(titles, "14 11 9 6 4 1 13 8 3 12 7 2 ");
	expect_at(client_get(f.me, "/api/v1/notifications?limit=1&skip=6"), "0.title", "13");
	expect_problem(client_get(f.me, "/api/v1/notifications?limit=501"), "VALIDATION_FAILED");
}

/* In an earlier version, such a notification stayed in everyone's list for ever. */
Test(notifications, that_cannot_be_dismissed_expire_within_a_week)
{
	static const char *const refused[] = {
		"",
		",'expires_at':null",
		",'expires_at':'2020-01-01T00:00:00Z'",
		",'expires_at':'2999-01-01T00:00:00Z'",
	};
	const char *path = "/api/v1/notifications", *id;

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		const struct answer *answer = client_post(
			f.admin, path,
			"{'title':'x','message':'x','user_id':'%s','dismissible':false%s}", f.my_id,
			refused[i]);

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", "/expires_at");
	}
	id = notify(f.my_id, "Stays", lasting());
	expect_problem(client_patch(f.admin, e2e_format("%s/%s", path, id), "{'expires_at':null}"),
	               "VALIDATION_FAILED");
	cr_expect(sees(f.me, id));
	server_query(e2e_server(),
	             "update app.notifications set expires_at = now() where id = '%s'", id);
	cr_expect_not(sees(f.me, id));
}

Test(notifications, are_corrected_and_withdrawn_by_admins)
{
	const char *id = notify(f.my_id, "Gate clsoed", ""),
		   *path = e2e_format("/api/v1/notifications/%s", id);
	const struct answer *answer;

	expect_problem(client_patch(f.me, path, "{'title':'x'}"), "FORBIDDEN");
	expect_problem(client_delete(f.me, "%s", path), "FORBIDDEN");
	assert_status(dismiss(f.me, id), 200);
	answer = client_patch(f.admin, path, "{'title':'Gate closed'%s}", lasting());
	assert_status(answer, 200);
	expect_at(answer, "title", "Gate closed");
	cr_expect(sees(f.me, id));
	client_set_header(f.admin, "If-Match: \"1.0\"");
	expect_problem(client_delete(f.admin, "%s", path), "PRECONDITION_FAILED");
	expect_status(client_delete(f.admin, "%s", path), 204);
	cr_expect_not(sees(f.me, id));
	expect_problem(client_get(f.me, "%s", path), "NOT_FOUND");
	expect_problem(client_delete(f.admin, "%s", path), "NOT_FOUND");
	cr_expect_str_eq(events_of(e2e_format("user:%s", f.my_id), id),
	                 "notification.created, notification.dismissed, notification.updated, "
	                 "notification.withdrawn");
}

Test(notifications, are_hidden_from_other_users)
{
	const char *id = notify(f.my_id, "For Ada", "");

	cr_expect(sees(f.me, id));
	cr_expect_not(sees(f.other, id));
	expect_problem(dismiss(f.other, id), "FORBIDDEN");
	expect_problem(dismiss(f.admin, id), "FORBIDDEN");
	expect_problem(client_get(f.other, "/api/v1/notifications/%s", id), "FORBIDDEN");
	expect_status(client_get(f.admin, "/api/v1/notifications/%s", id), 200);
	cr_expect(sees(f.me, id));
}

Test(notifications, publish_one_event_when_dismissed)
{
	const char *id = notify(f.my_id, "Enough", ""), *dismissed_at;
	const struct answer *answer = dismiss(f.me, id);

	assert_status(answer, 200);
	dismissed_at = e2e_format("%s", answer_at(answer, "dismissed_at"));
	cr_expect_str_neq(dismissed_at, "null");
	cr_expect_not(sees(f.me, id));
	for (int i = 0; i < 2; i++) {
		answer = i ? client_request(f.me, "PATCH",
		                            e2e_format("/api/v1/notifications/%s/dismiss", id),
		                            NULL, (struct str){ 0 })
		           : dismiss(f.me, id);
		expect_status(answer, 200);
		expect_at(answer, "dismissed_at", dismissed_at);
	}
	expect_at(client_get(f.me, "/api/v1/notifications/%s", id), "dismissed_at", dismissed_at);
	cr_expect_str_eq(events_of(e2e_format("user:%s", f.my_id), id),
	                 "notification.created, notification.dismissed");
}

/* In an earlier version, one user's dismissal hid the notification for everyone. */
Test(notifications, to_everyone_are_dismissed_per_user)
{
	const char *id = notify(NULL, "For all", ""), *channel = e2e_format("user:%s", f.my_id);
	const struct answer *answer;

	cr_expect(sees(f.me, id));
	cr_expect(sees(f.other, id));
	for (int i = 0; i < 2; i++) {
		answer = dismiss(f.me, id);
		expect_status(answer, 200);
		expect_at(answer, "user_id", "null");
		cr_expect_str_neq(answer_at(answer, "dismissed_at"), "null");
	}
	cr_expect_not(sees(f.me, id));
	cr_expect(sees(f.other, id));
	expect_at(client_get(f.other, "/api/v1/notifications/%s", id), "dismissed_at", "null");
	cr_expect_str_eq(events_of("org", id), "notification.created");
	cr_expect_str_eq(events_of(channel, id), "notification.dismissed");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.notification_dismissals"
	                              " where notification_id = '%s'",
	                              id),
	                 "1");
}

Test(notifications, can_be_made_non_dismissible)
{
	const char *mine = notify(f.my_id, "Stays", lasting()),
		   *all = notify(NULL, "Stays", lasting());

	expect_problem(dismiss(f.me, mine), "NOT_DISMISSIBLE");
	expect_problem(dismiss(f.me, all), "NOT_DISMISSIBLE");
	cr_expect(sees(f.me, mine));
}

Test(notifications, are_not_dismissed_with_an_outdated_etag)
{
	const char *id = notify(f.my_id, "Once", "");

	client_set_header(f.me, "If-Match: \"7.0\"");
	expect_problem(dismiss(f.me, id), "PRECONDITION_FAILED");
	cr_expect(sees(f.me, id));
	client_set_header(f.me, "If-Match: \"1.0\"");
	expect_status(dismiss(f.me, id), 200);
}

Test(notifications, are_sent_only_by_admins_to_existing_users)
{
	static const char *const urls[] = { "javascript:alert(1)", "//evil.example",
		                            "/\\\\evil.example", "ftp://x.example" };
	const char *path = "/api/v1/notifications", *id = notify(f.my_id, "First", "");

	expect_problem(client_post(f.me, path, "{'title':'x','message':'x'}"), "FORBIDDEN");
	expect_problem(client_post(e2e_client("supervisor"), path, "{'title':'x','message':'x'}"),
	               "FORBIDDEN");
	expect_problem(
		client_post(f.admin, path, "{'title':'x','message':'x','user_id':'%s'}", e2e_id()),
		"USER_NOT_FOUND");
	expect_problem(client_post(f.admin, path, "{'title':'x','message':'x','id':'%s'}", id),
	               "ID_TAKEN");
	expect_problem(client_post(f.admin, path, "{'title':'','message':'x','type':'info'}"),
	               "VALIDATION_FAILED");
	for (size_t i = 0; i < COUNT_OF(urls); i++)
		expect_problem(client_post(f.admin, path,
		                           "{'title':'x','message':'x','action_url':'%s'}",
		                           urls[i]),
		               "VALIDATION_FAILED");
	expect_status(
		client_post(f.admin, path,
	                    "{'title':'x','message':'x','user_id':'%s','action_url':'/logs/1'}",
	                    f.my_id),
		201);
	expect_problem(dismiss(f.me, e2e_id()), "NOT_FOUND");
	expect_problem(client_get(f.me, "%s/%s", path, e2e_id()), "NOT_FOUND");
}

/* Parallel dismissals take effect once and publish one event. */
Test(notifications, are_dismissed_once_in_parallel)
{
	enum { CLIENTS = 20 };
	struct client *clients[CLIENTS];
	const char *id = notify(NULL, "At once", ""),
		   *path = e2e_format("/api/v1/notifications/%s/dismiss", id);
	const char *subject = server_query(
		e2e_server(), "select subject from app.users where id = '%s'", f.my_id);
	const char *token = e2e_token(&(struct e2e_token){ .subject = subject });

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = e2e_client(NULL);
		client_set_token(clients[i], token);
		client_send(clients[i], "POST", path, NULL);
	}
	for (int i = 0; i < CLIENTS; i++)
		expect_status(client_receive(clients[i]), 200);
	cr_expect_str_eq(events_of(e2e_format("user:%s", f.my_id), id), "notification.dismissed");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.notification_dismissals"
	                              " where notification_id = '%s'",
	                              id),
	                 "1");
}
