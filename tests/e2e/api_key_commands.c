/* `binnacle apikey`: keys of programs from the command line. */

#include "e2e.h"

TestSuite(api_key_commands, .timeout = 80);

#define RUN(server, ...) \
	run(server, (const char *const[]){ "apikey", __VA_ARGS__, "--data", server_data(server), NULL })

/* The last one's; the next takes its place. */
static struct program_result said;

static int run(const struct server *server, const char *const *words)
{
	result_finish(&said);
	program_run(&said, NULL, words);
	return said.status;
}

#define expect_refused(ended, wanted, text)                                                   \
	do {                                                                                  \
		int ended_ = (ended);                                                         \
		cr_expect_eq(ended_, wanted, "%d: %s", ended_, buf_cstr(&said.err));          \
		cr_expect(result_has_error(&said, text), "no \"%s\" in: %s", text, buf_cstr(&said.err)); \
		cr_expect_eq(said.out.length, 0, "%s", buf_cstr(&said.out));                  \
	} while (0)

static const struct answer *get_with(struct client *client, const char *key)
{
	client_set_header(client, "X-API-Key: %s", key);
	return client_get(client, "/api/v1/locations/active");
}

Test(api_key_commands, make_show_and_revoke_keys)
{
	struct server *server = server_dev(NULL);
	struct client *client = e2e_client_of(server, NULL);
	const char *key, *id;

	cr_assert_eq(RUN(server, "add", "Harbour map", "--scopes", "places:read, logbook:read"), 0, "%s",
	             buf_cstr(&said.err));
	key = e2e_format("%.*s", STR_ARGS(result_line(&said)));
	cr_expect(str_begins(str_of(key), "bnk_") && strlen(key) == 68, "%s", key);
	expect_status(get_with(client, key), 200);

	cr_assert_eq(RUN(server, "list"), 0);
	cr_expect(result_has_output(&said, "Harbour map"));
	cr_expect(result_has_output(&said, "logbook:read,places:read"));
	cr_expect(!result_has_output(&said, key));
	cr_assert_eq(RUN(server, "list", "--json"), 0);
	cr_expect(result_has_output(&said, "\"name\":\"Harbour map\""));

	id = server_query(server, "select id from app.api_keys where name = 'Harbour map'");
	id = e2e_format("%s", id);
	cr_assert_eq(RUN(server, "revoke", id), 0, "%s", buf_cstr(&said.err));
	/* Told by a notice, which takes a moment. */
	for (int i = 0; i < 100 && get_with(client, key)->status == 200; i++)
		sleep_ms(10);
	expect_problem(get_with(client, key), "API_KEY_INVALID");
	cr_assert_eq(RUN(server, "list"), 0);
	cr_expect(result_has_output(&said, "revoked"));

	cr_expect_eq(RUN(server, "add", "Old", "--scopes", "places:read", "--expires", "2100-01-01T00:00:00Z"), 0);
	expect_refused(RUN(server, "add", "Old", "--scopes", "places:read", "--expires", "2001-01-01T00:00:00Z"), 1,
	               "must be in the future");
	expect_refused(RUN(server, "revoke", e2e_id()), 1, "There is no API key with this id.");
	server_free(server);
}

Test(api_key_commands, that_are_not_understood_are_told_so)
{
	const struct {
		const char *words[8], *says;
	} rows[] = {
		{ { "apikey", "add", NULL }, "missing argument NAME" },
		{ { "apikey", "add", "Map", NULL }, "--scopes is required" },
		{ { "apikey", "add", "Map", "--scopes", "everything", NULL }, "unknown scope \"everything\"" },
		{ { "apikey", "add", " ", "--scopes", "places:read", NULL }, "NAME must" },
		{ { "apikey", "add", "Map", "--scopes", "places:read", "--expires", "soon", NULL },
		  "--expires must be a time" },
		{ { "apikey", "revoke", "the first", NULL }, "ID must be the ID of an API key" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_refused(run(NULL, rows[i].words), 2, rows[i].says);
}
