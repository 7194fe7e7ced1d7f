/* reject.c: tests how errors of the database, of tokens and of rules are answered. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "access_fixture.h"
#include "reject.h"

static void reset(void)
{
	fake_http_close(&fixture.request);
	fake_http_open(&fixture.request);
}

TestSuite(reject, .init = access_fixture_open, .fini = access_fixture_close);

static void expect_problem(const char *code, const char *detail, int retry_after)
{
	cr_assert(fake_http.replied, "%s", code);
	cr_expect_str_eq(fake_http.code, code);
	cr_expect_str_eq(buf_cstr(&fake_http.detail), detail, "%s: %s", code,
	                 buf_cstr(&fake_http.detail));
	cr_expect(fake_http.retry_after == retry_after, "%s: Retry-After must be %d", code,
	          retry_after);
}

Test(reject, retry_after_is_sent_if_a_retry_is_safe_and_may_succeed)
{
	for (enum problem problem = 0; problem < PROBLEMS; problem++) {
		bool retry =
			(problem_rows[problem].status == 503 && problem != PROBLEM_OUTCOME_UNKNOWN)
			|| problem == PROBLEM_IDEMPOTENCY_IN_PROGRESS;

		reset();
		reject(&fixture.request, problem, NULL);
		expect_problem(problem_rows[problem].code, "", retry);
		cr_expect(eq(int, fake_http.status, problem_rows[problem].status));
	}
}

/* rows: the error that PostgreSQL reported. */
static void reject_status(enum db_status status, const struct db_rows *rows)
{
	reset();
	reject_db(&fixture.request, SQL_LOGS_CREATE, status, rows);
}

Test(reject, a_failed_statement_is_answered_by_its_status)
{
	static const struct {
		enum db_status status;
		const char *code;
		int retry_after;
	} rows[] = {
		{ DB_QUEUE_FULL, "BUSY", 1 },
		{ DB_TIMEOUT, "DATABASE_TIMEOUT", 0 },
		{ DB_UNAVAILABLE, "DATABASE_DOWN", 1 },
		{ DB_OUTCOME_UNKNOWN, "OUTCOME_UNKNOWN", 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reject_status(rows[i].status, NULL);
		expect_problem(rows[i].code, "", rows[i].retry_after);
	}
}

Test(reject, a_sql_error_is_answered_by_its_cause)
{
	static const struct {
		struct db_rows error;
		const char *code, *detail;
	} rows[] = {
		/* raised by a rule */
		{ { .sqlstate = "HT001", .message = "LOG_ARCHIVED", .detail = "It is archived." },
		  "LOG_ARCHIVED",
		  "It is archived." },
		{ { .sqlstate = "HT001", .message = "LOG_ARCHIVED" }, "LOG_ARCHIVED", "" },
		{ { .sqlstate = "HT001", .message = "NO_SUCH_CODE" }, "INTERNAL", "" },
		{ { .sqlstate = "P0001", .message = "LOG_ARCHIVED" }, "INTERNAL", "" },
		/* constraints */
		{ { .sqlstate = "23505", .constraint = "logs_pkey", .message = "duplicate" },
		  "ID_TAKEN",
		  "Caused by `id`." },
		{ { .sqlstate = "23503", .constraint = "visitors_location" },
		  "LOCATION_NOT_FOUND",
		  "Caused by `location_id`." },
		{ { .sqlstate = "23505", .constraint = "one_open_session_per_user" },
		  "ALREADY_ON_DUTY",
		  "" },
		{ { .sqlstate = "23505", .constraint = "logs_pkey2" }, "INTERNAL", "" },
		/* anything else; the message is logged, not sent */
		{ { .sqlstate = "42703", .message = "column x does not exist", .detail = "secret" },
		  "INTERNAL",
		  "" },
		{ { .sqlstate = "" }, "INTERNAL", "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reject_status(DB_SQL_ERROR, &rows[i].error);
		expect_problem(rows[i].code, rows[i].detail, 0);
	}
}

Test(reject, a_statement_may_return_a_code_with_a_detail)
{
	static const struct {
		const char *code, *detail, *sent, *sent_detail;
	} rows[] = {
		{ "LOG_ARCHIVED", "It is archived.", "LOG_ARCHIVED", "It is archived." },
		{ "LOG_ARCHIVED", NULL, "LOG_ARCHIVED", "" },
		{ "NO_SUCH_CODE", NULL, "INTERNAL", "" },
		{ "", NULL, "INTERNAL", "" },
		{ "log_archived", NULL, "INTERNAL", "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset();
		reject_row(&fixture.request,
		           ROWS({ { "code", rows[i].code }, { "detail", rows[i].detail } }));
		expect_problem(rows[i].sent, rows[i].sent_detail, 0);
	}
}

Test(reject, a_role_that_is_too_low_is_named_with_the_one_required)
{
	reject_role(&fixture.request, SUPERVISOR, GUARD);
	expect_problem("FORBIDDEN", "Requires the role SUPERVISOR or higher; yours is GUARD.", 0);
	reset();
	reject_role(&fixture.request, SUPER_ADMIN, ADMIN);
	expect_problem("FORBIDDEN", "Requires the role SUPER_ADMIN; yours is ADMIN.", 0);
}

Test(reject, a_rejected_token_is_answered_with_a_challenge_or_a_retry)
{
	for (enum auth_result result = AUTH_PENDING + 1; result < AUTH_RESULTS; result++) {
		bool later = result == AUTH_NO_KEYS || result == AUTH_BUSY;
		const char *challenge;

		reset();
		reject_token(&fixture.request, result, "claim x");
		cr_expect(fake_http.status == (later ? 503 : 401), "%s", auth_result_text(result));
		cr_expect_str_eq(buf_cstr(&fake_http.detail), auth_result_text(result));
		cr_expect(eq(int, fake_http.retry_after, later));
		challenge = buf_cstr(&fake_http.authenticate);
		cr_expect(later ? !*challenge
		                : strncmp(challenge, "Bearer error=\"invalid_token\"", 28) == 0,
		          "%s", challenge);
		cr_expect_str_eq(fixture.request.why, "claim x");
	}
}

/* Users of one gateway share its address. */
Test(reject, a_forged_token_counts_for_the_gateway_user_if_there_is_one)
{
	reject_token(&fixture.request, AUTH_SIGNATURE, NULL);
	cr_expect_str_eq(fake_http_limits(), "charge failures\n");
	reset();
	fixture.request.gateway_user = STR("rapidapi carla");
	reject_token(&fixture.request, AUTH_SIGNATURE, NULL);
	cr_expect_str_eq(fake_http_limits(), "charge failures rapidapi carla\n");
}
