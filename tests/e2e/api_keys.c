/* Programs come with keys of their own: for what they are for, until they are revoked. */

#include "e2e.h"

static struct {
	struct client *nobody, *guard, *admin;
} f;

static void setup(void)
{
	f.nobody = e2e_client(NULL);
	f.guard = e2e_client("guard");
	f.admin = e2e_client("admin");
}

TestSuite(api_keys, .init = setup, .timeout = 30);

struct made {
	const char *id, *key;
};

static struct made make(const char *scopes)
{
	const struct answer *answer = client_post(f.admin, "/api/v1/api-keys", "{'name':'%s','scopes':[%s]}",
	                                          e2e_name(), scopes);

	cr_assert(answer->status == 201, "%.*s", STR_ARGS(answer->body));
	return (struct made){ e2e_format("%s", answer_at(answer, "id")), e2e_format("%s", answer_at(answer, "key")) };
}

static const struct answer *get_with(struct client *client, const char *key, const char *path)
{
	client_set_header(client, "X-API-Key: %s", key);
	return client_get(client, "%s", path);
}

Test(api_keys, are_shown_once_and_kept_as_a_digest)
{
	const struct answer *answer =
		client_post(f.admin, "/api/v1/api-keys",
		            "{'name':'Harbour map','scopes':['places:read','logbook:read','places:read']}");
	const char *id, *key;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	key = e2e_format("%s", answer_at(answer, "key"));
	expect_header(answer, "Location", e2e_format("/api/v1/api-keys/%s", id));
	expect_at(answer, "name", "Harbour map");
	expect_at(answer, "scopes.0", "logbook:read");
	expect_at(answer, "scopes.1", "places:read");
	expect_at(answer, "scopes.2", "absent");
	expect_at(answer, "creator.first_name", "Greta");
	cr_expect(str_begins(str_of(key), "bnk_") && strlen(key) == 68, "%s", key);
	cr_expect(str_begins(str_of(key), answer_at(answer, "beginning")));

	answer = client_get(f.admin, "/api/v1/api-keys/%s", id);
	expect_status(answer, 200);
	expect_at(answer, "key", "absent");
	expect_at(answer, "digest", "absent");
	answer = client_get(f.admin, "/api/v1/api-keys");
	cr_expect(!strstr(answer->body.at, key));
	cr_expect(strstr(answer->body.at, id) != NULL);
	cr_expect_str_eq(server_query(e2e_server(), "select count(*) from app.api_keys k where k::text like '%%%s%%'",
	                            key + 10),
	                 "0");
}

/* Not even beside an Idempotency-Key. */
Test(api_keys, are_not_kept_with_the_answers_that_are_given_again)
{
	const char *once = e2e_id(), *id = NULL, *key = NULL;

	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.admin, "Idempotency-Key: %s", once);
		answer = client_post(f.admin, "/api/v1/api-keys", "{'name':'Harbour map','scopes':['places:read']}");
		assert_status(answer, 201);
		if (i == 0) {
			id = e2e_format("%s", answer_at(answer, "id"));
			key = e2e_format("%s", answer_at(answer, "key"));
			cr_assert(str_begins(str_of(key), "bnk_"));
			continue;
		}
		expect_header(answer, "Idempotent-Replayed", "true");
		expect_at(answer, "id", id);
		expect_at(answer, "key", "absent");
	}
	cr_expect_str_eq(server_query(e2e_server(), "select count(*) from app.idempotency_keys k where k::text like '%%%s%%'",
	                            key + 10),
	                 "0");
	expect_status(get_with(f.nobody, key, "/api/v1/locations/active"), 200);
}

Test(api_keys, open_what_is_public_and_read_only)
{
	const char *key = make("'places:read'").key, *place = e2e_location();
	const struct answer *answer = get_with(f.nobody, key, "/api/v1/locations/active");

	expect_status(answer, 200);
	/* It sees what a stranger would. */
	answer = get_with(f.nobody, key, e2e_format("/api/v1/locations/%s", place));
	expect_status(answer, 200);
	expect_at(answer, "max_capacity", "absent");
	expect_status(get_with(f.nobody, key, "/api/v1/locations?limit=1"), 200);
	/* And nothing else. */
	expect_problem(get_with(f.nobody, key, e2e_format("/api/v1/locations/%s/logs", place)), "UNAUTHENTICATED");
	client_set_header(f.nobody, "X-API-Key: %s", key);
	expect_problem(client_delete(f.nobody, "/api/v1/locations/%s", place), "METHOD_NOT_ALLOWED");
	client_set_header(f.nobody, "X-API-Key: %s", key);
	expect_problem(client_post(f.nobody, "/api/v1/locations", "{'name':'%s'}", e2e_name()), "SCOPE_MISSING");
	/* Without it the door is shut. */
	expect_problem(client_get(f.nobody, "/api/v1/locations/active"), "UNAUTHENTICATED");
}

Test(api_keys, are_for_their_scopes_alone)
{
	const char *key = make("'logbook:read','people:write'").key;
	const struct answer *answer = get_with(f.nobody, key, "/api/v1/locations/active");

	expect_problem(answer, "SCOPE_MISSING");
	cr_expect(strstr(answer_at(answer, "detail"), "places:read") != NULL);
	/* Also beside a token: what a program may not, nobody may through it. */
	expect_problem(get_with(f.guard, key, "/api/v1/locations"), "SCOPE_MISSING");
	expect_status(get_with(f.guard, key, "/api/v1/logs?limit=1"), 200);
	/* A key does not lend its user a role. */
	expect_problem(get_with(f.guard, make("'people:read'").key, "/api/v1/api-keys"), "FORBIDDEN");
}

Test(api_keys, that_nobody_made_are_refused)
{
	const char *const keys[] = {
		"bnk_0000000000000000000000000000000000000000000000000000000000000000", "x", "' or 1=1 --",
		"bnk_%00", "\xc3\xa4",
	};
	char long_one[400];

	memset(long_one, 'a', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		expect_problem(get_with(f.nobody, keys[i], "/api/v1/locations/active"), "API_KEY_INVALID");
	expect_problem(get_with(f.nobody, long_one, "/api/v1/locations/active"), "API_KEY_INVALID");
	/* A good token does not make up for it. */
	expect_problem(get_with(f.guard, keys[0], "/api/v1/locations/active"), "API_KEY_INVALID");
}

Test(api_keys, stop_at_once_when_they_are_revoked)
{
	struct made made = make("'places:read'");

	for (int i = 0; i < 3; i++)
		expect_status(get_with(f.nobody, made.key, "/api/v1/locations/active"), 200);
	expect_status(client_delete(f.admin, "/api/v1/api-keys/%s", made.id), 204);
	expect_problem(get_with(f.nobody, made.key, "/api/v1/locations/active"), "API_KEY_INVALID");
	expect_at(client_get(f.admin, "/api/v1/api-keys/%s", made.id), "key", "absent");
	cr_expect_str_neq(answer_at(client_get(f.admin, "/api/v1/api-keys/%s", made.id), "revoked_at"), "null");
	/* Again: nothing changes. */
	expect_status(client_delete(f.admin, "/api/v1/api-keys/%s", made.id), 204);
	expect_problem(client_delete(f.admin, "/api/v1/api-keys/%s", e2e_id()), "NOT_FOUND");
}

Test(api_keys, expire)
{
	struct made made = make("'places:read'");

	expect_status(get_with(f.nobody, made.key, "/api/v1/locations/active"), 200);
	server_query(e2e_server(), "update app.api_keys set expires_at = now() + interval '300 ms' where id = '%s'",
	           made.id);
	sleep_ms(100); /* for the notice */
	expect_status(get_with(f.nobody, made.key, "/api/v1/locations/active"), 200);
	/* Now it is remembered, and expires all the same. */
	sleep_ms(400);
	expect_problem(get_with(f.nobody, made.key, "/api/v1/locations/active"), "API_KEY_INVALID");
}

Test(api_keys, are_made_for_something_and_in_time)
{
	static const struct {
		const char *body, *pointer;
	} rows[] = {
		{ "{'scopes':['places:read']}", "/name" },
		{ "{'name':'','scopes':['places:read']}", "/name" },
		{ "{'name':'x'}", "/scopes" },
		{ "{'name':'x','scopes':[]}", "/scopes" },
		{ "{'name':'x','scopes':'places:read'}", "/scopes" },
		{ "{'name':'x','scopes':['everything']}", "/scopes" },
		{ "{'name':'x','scopes':['places:read'],'expires_at':'soon'}", "/expires_at" },
		{ "{'name':'x','scopes':['places:read'],'key':'bnk_mine'}", "/key" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer = client_post(f.admin, "/api/v1/api-keys", "%s", rows[i].body);

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", rows[i].pointer);
	}
	expect_problem(client_post(f.admin, "/api/v1/api-keys",
	                           "{'name':'x','scopes':['places:read'],'expires_at':'2020-01-01T00:00:00Z'}"),
	               "VALIDATION_FAILED");
}

/* A server that asks programs for a key, or a gateway for its secret, beside the token. */
Test(api_keys, are_asked_for_where_it_is_said)
{
	static const char *const settings[] = { "API_KEY_REQUIRED=yes",
		                                "RAPIDAPI_PROXY_SECRET=a-secret-of-the-gateway", NULL };
	struct server *server = server_dev(settings);
	struct client *admin = e2e_client_of(server, "admin"), *nobody = e2e_client_of(server, NULL);

	expect_problem(client_get(admin, "/api/v1/logs"), "API_KEY_NEEDED");
	expect_problem(client_get(nobody, "/api/v1/locations/active"), "API_KEY_NEEDED");
	expect_status(client_get(nobody, "/health"), 200);

	client_set_header(admin, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_status(client_get(admin, "/api/v1/logs"), 200);
	client_set_header(nobody, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_status(client_get(nobody, "/api/v1/locations/active"), 200);
	client_set_header(nobody, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_problem(client_get(nobody, "/api/v1/logs"), "UNAUTHENTICATED");
	/* Anybody can be one of the gateway's own: alone they only read. */
	client_set_header(nobody, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_problem(client_post(nobody, "/websocket/broadcast", "{'type':'drill.gateway','data':{}}"), "UNAUTHENTICATED");
	client_set_header(admin, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_status(client_post(admin, "/websocket/broadcast", "{'type':'drill.gateway','data':{}}"), 200);
	client_set_header(admin, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gatewa");
	expect_problem(client_get(admin, "/api/v1/logs"), "API_KEY_INVALID");
	client_set_header(admin, "X-RapidAPI-Proxy-Secret: another-secret-of-the-gateway");
	expect_problem(client_get(admin, "/api/v1/logs"), "API_KEY_INVALID");
	cr_expect(!server_log_contains(server, "a-secret-of-the-gateway"));
	server_free(server);
}

static const struct answer *get_of(struct client *client, const char *user, const char *token)
{
	client_set_token(client, token);
	client_set_header(client, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	client_set_header(client, "X-RapidAPI-User: %s", user);
	return client_get(client, "/api/v1/%s", token ? "users/me" : "locations/active");
}

/* What is known still passes, whatever others bring in vain over the same address. */
Test(api_keys, and_the_secret_pass_where_others_have_guessed)
{
	static const char *const settings[] = { "RATE_LIMIT=on", "RATE_LIMIT_FAILURES=2", "RATE_LIMIT_DEFAULT=3",
		                                "RAPIDAPI_PROXY_SECRET=a-secret-of-the-gateway", NULL };
	struct server *server = server_dev(settings);
	struct client *nobody = e2e_client_of(server, NULL);
	const char *late = "bnk_late", *good = e2e_token_of(server, &(struct e2e_token){ .subject = "sub" });
	const char *forged = e2e_format("%.*sAAAA%s", (int)(strrchr(good, '.') - good) + 1, good, strrchr(good, '.') + 5);

	/* One that has expired is an honest mistake. */
	server_query(server, "insert into app.api_keys (name, digest, beginning, scopes, expires_at) values ('Late',"
	                   " encode(sha256('%s'), 'hex'), 'bnk_', '{places:read}', now())", late);
	for (int i = 0; i < 3; i++)
		expect_problem(get_with(nobody, late, "/api/v1/locations/active"), "API_KEY_INVALID");
	for (int i = 0; i < 4; i++) {
		client_set_header(nobody, "X-RapidAPI-Proxy-Secret: a-guess-of-the-gateway%d", i);
		expect_problem(client_get(nobody, "/api/v1/locations/active"), i < 2 ? "API_KEY_INVALID" : "TOO_MANY_REQUESTS");
	}
	/* Each of the gateway's own is counted by himself, and all of them have its address. */
	for (int i = 0; i < 3; i++)
		expect_problem(get_of(nobody, "one", forged), i < 2 ? "TOKEN_SIGNATURE" : "TOO_MANY_REQUESTS");
	for (int i = 0; i < 3; i++)
		expect_status(get_of(nobody, "two", NULL), 200);
	expect_problem(get_of(nobody, "two", NULL), "TOO_MANY_REQUESTS");
	expect_status(get_of(nobody, "three", good), 200);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}
