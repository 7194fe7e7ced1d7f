/* idempotency.c: tests that a request with an Idempotency-Key is executed once. */

#include "e2e.h"

static struct {
	struct client *supervisor, *admin;
	const char *location;
} f;

static void setup(void)
{
	f.supervisor = e2e_client("supervisor");
	f.admin = e2e_client("admin");
	f.location = e2e_new_location();
}

TestSuite(idempotency, .init = setup, .timeout = 30);

static const char *body(const char *title)
{
	return e2e_format("{'type':'PATROL','title':'%s','description':'x','location_id':'%s'}",
	                  title, f.location);
}

static const struct answer *post(struct client *client, const char *key, const char *title)
{
	client_set_header(client, "Idempotency-Key: %s", key);
	return client_post(client, "/api/v1/logs", "%s", body(title));
}

static const char *count_logs(const char *title)
{
	return server_query(e2e_server(), "select count(*) from app.logs where title = '%s'",
	                    title);
}

Test(idempotency, replays_the_first_response_unchanged)
{
	const char *key = e2e_id(), *title = e2e_name(), *first, *tag, *location;
	const struct answer *answer = post(f.supervisor, key, title);

	assert_status(answer, 201);
	expect_header(answer, "Idempotent-Replayed", "absent");
	first = e2e_format("%.*s", STR_ARGS(answer->body));
	tag = e2e_format("%s", answer_header(answer, "ETag"));
	location = e2e_format("%s", answer_header(answer, "Location"));
	/* A quoted key is the same key. */
	for (int i = 0; i < 4; i++) {
		answer = post(f.supervisor, i % 2 ? e2e_format("\"%s\"", key) : key, title);
		expect_status(answer, 201);
		expect_header(answer, "Idempotent-Replayed", "true");
		expect_header(answer, "ETag", tag);
		expect_header(answer, "Location", location);
		cr_expect_str_eq(e2e_format("%.*s", STR_ARGS(answer->body)), first);
	}
	cr_expect_str_eq(count_logs(title), "1");
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from live.events where channel = 'location:%s'"
	                     " and type = 'log.created' and data ->> 'title' = '%s'",
	                     f.location, title),
		"1");
}

Test(idempotency, rejects_a_key_that_was_used_for_another_request)
{
	const char *key = e2e_id(), *title = e2e_name();

	assert_status(post(f.supervisor, key, title), 201);
	expect_problem(post(f.supervisor, key, e2e_name()), "IDEMPOTENCY_KEY_REUSED");
	/* Each caller and each operation has its own keys. */
	expect_status(post(f.admin, key, e2e_name()), 201);
	client_set_header(f.admin, "Idempotency-Key: %s", key);
	expect_status(client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", e2e_name()), 201);
	/* The same operation on another location is another request. */
	client_set_header(f.admin, "Idempotency-Key: %s", key);
	expect_status(client_post(f.admin,
	                          e2e_format("/api/v1/locations/%s/toggle-active", f.location),
	                          NULL),
	              200);
	client_set_header(f.admin, "Idempotency-Key: %s", key);
	expect_problem(
		client_post(f.admin,
	                    e2e_format("/api/v1/locations/%s/toggle-active", e2e_new_location()),
	                    NULL),
		"IDEMPOTENCY_KEY_REUSED");
}

Test(idempotency, executes_a_rejected_request_again)
{
	const char *key = e2e_id(), *name = e2e_name(), *other = e2e_new_location();

	cr_assert_str_eq(
		server_query(e2e_server(),
	                     "update app.locations set name = '%s' where id = '%s' returning 1",
	                     name, other),
		"1");
	for (int i = 0; i < 2; i++) {
		client_set_header(f.admin, "Idempotency-Key: %s", key);
		expect_problem(client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", name),
		               "LOCATION_NAME_TAKEN");
	}
	server_query(e2e_server(), "update app.locations set name = '%s' where id = '%s'",
	             e2e_name(), other);
	client_set_header(f.admin, "Idempotency-Key: %s", key);
	expect_status(client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", name), 201);
	/* The same for a refusal that SQL returns as a row. */
	key = e2e_id();
	for (int i = 0; i < 2; i++) {
		client_set_header(f.admin, "Idempotency-Key: %s", key);
		expect_problem(
			client_post(f.admin,
		                    e2e_format("/api/v1/locations/%s/toggle-active", e2e_id()),
		                    NULL),
			"LOCATION_NOT_FOUND");
	}
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.idempotency_keys where key = '%s'",
	                              key),
	                 "0");
}

Test(idempotency, executes_parallel_requests_once)
{
	enum { CLIENTS = 20 };
	struct client *clients[CLIENTS];
	const char *key = e2e_id(), *title = e2e_name();
	int executed = 0, replayed = 0, in_progress = 0;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("supervisor");
	for (int i = 0; i < CLIENTS; i++) {
		client_set_header(clients[i], "Idempotency-Key: %s", key);
		client_send(clients[i], "POST", "/api/v1/logs", "%s", body(title));
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 201 && answer_header(answer, "Idempotent-Replayed")) {
			replayed++;
		} else if (answer->status == 201) {
			executed++;
		} else {
			expect_problem(answer, "IDEMPOTENCY_IN_PROGRESS");
			expect_header(answer, "Retry-After", "1");
			in_progress++;
		}
	}
	cr_expect(executed == 1 && executed + replayed + in_progress == CLIENTS,
	          "%d executed, %d replayed, %d in progress", executed, replayed, in_progress);
	cr_expect_str_eq(count_logs(title), "1");
	expect_header(post(f.supervisor, key, title), "Idempotent-Replayed", "true");
}

Test(idempotency, executes_once_when_the_client_disconnects)
{
	for (int i = 0; i < 10; i++) {
		struct client *client = e2e_client("supervisor");
		const char *key = e2e_id(), *title = e2e_name();
		const struct answer *answer;

		client_set_header(client, "Idempotency-Key: %s", key);
		client_send(client, "POST", "/api/v1/logs", "%s", body(title));
		sleep_ms(i);
		client_disconnect(client);
		do {
			answer = post(client, key, title);
			sleep_ms(20);
		} while (answer->status == 409);
		expect_status(answer, 201);
		cr_expect_str_eq(count_logs(title), "1");
	}
}

Test(idempotency, replays_for_24_hours)
{
	const char *key = e2e_id(), *title = e2e_name();

	assert_status(post(f.supervisor, key, title), 201);
	server_query(e2e_server(),
	             "update app.idempotency_keys set created_at = now() - interval '23 hours 59"
	             " minutes'"
	             " where key = '%s'",
	             key);
	expect_header(post(f.supervisor, key, title), "Idempotent-Replayed", "true");
	server_query(
		e2e_server(),
		"update app.idempotency_keys set created_at = now() - interval '24 hours 1 second'"
		" where key = '%s'",
		key);
	expect_header(post(f.supervisor, key, title), "Idempotent-Replayed", "absent");
	cr_expect_str_eq(count_logs(title), "2");
}

Test(idempotency, rejects_malformed_keys)
{
	const char *const keys[] = { "\"\"", "a b", "\xc3\xa4", "\"", "a\"b" };
	char long_key[300];

	memset(long_key, 'k', sizeof(long_key) - 1);
	long_key[sizeof(long_key) - 1] = '\0';
	for (size_t i = 0; i <= COUNT_OF(keys); i++) {
		const struct answer *answer =
			post(f.supervisor, i < COUNT_OF(keys) ? keys[i] : long_key, "x");

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.header", "Idempotency-Key");
	}
	long_key[255] = '\0';
	expect_status(post(f.supervisor, long_key, "x"), 201);
}
