/* What is said to everybody: by whom, in which form, and once. */

#include <stdlib.h>
#include <unistd.h>

#include "e2e.h"

static struct {
	struct client *nobody, *admin;
	const char *type; /* that nobody else says */
} f;

static void setup(void)
{
	f.nobody = e2e_client(NULL);
	f.admin = e2e_client("admin");
	f.type = e2e_format("drill.x%d", getpid());
}

TestSuite(broadcast, .init = setup, .timeout = 30);

static const char *ask(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

static const char *key_for(const char *scopes)
{
	const struct answer *answer = client_post(f.admin, "/api/v1/api-keys", "{'name':'Siren','scopes':[%s]}", scopes);

	cr_assert(answer->status == 201, "%.*s", STR_ARGS(answer->body));
	return e2e_format("%s", answer_at(answer, "key"));
}

static const struct answer *say(struct client *client, const char *data)
{
	return client_post(client, "/websocket/broadcast", "{'type':'%s','data':%s}", f.type, data);
}

static const char *times_told(void)
{
	return ask(e2e_format("select count(*) from live.events where channel = 'all' and type = '%s'", f.type));
}

Test(broadcast, everybody_is_told_as_it_was_said)
{
	const struct answer *answer = say(f.admin, "{'siren':{'at':['north','south'],'loud':true},'ä':null}");

	assert_status(answer, 200);
	expect_at(answer, "results.failed", "0");
	expect_at(answer, "results.stale_removed", "0");
	expect_at(answer, "results.sent", answer_at(answer, "results.total_connections"));
	cr_expect_str_eq(times_told(), "1");
	cr_expect_str_eq(ask(e2e_format("select data = '{\"siren\":{\"at\":[\"north\",\"south\"],\"loud\":true},\"ä\":null}'"
	                                 " from live.events where channel = 'all' and type = '%s'",
	                                 f.type)),
	                 "t");
}

Test(broadcast, a_program_may_tell_everybody_when_its_key_is_for_that)
{
	const char *key = key_for("'live:write'");

	client_set_header(f.nobody, "X-API-Key: %s", key);
	assert_status(say(f.nobody, "{}"), 200);
	client_set_header(f.nobody, "X-API-Key: %s", key_for("'live:read','talk:write'"));
	expect_problem(say(f.nobody, "{}"), "SCOPE_MISSING");
	/* A key lends its user no role. */
	client_set_header(f.nobody, "X-API-Key: %s", key);
	expect_problem(client_get(f.nobody, "/websocket/connections"), "SCOPE_MISSING");
	cr_expect_str_eq(times_told(), "1");
}

Test(broadcast, a_program_says_it_once_however_often_it_sends_it)
{
	const char *key = key_for("'live:write'"), *other = key_for("'live:write'"), *once = e2e_id();

	for (int i = 0; i < 3; i++) {
		const struct answer *answer;

		client_set_header(f.nobody, "X-API-Key: %s\r\nIdempotency-Key: %s", key, once);
		answer = say(f.nobody, "{'n':1}");
		assert_status(answer, 200);
		expect_header(answer, "Idempotent-Replayed", i ? "true" : "absent");
	}
	cr_expect_str_eq(times_told(), "1");
	client_set_header(f.nobody, "X-API-Key: %s\r\nIdempotency-Key: %s", key, once);
	expect_problem(say(f.nobody, "{'n':2}"), "IDEMPOTENCY_KEY_REUSED");
	/* Another program's key is another one's, and so is a person's. */
	client_set_header(f.nobody, "X-API-Key: %s\r\nIdempotency-Key: %s", other, once);
	assert_status(say(f.nobody, "{'n':2}"), 200);
	client_set_header(f.admin, "Idempotency-Key: %s", once);
	assert_status(say(f.admin, "{'n':3}"), 200);
	cr_expect_str_eq(times_told(), "3");
}

Test(broadcast, what_is_no_news_is_refused)
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
	struct buf long_one = { 0 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer = client_post(f.admin, "/websocket/broadcast", "%s", rows[i].body);

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", rows[i].pointer);
	}
	expect_problem(client_post(f.admin, "/websocket/broadcast", NULL), "VALIDATION_FAILED");
	expect_problem(client_post(f.admin, "/websocket/broadcast", "{"), "BAD_JSON");
	expect_problem(client_post(f.admin, "/websocket/broadcast", "{'type':'A drill','data':{}}"), "VALIDATION_FAILED");
	expect_problem(client_post(f.admin, "/websocket/broadcast", "{'type':'%0101d','data':{}}", 0), "VALIDATION_FAILED");
	/* With its name, the quotes and the blank it has 12 bytes more. */
	for (int i = 0; i < 32768 - 12; i++)
		buf_char(&long_one, 'x');
	assert_status(say(f.admin, e2e_format("{'text':'%s'}", buf_cstr(&long_one))), 200);
	expect_problem(say(f.admin, e2e_format("{'text':'x%s'}", buf_cstr(&long_one))), "VALIDATION_FAILED");
	cr_expect_str_eq(times_told(), "1");
	buf_finish(&long_one);
}

Test(broadcast, all_processes_are_counted_together)
{
	const char *first = e2e_id(), *second = e2e_id();
	const struct answer *answer;
	long before;

	before = strtol(answer_at(client_get(f.admin, "/websocket/connections"), "connection_count"), NULL, 10);
	ask(e2e_format("select live.heartbeat('%s', 30, 40)", first));
	ask(e2e_format("select live.heartbeat('%s', 5, 6)", second));
	ask(e2e_format("select live.heartbeat('%s', 3, 4)", first));
	answer = client_get(f.admin, "/websocket/connections");
	expect_at(answer, "connection_count", e2e_format("%ld", before + 8));
	cr_expect(strlen(answer_at(answer, "timestamp")) > 20);
	expect_at(say(f.admin, "{}"), "results.total_connections", e2e_format("%ld", before + 8));
	/* Who has not been heard of for a minute is none of them, and forgotten by the next. */
	ask(e2e_format("update live.processes set seen_at = now() - interval '61 seconds' where id = '%s'", second));
	expect_at(client_get(f.admin, "/websocket/connections"), "connection_count", e2e_format("%ld", before + 3));
	ask(e2e_format("select live.heartbeat('%s', 0, 0)", first));
	cr_expect_str_eq(ask(e2e_format("select count(*) from live.processes where id in ('%s', '%s')", first, second)), "1");
}
