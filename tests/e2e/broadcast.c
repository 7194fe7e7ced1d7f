/* Broadcasts: who may send them, which are valid, and that retries are sent once. */

#include <stdlib.h>
#include <unistd.h>

#include "e2e.h"

static struct {
	struct client *program, *admin;
	const char *type; /* unique to the test */
} f;

static void setup(void)
{
	f.program = e2e_client(NULL);
	f.admin = e2e_client("admin");
	f.type = e2e_format("drill.x%d", getpid());
}

TestSuite(broadcast, .init = setup, .timeout = 30);

static const char *query(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

static const char *key_for(const char *scopes)
{
	const struct answer *answer =
		client_post(f.admin, "/api/v1/api-keys", "{'name':'Siren','scopes':[%s]}", scopes);

	cr_assert(answer->status == 201, "%.*s", STR_ARGS(answer->body));
	return e2e_format("%s", answer_at(answer, "key"));
}

static const struct answer *broadcast(struct client *client, const char *data)
{
	return client_post(client, "/websocket/broadcast", "{'type':'%s','data':%s}", f.type, data);
}

static const char *event_count(void)
{
	return query(e2e_format(
		"select count(*) from live.events where channel = 'all' and type = '%s'", f.type));
}

Test(broadcast, is_published_unchanged)
{
	const struct answer *answer =
		broadcast(f.admin, "{'siren':{'at':['north','south'],'loud':true},'ä':null}");

	assert_status(answer, 200);
	cr_expect_null(json_in(answer->json, "results.sent"));
	cr_expect_null(json_in(answer->json, "results.failed"));
	cr_expect_null(json_in(answer->json, "results.stale_removed"));
	cr_expect_str_eq(event_count(), "1");
	cr_expect_str_eq(
		query(e2e_format(
			"select data ="
			" '{\"siren\":{\"at\":[\"north\",\"south\"],\"loud\":true},\"ä\":null}'"
			" from live.events where channel = 'all' and type = '%s'",
			f.type)),
		"t");
}

Test(broadcast, requires_the_scope_if_sent_with_an_api_key)
{
	const char *key = key_for("'live:write'");

	client_set_header(f.program, "X-API-Key: %s", key);
	assert_status(broadcast(f.program, "{}"), 200);
	client_set_header(f.program, "X-API-Key: %s", key_for("'live:read','talk:write'"));
	expect_problem(broadcast(f.program, "{}"), "SCOPE_MISSING");
	/* A key does not give its user a role. */
	client_set_header(f.program, "X-API-Key: %s", key);
	expect_problem(client_get(f.program, "/websocket/connections"), "SCOPE_MISSING");
	cr_expect_str_eq(event_count(), "1");
}

Test(broadcast, is_sent_once_for_each_idempotency_key)
{
	const char *key = key_for("'live:write'"), *other = key_for("'live:write'");
	const char *idempotency_key = e2e_id();

	for (int i = 0; i < 3; i++) {
		const struct answer *answer;

		client_set_header(f.program, "X-API-Key: %s\r\nIdempotency-Key: %s", key,
		                  idempotency_key);
		answer = broadcast(f.program, "{'n':1}");
		assert_status(answer, 200);
		expect_header(answer, "Idempotent-Replayed", i ? "true" : "absent");
	}
	cr_expect_str_eq(event_count(), "1");
	client_set_header(f.program, "X-API-Key: %s\r\nIdempotency-Key: %s", key, idempotency_key);
	expect_problem(broadcast(f.program, "{'n':2}"), "IDEMPOTENCY_KEY_REUSED");
	/* Idempotency keys are separate for each API key and each user. */
	client_set_header(f.program, "X-API-Key: %s\r\nIdempotency-Key: %s", other,
	                  idempotency_key);
	assert_status(broadcast(f.program, "{'n':2}"), 200);
	client_set_header(f.admin, "Idempotency-Key: %s", idempotency_key);
	assert_status(broadcast(f.admin, "{'n':3}"), 200);
	cr_expect_str_eq(event_count(), "3");
}

Test(broadcast, is_validated)
{
	static const struct {
		const char *body, *pointer;
	} rows[] = {
		{ "{'data':{}}", "/type" },
		{ "{'type':'x'}", "/data" },
		{ "{'type':'x','data':null}", "/data" },
		{ "{'type':'x','data':[1]}", "/data" },
		{ "{'type':'x','data':'text'}", "/data" },
		{ "{'type':1,'data':{}}", "/type" },
		{ "{'type':'','data':{}}", "/type" },
		{ "{'type':'x','data':{},'to':'all'}", "/to" },
	};
	struct buf long_text = { 0 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer =
			client_post(f.admin, "/websocket/broadcast", "%s", rows[i].body);

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", rows[i].pointer);
	}
	expect_problem(client_post(f.admin, "/websocket/broadcast", NULL), "VALIDATION_FAILED");
	expect_problem(client_post(f.admin, "/websocket/broadcast", "{"), "BAD_JSON");
	expect_problem(client_post(f.admin, "/websocket/broadcast", "{'type':'A drill','data':{}}"),
	               "VALIDATION_FAILED");
	expect_problem(
		client_post(f.admin, "/websocket/broadcast", "{'type':'%0101d','data':{}}", 0),
		"VALIDATION_FAILED");
	/* 12 bytes are for `{"text": ""}`; `data` may have 32768. */
	for (int i = 0; i < 32768 - 12; i++)
		buf_char(&long_text, 'x');
	assert_status(broadcast(f.admin, e2e_format("{'text':'%s'}", buf_cstr(&long_text))), 200);
	expect_problem(broadcast(f.admin, e2e_format("{'text':'x%s'}", buf_cstr(&long_text))),
	               "VALIDATION_FAILED");
	cr_expect_str_eq(event_count(), "1");
	buf_finish(&long_text);
}

static long figure(const char *name)
{
	return strtol(answer_at(client_get(f.admin, "/websocket/connections"), name), NULL, 10);
}

Test(broadcast, counts_the_connections_of_all_processes)
{
	const char *first = e2e_id(), *second = e2e_id();
	const struct answer *answer;
	long before = figure("connection_count"), reached = figure("subscribers"),
	     processes = figure("processes");

	query(e2e_format("select live.heartbeat('%s', 30, 40, 2)", first));
	query(e2e_format("select live.heartbeat('%s', 5, 6, 2)", second));
	query(e2e_format("select live.heartbeat('%s', 3, 4, 2)", first));
	answer = client_get(f.admin, "/websocket/connections");
	expect_at(answer, "connection_count", e2e_format("%ld", before + 8));
	cr_expect(strlen(answer_at(answer, "timestamp")) > 20);
	expect_at(broadcast(f.admin, "{}"), "results.total_connections",
	          e2e_format("%ld", before + 8));
	/* Only subscribers of `all` are reached: two of each process here. */
	expect_at(client_get(f.admin, "/websocket/connections"), "subscribers",
	          e2e_format("%ld", reached + 4));
	expect_at(broadcast(f.admin, "{}"), "results.subscribers", e2e_format("%ld", reached + 4));
	expect_at(broadcast(f.admin, "{}"), "results.processes", e2e_format("%ld", processes + 2));
	/* The oldest figure decides. */
	query(e2e_format(
		"update live.processes set seen_at = now() - interval '40 seconds' where id = '%s'",
		second));
	expect_at(client_get(f.admin, "/websocket/connections"), "as_of",
	          query(e2e_format(
			  "select to_json(seen_at) #>> '{}' from live.processes where id = '%s'",
			  second)));
	/* A process without a heartbeat for a minute is not counted, and the next heartbeat of
	 * another process deletes it. */
	query(e2e_format(
		"update live.processes set seen_at = now() - interval '61 seconds' where id = '%s'",
		second));
	expect_at(client_get(f.admin, "/websocket/connections"), "connection_count",
	          e2e_format("%ld", before + 3));
	query(e2e_format("select live.heartbeat('%s', 0, 0, 0)", first));
	cr_expect_str_eq(
		query(e2e_format("select count(*) from live.processes where id in ('%s', '%s')",
	                         first, second)),
		"1");
}
