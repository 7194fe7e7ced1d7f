/* user_commands.c: tests `binnacle user`: the first SUPER_ADMIN, and managing users from the
 * command line. */

#include <sys/wait.h>
#include <unistd.h>

#include "postgres.h"
#include "e2e.h"

TestSuite(user_commands, .timeout = 80);

#define RUN(settings, ...) run(settings, (const char *const[]){ "user", __VA_ARGS__, NULL })

/* Of the last command. */
static struct program_result result;

static int run(const char *const *settings, const char *const *args)
{
	result_finish(&result);
	program_run(&result, settings, args);
	return result.status;
}

#define expect_out(text)                                                                           \
	cr_expect(result_has_output(&result, text), "\"%s\" is missing in:\n%s", text,             \
	          buf_cstr(&result.out))
#define expect_err(text)                                                                           \
	cr_expect(result_has_error(&result, text), "\"%s\" is missing in:\n%s", text,              \
	          buf_cstr(&result.err))

/* The command failed with this exit status and this message, and printed nothing to standard
 * output. */
#define expect_failure(status, expected, text)                                                     \
	do {                                                                                       \
		int status_ = (status);                                                            \
		cr_expect_eq(status_, expected, "%d: %s", status_, buf_cstr(&result.err));         \
		expect_err(text);                                                                  \
		cr_expect_eq(result.out.length, 0, "%s", buf_cstr(&result.out));                   \
	} while (0)

static struct client *client_with_token(const struct server *issuer, struct server *server,
                                        const char *email)
{
	struct client *client = e2e_client_of(server, NULL);

	client_set_token(
		client,
		e2e_token_of(issuer, &(struct e2e_token){ .subject = e2e_format("e2e|%s", email),
	                                                  .email = email,
	                                                  .first_name = "Ida" }));
	return client;
}

Test(user_commands, create_the_first_super_admin)
{
	struct postgres *postgres = postgres_new();
	struct server *dev = server_dev(NULL), *serve;
	const char *url, *issuer = e2e_format("OIDC_ISSUERS=%s binnacle-dev", server_issuer(dev));
	struct client *super_admin, *visitor;
	const struct answer *answer;

	const char *settings[] = { NULL, NULL };

	postgres_create(postgres, "binnacle");
	settings[0] = url = e2e_format("DATABASE_URL=%s", postgres_url(postgres, "binnacle"));
	expect_failure(RUN(settings, "list"), 1, "migrate`");
	cr_assert_eq(run(settings, (const char *const[]){ "migrate", NULL }), 0, "%s",
	             buf_cstr(&result.err));
	cr_assert_eq(RUN(settings, "add", "Chief@Harbour.example", "--role", "super_admin",
	                 "--last-name", "Berg"),
	             0, "%s", buf_cstr(&result.err));
	expect_out("SUPER_ADMIN  Unknown Berg  chief@harbour.example  invited");

	serve = server_serve(
		(const char *const[]){ url, issuer, "HOST=127.0.0.1", "RATE_LIMIT=off", NULL });
	cr_assert(server_wait_ready(serve, 10000));
	super_admin = client_with_token(dev, serve, "CHIEF@harbour.example");
	answer = client_get(super_admin, "/api/v1/users/me");
	expect_status(answer, 200);
	expect_at(answer, "role", "SUPER_ADMIN");
	expect_at(answer, "first_name", "Ida");
	expect_at(answer, "last_name", "Berg");
	expect_status(
		client_post(
			super_admin, "/api/v1/users",
			"{'email':'a@b.example','first_name':'A','last_name':'B','role':'ADMIN'}"),
		201);
	visitor = client_with_token(dev, serve, "stranger@harbour.example");
	expect_at(client_get(visitor, "/api/v1/users/me"), "role", "VISITOR");

	/* Changes take effect immediately, and the last SUPER_ADMIN cannot be removed. */
	expect_failure(RUN(settings, "archive", "chief@harbour.example"), 1,
	               "Cannot remove the last SUPER_ADMIN.");
	expect_failure(RUN(settings, "role", "chief@harbour.example", "admin"), 1,
	               "Cannot remove the last SUPER_ADMIN.");
	cr_expect_eq(RUN(settings, "role", "Stranger@harbour.example", "Super_Admin"), 0, "%s",
	             buf_cstr(&result.err));
	cr_expect_eq(RUN(settings, "archive", "chief@harbour.example"), 0, "%s",
	             buf_cstr(&result.err));
	expect_out("archived");
	for (long long until = now_ms() + 1000;
	     client_get(super_admin, "/api/v1/users/me")->status == 200;)
		cr_assert(now_ms() < until, "an archived user is still accepted");
	expect_problem(client_get(super_admin, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");
	expect_at(client_get(visitor, "/api/v1/users/me"), "role", "SUPER_ADMIN");
	cr_expect_eq(RUN(settings, "unarchive", "chief@harbour.example"), 0, "%s",
	             buf_cstr(&result.err));
	expect_out("active");

	cr_expect_eq(server_stop(serve), 0);
	server_free(serve);
	server_free(dev);
	postgres_free(postgres);
}

Test(user_commands, use_the_private_database_running_or_not)
{
	struct server *dev = server_dev(NULL);
	const char *data = server_data(dev), *rosa = "rosa.brandt@marina.example";
	struct client *guard = e2e_client_of(dev, "guard");
	struct json *people;
	const char *error;
	size_t offset;
	pid_t children[4];

	/* While `dev` runs, its database is used, and keeps running. */
	expect_problem(client_get(guard, "/api/v1/users"), "FORBIDDEN");
	cr_expect_eq(RUN(NULL, "role", rosa, "supervisor", "--data", data), 0, "%s",
	             buf_cstr(&result.err));
	cr_expect_eq(result.err.length, 0, "%s", buf_cstr(&result.err));
	for (long long until = now_ms() + 1000; client_get(guard, "/api/v1/users")->status != 200;)
		cr_assert(now_ms() < until, "a new role has no effect");
	cr_expect(server_wait_ready(dev, 1000));
	cr_expect_eq(server_stop(dev), 0);

	/* Otherwise it is started for the command and stopped afterwards; concurrent commands
	 * take turns. */
	for (int i = 0; i < (int)COUNT_OF(children); i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(RUN(NULL, "add", e2e_format("%d@b.example", i), "--data", data));
	}
	for (size_t i = 0; i < COUNT_OF(children); i++) {
		int status;

		cr_expect(waitpid(children[i], &status, 0) == children[i] && WIFEXITED(status)
		          && WEXITSTATUS(status) == 0);
	}
	cr_expect_eq(server_postmaster(dev), 0);
	cr_expect_eq(RUN(NULL, "list", "--json", "--data", data), 0, "%s", buf_cstr(&result.err));
	cr_expect(sandbox_wait_until_unused(server_directory(dev), 2000));
	people = json_parse(result_line(&result), &error, &offset);
	cr_assert(json_kind(people) == JSON_ARRAY, "%s", buf_cstr(&result.out));
	cr_expect_eq(json_count(people), 28);
	cr_expect_str_eq(json_text_in(people, "0.email"), "ines.falk@marina.example");
	json_free(people);

	/* `dev` sees the changes. */
	server_start(dev);
	cr_assert(server_wait_ready(dev, 15000));
	cr_expect_str_eq(server_query(dev,
	                              "select string_agg(email, ' ' order by email) from app.users"
	                              " where email like '%%@b.example'"),
	                 "0@b.example 1@b.example 2@b.example 3@b.example");
	cr_expect_str_eq(server_query(dev, "select role from app.users where email = '%s'", rosa),
	                 "SUPERVISOR");
	server_free(dev);
}

Test(user_commands, list_all_users_without_control_characters)
{
	struct server *dev = server_dev(NULL);
	const char *data = server_data(dev), *last;
	struct json *people;
	const char *error;
	size_t offset, lines = 0;
	struct str rest, line;

	server_query(dev, "insert into app.users (email, first_name, last_name, role)"
	                  " select n || '@many.example', 'M' || n, 'Any', 'VISITOR' from"
	                  " generate_series(1, 450) n");
	server_query(dev, "insert into app.users (email, first_name, last_name, role, archived_at)"
	                  " values ('evil@many.example', E'\\u001b[2J\\u009b', E'Tab\\tand\\nline',"
	                  " 'VISITOR', now())");
	cr_expect_eq(RUN(NULL, "list", "--data", data), 0, "%s", buf_cstr(&result.err));
	rest = buf_as_str(&result.out);
	while (str_cut(&rest, '\n', &line))
		lines++;
	cr_expect_eq(lines, 1 + 24 + 450 + 1, "%zu", lines);
	expect_out("?[2J? Tab?and?line");
	cr_expect(!result_has_output(&result, "\x1b") && !result_has_output(&result, "\t")
	          && !result_has_output(&result, "\xc2\x9b"));

	cr_expect_eq(RUN(NULL, "list", "--json", "--data", data), 0, "%s", buf_cstr(&result.err));
	people = json_parse(result_line(&result), &error, &offset);
	cr_assert(json_kind(people) == JSON_ARRAY);
	cr_expect_eq(json_count(people), 24 + 450 + 1);
	last = json_text_in(people, "474.email");
	cr_expect_str_eq(last, "evil@many.example");
	json_free(people);
	server_free(dev);
}

Test(user_commands, fail_with_a_message)
{
	struct server *dev = server_dev(NULL);
	const char *data = server_data(dev), *unknown = e2e_id(), *id;
	static const char *const both[] = { "DATABASE_URL=postgresql://x@localhost:1/x", NULL };
	static const char *const unset[] = { "HOME=/nowhere", "XDG_STATE_HOME=/nowhere", NULL };
	static const char *const unreachable[] = { "DATABASE_URL=postgresql://x@/x?host=/nowhere",
		                                   NULL };

	expect_failure(RUN(NULL, "add", "rosa.brandt@marina.example", "--data", data), 1,
	               "Email address already in use");
	expect_failure(RUN(NULL, "role", "nobody@b.example", "guard", "--data", data), 1,
	               "there is no user nobody@b.example");
	expect_failure(RUN(NULL, "archive", unknown, "--data", data), 1,
	               e2e_format("there is no user %s", unknown));
	expect_failure(RUN(NULL, "unarchive", "' or 1=1 --", "--data", data), 1,
	               "there is no user");
	id = e2e_format("%s",
	                server_query(dev, "select id from app.users where role = 'SUPER_ADMIN'"));
	expect_failure(RUN(NULL, "archive", id, "--data", data), 1,
	               "Cannot remove the last SUPER_ADMIN.");

	expect_failure(RUN(NULL, "add", "no address", "--data", data), 2,
	               "EMAIL must be an email address");
	expect_failure(RUN(NULL, "add", "a@b.example", "--role", "king", "--data", data), 2,
	               "the role must be");
	expect_failure(RUN(NULL, "add", "a@b.example", "--first-name", " ", "--data", data), 2,
	               "--first-name must not be blank");
	expect_failure(RUN(NULL, "role", "a@b.example", "everything_and_more", "--data", data), 2,
	               "the role must be");
	expect_failure(RUN(NULL, "role", "a@b.example"), 2, "missing argument ROLE");
	expect_failure(RUN(both, "list", "--data", data), 78, "cannot be used together");
	expect_failure(RUN(unreachable, "list"), 1, "cannot connect to the database");
	cr_expect_str_eq(server_query(dev, "select count(*) from app.users"), "24");
	server_free(dev);
	/* No setting, and `dev` was never run. As root, its directory is fixed and may exist. */
	if (geteuid() != 0)
		expect_failure(RUN(unset, "list"), 1,
		               "no database is configured. Set DATABASE_URL");
}
