/* Guards on duty go through the safety checklist; completing it writes a log. */

#include <sys/wait.h>

#include "e2e.h"

#define ITEMS "/api/v1/safety-checklist/items"

static struct {
	struct client *admin, *guard, *other, *supervisor;
	const char *location;
} f;

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.location = e2e_new_location();
	f.guard = e2e_new_user("GUARD", "Clara");
	f.other = e2e_new_user("GUARD", "Samir");
	f.supervisor = e2e_client("supervisor");
}

TestSuite(checklist, .init = setup, .timeout = 30);

static const char *id_of(const struct answer *answer)
{
	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *new_item(const char *name)
{
	return id_of(client_post(f.admin, ITEMS, "{'name':'%s'}", name));
}

static const char *item_path(const char *id)
{
	return e2e_format(ITEMS "/%s", id);
}

static const char *clock_in(struct client *client)
{
	return id_of(
		client_post(client, "/api/v1/duty-sessions", "{'location_id':'%s'}", f.location));
}

static const struct answer *check(struct client *client, const char *item, const char *session,
                                  const char *members)
{
	return client_patch(client, item_path(item), "{'duty_session_id':'%s',%s}", session,
	                    members);
}

static const struct answer *submit(struct client *client, const char *session, const char *location,
                                   const char *items)
{
	return client_post(client, "/api/v1/safety-checklist/responses",
	                   "{'duty_session_id':'%s','location_id':'%s','items':[%s]}", session,
	                   location, items);
}

/* A member of `items` for submit(). */
static const char *entry(const char *item, const char *checked, const char *notes)
{
	return e2e_format("{'item_id':'%s','checked':%s,'notes':%s}", item, checked, notes);
}

/* The index of the item in a list as this client sees it, or -1. */
static int index_in(const struct answer *answer, const char *id)
{
	assert_status(answer, 200);
	for (size_t i = 0; i < json_count(answer->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.id", i)), id) == 0)
			return (int)i;
	}
	return -1;
}

static int index_of(struct client *client, const char *path, const char *id)
{
	return index_in(client_get(client, "%s", path), id);
}

#define LIST "/api/v1/safety-checklist?limit=500"

/* In one response, because other tests move items meanwhile. */
static bool is_listed_before(const char *first, const char *second)
{
	const struct answer *answer = client_get(f.guard, LIST);

	return index_in(answer, first) < index_in(answer, second);
}

/* "checked notes" of the item in this duty session. */
static const char *state_of(struct client *client, const char *session, const char *item)
{
	const char *path = e2e_format(LIST "&duty_session_id=%s", session);
	int index = index_of(client, path, item);
	const struct answer *answer = client_get(client, "%s", path);

	return e2e_format("%s %s", answer_at(answer, e2e_format("%d.checked", index)),
	                  answer_at(answer, e2e_format("%d.notes", index)));
}

Test(checklist, items_can_be_created_changed_and_deleted)
{
	const char *name = e2e_name(), *id = e2e_id();
	const struct answer *answer =
		client_post(f.admin, ITEMS,
	                    "{'id':'%s','name':'%s','description':'Whole.','order':70}", id, name);

	assert_status(answer, 201);
	expect_header(answer, "Location", item_path(id));
	expect_at(answer, "id", id);
	expect_at(answer, "description", "Whole.");
	expect_at(answer, "order", "70");
	expect_at(answer, "is_active", "true");
	expect_problem(client_post(f.admin, ITEMS, "{'id':'%s','name':'%s'}", id, e2e_name()),
	               "ID_TAKEN");
	expect_problem(client_post(f.admin, ITEMS, "{'name':'%s'}", name), "ITEM_NAME_TAKEN");
	expect_problem(client_post(f.admin, ITEMS, "{'name':'PIER%s'}", name + 4),
	               "ITEM_NAME_TAKEN");
	expect_problem(client_post(f.admin, ITEMS, "{'name':' PIER%s '}", name + 4),
	               "ITEM_NAME_TAKEN");
	expect_problem(client_post(f.admin, ITEMS, "{'name':'%s','order':-1}", name),
	               "VALIDATION_FAILED");

	answer = client_patch(f.admin, item_path(id), "{'description':null,'order':71}");
	expect_at(answer, "description", "null");
	expect_at(answer, "order", "71");
	expect_at(answer, "name", name);
	expect_at(answer, "checked", "absent");
	/* The response to a single item has the ETag for a change. */
	answer = client_get(f.admin, "%s", item_path(id));
	expect_status(answer, 200);
	expect_at(answer, "order", "71");
	client_set_header(f.admin, "If-Match: %s", answer_header(answer, "ETag"));
	expect_status(client_patch(f.admin, item_path(id), "{'order':73}"), 200);
	expect_problem(client_get(f.admin, "%s", item_path(e2e_id())), "NOT_FOUND");
	client_set_header(f.admin, "If-Match: \"1.1\"");
	expect_problem(client_patch(f.admin, item_path(id), "{'order':72}"), "PRECONDITION_FAILED");
	client_set_header(f.admin, "If-Match: \"1.1\"");
	expect_problem(client_delete(f.admin, "%s", item_path(id)), "PRECONDITION_FAILED");
	expect_problem(
		client_patch(f.admin, item_path(new_item(e2e_name())), "{'name':'%s'}", name),
		"ITEM_NAME_TAKEN");
	expect_problem(client_patch(f.admin, item_path(e2e_id()), "{'order':72}"), "NOT_FOUND");
	expect_problem(client_delete(f.admin, "%s", item_path(e2e_id())), "NOT_FOUND");
}

Test(checklist, item_names_stay_unique_under_concurrent_requests)
{
	const char *name = e2e_name();

	cr_expect_eq(e2e_in_parallel(50, "greta.lindqvist@marina.example", "POST", ITEMS,
	                             e2e_format("{'name':'%s'}", name), 201, "ITEM_NAME_TAKEN"),
	             1);
}

Test(checklist, shows_active_items_to_guards)
{
	const char *id = new_item(e2e_name());
	int index = index_of(f.guard, LIST, id);
	const struct answer *answer = client_get(f.guard, "%s", LIST);

	cr_assert(index >= 0);
	expect_at(answer, e2e_format("%d.description", index), "null");
	expect_at(answer, e2e_format("%d.checked", index), "absent");
	expect_at(answer, e2e_format("%d.is_active", index), "absent");

	expect_status(client_delete(f.admin, "%s", item_path(id)), 204);
	expect_status(client_delete(f.admin, "%s", item_path(id)), 204);
	cr_expect_eq(index_of(f.guard, LIST, id), -1);
	cr_expect(index_of(f.admin, ITEMS "?limit=500", id) >= 0);
	expect_at(client_patch(f.admin, item_path(id), "{'is_active':true}"), "is_active", "true");
	cr_expect(index_of(f.guard, LIST, id) >= 0);
	expect_problem(client_get(f.guard, "%s", ITEMS), "FORBIDDEN");
	expect_problem(client_get(f.supervisor, "%s", ITEMS), "FORBIDDEN");
}

Test(checklist, begins_with_default_items)
{
	const struct answer *answer = client_get(f.admin, ITEMS "?limit=500");
	size_t found = 0;

	for (size_t i = 0; i < json_count(answer->json); i++)
		found += strcmp(answer_at(answer, e2e_format("%zu.name", i)), "Lighting") == 0;
	cr_expect_eq(found, 1);
}

Test(checklist, items_can_be_reordered)
{
	const char *a = new_item(e2e_name()), *b = new_item(e2e_name());
	const struct answer *answer;

	/* New items are added at the end. */
	cr_expect(is_listed_before(a, b));
	answer = client_request(f.admin, "PUT", ITEMS "/order", "application/json",
	                        str_of(e2e_format("{\"items\":[{\"id\":\"%s\",\"order\":90001},"
	                                          "{\"id\":\"%s\",\"order\":90000}]}",
	                                          a, b)));
	expect_status(answer, 200);
	expect_at(answer, "0.id", b);
	expect_at(answer, "0.order", "90000");
	expect_at(answer, "1.id", a);
	cr_expect(is_listed_before(b, a));
	client_send(f.admin, "PUT", ITEMS "/order",
	            "{'items':[{'id':'%s','order':1},{'id':'%s','order':2}]}", a, e2e_id());
	expect_problem(client_receive(f.admin), "NOT_FOUND");
	client_send(f.admin, "PUT", ITEMS "/order",
	            "{'items':[{'id':'%s','order':1},{'id':'%s','order':2}]}", a, a);
	expect_problem(client_receive(f.admin), "VALIDATION_FAILED");
	client_send(f.supervisor, "PUT", ITEMS "/order", "{'items':[{'id':'%s','order':1}]}", a);
	expect_problem(client_receive(f.supervisor), "FORBIDDEN");
	cr_expect(index_of(f.guard, LIST, a) > index_of(f.guard, LIST, b),
	          "a rejected request has moved an item");
}

/* A submission and a reordering that name the items in opposite orders do not deadlock. */
Test(checklist, can_be_submitted_while_it_is_reordered)
{
	const char *a = new_item(e2e_name()), *b = new_item(e2e_name());
	const char *low = strcmp(a, b) < 0 ? a : b, *high = strcmp(a, b) < 0 ? b : a,
		   *session = clock_in(f.guard);
	pid_t holder = e2e_lock_row("app.checklist_items", low);

	client_send(f.admin, "PUT", ITEMS "/order",
	            "{'items':[{'id':'%s','order':1},{'id':'%s','order':2}]}", high, low);
	sleep_ms(100);
	client_send(f.guard, "POST", "/api/v1/safety-checklist/responses",
	            "{'duty_session_id':'%s','location_id':'%s','items':[%s,%s]}", session,
	            f.location, entry(high, "true", "null"), entry(low, "true", "null"));
	expect_status(client_receive(f.admin), 200);
	expect_status(client_receive(f.guard), 201);
	waitpid(holder, NULL, 0);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select deadlocks from pg_stat_database where datname ="
	                              " current_database()"),
	                 "0");
}

Test(checklist, batches_skip_items_that_exist)
{
	const char *old = e2e_name(), *new = e2e_name(), *path = ITEMS "/batch";
	const struct answer *answer;

	new_item(old);
	answer = client_post(f.admin, path,
	                     "{'items':[{'name':'%s'},{'name':'%s','description':'x','order':8},"
	                     "{'name':'PIER%s'}]}",
	                     old, new, new + 4);
	expect_status(answer, 201);
	expect_at(answer, "created", "1");
	expect_at(answer, "skipped", e2e_format("[\"%s\",\"PIER%s\"]", old, new + 4));
	expect_problem(
		client_post(f.admin, path, "{'items':[{'name':' %s'},{'name':'%s '}]}", old, new),
		"ITEM_NAME_TAKEN");
	expect_problem(client_post(f.admin, path, "{'items':[]}"), "VALIDATION_FAILED");
	answer = client_post(f.admin, path, "{'items':[{'name':'%s'},{'order':1}]}", e2e_name());
	expect_problem(answer, "VALIDATION_FAILED");
	expect_at(answer, "errors.0.pointer", "/items/1/name");
	expect_problem(client_post(f.supervisor, path, "{'items':[{'name':'x'}]}"), "FORBIDDEN");
}

Test(checklist, items_can_be_checked_one_by_one)
{
	const char *a = new_item(e2e_name()), *b = new_item(e2e_name()),
		   *session = clock_in(f.guard);
	const struct answer *answer;

	cr_expect_str_eq(state_of(f.guard, session, a), "false null");
	answer = check(f.guard, a, session, "'checked':true,'notes':'Needle in the green.'");
	expect_status(answer, 200);
	expect_at(answer, "id", a);
	expect_at(answer, "checked", "true");
	expect_at(answer, "notes", "Needle in the green.");
	cr_expect_str_eq(state_of(f.guard, session, a), "true Needle in the green.");
	cr_expect_str_eq(state_of(f.supervisor, session, b), "false null");
	/* Checking an item again replaces the members that are sent. */
	expect_at(check(f.guard, a, session, "'checked':false"), "notes", "Needle in the green.");
	expect_at(check(f.guard, a, session, "'checked':true,'notes':null"), "notes", "null");
	assert_status(check(f.guard, b, session, "'checked':true"), 200);
	cr_expect_str_eq(state_of(f.guard, session, a), "true null");
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select count(*) from app.checklist_responses where duty_session_id = '%s'",
			session),
		"1");
}

Test(checklist, is_checked_by_the_user_of_the_session_only)
{
	const char *item = new_item(e2e_name()), *session = clock_in(f.guard);
	const char *path = e2e_format(LIST "&duty_session_id=%s", session);

	assert_status(check(f.guard, item, session, "'checked':true"), 200);
	expect_problem(check(f.other, item, session, "'checked':false"), "FORBIDDEN");
	expect_problem(check(f.admin, item, session, "'checked':false"), "FORBIDDEN");
	expect_problem(check(f.guard, item, e2e_id(), "'checked':false"), "NOT_FOUND");
	expect_problem(check(f.guard, e2e_id(), session, "'checked':false"), "NOT_FOUND");
	expect_problem(client_get(f.other, "%s", path), "FORBIDDEN");
	expect_problem(client_get(f.guard, LIST "&duty_session_id=%s", e2e_id()), "NOT_FOUND");
	cr_expect_str_eq(state_of(f.supervisor, session, item), "true null");
	expect_problem(submit(f.other, session, f.location, entry(item, "true", "null")),
	               "FORBIDDEN");

	/* Guards cannot change items, and nobody can check and change an item in one request. */
	expect_problem(client_patch(f.guard, item_path(item), "{'name':'Mine'}"), "FORBIDDEN");
	expect_problem(client_patch(f.guard, item_path(item), "{}"), "FORBIDDEN");
	expect_problem(client_patch(f.guard, item_path(item), "{'checked':true}"),
	               "VALIDATION_FAILED");
	expect_problem(check(f.guard, item, session, "'notes':'x'"), "VALIDATION_FAILED");
	expect_problem(check(f.admin, item, session, "'checked':true,'name':'x'"),
	               "VALIDATION_FAILED");

	assert_status(client_delete(f.admin, "%s", item_path(item)), 204);
	expect_problem(check(f.guard, item, session, "'checked':true"), "NOT_FOUND");
	assert_status(client_post(f.guard,
	                          e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL),
	              200);
	item = new_item(e2e_name());
	expect_problem(check(f.guard, item, session, "'checked':true"), "NOT_ON_DUTY");
	expect_problem(submit(f.guard, session, f.location, entry(item, "true", "null")),
	               "NOT_ON_DUTY");
}

Test(checklist, submission_writes_a_log)
{
	const char *first = e2e_name(), *second = e2e_name(), *a = new_item(first),
		   *b = new_item(second);
	const char *session = clock_in(f.guard), *log, *response;
	const struct answer *answer;

	answer = submit(f.guard, session, f.location,
	                e2e_format("%s,%s", entry(a, "true", "'Sealed.'"),
	                           entry(b, "false", "'Lamp is out.'")));
	assert_status(answer, 201);
	log = e2e_format("%s", answer_at(answer, "log_id"));
	response = e2e_format("%s", answer_at(answer, "response_id"));
	expect_header(answer, "Location", e2e_format("/api/v1/logs/%s", log));
	answer = client_get(f.other, "/api/v1/logs/%s", log);
	expect_status(answer, 200);
	expect_at(answer, "type", "ON_DUTY_CHECKLIST");
	expect_at(answer, "status", "LIVE");
	expect_at(answer, "location.id", f.location);
	expect_at(answer, "author.first_name", "Clara");
	expect_problem(client_patch(f.guard, e2e_format("/api/v1/logs/%s", log),
	                            "{'description':'2 of 2 checked.'}"),
	               "LOG_BY_SERVER");
	expect_problem(client_delete(f.guard, "/api/v1/logs/%s", log), "LOG_BY_SERVER");
	answer = client_get(f.other, "/api/v1/logs/%s", log);
	expect_at(answer, "description",
	          e2e_format("1 of 2 checked.\n\n[x] %s: Sealed.\n[ ] %s: Lamp is out.", first,
	                     second));
	cr_expect_str_eq(state_of(f.guard, session, b), "false Lamp is out.");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select log_id || ' ' || (completed_at is not null)"
	                              " from app.checklist_responses where id = '%s'",
	                              response),
	                 e2e_format("%s true", log));
	/* The log and the completion are published together. */
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select string_agg(type, ', ' order by \"offset\") from live.events"
			" where channel = 'location:%s' and at >= (select created_at from app.logs"
			" where id = '%s')",
			f.location, log),
		"log.created, checklist.completed");
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select string_agg(distinct channel, ' ' order by channel)"
			" from live.events where type = 'checklist.completed' and data ->> 'id' ="
			" '%s'",
			response),
		e2e_format("duty location:%s user:%s", f.location,
	                   answer_at(client_get(f.guard, "/api/v1/users/me"), "id")));
}

/* Before, a guard wrote a log for any location in this way. */
Test(checklist, submission_is_for_the_location_of_the_duty)
{
	const char *item = new_item(e2e_name()), *session = clock_in(f.guard);
	const char *elsewhere = e2e_new_location();

	expect_problem(submit(f.guard, session, elsewhere, entry(item, "true", "null")),
	               "LOCATION_MISMATCH");
	expect_at(client_get(f.admin, "/api/v1/logs/count?location_id=%s", elsewhere), "count",
	          "0");
	expect_status(submit(f.guard, session, f.location, entry(item, "true", "null")), 201);
}

Test(checklist, submission_includes_items_checked_before)
{
	const char *first = e2e_name(), *second = e2e_name(), *a = new_item(first),
		   *b = new_item(second);
	const char *session = clock_in(f.guard);
	const struct answer *answer;

	assert_status(check(f.guard, a, session, "'checked':true,'notes':'Early.'"), 200);
	answer = submit(f.guard, session, f.location, entry(b, "true", "null"));
	assert_status(answer, 201);
	answer = client_get(f.guard, "/api/v1/logs/%s",
	                    e2e_format("%s", answer_at(answer, "log_id")));
	expect_at(answer, "description",
	          e2e_format("2 of 2 checked.\n\n[x] %s: Early.\n[x] %s", first, second));
	/* The next checklist of the session starts unchecked. */
	assert_status(check(f.guard, b, session, "'checked':true"), 200);
	cr_expect_str_eq(state_of(f.guard, session, a), "false null");
	cr_expect_str_eq(state_of(f.guard, session, b), "true null");
}

Test(checklist, invalid_submission_writes_nothing)
{
	const char *item = new_item(e2e_name()), *session = clock_in(f.guard);
	const char *closed = e2e_new_location();

	assert_status(client_patch(f.admin, e2e_format("/api/v1/locations/%s", closed),
	                           "{'is_active':false}"),
	              200);
	expect_problem(submit(f.guard, e2e_id(), f.location, entry(item, "true", "null")),
	               "NOT_FOUND");
	expect_problem(submit(f.guard, session, closed, entry(item, "true", "null")),
	               "LOCATION_INACTIVE");
	expect_problem(submit(f.guard, session, e2e_id(), entry(item, "true", "null")),
	               "LOCATION_NOT_FOUND");
	expect_problem(submit(f.guard, session, f.location, entry(e2e_id(), "true", "null")),
	               "NOT_FOUND");
	expect_problem(submit(f.guard, session, f.location,
	                      e2e_format("%s,%s", entry(item, "true", "null"),
	                                 entry(item, "false", "null"))),
	               "VALIDATION_FAILED");
	expect_problem(submit(f.guard, session, f.location, ""), "VALIDATION_FAILED");
	expect_at(submit(f.guard, session, f.location, entry(item, "7", "null")),
	          "errors.0.pointer", "/items/0/checked");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.logs where location_id = '%s'",
	                              f.location),
	                 "0");
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select count(*) from app.checklist_responses where duty_session_id = '%s'",
			session),
		"0");
}

Test(checklist, each_concurrent_submission_writes_a_log)
{
	enum { CLIENTS = 20 };
	struct client *clients[CLIENTS];
	const char *item = new_item(e2e_name()), *session, *body;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("felix.moreau@marina.example");
	session = clock_in(clients[0]);
	body = e2e_format("{'duty_session_id':'%s','location_id':'%s','items':[%s]}", session,
	                  f.location, entry(item, "true", "null"));
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", "/api/v1/safety-checklist/responses", "%s", body);
	for (int i = 0; i < CLIENTS; i++)
		expect_status(client_receive(clients[i]), 201);
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select count(distinct log_id) || ' ' ||"
			" count(*) filter (where completed_at is null) from app.checklist_responses"
			" where duty_session_id = '%s'",
			session),
		"20 0");
}
