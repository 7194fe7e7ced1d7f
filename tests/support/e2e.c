/* e2e.c: users, locations and tokens for end-to-end tests. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "issuer.h"
#include "signer.h"
#include "e2e.h"
#include "uuid.h"

enum { CLIENTS = 128, TEXTS = 16384 };

/* Reachable until the process ends, so that LeakSanitizer does not report them. */
static struct {
	struct server *server;
	struct client *clients[CLIENTS];
	size_t client_count;
	char *texts[TEXTS];
	size_t text_count;
} f;

/* Each test is its own process and finds the server by the environment. */
struct server *e2e_server(void)
{
	if (!f.server) {
		if (!getenv("E2E_PORT"))
			fatal("this program has no server; it lacks e2e_main.c");
		f.server = server_attach(atoi(getenv("E2E_PORT")), getenv("E2E_DIRECTORY"));
	}
	return f.server;
}

const char *e2e_format(const char *format, ...)
{
	va_list args;
	char **text = &f.texts[f.text_count++ % TEXTS];

	free(*text);
	va_start(args, format);
	if (vasprintf(text, format, args) < 0)
		fatal("no memory");
	va_end(args);
	return *text;
}

const char *e2e_id(void)
{
	char id[UUID_SIZE];

	uuid_make(id);
	return e2e_format("%s", id);
}

const char *e2e_name(void)
{
	return e2e_format("Pier %s", e2e_id());
}

struct client *e2e_client_of(const struct server *server, const char *who)
{
	struct client *client = client_new(server_port(server));
	const struct answer *answer;

	if (f.client_count == CLIENTS)
		fatal("too many clients");
	f.clients[f.client_count++] = client;
	if (!who)
		return client;
	answer = client_post(client, "/dev/token", "{'who':'%s'}", who);
	if (answer->status != 200)
		fatal("no token for %s: %.*s", who, STR_ARGS(answer->body));
	client_set_token(client, answer_at(answer, "token"));
	return client;
}

struct client *e2e_client(const char *who)
{
	return e2e_client_of(e2e_server(), who);
}

const char *e2e_token_of(const struct server *server, const struct e2e_token *token)
{
	const char *path = e2e_format("%s/key.pem", server_data(server));
	struct buf error = { 0 }, out = { 0 };
	struct signer *signer = signer_new(path, &error);
	long long now = time(NULL);
	const char *text;

	if (!signer)
		fatal("%s", buf_cstr(&error));
	signer_sign(signer,
	            &(struct signer_token){
			    .issuer = token->issuer ? token->issuer : server_issuer(server),
			    .audience = token->audience ? token->audience : ISSUER_AUDIENCE,
			    .subject = token->subject,
			    .email = token->email,
			    .first_name = token->first_name,
			    .last_name = token->last_name,
			    .anonymous = token->anonymous,
			    .issued = token->ttl < 0 ? now + token->ttl - 60 : now,
			    .expires = now + (token->ttl ? token->ttl : 300),
		    },
	            &out);
	text = e2e_format("%s", buf_cstr(&out));
	buf_finish(&out);
	signer_free(signer);
	return text;
}

const char *e2e_token(const struct e2e_token *token)
{
	return e2e_token_of(e2e_server(), token);
}

struct client *e2e_sign_up(const char *role)
{
	struct client *client = e2e_client(NULL);
	const char *subject = e2e_format("e2e|%s", e2e_id());
	const struct answer *answer;

	client_set_token(client, e2e_token(&(struct e2e_token){ .subject = subject }));
	answer = client_get(client, "/api/v1/users/me");
	if (answer->status != 200)
		fatal("cannot create a user: %.*s", STR_ARGS(answer->body));
	server_query(e2e_server(), "update app.users set role = '%s' where id = '%s'", role,
	             answer_at(answer, "id"));
	return client;
}

struct client *e2e_anonymous(void)
{
	return e2e_client("anonymous");
}

struct client *e2e_new_user(const char *role, const char *first_name)
{
	struct client *client = e2e_client(NULL);
	const char *subject = e2e_format("e2e|%s", e2e_id());

	server_query(e2e_server(),
	             "insert into app.users (issuer, subject, role, first_name, last_name)"
	             " values ('%s', '%s', '%s', '%s', 'Tester')",
	             server_issuer(e2e_server()), subject, role, first_name);
	client_set_token(client,
	                 e2e_token(&(struct e2e_token){
				 .subject = subject,
				 .email = e2e_format("%s@e2e.example", subject + strlen("e2e|")),
				 .first_name = first_name,
				 .last_name = "Tester" }));
	return client;
}

struct client *e2e_guard_on_duty(const char *first_name, const char *location)
{
	struct client *client = e2e_new_user("GUARD", first_name);

	assert_status(
		client_post(client, "/api/v1/duty-sessions", "{'location_id':'%s'}", location),
		201);
	return client;
}

const char *e2e_new_location(void)
{
	static struct client *admin;
	const struct answer *answer;

	if (!admin)
		admin = e2e_client("admin");
	answer = client_post(admin, "/api/v1/locations", "{'name':'%s'}", e2e_name());
	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

const char *e2e_new_log(struct client *client, const char *location, const char *title)
{
	const struct answer *answer =
		client_post(client, "/api/v1/logs",
	                    "{'type':'PATROL','title':'%s','description':'All berths walked.',"
	                    "'location_id':'%s'}",
	                    title, location);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const struct {
	const char *code, *title;
	int status;
} problems[] = {
#define PROBLEM(name, status, title, ...) { #name, title, status },
#include "table/http_problems.def"
#include "table/problems.def"
#undef PROBLEM
};

const char *e2e_check_problem(const struct answer *answer, const char *code)
{
	const char *type = answer_header(answer, "Content-Type");
	char slug[64] = "/problems/";

	for (size_t i = 0, end = 10; code[i] && end < sizeof(slug) - 1; i++, end++)
		slug[end] = code[i] == '_' ? '-' : (char)(code[i] | 0x20);
	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		if (strcmp(problems[i].code, code) != 0)
			continue;
		if (answer->status != problems[i].status)
			return e2e_format("status %d is not that of %s", answer->status, code);
		if (!type || strcmp(type, "application/problem+json") != 0)
			return "the type is not application/problem+json";
		if (strcmp(answer_at(answer, "code"), code) != 0)
			return e2e_format("the code is not %s", code);
		if (strcmp(answer_at(answer, "type"), slug) != 0)
			return e2e_format("`type` is not %s", slug);
		if (strcmp(answer_at(answer, "title"), problems[i].title) != 0)
			return "wrong title";
		if (strtol(answer_at(answer, "status"), NULL, 10) != answer->status)
			return "wrong `status`";
		if (json_kind(json_in(answer->json, "detail")) != JSON_STRING)
			return "no detail";
		if (strcmp(answer_at(answer, "request_id"), answer_header(answer, "X-Request-Id"))
		    != 0)
			return "wrong request_id";
		return NULL;
	}
	return e2e_format("problems.def has no %s", code);
}

int e2e_in_parallel(int many, const char *who, const char *method, const char *path,
                    const char *body, int status, const char *code)
{
	struct client *clients[CLIENTS];
	int done = 0;

	for (int i = 0; i < many; i++)
		clients[i] = e2e_client(who);
	for (int i = 0; i < many; i++)
		client_send(clients[i], method, path, body ? "%s" : NULL, body);
	for (int i = 0; i < many; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == status)
			done++;
		else
			expect_problem(answer, code);
	}
	return done;
}

pid_t e2e_lock_row(const char *table, const char *id)
{
	pid_t child = fork();

	if (child == 0) {
		server_query(
			e2e_server(),
			"begin; select from %s where id = '%s' for update; select pg_sleep(0.5)",
			table, id);
		_exit(0);
	}
	for (int i = 0; i < 1000; i++, sleep_ms(5)) {
		if (strcmp(server_query(e2e_server(),
		                        "select count(*) from %s where id = '%s'"
		                        " and id not in (select id from %s where id = '%s' for"
		                        " update skip locked)",
		                        table, id, table, id),
		           "1")
		    == 0)
			return child;
	}
	fatal("cannot lock %s %s", table, id);
}
