/* user_cache.c: tests that a user is cached until the row or the token's claims change. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "access_fixture.h"
#include "user_cache.h"

static struct user_cache *cache;

static void set_up(void)
{
	fake_db_open();
	cache = user_cache_new(&fake_db, 16);
}

static void tear_down(void)
{
	user_cache_free(cache);
	fake_db_close();
}

TestSuite(user_cache, .init = set_up, .fini = tear_down);

static const struct identity anna = {
	.issuer = "https://issuer.example",
	.subject = "anna",
	.email = "anna@example.org",
	.email_verified = true,
	.first_name = "Anna",
	.last_name = "Berg",
	.image_url = "https://example.org/anna",
	.expires_ms = 1000,
};

static void put(const struct identity *identity, enum role role)
{
	user_cache_put(cache, identity, &(struct cached_user){ .id = ANNA, .role = role },
	               user_cache_generation(cache));
}

static enum role role_of(const struct identity *identity)
{
	const struct cached_user *user = user_cache_find(cache, identity);

	return user ? user->role : ROLE_UNSET;
}

Test(user_cache, a_user_is_found_by_issuer_and_subject)
{
	struct identity other_issuer = anna, other_subject = anna;

	other_issuer.issuer = "https://issuer.example.org";
	other_subject.subject = "bert";
	cr_expect(eq(int, role_of(&anna), ROLE_UNSET));
	put(&anna, GUARD);
	cr_expect(eq(int, role_of(&anna), GUARD));
	cr_expect_str_eq(user_cache_find(cache, &anna)->id, ANNA);
	cr_expect(eq(int, role_of(&other_issuer), ROLE_UNSET));
	cr_expect(eq(int, role_of(&other_subject), ROLE_UNSET));
}

/* Identities that differ from `anna` in the claims that are copied to the row. */
static const struct {
	const char *changed;
	struct identity identity;
} changes[] = {
#define CLAIMS(...)                                                                                \
	{                                                                                          \
		.issuer = "https://issuer.example", .subject = "anna", __VA_ARGS__                 \
	}
	{ "email", CLAIMS("anna@example.net", true, "Anna", "Berg", "https://example.org/anna") },
	{ "email_verified",
	  CLAIMS("anna@example.org", false, "Anna", "Berg", "https://example.org/anna") },
	{ "first_name",
	  CLAIMS("anna@example.org", true, "Anne", "Berg", "https://example.org/anna") },
	{ "last_name",
	  CLAIMS("anna@example.org", true, "Anna", "Berge", "https://example.org/anna") },
	{ "no last_name",
	  CLAIMS("anna@example.org", true, "Anna", NULL, "https://example.org/anna") },
	{ "image_url", CLAIMS("anna@example.org", true, "Anna", "Berg", "https://example.org/a") },
	{ "is_anonymous",
	  CLAIMS("anna@example.org", true, "Anna", "Berg", "https://example.org/anna", true) },
	{ "names swapped",
	  CLAIMS("anna@example.org", true, "Berg", "Anna", "https://example.org/anna") },
	{ "names shifted",
	  CLAIMS("anna@example.org", true, "AnnaBerg", NULL, "https://example.org/anna") },
	{ "only a last name",
	  CLAIMS("anna@example.org", true, NULL, "Anna", "https://example.org/anna") },
#undef CLAIMS
};

Test(user_cache, a_newer_token_with_other_claims_is_not_found)
{
	put(&anna, GUARD);
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct identity identity = changes[i].identity;

		identity.expires_ms = anna.expires_ms + 1;
		cr_expect(role_of(&identity) == ROLE_UNSET, "%s", changes[i].changed);
		/* Another device may still use an older token. */
		identity.expires_ms = anna.expires_ms;
		cr_expect(role_of(&identity) == GUARD, "%s", changes[i].changed);
	}
}

Test(user_cache, a_newer_token_with_the_same_claims_is_found)
{
	struct identity newer = anna;

	put(&anna, GUARD);
	newer.expires_ms = 1000000;
	cr_expect(eq(int, role_of(&newer), GUARD));
}

/* Two tokens of one user are looked up at the same time; the older one finishes last. */
Test(user_cache, an_older_token_does_not_replace_the_row_of_a_newer_one)
{
	struct identity newer = changes[0].identity, newest = changes[1].identity;

	newer.expires_ms = 2000;
	newest.expires_ms = 3000;
	put(&newer, GUARD);
	put(&anna, SUPERVISOR);
	cr_expect(eq(int, role_of(&newer), GUARD));
	put(&newest, ADMIN);
	cr_expect(eq(int, role_of(&newest), ADMIN));
}

Test(user_cache, a_changed_row_is_dropped)
{
	put(&anna, GUARD);
	fake_db_receive("binnacle_users", BERT);
	cr_expect(eq(int, role_of(&anna), GUARD));
	fake_db_receive("binnacle_users", ANNA);
	cr_expect(eq(int, role_of(&anna), ROLE_UNSET));
	put(&anna, SUPERVISOR);
	user_cache_invalidate(cache, STR(ANNA));
	cr_expect(eq(int, role_of(&anna), ROLE_UNSET));
}

Test(user_cache, a_row_that_changed_while_it_was_read_is_not_cached)
{
	unsigned long long generation = user_cache_generation(cache);

	fake_db_receive("binnacle_users", ANNA);
	user_cache_put(cache, &anna, &(struct cached_user){ .id = ANNA, .role = ADMIN },
	               generation);
	cr_expect(eq(int, role_of(&anna), ROLE_UNSET));
}
