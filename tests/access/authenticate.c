/* authenticate.c: tests how the user of a token is found: from the cache, by reading the row, or by
 * creating it. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "access_fixture.h"

static struct {
	struct arena arena;
	struct authentication authentication;
	int done_count;
	/* A copy of the outcome. */
	struct cached_user user;
	bool has_user, is_new;
	enum auth_result result;
	enum db_status status;
	enum sql sql;
} f;

static void on_done(struct authentication *authentication,
                    const struct authentication_outcome *outcome)
{
	f.done_count++;
	f.has_user = outcome->user;
	if (outcome->user) {
		f.user = *outcome->user;
		cr_expect_str_eq(outcome->identity->subject, "anna");
	}
	f.is_new = outcome->is_new;
	f.result = outcome->result;
	f.status = outcome->status;
	f.sql = outcome->sql;
}

static void reset(void)
{
	f.authentication = (struct authentication){ .access = fixture.access,
		                                    .arena = &f.arena,
		                                    .done = on_done };
	f.done_count = 0;
	f.has_user = false;
}

static void set_up(void)
{
	access_fixture_open();
	reset();
}

static void tear_down(void)
{
	arena_finish(&f.arena);
	access_fixture_close();
}

TestSuite(authenticate, .init = set_up, .fini = tear_down);

/* Begins with a token that auth accepts at once. */
static void begin(void)
{
	reset();
	fake_auth.result = AUTH_OK;
	fake_auth.identity = &fixture.identity;
	authenticate_token(&f.authentication, STR("e30.e30.x"));
}

static void expect_user(enum role role)
{
	cr_assert(eq(int, f.done_count, 1));
	cr_assert(f.has_user);
	cr_expect_str_eq(f.user.id, ANNA);
	cr_expect(eq(int, f.user.role, role));
	cr_expect(eq(int, f.result, AUTH_OK));
	cr_expect(eq(int, f.status, DB_OK));
}

/* Caches the user. */
static void cache_user(const char *role)
{
	begin();
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, USER_ROW(role));
	expect_user(role_from_name(str_of(role)));
}

Test(authenticate, the_row_is_read_once_and_then_cached)
{
	struct db_query *query;

	begin();
	cr_expect(eq(int, f.done_count, 0));
	cr_expect(eq(int, fixture.identity.references, 1));
	query = fake_db_expect(SQL_CALLERS_FIND);
	cr_expect_str_eq(fake_db_param(query, "issuer"), "https://issuer.example");
	cr_expect_str_eq(fake_db_param(query, "subject"), "anna");
	cr_expect_str_eq(fake_db_param(query, "claims_until_ms"), "1000");
	fake_db_complete(query, DB_OK, USER_ROW("GUARD"));
	expect_user(GUARD);
	cr_expect_not(f.is_new);
	cr_expect(eq(int, fixture.identity.references, 0));
	begin();
	expect_user(GUARD);
	cr_expect(eq(int, fake_db.run_count, 1));
}

Test(authenticate, the_cache_can_be_bypassed)
{
	cache_user("ADMIN");
	reset();
	f.authentication.bypass_cache = true;
	authenticate_identity(&f.authentication, &fixture.identity);
	cr_expect(eq(int, f.done_count, 0));
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, USER_ROW("GUARD"));
	expect_user(GUARD);
	/* The fresh row is cached. */
	begin();
	expect_user(GUARD);
}

Test(authenticate, an_unknown_user_is_created)
{
	struct db_query *query;

	fixture.identity.first_name = "Anna";
	fixture.identity.email_verified = true;
	begin();
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, NO_ROWS);
	cr_expect(eq(int, f.done_count, 0));
	query = fake_db_expect(SQL_CALLERS_PROVISION);
	cr_expect_str_eq(fake_db_param(query, "issuer"), "https://issuer.example");
	cr_expect_str_eq(fake_db_param(query, "subject"), "anna");
	cr_expect_str_eq(fake_db_param(query, "email"), "anna@example.org");
	cr_expect_str_eq(fake_db_param(query, "email_verified"), "true");
	cr_expect_str_eq(fake_db_param(query, "first_name"), "Anna");
	cr_expect_null(fake_db_param(query, "last_name"));
	cr_expect_null(fake_db_param(query, "image_url"));
	cr_expect_str_eq(fake_db_param(query, "is_anonymous"), "false");
	cr_expect_str_eq(fake_db_param(query, "new_user_role"), "VISITOR");
	cr_expect_str_eq(fake_db_param(query, "claims_until_ms"), "1000");
	fake_db_complete(query, DB_OK, NEW_USER_ROW("VISITOR"));
	expect_user(VISITOR);
	cr_expect(f.is_new);
	/* It is new only once. */
	begin();
	expect_user(VISITOR);
	cr_expect_not(f.is_new);
}

/* Both statements compare this text with the one in the row. */
Test(authenticate, both_statements_get_the_same_claims)
{
	struct db_query *query;
	char *claims;

	begin();
	query = fake_db_expect(SQL_CALLERS_FIND);
	claims = arena_copy(&f.arena, str_of(fake_db_param(query, "claims")));
	fake_db_complete(query, DB_OK, NO_ROWS);
	query = fake_db_expect(SQL_CALLERS_PROVISION);
	cr_expect_str_eq(fake_db_param(query, "claims"), claims);
	fake_db_complete(query, DB_OK, NEW_USER_ROW("VISITOR"));
}

#define UNKNOWN_CLAIMS_ROW(role_)                                                                  \
	ROWS({ { "id", ANNA }, { "role", role_ }, { "archived", "f" }, { "known", "f" } })

Test(authenticate, new_claims_update_the_row)
{
	begin();
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, UNKNOWN_CLAIMS_ROW("GUARD"));
	cr_expect(eq(int, f.done_count, 0));
	fake_db_complete(fake_db_expect(SQL_CALLERS_PROVISION), DB_OK,
	                 ROWS({ { "id", ANNA },
	                        { "role", "GUARD" },
	                        { "archived", "f" },
	                        { "is_new", "f" } }));
	expect_user(GUARD);
	cr_expect_not(f.is_new);
}

/* According to the cache, this token's claims are not newer. */
Test(authenticate, the_claims_of_a_cached_user_do_not_update_the_row_again)
{
	cache_user("GUARD");
	reset();
	f.authentication.bypass_cache = true;
	authenticate_identity(&f.authentication, &fixture.identity);
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, UNKNOWN_CLAIMS_ROW("GUARD"));
	expect_user(GUARD);
}

Test(authenticate, no_user_is_found_if_none_is_created)
{
	begin();
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, NO_ROWS);
	fake_db_complete(fake_db_expect(SQL_CALLERS_PROVISION), DB_OK, NO_ROWS);
	cr_expect(eq(int, f.done_count, 1));
	cr_expect_not(f.has_user);
	cr_expect(eq(int, f.result, AUTH_OK));
	cr_expect(eq(int, f.status, DB_OK));
	cr_expect(eq(int, fixture.identity.references, 0));
}

Test(authenticate, an_archived_user_and_an_unknown_role_are_reported)
{
	begin();
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK,
	                 ROWS({ { "id", ANNA },
	                        { "role", "CAPTAIN" },
	                        { "archived", "t" },
	                        { "known", "t" } }));
	expect_user(ROLE_UNSET);
	cr_expect(f.user.archived);
}

Test(authenticate, a_failed_statement_is_reported_with_its_status)
{
	static const enum db_status statuses[] = { DB_QUEUE_FULL, DB_TIMEOUT, DB_UNAVAILABLE,
		                                   DB_OUTCOME_UNKNOWN, DB_SQL_ERROR };

	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		begin();
		fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), statuses[i], NULL);
		cr_expect(f.done_count == 1 && f.status == statuses[i] && f.sql == SQL_CALLERS_FIND
		          && !f.has_user);
		begin();
		fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, NO_ROWS);
		fake_db_complete(fake_db_expect(SQL_CALLERS_PROVISION), statuses[i], NULL);
		cr_expect(f.done_count == 1 && f.status == statuses[i]
		          && f.sql == SQL_CALLERS_PROVISION && !f.has_user);
		cr_expect(eq(int, fixture.identity.references, 0));
	}
	/* A failure is not cached. */
	begin();
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, USER_ROW("GUARD"));
	expect_user(GUARD);
}

Test(authenticate, a_rejected_token_is_reported_without_a_query)
{
	for (enum auth_result result = AUTH_PENDING + 1; result < AUTH_RESULTS; result++) {
		reset();
		fake_auth.result = result;
		authenticate_token(&f.authentication, STR("x"));
		cr_expect(f.done_count == 1 && f.result == result && !f.has_user);
		reset();
		fake_auth.result = AUTH_PENDING;
		authenticate_token(&f.authentication, STR("x"));
		cr_expect(f.done_count == 0);
		fake_auth_complete(result, NULL);
		cr_expect(f.done_count == 1 && f.result == result && !f.has_user);
		cr_expect_str_eq(f.authentication.auth.hint, "claim exp");
	}
	cr_expect(eq(int, fake_db.run_count, 0));
}

Test(authenticate, a_token_that_is_verified_later_is_looked_up_later)
{
	fake_auth.result = AUTH_PENDING;
	authenticate_token(&f.authentication, STR("e30.e30.x"));
	cr_expect_str_eq(buf_cstr(&fake_auth.token), "e30.e30.x");
	cr_expect(eq(int, fake_db.run_count, 0));
	fake_auth_complete(AUTH_OK, &fixture.identity);
	cr_expect(eq(int, f.done_count, 0));
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, USER_ROW("GUARD"));
	expect_user(GUARD);
}

static bool never(struct authentication *, struct str subject)
{
	cr_expect(str_is(subject, "anna"));
	return false;
}

Test(authenticate, the_caller_may_forbid_the_query_but_not_a_cached_user)
{
	f.authentication.may_query = never;
	authenticate_identity(&f.authentication, &fixture.identity);
	cr_expect(eq(int, f.done_count, 0));
	cr_expect(eq(int, fake_db.run_count, 0));
	cr_expect(eq(int, fixture.identity.references, 0));
	cache_user("GUARD");
	reset();
	f.authentication.may_query = never;
	authenticate_identity(&f.authentication, &fixture.identity);
	expect_user(GUARD);
}

/* ---- Cancelling ---- */

Test(authenticate, a_lookup_can_be_cancelled_while_nothing_is_written)
{
	cr_expect_not(authenticate_can_cancel(&f.authentication));
	/* while the token is verified */
	fake_auth.result = AUTH_PENDING;
	authenticate_token(&f.authentication, STR("x"));
	cr_expect(authenticate_can_cancel(&f.authentication));
	authenticate_cancel(&f.authentication);
	cr_expect(eq(int, fake_auth.cancel_count, 1));
	/* while the row is read */
	begin();
	cr_expect(authenticate_can_cancel(&f.authentication));
	authenticate_cancel(&f.authentication);
	cr_expect(eq(int, fake_db.cancel_count, 1));
	cr_expect(eq(int, fixture.identity.references, 0));
	/* not while the row is created */
	begin();
	fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, NO_ROWS);
	cr_expect_not(authenticate_can_cancel(&f.authentication));
	/* but a caller that goes away can cancel the wait for it */
	authenticate_cancel(&f.authentication);
	cr_expect(eq(int, fixture.identity.references, 0));
	cr_expect(eq(int, f.done_count, 0));
}

/* ---- Changes while the row is read ---- */

static void change_notified(void)
{
	fake_db_receive("binnacle_users", ANNA);
}

static void change_by_this_process(void)
{
	access_invalidate(fixture.access, STR(ANNA));
}

static void connection_lost(void)
{
	fake_db_lose();
	fake_db.listening = true;
}

Test(authenticate, a_row_that_changed_while_it_was_read_is_used_but_not_cached)
{
	static void (*const changes[])(void) = { change_notified, change_by_this_process,
		                                 connection_lost };

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		begin();
		changes[i]();
		fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, USER_ROW("ADMIN"));
		expect_user(ADMIN);
		/* The change happened during the first of two statements. */
		begin();
		changes[i]();
		fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, NO_ROWS);
		fake_db_complete(fake_db_expect(SQL_CALLERS_PROVISION), DB_OK,
		                 NEW_USER_ROW("ADMIN"));
		expect_user(ADMIN);
		begin();
		fake_db_complete(fake_db_expect(SQL_CALLERS_FIND), DB_OK, USER_ROW("GUARD"));
		expect_user(GUARD);
		/* The next row is cached, until the next change. */
		begin();
		expect_user(GUARD);
		changes[i]();
	}
}
