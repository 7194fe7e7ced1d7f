/* The commands do what their help describes, and report what is missing. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "postgres.h"
#include "e2e.h"

TestSuite(commands, .timeout = 60);

#define RUN(settings, ...) run(settings, (const char *const[]){ __VA_ARGS__, NULL })

/* Of the last command run. */
static struct program_result result;

static int run(const char *const *settings, const char *const *arguments)
{
	result_finish(&result);
	program_run(&result, settings, arguments);
	return result.status;
}

#define expect_out(text)                                                                           \
	cr_expect(result_has_output(&result, text), "no \"%s\" in:\n%s", text,                     \
	          buf_cstr(&result.out))
#define expect_err(text)                                                                           \
	cr_expect(result_has_error(&result, text), "no \"%s\" in:\n%s", text, buf_cstr(&result.err))

Test(commands, print_the_version)
{
	const struct json *json;
	struct json *value;
	const char *error;
	size_t offset;

	cr_expect_eq(RUN(NULL, "version"), 0);
	cr_expect(str_begins(buf_as_str(&result.out), "binnacle "));
	cr_expect_eq(RUN(NULL, "--version"), 0);
	cr_expect_eq(RUN(NULL, "version", "--json"), 0);
	value = json_parse(result_line(&result), &error, &offset);
	json = value ? json_member(value, "version") : NULL;
	cr_expect(json && json_kind(json) == JSON_STRING);
	json_free(value);
}

Test(commands, have_help)
{
	static const char *const names[] = { "dev",    "token",   "serve",    "migrate", "check",
		                             "health", "openapi", "asyncapi", "version" };
	static const char *const subcommands[] = { "add", "list", "role", "archive", "unarchive" };

	cr_expect_eq(RUN(NULL, "help"), 0);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		expect_out(names[i]);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		cr_expect_eq(RUN(NULL, "help", names[i]), 0);
		expect_out(e2e_format("binnacle %s", names[i]));
		cr_expect_eq(RUN(NULL, names[i], "--help"), 0);
		expect_out("Usage:");
	}
	cr_expect_eq(RUN(NULL, "user", "--help"), 0);
	for (size_t i = 0; i < COUNT_OF(subcommands); i++)
		expect_out(subcommands[i]);
	for (size_t i = 0; i < COUNT_OF(subcommands); i++) {
		cr_expect_eq(RUN(NULL, "help", "user", subcommands[i]), 0);
		expect_out(e2e_format("Usage: binnacle user %s", subcommands[i]));
		cr_expect_eq(RUN(NULL, "user", subcommands[i], "--help"), 0);
		expect_out(e2e_format("Usage: binnacle user %s", subcommands[i]));
	}
}

Test(commands, suggest_corrections_without_running_them)
{
	cr_expect_eq(RUN(NULL, "serv"), 2);
	expect_err("did you mean \"serve\"");
	cr_expect_eq(RUN(NULL, "serve", "--prot", "1"), 2);
	expect_err("did you mean --port");
	cr_expect_eq(RUN(NULL, "version", "now"), 2);
	cr_expect_eq(RUN(NULL, "token"), 2);
	cr_expect_eq(RUN(NULL, "serve", "--port"), 2);
	cr_expect_eq(result.out.length, 0);
}

Test(commands, report_all_invalid_settings_at_once)
{
	static const char *const invalid[] = { "PORT=x",
		                               "DB_CONNECTIONS=1",
		                               "LOG_LEVEL=LOUD",
		                               "HEAD_SECONDS=0",
		                               "OIDC_ISSUERS=https://id.example",
		                               "CLERK_AUDIENCE=x",
		                               "CORS_ORIGIN=*",
		                               "METRICS_TOKEN=short",
		                               NULL };
	static const char *const names[] = { "PORT",         "DB_CONNECTIONS", "LOG_LEVEL",
		                             "HEAD_SECONDS", "OIDC_ISSUERS",   "CLERK_DOMAIN",
		                             "CORS_ORIGIN",  "METRICS_TOKEN",  "DATABASE_URL" };
	static const char *const commands[] = { "serve", "check" };

	cr_expect_eq(RUN(NULL, "serve"), 78);
	expect_err("DATABASE_URL must be set");
	expect_err("OIDC_ISSUERS must be set");
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		cr_expect_eq(RUN(invalid, commands[i]), 78);
		for (size_t j = 0; j < COUNT_OF(names); j++)
			expect_err(names[j]);
	}
	cr_expect(!result_has_error(&result, "short"), "the value of a secret is printed: %s",
	          buf_cstr(&result.err));
}

Test(commands, show_settings_with_their_source_and_hide_secrets)
{
	static const char *const settings[] = {
		"DATABASE_URL=postgresql://binnacle:kept-quiet@db.example/b",
		"METRICS_TOKEN=kept-quiet-as-well-0123",
		"OIDC_ISSUERS=https://id.example binnacle",
		NULL,
	};

	cr_expect_eq(RUN(settings, "check", "--port", "9999"), 0);
	expect_out("https://id.example");
	expect_out("environment");
	expect_out("9999");
	expect_out("--port");
	expect_out("default");
	cr_expect(!result_has_output(&result, "kept-quiet")
	          && !result_has_error(&result, "kept-quiet"));
}

Test(commands, read_a_secret_from_a_file)
{
	char path[] = "/tmp/bst-secret-XXXXXX";
	int fd = mkstemp(path);
	const char *const settings[] = { e2e_format("DATABASE_URL_FILE=%s", path),
		                         "OIDC_ISSUERS=https://id.example b", NULL };

	cr_assert(fd >= 0 && dprintf(fd, "postgresql://db.example/b\n") > 0);
	close(fd);
	cr_expect_eq(RUN(settings, "check"), 0);
	cr_expect(!result_has_output(&result, "db.example"));
	unlink(path);
	cr_expect_eq(RUN(settings, "check"), 78);
	expect_err("DATABASE_URL cannot be read");
}

Test(commands, print_the_contract)
{
	struct json *contract;
	const char *error;
	size_t offset;

	cr_expect_eq(RUN(NULL, "openapi"), 0);
	contract = json_parse(result_line(&result), &error, &offset);
	cr_assert(contract != NULL);
	cr_expect_str_eq(json_text_in(contract, "info.title"), "Binnacle");
	json_free(contract);
}

Test(commands, check_the_health_and_create_tokens)
{
	struct server *server = server_dev(NULL);
	const char *port = e2e_format("%d", server_port(server)), *token;
	struct client *client = e2e_client_of(server, NULL);
	const struct answer *answer;

	cr_expect_eq(RUN(NULL, "health", "--port", port), 0);
	expect_out("healthy");
	cr_expect_eq(RUN(NULL, "health", "--ready", "--port", port), 0);
	expect_out("ready");

	cr_expect_eq(RUN(NULL, "token", "supervisor", "--port", port), 0);
	token = e2e_format("%.*s", STR_ARGS(result_line(&result)));
	client_set_token(client, token);
	answer = client_get(client, "/api/v1/users/me");
	expect_status(answer, 200);
	expect_at(answer, "role", "SUPERVISOR");

	cr_expect_eq(
		RUN(NULL, "token", "rosa.brandt@marina.example", "--ttl", "1s", "--port", port), 0);
	cr_expect_eq(RUN(NULL, "token", "nobody", "--port", port), 1);
	expect_err("must be visitor, guard");
	cr_expect_eq(RUN(NULL, "token", "guard", "--ttl", "1d", "--port", port), 2);

	cr_expect_eq(server_stop(server), 0);
	cr_expect_eq(RUN(NULL, "health", "--port", port), 1);
	cr_expect_eq(RUN(NULL, "token", "guard", "--port", port), 1);
	expect_err("no server on port");
	server_free(server);
}

Test(commands, do_not_use_a_data_directory_or_port_in_use)
{
	struct server *server = server_dev(NULL);

	cr_expect_eq(RUN(NULL, "dev", "--data", server_data(server), "--port", "0"), 1);
	expect_err("in use by another binnacle");
	cr_expect_eq(RUN(NULL, "dev", "--port", e2e_format("%d", server_port(server)), "--data",
	                 e2e_format("%s/other", server_directory(server))),
	             1);
	expect_err("cannot listen on");
	cr_expect(server_wait_ready(server, 1000));
	server_free(server);
}

Test(commands, migrate_repeatedly)
{
	struct postgres *postgres = postgres_new();
	const char *url = e2e_format("DATABASE_URL=%s", postgres_url(postgres, "binnacle"));
	const char *const settings[] = { url, "OIDC_ISSUERS=https://id.example b", NULL };
	const char *functions;

	postgres_create(postgres, "binnacle");
	cr_expect_eq(RUN(settings, "serve", "--port", "0"), 1);
	expect_err("migrate");
	cr_expect_eq(RUN(NULL, "migrate"), 78);

	cr_expect_eq(RUN(settings, "migrate"), 0, "%s", buf_cstr(&result.err));
	expect_err("0001_users");
	functions = e2e_format(
		"%s", postgres_query(postgres, "binnacle", "select count(*) from pg_proc"));
	cr_expect_eq(RUN(settings, "migrate"), 0, "%s", buf_cstr(&result.err));
	cr_expect(!result_has_error(&result, "0001_users"), "%s", buf_cstr(&result.err));
	cr_expect_str_eq(postgres_query(postgres, "binnacle", "select count(*) from pg_proc"),
	                 functions);
	cr_expect_str_eq(postgres_query(postgres, "binnacle", "select count(*) from app.users"),
	                 "0");
	postgres_free(postgres);
}
