/* Each kind of invalid token that `dev` issues causes the error that token_faults.def lists. */

#include <stdlib.h>

#include "e2e.h"

static const struct {
	const char *name, *expected_code, *says;
} faults[] = {
#define TOKEN_FAULT(name, typed, expected_code, says, ...) { typed, expected_code, says },
#include "token_faults.def"
#undef TOKEN_FAULT
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
	f = e2e_client(NULL);
}

TestSuite(faults, .init = setup, .timeout = 30);

static void expect_earned(const char *token, const char *expected_code, const char *about)
{
	static const char *const challenge = "Bearer error=\"invalid_token\", error_description=\"";
	const struct answer *answer;
	const char *given, *is;

	client_set_token(f, token);
	answer = client_get(f, "/api/v1/users/me");
	client_set_token(f, NULL);
	if (strcmp(expected_code, "200") == 0) {
		cr_expect_eq(answer->status, 200, "%s: %.*s", about, STR_ARGS(answer->body));
		return;
	}
	is = e2e_check_problem(answer, expected_code);
	cr_expect(!is, "%s: %s: %.*s", about, is, STR_ARGS(answer->body));
	given = answer_header(answer, "WWW-Authenticate") ?: "absent";
	cr_expect(str_begins(str_of(given), challenge) && strlen(given) > strlen(challenge) + 10, "%s: %s",
	          about, given);
	cr_expect(strstr(given, answer_at(answer, "detail")) != NULL, "%s: %s", about, given);
}

Test(faults, earn_what_is_promised)
{
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		const struct answer *answer =
			client_post(f, "/dev/token", "{'who':'guard','fault':'%s'}", faults[i].name);

		assert_status(answer, 200);
		expect_at(answer, "fault", faults[i].name);
		expect_at(answer, "expected_code", faults[i].expected_code);
		expect_earned(e2e_format("%s", answer_at(answer, "token")), faults[i].expected_code, faults[i].name);
	}
	/* A valid token is accepted. */
	expect_earned(e2e_format("%s", answer_at(client_post(f, "/dev/token", "{'who':'guard'}"), "token")), "200",
	              "no fault");
}

Test(faults, are_options_with_a_line_of_help)
{
	const char *port = e2e_format("%d", server_port(e2e_server()));
	struct program_result said, help;

	program_run(&help, NULL, (const char *const[]){ "help", "token", NULL });
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		const char *option = e2e_format("--%s", faults[i].name);

		program_run(&said, NULL, (const char *const[]){ "token", "guard", option, "--port", port, NULL });
		cr_expect_eq(said.status, 0, "%s: %s", option, buf_cstr(&said.err));
		expect_earned(e2e_format("%.*s", STR_ARGS(result_line(&said))), faults[i].expected_code, option);
		result_finish(&said);
		cr_expect(result_has_output(&help, e2e_format("  %s ", option))
		                  && result_has_output(&help, e2e_format("%s (%s).", faults[i].says, faults[i].expected_code)),
		          "%s: no line in:\n%s", option, buf_cstr(&help.out));
	}
	result_finish(&help);
}

Test(faults, come_one_at_a_time)
{
	struct program_result said;

	program_run(&said, NULL, (const char *const[]){ "token", "guard", "--expired", "--no-alg", NULL });
	cr_expect_eq(said.status, 2);
	cr_expect(result_has_error(&said, "--expired and --no-alg"), "%s", buf_cstr(&said.err));
	cr_expect_eq(said.out.length, 0);
	result_finish(&said);
}

/* Those that no issuer of dev's kind is refused for. */
static bool is_of_another_kind(const char *verdict)
{
	return strcmp(verdict, "PARTY") == 0 || strcmp(verdict, "USE") == 0;
}

Test(faults, are_there_for_every_refusal_of_a_token)
{
	for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
		bool found = !str_begins(str_of(verdicts[i].problem), "TOKEN_")
		             || is_of_another_kind(verdicts[i].verdict);

		for (size_t j = 0; !found && j < COUNT_OF(faults); j++)
			found = strcmp(faults[j].expected_code, verdicts[i].problem) == 0;
		cr_expect(found, "token_faults.def has no token that causes %s", verdicts[i].problem);
	}
}

Test(faults, and_other_wishes_are_refused_by_their_members)
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
		{ "{'who':'guard','fault':'none'}", { "/fault" }, { "not_a_choice" } },
		{ "{'who':'guard','fault':'Expired'}", { "/fault" }, { "not_a_choice" } },
		{ "{'who':'guard','fault':''}", { "/fault" }, { "not_a_choice" } },
		{ "{'who':'guard','fault':null}", { "/fault" }, { "wrong_type" } },
		{ "{'who':'guard','fault':['expired','no-alg']}", { "/fault" }, { "wrong_type" } },
		{ "{'who':'guard','faults':'expired'}", { "/faults" }, { "unknown" } },
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
			expect_at(answer, e2e_format("errors.%zu.pointer", count), rows[i].pointers[count]);
			expect_at(answer, e2e_format("errors.%zu.code", count), rows[i].codes[count]);
		}
		cr_expect_eq(json_count(json_in(answer->json, "errors")), count, "%s: %.*s", rows[i].body,
		             STR_ARGS(answer->body));
	}
}

Test(faults, and_tokens_are_wished_for_in_json)
{
	static const char *const types[] = { NULL, "text/plain", "application/x-www-form-urlencoded",
		                             "application/jsonx" };
	static const char *const fine[] = { "application/json", "Application/JSON; charset=utf-8" };
	static const struct str wish = STR("{\"who\":\"guard\"}");

	for (size_t i = 0; i < COUNT_OF(types); i++)
		expect_problem(client_request(f, "POST", "/dev/token", types[i], wish), "UNSUPPORTED_MEDIA_TYPE");
	for (size_t i = 0; i < COUNT_OF(fine); i++)
		expect_status(client_request(f, "POST", "/dev/token", fine[i], wish), 200);
	expect_problem(client_request(f, "POST", "/dev/token", NULL, STR("")), "UNSUPPORTED_MEDIA_TYPE");
	expect_problem(client_request(f, "POST", "/dev/token", fine[0], STR("")), "BAD_JSON");
}
