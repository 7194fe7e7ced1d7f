/* Each flaw that a token of `dev` can be given earns the refusal that its table promises. */

#include <stdlib.h>

#include "story.h"

static const struct {
	const char *name, *earns, *says;
} flaws[] = {
#define FLAW(name, typed, earns, says, ...) { typed, earns, says },
#include "token_faults.def"
#undef FLAW
};

static const struct {
	const char *verdict, *problem;
} verdicts[] = {
#define TOKEN_ERROR(name, problem, ...) { #name, #problem },
#include "table/token_errors.def"
#undef TOKEN_ERROR
};

static struct client *f;

static void setup(void)
{
	f = story_client(NULL);
}

TestSuite(flaws, .init = setup, .timeout = 30);

static void expect_earned(const char *token, const char *earns, const char *about)
{
	static const char *const challenge = "Bearer error=\"invalid_token\", error_description=\"";
	const struct answer *answer;
	const char *given, *is;

	client_bearer(f, token);
	answer = client_get(f, "/api/v1/users/me");
	client_bearer(f, NULL);
	if (strcmp(earns, "200") == 0) {
		cr_expect_eq(answer->status, 200, "%s: %.*s", about, STR_ARGS(answer->body));
		return;
	}
	is = story_is_not_problem(answer, earns);
	cr_expect(!is, "%s: %s: %.*s", about, is, STR_ARGS(answer->body));
	given = answer_header(answer, "WWW-Authenticate") ?: "absent";
	cr_expect(str_begins(str_of(given), challenge) && strlen(given) > strlen(challenge) + 10, "%s: %s",
	          about, given);
	cr_expect(strstr(given, answer_at(answer, "detail")) != NULL, "%s: %s", about, given);
}

Test(flaws, earn_what_is_promised)
{
	for (size_t i = 0; i < COUNT_OF(flaws); i++) {
		const struct answer *answer =
			client_post(f, "/dev/token", "{'who':'guard','flaw':'%s'}", flaws[i].name);

		assert_status(answer, 200);
		expect_at(answer, "flaw", flaws[i].name);
		expect_at(answer, "earns", flaws[i].earns);
		expect_earned(story_print("%s", answer_at(answer, "token")), flaws[i].earns, flaws[i].name);
	}
	/* And none earns nothing. */
	expect_earned(story_print("%s", answer_at(client_post(f, "/dev/token", "{'who':'guard'}"), "token")), "200",
	              "no flaw");
}

Test(flaws, are_options_with_a_line_of_help)
{
	const char *port = story_print("%d", server_port(story_server()));
	struct said said, help;

	program_run(&help, NULL, (const char *const[]){ "help", "token", NULL });
	for (size_t i = 0; i < COUNT_OF(flaws); i++) {
		const char *option = story_print("--%s", flaws[i].name);

		program_run(&said, NULL, (const char *const[]){ "token", "guard", option, "--port", port, NULL });
		cr_expect_eq(said.status, 0, "%s: %s", option, buf_cstr(&said.err));
		expect_earned(story_print("%.*s", STR_ARGS(said_line(&said))), flaws[i].earns, option);
		said_finish(&said);
		cr_expect(said_out(&help, story_print("  %s ", option))
		                  && said_out(&help, story_print("%s (%s).", flaws[i].says, flaws[i].earns)),
		          "%s: no line in:\n%s", option, buf_cstr(&help.out));
	}
	said_finish(&help);
}

Test(flaws, come_one_at_a_time)
{
	struct said said;

	program_run(&said, NULL, (const char *const[]){ "token", "guard", "--expired", "--no-alg", NULL });
	cr_expect_eq(said.status, 2);
	cr_expect(said_err(&said, "--expired and --no-alg"), "%s", buf_cstr(&said.err));
	cr_expect_eq(said.out.length, 0);
	said_finish(&said);
}

/* Those that no issuer of dev's kind is refused for. */
static bool is_of_another_kind(const char *verdict)
{
	return strcmp(verdict, "PARTY") == 0 || strcmp(verdict, "USE") == 0;
}

Test(flaws, are_there_for_every_refusal_of_a_token)
{
	for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
		bool found = !str_begins(str_of(verdicts[i].problem), "TOKEN_")
		             || is_of_another_kind(verdicts[i].verdict);

		for (size_t j = 0; !found && j < COUNT_OF(flaws); j++)
			found = strcmp(flaws[j].earns, verdicts[i].problem) == 0;
		cr_expect(found, "no flaw earns %s", verdicts[i].problem);
	}
}

Test(flaws, and_other_wishes_are_refused_by_their_members)
{
	static const struct {
		const char *body, *pointers[3], *codes[3];
	} rows[] = {
		{ "{}", { "/who" }, { "required" } },
		{ "{'who':'the pope'}", { "/who" }, { "not_a_choice" } },
		{ "{'who':7}", { "/who" }, { "wrong_type" } },
		{ "{'who':null}", { "/who" }, { "wrong_type" } },
		{ "{'who':'guard','ttl':0}", { "/ttl" }, { "out_of_range" } },
		{ "{'who':'guard','ttl':86401}", { "/ttl" }, { "out_of_range" } },
		{ "{'who':'guard','ttl':'1h'}", { "/ttl" }, { "wrong_type" } },
		{ "{'who':'guard','ttl':1.5}", { "/ttl" }, { "wrong_type" } },
		{ "{'who':'guard','flaw':'none'}", { "/flaw" }, { "not_a_choice" } },
		{ "{'who':'guard','flaw':'Expired'}", { "/flaw" }, { "not_a_choice" } },
		{ "{'who':'guard','flaw':''}", { "/flaw" }, { "not_a_choice" } },
		{ "{'who':'guard','flaw':null}", { "/flaw" }, { "wrong_type" } },
		{ "{'who':'guard','flaw':['expired','no-alg']}", { "/flaw" }, { "wrong_type" } },
		{ "{'who':'guard','flaws':'expired'}", { "/flaws" }, { "unknown" } },
		{ "{'who':'guard','a/b~c':1}", { "/a~1b~0c" }, { "unknown" } },
		{ "{'role':'guard','ttl':-1}", { "/role", "/ttl", "/who" },
		  { "unknown", "out_of_range", "required" } },
		{ "['guard']", { "" }, { "wrong_type" } },
		{ "null", { "" }, { "wrong_type" } },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer = client_post(f, "/dev/token", "%s", rows[i].body);
		size_t count = 0;

		expect_problem(answer, "VALIDATION_FAILED");
		for (; count < 3 && rows[i].codes[count]; count++) {
			expect_at(answer, story_print("errors.%zu.pointer", count), rows[i].pointers[count]);
			expect_at(answer, story_print("errors.%zu.code", count), rows[i].codes[count]);
		}
		cr_expect_eq(json_count(json_in(answer->json, "errors")), count, "%s: %.*s", rows[i].body,
		             STR_ARGS(answer->body));
	}
}

Test(flaws, and_tokens_are_wished_for_in_json)
{
	static const char *const types[] = { NULL, "text/plain", "application/x-www-form-urlencoded",
		                             "application/jsonx" };
	static const char *const fine[] = { "application/json", "Application/JSON; charset=utf-8" };
	static const struct str wish = STR("{\"who\":\"guard\"}");

	for (size_t i = 0; i < COUNT_OF(types); i++)
		expect_problem(client_ask(f, "POST", "/dev/token", types[i], wish), "UNSUPPORTED_MEDIA_TYPE");
	for (size_t i = 0; i < COUNT_OF(fine); i++)
		expect_status(client_ask(f, "POST", "/dev/token", fine[i], wish), 200);
	expect_problem(client_ask(f, "POST", "/dev/token", NULL, STR("")), "UNSUPPORTED_MEDIA_TYPE");
	expect_problem(client_ask(f, "POST", "/dev/token", fine[0], STR("")), "BAD_JSON");
}
