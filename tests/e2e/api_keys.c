/* API keys give programs access to the domains of their scopes until they expire or are revoked. */

#include "e2e.h"

static struct {
	struct client *program, *guard, *admin;
} f;

static void setup(void)
{
	f.program = e2e_client(NULL);
	f.guard = e2e_client("guard");
	f.admin = e2e_client("admin");
}

TestSuite(api_keys, .init = setup, .timeout = 30);

struct api_key {
	const char *id, *key;
};

static struct api_key create(const char *scopes)
{
	const struct answer *answer = client_post(
		f.admin, "/api/v1/api-keys", "{'name':'%s','scopes':[%s]}", e2e_name(), scopes);

	cr_assert(answer->status == 201, "%.*s", STR_ARGS(answer->body));
	return (struct api_key){ e2e_format("%s", answer_at(answer, "id")),
		                 e2e_format("%s", answer_at(answer, "key")) };
}

static const struct answer *get_with_key(struct client *client, const char *key, const char *path)
{
	client_set_header(client, "X-API-Key: %s", key);
	return client_get(client, "%s", path);
}

Test(api_keys, are_shown_once_and_stored_as_a_digest)
{
	const struct answer *answer = client_post(
		f.admin, "/api/v1/api-keys",
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
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from app.api_keys k where k::text like '%%%s%%'",
	                     key + 10),
		"0");
}

/* The response that is stored for an Idempotency-Key omits the API key. */
Test(api_keys, are_not_stored_with_idempotent_responses)
{
	const char *idempotency_key = e2e_id(), *id = NULL, *key = NULL;

	for (int i = 0; i < 2; i++) {
		const struct answer *answer;

		client_set_header(f.admin, "Idempotency-Key: %s", idempotency_key);
		answer = client_post(f.admin, "/api/v1/api-keys",
		                     "{'name':'Harbour map','scopes':['places:read']}");
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
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select count(*) from app.idempotency_keys k where k::text like '%%%s%%'",
			key + 10),
		"0");
	expect_status(get_with_key(f.program, key, "/api/v1/locations/active"), 200);
}

Test(api_keys, give_access_to_public_reads_only)
{
	const char *key = create("'places:read'").key, *location = e2e_new_location();
	const struct answer *answer = get_with_key(f.program, key, "/api/v1/locations/active");

	expect_status(answer, 200);
	/* The response has the fields that an unauthenticated caller sees. */
	answer = get_with_key(f.program, key, e2e_format("/api/v1/locations/%s", location));
	expect_status(answer, 200);
	expect_at(answer, "max_capacity", "absent");
	expect_status(get_with_key(f.program, key, "/api/v1/locations?limit=1"), 200);
	/* Nothing else is accessible. */
	expect_problem(
		get_with_key(f.program, key, e2e_format("/api/v1/locations/%s/logs", location)),
		"UNAUTHENTICATED");
	client_set_header(f.program, "X-API-Key: %s", key);
	expect_problem(client_delete(f.program, "/api/v1/locations/%s", location),
	               "METHOD_NOT_ALLOWED");
	client_set_header(f.program, "X-API-Key: %s", key);
	expect_problem(client_post(f.program, "/api/v1/locations", "{'name':'%s'}", e2e_name()),
	               "SCOPE_MISSING");
	/* The same request without a key fails. */
	expect_problem(client_get(f.program, "/api/v1/locations/active"), "UNAUTHENTICATED");
}

Test(api_keys, are_limited_to_their_scopes)
{
	const char *key = create("'logbook:read','people:write'").key;
	const struct answer *answer = get_with_key(f.program, key, "/api/v1/locations/active");

	expect_problem(answer, "SCOPE_MISSING");
	cr_expect(strstr(answer_at(answer, "detail"), "places:read") != NULL);
	/* A token does not extend the scopes of the key that accompanies it. */
	expect_problem(get_with_key(f.guard, key, "/api/v1/locations"), "SCOPE_MISSING");
	expect_status(get_with_key(f.guard, key, "/api/v1/logs?limit=1"), 200);
	/* A key does not give the token's user another role. */
	expect_problem(get_with_key(f.guard, create("'people:read'").key, "/api/v1/api-keys"),
	               "FORBIDDEN");
}

Test(api_keys, that_do_not_exist_are_rejected)
{
	const char *const keys[] = {
		"bnk_0000000000000000000000000000000000000000000000000000000000000000",
		"x",
		"' or 1=1 --",
		"bnk_%00",
		"\xc3\xa4",
	};
	char long_key[400];

	memset(long_key, 'a', sizeof(long_key) - 1);
	long_key[sizeof(long_key) - 1] = '\0';
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		expect_problem(get_with_key(f.program, keys[i], "/api/v1/locations/active"),
		               "API_KEY_INVALID");
	expect_problem(get_with_key(f.program, long_key, "/api/v1/locations/active"),
	               "API_KEY_INVALID");
	/* A valid token does not make up for an invalid key. */
	expect_problem(get_with_key(f.guard, keys[0], "/api/v1/locations/active"),
	               "API_KEY_INVALID");
}

Test(api_keys, are_rejected_as_soon_as_they_are_revoked)
{
	struct api_key created = create("'places:read'");

	for (int i = 0; i < 3; i++)
		expect_status(get_with_key(f.program, created.key, "/api/v1/locations/active"),
		              200);
	expect_status(client_delete(f.admin, "/api/v1/api-keys/%s", created.id), 204);
	expect_problem(get_with_key(f.program, created.key, "/api/v1/locations/active"),
	               "API_KEY_INVALID");
	expect_at(client_get(f.admin, "/api/v1/api-keys/%s", created.id), "key", "absent");
	cr_expect_str_neq(
		answer_at(client_get(f.admin, "/api/v1/api-keys/%s", created.id), "revoked_at"),
		"null");
	/* Revoking it again changes nothing. */
	expect_status(client_delete(f.admin, "/api/v1/api-keys/%s", created.id), 204);
	expect_problem(client_delete(f.admin, "/api/v1/api-keys/%s", e2e_id()), "NOT_FOUND");
}

Test(api_keys, expire)
{
	struct api_key created = create("'places:read'");

	expect_status(get_with_key(f.program, created.key, "/api/v1/locations/active"), 200);
	server_query(
		e2e_server(),
		"update app.api_keys set expires_at = now() + interval '300 ms' where id = '%s'",
		created.id);
	sleep_ms(100); /* until the server has received the NOTIFY */
	expect_status(get_with_key(f.program, created.key, "/api/v1/locations/active"), 200);
	/* The key is cached now, and expires all the same. */
	sleep_ms(400);
	expect_problem(get_with_key(f.program, created.key, "/api/v1/locations/active"),
	               "API_KEY_INVALID");
}

Test(api_keys, are_validated_when_created)
{
	static const struct {
		const char *body, *pointer;
	} rows[] = {
		{ "{'scopes':['places:read']}", "/name" },
		{ "{'name':'','scopes':['places:read']}", "/name" },
		{ "{'name':'x'}", "/scopes" },
		{ "{'name':'x','scopes':[]}", "/scopes" },
		{ "{'name':'x','scopes':'places:read'}", "/scopes" },
		{ "{'name':'x','scopes':['everything']}", "/scopes/0" },
		{ "{'name':'x','scopes':['places:read'],'expires_at':'soon'}", "/expires_at" },
		{ "{'name':'x','scopes':['places:read'],'key':'bnk_mine'}", "/key" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer =
			client_post(f.admin, "/api/v1/api-keys", "%s", rows[i].body);

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.pointer", rows[i].pointer);
	}
	expect_problem(client_post(f.admin, "/api/v1/api-keys",
	                           "{'name':'x','scopes':['places:read'],"
	                           "'expires_at':'2020-01-01T00:00:00Z'}"),
	               "VALIDATION_FAILED");
}

/* The server requires a key, or the secret of its gateway, in addition to the token. */
Test(api_keys, are_required_when_the_setting_says_so)
{
	static const char *const settings[] = { "API_KEY_REQUIRED=yes",
		                                "RAPIDAPI_PROXY_SECRET=a-secret-of-the-gateway",
		                                NULL };
	struct server *server = server_dev(settings);
	struct client *admin = e2e_client_of(server, "admin"),
		      *program = e2e_client_of(server, NULL);

	expect_problem(client_get(admin, "/api/v1/logs"), "API_KEY_NEEDED");
	expect_problem(client_get(program, "/api/v1/locations/active"), "API_KEY_NEEDED");
	expect_status(client_get(program, "/health"), 200);

	client_set_header(admin, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_status(client_get(admin, "/api/v1/logs"), 200);
	client_set_header(program, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_status(client_get(program, "/api/v1/locations/active"), 200);
	client_set_header(program, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_problem(client_get(program, "/api/v1/logs"), "UNAUTHENTICATED");
	/* Anyone can sign up at the gateway: without a token its secret gives read access only. */
	client_set_header(program, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_problem(
		client_post(program, "/websocket/broadcast", "{'type':'drill.gateway','data':{}}"),
		"UNAUTHENTICATED");
	client_set_header(admin, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	expect_status(
		client_post(admin, "/websocket/broadcast", "{'type':'drill.gateway','data':{}}"),
		200);
	client_set_header(admin, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gatewa");
	expect_problem(client_get(admin, "/api/v1/logs"), "API_KEY_INVALID");
	client_set_header(admin, "X-RapidAPI-Proxy-Secret: another-secret-of-the-gateway");
	expect_problem(client_get(admin, "/api/v1/logs"), "API_KEY_INVALID");
	cr_expect(!server_log_contains(server, "a-secret-of-the-gateway"));
	server_free(server);
}

/* A request of this user of the gateway. */
static const struct answer *get_through_gateway(struct client *client, const char *user,
                                                const char *token)
{
	client_set_token(client, token);
	client_set_header(client, "X-RapidAPI-Proxy-Secret: a-secret-of-the-gateway");
	client_set_header(client, "X-RapidAPI-User: %s", user);
	return client_get(client, "/api/v1/%s", token ? "users/me" : "locations/active");
}

/* The failures of some callers do not lock out others at the same address. */
Test(api_keys, and_the_secret_are_accepted_where_others_have_failed)
{
	static const char *const settings[] = { "RATE_LIMIT=on", "RATE_LIMIT_FAILURES=2",
		                                "RATE_LIMIT_DEFAULT=3",
		                                "RAPIDAPI_PROXY_SECRET=a-secret-of-the-gateway",
		                                NULL };
	struct server *server = server_dev(settings);
	struct client *program = e2e_client_of(server, NULL);
	const char *expired = "bnk_expired",
		   *valid = e2e_token_of(server, &(struct e2e_token){ .subject = "sub" });
	const char *forged = e2e_format("%.*sAAAA%s", (int)(strrchr(valid, '.') - valid) + 1, valid,
	                                strrchr(valid, '.') + 5);

	/* An expired key is not counted as a guess. */
	server_query(server,
	             "insert into app.api_keys (name, digest, beginning, scopes, expires_at)"
	             " values ('Late', encode(sha256('%s'), 'hex'), 'bnk_', '{places:read}',"
	             " now())",
	             expired);
	for (int i = 0; i < 3; i++)
		expect_problem(get_with_key(program, expired, "/api/v1/locations/active"),
		               "API_KEY_INVALID");
	for (int i = 0; i < 4; i++) {
		client_set_header(program, "X-RapidAPI-Proxy-Secret: a-guess-of-the-gateway%d", i);
		expect_problem(client_get(program, "/api/v1/locations/active"),
		               i < 2 ? "API_KEY_INVALID" : "TOO_MANY_REQUESTS");
	}
	/* The users of the gateway share its address, but each is counted separately. */
	for (int i = 0; i < 3; i++)
		expect_problem(get_through_gateway(program, "one", forged),
		               i < 2 ? "TOKEN_SIGNATURE" : "TOO_MANY_REQUESTS");
	for (int i = 0; i < 3; i++)
		expect_status(get_through_gateway(program, "two", NULL), 200);
	expect_problem(get_through_gateway(program, "two", NULL), "TOO_MANY_REQUESTS");
	expect_status(get_through_gateway(program, "three", valid), 200);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}
