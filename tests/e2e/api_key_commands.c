/* `binnacle apikey` manages API keys from the command line. */

#include "e2e.h"

TestSuite(api_key_commands, .timeout = 80);

#define RUN(server, ...)                                                                           \
	run(server,                                                                                \
	    (const char *const[]){ "apikey", __VA_ARGS__, "--data", server_data(server), NULL })

/* Of the last command run. */
static struct program_result result;

static int run(const struct server *server, const char *const *arguments)
{
	result_finish(&result);
	program_run(&result, NULL, arguments);
	return result.status;
}

#define expect_failure(status, expected, text)                                                     \
	do {                                                                                       \
		int status_ = (status);                                                            \
		cr_expect_eq(status_, expected, "exit status %d: %s", status_,                     \
		             buf_cstr(&result.err));                                               \
		cr_expect(result_has_error(&result, text), "no \"%s\" in: %s", text,               \
		          buf_cstr(&result.err));                                                  \
		cr_expect_eq(result.out.length, 0, "%s", buf_cstr(&result.out));                   \
	} while (0)

static const struct answer *get_with_key(struct client *client, const char *key)
{
	client_set_header(client, "X-API-Key: %s", key);
	return client_get(client, "/api/v1/locations/active");
}

Test(api_key_commands, create_list_and_revoke_keys)
{
	struct server *server = server_dev(NULL);
	struct client *client = e2e_client_of(server, NULL);
	const char *key, *id;

	cr_assert_eq(RUN(server, "add", "Harbour map", "--scopes", "places:read, logbook:read"), 0,
	             "%s", buf_cstr(&result.err));
	key = e2e_format("%.*s", STR_ARGS(result_line(&result)));
	cr_expect(str_begins(str_of(key), "bnk_") && strlen(key) == 68, "%s", key);
	expect_status(get_with_key(client, key), 200);

	cr_assert_eq(RUN(server, "list"), 0);
	cr_expect(result_has_output(&result, "Harbour map"));
	cr_expect(result_has_output(&result, "logbook:read,places:read"));
	cr_expect(!result_has_output(&result, key));
	cr_assert_eq(RUN(server, "list", "--json"), 0);
	cr_expect(result_has_output(&result, "\"name\":\"Harbour map\""));

	id = server_query(server, "select id from app.api_keys where name = 'Harbour map'");
	id = e2e_format("%s", id);
	cr_assert_eq(RUN(server, "revoke", id), 0, "%s", buf_cstr(&result.err));
	/* The server drops the cached key when it receives the NOTIFY, which takes a moment. */
	for (int i = 0; i < 100 && get_with_key(client, key)->status == 200; i++)
		sleep_ms(10);
	expect_problem(get_with_key(client, key), "API_KEY_INVALID");
	cr_assert_eq(RUN(server, "list"), 0);
	cr_expect(result_has_output(&result, "revoked"));

	cr_expect_eq(RUN(server, "add", "Old", "--scopes", "places:read", "--expires",
	                 "2100-01-01T00:00:00Z"),
	             0);
	expect_failure(RUN(server, "add", "Old", "--scopes", "places:read", "--expires",
	                   "2001-01-01T00:00:00Z"),
	               1, "must be in the future");
	expect_failure(RUN(server, "revoke", e2e_id()), 1, "There is no API key with this id.");
	server_free(server);
}

Test(api_key_commands, report_invalid_arguments)
{
	const struct {
		const char *arguments[8], *error;
	} rows[] = {
		{ { "apikey", "add", NULL }, "missing argument NAME" },
		{ { "apikey", "add", "Map", NULL }, "--scopes is required" },
		{ { "apikey", "add", "Map", "--scopes", "everything", NULL },
		  "unknown scope \"everything\"" },
		{ { "apikey", "add", " ", "--scopes", "places:read", NULL }, "NAME must" },
		{ { "apikey", "add", "Map", "--scopes", "places:read", "--expires", "soon", NULL },
		  "--expires must be a time" },
		{ { "apikey", "revoke", "the first", NULL }, "ID must be the ID of an API key" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_failure(run(NULL, rows[i].arguments), 2, rows[i].error);
}
