/* `binnacle user`: how the first gets in, and what else can be done from the command line. */

#include <sys/wait.h>
#include <unistd.h>

#include "postgres.h"
#include "e2e.h"

TestSuite(user_commands, .timeout = 80);

#define RUN(settings, ...) run(settings, (const char *const[]){ "user", __VA_ARGS__, NULL })

/* The last one's; the next takes its place. */
static struct program_result said;

static int run(const char *const *settings, const char *const *words)
{
	result_finish(&said);
	program_run(&said, settings, words);
	return said.status;
}

#define expect_out(text) cr_expect(result_has_output(&said, text), "no \"%s\" in:\n%s", text, buf_cstr(&said.out))
#define expect_err(text) cr_expect(result_has_error(&said, text), "no \"%s\" in:\n%s", text, buf_cstr(&said.err))

/* It ended so, and said this to people; what it printed is no data. */
#define expect_refused(ended, wanted, text)                                                   \
	do {                                                                                  \
		int ended_ = (ended);                                                         \
		cr_expect_eq(ended_, wanted, "%d: %s", ended_, buf_cstr(&said.err));          \
		expect_err(text);                                                             \
		cr_expect_eq(said.out.length, 0, "%s", buf_cstr(&said.out));                  \
	} while (0)

static struct client *bearer(const struct server *issuer, struct server *server, const char *email)
{
	struct client *client = e2e_client_of(server, NULL);

	client_set_token(client, e2e_token_of(issuer, &(struct e2e_token){
		.subject = e2e_format("story|%s", email), .email = email, .first_name = "Ida" }));
	return client;
}

Test(user_commands, let_the_first_super_admin_in)
{
	struct postgres *postgres = postgres_new();
	struct server *dev = server_dev(NULL), *serve;
	const char *url, *issuer = e2e_format("OIDC_ISSUERS=%s binnacle-dev", server_issuer(dev));
	struct client *chief, *stranger;
	const struct answer *answer;

	const char *settings[] = { NULL, NULL };

	postgres_create(postgres, "binnacle");
	settings[0] = url = e2e_format("DATABASE_URL=%s", postgres_url(postgres, "binnacle"));
	expect_refused(RUN(settings, "list"), 1, "migrate`");
	cr_assert_eq(run(settings, (const char *const[]){ "migrate", NULL }), 0, "%s", buf_cstr(&said.err));
	cr_assert_eq(RUN(settings, "add", "Chief@Harbour.example", "--role", "super_admin", "--last-name", "Berg"), 0,
	             "%s", buf_cstr(&said.err));
	expect_out("SUPER_ADMIN  Unknown Berg  chief@harbour.example  invited");

	serve = server_serve((const char *const[]){ url, issuer, "HOST=127.0.0.1", "RATE_LIMIT=off", NULL });
	cr_assert(server_wait_ready(serve, 10000));
	chief = bearer(dev, serve, "CHIEF@harbour.example");
	answer = client_get(chief, "/api/v1/users/me");
	expect_status(answer, 200);
	expect_at(answer, "role", "SUPER_ADMIN");
	expect_at(answer, "first_name", "Ida");
	expect_at(answer, "last_name", "Berg");
	expect_status(client_post(chief, "/api/v1/users",
	                          "{'email':'a@b.example','first_name':'A','last_name':'B','role':'ADMIN'}"),
	              201);
	stranger = bearer(dev, serve, "stranger@harbour.example");
	expect_at(client_get(stranger, "/api/v1/users/me"), "role", "VISITOR");

	/* What the command line does counts at once, and the last one stays. */
	expect_refused(RUN(settings, "archive", "chief@harbour.example"), 1,
	               "Cannot remove the last SUPER_ADMIN.");
	expect_refused(RUN(settings, "role", "chief@harbour.example", "admin"), 1,
	               "Cannot remove the last SUPER_ADMIN.");
	cr_expect_eq(RUN(settings, "role", "Stranger@harbour.example", "Super_Admin"), 0, "%s", buf_cstr(&said.err));
	cr_expect_eq(RUN(settings, "archive", "chief@harbour.example"), 0, "%s", buf_cstr(&said.err));
	expect_out("archived");
	for (long long until = now_ms() + 1000; client_get(chief, "/api/v1/users/me")->status == 200;)
		cr_assert(now_ms() < until, "archived, and still in");
	expect_problem(client_get(chief, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");
	expect_at(client_get(stranger, "/api/v1/users/me"), "role", "SUPER_ADMIN");
	cr_expect_eq(RUN(settings, "unarchive", "chief@harbour.example"), 0, "%s", buf_cstr(&said.err));
	expect_out("active");

	cr_expect_eq(server_stop(serve), 0);
	server_free(serve);
	server_free(dev);
	postgres_free(postgres);
}

Test(user_commands, find_the_private_database_whether_it_runs_or_not)
{
	struct server *dev = server_dev(NULL);
	const char *data = server_data(dev), *rosa = "rosa.brandt@marina.example";
	struct client *guard = e2e_client_of(dev, "guard");
	struct json *people;
	const char *fault;
	size_t where;
	pid_t several[4];

	/* While `dev` runs it is dev's, and goes on running. */
	expect_problem(client_get(guard, "/api/v1/users"), "FORBIDDEN");
	cr_expect_eq(RUN(NULL, "role", rosa, "supervisor", "--data", data), 0, "%s", buf_cstr(&said.err));
	cr_expect_eq(said.err.length, 0, "%s", buf_cstr(&said.err));
	for (long long until = now_ms() + 1000; client_get(guard, "/api/v1/users")->status != 200;)
		cr_assert(now_ms() < until, "a new role, and nothing of it");
	cr_expect(server_wait_ready(dev, 1000));
	cr_expect_eq(server_stop(dev), 0);

	/* Then it is started for the moment, and not left behind; several at once take turns. */
	for (int i = 0; i < (int)COUNT_OF(several); i++) {
		several[i] = fork();
		if (several[i] == 0)
			_exit(RUN(NULL, "add", e2e_format("%d@b.example", i), "--data", data));
	}
	for (size_t i = 0; i < COUNT_OF(several); i++) {
		int status;

		cr_expect(waitpid(several[i], &status, 0) == several[i] && WIFEXITED(status)
		          && WEXITSTATUS(status) == 0);
	}
	cr_expect_eq(server_postmaster(dev), 0);
	cr_expect_eq(RUN(NULL, "list", "--json", "--data", data), 0, "%s", buf_cstr(&said.err));
	cr_expect(sandbox_wait_until_unused(server_directory(dev), 2000));
	people = json_parse(result_line(&said), &fault, &where);
	cr_assert(json_kind(people) == JSON_ARRAY, "%s", buf_cstr(&said.out));
	cr_expect_eq(json_count(people), 26);
	cr_expect_str_eq(json_text_in(people, "0.email"), "ines.falk@marina.example");
	json_free(people);

	/* And `dev` finds what was done. */
	server_start(dev);
	cr_assert(server_wait_ready(dev, 15000));
	cr_expect_str_eq(server_query(dev, "select string_agg(email, ' ' order by email) from app.users"
	                                 " where email like '%%@b.example'"),
	                 "0@b.example 1@b.example 2@b.example 3@b.example");
	cr_expect_str_eq(server_query(dev, "select role from app.users where email = '%s'", rosa), "SUPERVISOR");
	server_free(dev);
}

Test(user_commands, list_more_than_a_page_and_tell_the_terminal_nothing)
{
	struct server *dev = server_dev(NULL);
	const char *data = server_data(dev), *last;
	struct json *people;
	const char *fault;
	size_t where, lines = 0;
	struct str rest, line;

	server_query(dev, "insert into app.users (email, first_name, last_name, role)"
	                " select n || '@many.example', 'M' || n, 'Any', 'VISITOR' from generate_series(1, 450) n");
	server_query(dev, "insert into app.users (email, first_name, last_name, role, archived_at)"
	                " values ('evil@many.example', E'\\u001b[2J\\u009b', E'Tab\\tand\\nline', 'VISITOR', now())");
	cr_expect_eq(RUN(NULL, "list", "--data", data), 0, "%s", buf_cstr(&said.err));
	rest = buf_as_str(&said.out);
	while (str_cut(&rest, '\n', &line))
		lines++;
	cr_expect_eq(lines, 1 + 22 + 450 + 1, "%zu", lines);
	expect_out("?[2J? Tab?and?line");
	cr_expect(!result_has_output(&said, "\x1b") && !result_has_output(&said, "\t") && !result_has_output(&said, "\xc2\x9b"));

	cr_expect_eq(RUN(NULL, "list", "--json", "--data", data), 0, "%s", buf_cstr(&said.err));
	people = json_parse(result_line(&said), &fault, &where);
	cr_assert(json_kind(people) == JSON_ARRAY);
	cr_expect_eq(json_count(people), 22 + 450 + 1);
	last = json_text_in(people, "472.email");
	cr_expect_str_eq(last, "evil@many.example");
	json_free(people);
	server_free(dev);
}

Test(user_commands, say_in_a_sentence_what_cannot_be_done)
{
	struct server *dev = server_dev(NULL);
	const char *data = server_data(dev), *nobody = e2e_id(), *id;
	static const char *const two[] = { "DATABASE_URL=postgresql://x@localhost:1/x", NULL };
	static const char *const nowhere[] = { "HOME=/nowhere", "XDG_STATE_HOME=/nowhere", NULL };
	static const char *const away[] = { "DATABASE_URL=postgresql://x@/x?host=/nowhere", NULL };

	expect_refused(RUN(NULL, "add", "rosa.brandt@marina.example", "--data", data), 1, "Email address already in use");
	expect_refused(RUN(NULL, "role", "nobody@b.example", "guard", "--data", data), 1,
	               "there is no user nobody@b.example");
	expect_refused(RUN(NULL, "archive", nobody, "--data", data), 1, e2e_format("there is no user %s", nobody));
	expect_refused(RUN(NULL, "unarchive", "' or 1=1 --", "--data", data), 1, "there is no user");
	id = e2e_format("%s", server_query(dev, "select id from app.users where role = 'SUPER_ADMIN'"));
	expect_refused(RUN(NULL, "archive", id, "--data", data), 1,
	               "Cannot remove the last SUPER_ADMIN.");

	expect_refused(RUN(NULL, "add", "no address", "--data", data), 2, "EMAIL must be an email address");
	expect_refused(RUN(NULL, "add", "a@b.example", "--role", "king", "--data", data), 2, "the role must be");
	expect_refused(RUN(NULL, "add", "a@b.example", "--first-name", " ", "--data", data), 2,
	               "--first-name must not be blank");
	expect_refused(RUN(NULL, "role", "a@b.example", "everything_and_more", "--data", data), 2, "the role must be");
	expect_refused(RUN(NULL, "role", "a@b.example"), 2, "missing argument ROLE");
	expect_refused(RUN(two, "list", "--data", data), 78, "cannot be used together");
	expect_refused(RUN(away, "list"), 1, "cannot connect to the database");
	cr_expect_str_eq(server_query(dev, "select count(*) from app.users"), "22");
	server_free(dev);
	/* Nothing is set, and `dev` has never been here. (As root its place is a fixed one.) */
	if (geteuid() != 0)
		expect_refused(RUN(nowhere, "list"), 1, "no database is configured. Set DATABASE_URL");
}
