/* token_faults.c: tests that each kind of invalid token that `dev` issues causes the error
 * listed in token_faults.def. */

#include <stdlib.h>

#include "e2e.h"

static const struct {
	const char *name, *expected_code, *description;
} faults[] = {
#define TOKEN_FAULT(name, option, expected_code, description, ...)                                 \
	{ option, expected_code, description },
#include "token_faults.def"
#undef TOKEN_FAULT
};

static const struct {
	const char *name, *problem;
} token_errors[] = {
#define TOKEN_ERROR(name, problem, ...) { #name, #problem },
#include "table/token_errors.def"
#undef TOKEN_ERROR
};

static struct client *f;

static void setup(void)
{
	f = e2e_client(NULL);
}

TestSuite(token_faults, .init = setup, .timeout = 30);

static void expect_code(const char *token, const char *expected_code, const char *about)
{
	static const char *const challenge = "Bearer error=\"invalid_token\", error_description=\"";
	const struct answer *answer;
	const char *header, *error;

	client_set_token(f, token);
	answer = client_get(f, "/api/v1/users/me");
	client_set_token(f, NULL);
	if (strcmp(expected_code, "200") == 0) {
		cr_expect_eq(answer->status, 200, "%s: %.*s", about, STR_ARGS(answer->body));
		return;
	}
	error = e2e_check_problem(answer, expected_code);
	cr_expect(!error, "%s: %s: %.*s", about, error, STR_ARGS(answer->body));
	header = answer_header(answer, "WWW-Authenticate") ?: "absent";
	cr_expect(str_begins(str_of(header), challenge) && strlen(header) > strlen(challenge) + 10,
	          "%s: %s", about, header);
	cr_expect(strstr(header, answer_at(answer, "detail")) != NULL, "%s: %s", about, header);
}

Test(token_faults, cause_the_expected_errors)
{
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		const struct answer *answer = client_post(
			f, "/dev/token", "{'who':'guard','fault':'%s'}", faults[i].name);

		assert_status(answer, 200);
		expect_at(answer, "fault", faults[i].name);
		expect_at(answer, "expected_code", faults[i].expected_code);
		expect_code(e2e_format("%s", answer_at(answer, "token")), faults[i].expected_code,
		            faults[i].name);
	}
	/* A valid token is accepted. */
	expect_code(e2e_format("%s",
	                       answer_at(client_post(f, "/dev/token", "{'who':'guard'}"), "token")),
	            "200", "no fault");
}

Test(token_faults, are_documented_options_of_binnacle_token)
{
	const char *port = e2e_format("%d", server_port(e2e_server()));
	struct program_result result, help;

	program_run(&help, NULL, (const char *const[]){ "help", "token", NULL });
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		const char *option = e2e_format("--%s", faults[i].name);

		program_run(
			&result, NULL,
			(const char *const[]){ "token", "guard", option, "--port", port, NULL });
		cr_expect_eq(result.status, 0, "%s: %s", option, buf_cstr(&result.err));
		expect_code(e2e_format("%.*s", STR_ARGS(result_line(&result))),
		            faults[i].expected_code, option);
		result_finish(&result);
		cr_expect(result_has_output(&help, e2e_format("  %s ", option))
		                  && result_has_output(&help,
		                                       e2e_format("%s (%s).", faults[i].description,
		                                                  faults[i].expected_code)),
		          "%s: no line in:\n%s", option, buf_cstr(&help.out));
	}
	result_finish(&help);
}

Test(token_faults, cannot_be_combined)
{
	struct program_result result;

	program_run(&result, NULL,
	            (const char *const[]){ "token", "guard", "--expired", "--no-alg", NULL });
	cr_expect_eq(result.status, 2);
	cr_expect(result_has_error(&result, "--expired and --no-alg"), "%s", buf_cstr(&result.err));
	cr_expect_eq(result.out.length, 0);
	result_finish(&result);
}

/* Errors that cannot occur with an issuer of the kind that `dev` has. */
static bool is_of_other_issuers(const char *name)
{
	return strcmp(name, "PARTY") == 0 || strcmp(name, "USE") == 0;
}

Test(token_faults, cover_every_token_error)
{
	for (size_t i = 0; i < COUNT_OF(token_errors); i++) {
		bool found = !str_begins(str_of(token_errors[i].problem), "TOKEN_")
		             || is_of_other_issuers(token_errors[i].name);

		for (size_t j = 0; !found && j < COUNT_OF(faults); j++)
			found = strcmp(faults[j].expected_code, token_errors[i].problem) == 0;
		cr_expect(found, "token_faults.def has no token that causes %s",
		          token_errors[i].problem);
	}
}

Test(token_faults, invalid_requests_for_tokens_are_rejected)
{
	static const struct {
		const char *body, *pointers[3], *codes[3];
	} rows[] = {
		{ "{}", { "/who" }, { "required" } },
		{ "{'who':'the pope'}", { "/who" }, { "not_a_choice" } },
		{ "{'who':7}", { "/who" }, { "wrong_type" } },
		{ "{'who':null}", { "/who" }, { "null" } },
		{ "{'who':'guard','ttl':0}", { "/ttl" }, { "out_of_range" } },
		{ "{'who':'guard','ttl':86401}", { "/ttl" }, { "out_of_range" } },
		{ "{'who':'guard','ttl':'1h'}", { "/ttl" }, { "wrong_type" } },
		{ "{'who':'guard','ttl':1.5}", { "/ttl" }, { "wrong_type" } },
		{ "{'who':'guard','fault':'none'}", { "/fault" }, { "not_a_choice" } },
		{ "{'who':'guard','fault':'Expired'}", { "/fault" }, { "not_a_choice" } },
		{ "{'who':'guard','fault':''}", { "/fault" }, { "not_a_choice" } },
		{ "{'who':'guard','fault':null}", { "/fault" }, { "null" } },
		{ "{'who':'guard','fault':['expired','no-alg']}", { "/fault" }, { "wrong_type" } },
		{ "{'who':'guard','faults':'expired'}", { "/faults" }, { "unknown" } },
		{ "{'who':'guard','a/b~c':1}", { "/a~1b~0c" }, { "unknown" } },
		{ "{'role':'guard','ttl':-1}",
		  { "/role", "/ttl", "/who" },
		  { "unknown", "out_of_range", "required" } },
		{ "['guard']", { "" }, { "wrong_type" } },
		{ "null", { "" }, { "wrong_type" } },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer = client_post(f, "/dev/token", "%s", rows[i].body);
		size_t count = 0;

		expect_problem(answer, "VALIDATION_FAILED");
		for (; count < 3 && rows[i].codes[count]; count++) {
			expect_at(answer, e2e_format("errors.%zu.pointer", count),
			          rows[i].pointers[count]);
			expect_at(answer, e2e_format("errors.%zu.code", count),
			          rows[i].codes[count]);
		}
		cr_expect_eq(json_count(json_in(answer->json, "errors")), count, "%s: %.*s",
		             rows[i].body, STR_ARGS(answer->body));
	}
}

Test(token_faults, token_requests_must_be_json)
{
	static const char *const rejected[] = { NULL, "text/plain",
		                                "application/x-www-form-urlencoded",
		                                "application/jsonx" };
	static const char *const accepted[] = { "application/json",
		                                "Application/JSON; charset=utf-8" };
	static const struct str body = STR("{\"who\":\"guard\"}");

	for (size_t i = 0; i < COUNT_OF(rejected); i++)
		expect_problem(client_request(f, "POST", "/dev/token", rejected[i], body),
		               "UNSUPPORTED_MEDIA_TYPE");
	for (size_t i = 0; i < COUNT_OF(accepted); i++)
		expect_status(client_request(f, "POST", "/dev/token", accepted[i], body), 200);
	expect_problem(client_request(f, "POST", "/dev/token", NULL, STR("")),
	               "UNSUPPORTED_MEDIA_TYPE");
	expect_problem(client_request(f, "POST", "/dev/token", accepted[0], STR("")), "BAD_JSON");
}
