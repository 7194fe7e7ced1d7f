/* fake_auth.c: records the calls to the token verification. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "fake_auth.h"

struct auth fake_auth;

static const char *const texts[AUTH_RESULTS] = {
#define TOKEN_ERROR(name, problem, text, ...) [AUTH_##name] = text,
#include "table/token_errors.def"
#undef TOKEN_ERROR
};

void fake_auth_open(void)
{
	fake_auth = (struct auth){ 0 };
}

void fake_auth_close(void)
{
	cr_assert_null(fake_auth.waiting, "a token is still being verified");
	buf_finish(&fake_auth.token);
}

const char *auth_result_text(enum auth_result result)
{
	return texts[result];
}

struct identity *identity_hold(struct identity *identity)
{
	identity->references++;
	return identity;
}

void identity_release(struct identity *identity)
{
	cr_assert(identity->references > 0,
	          "an identity must not be released more often than held");
	identity->references--;
}

struct identity *auth_cached(struct auth *auth, struct str)
{
	return auth->cached;
}

enum auth_result auth_check(struct auth *auth, struct auth_query *query, struct str token,
                            auth_done_fn *done, struct identity **identity)
{
	auth->check_count++;
	buf_clear(&auth->token);
	buf_str(&auth->token, token);
	*identity = auth->result == AUTH_OK ? auth->identity : NULL;
	if (auth->result == AUTH_PENDING) {
		*query = (struct auth_query){ .done = done, .token = token, .waiting = true };
		auth->waiting = query;
	} else if (auth->result != AUTH_OK) {
		query->hint = "claim exp";
	}
	return auth->result;
}

void auth_cancel(struct auth_query *query)
{
	if (!query->waiting)
		return;
	query->waiting = false;
	fake_auth.waiting = NULL;
	fake_auth.cancel_count++;
}

void fake_auth_complete(enum auth_result result, struct identity *identity)
{
	struct auth_query *query = fake_auth.waiting;

	cr_assert_not_null(query, "a token must be waiting");
	fake_auth.waiting = NULL;
	query->waiting = false;
	query->hint = result == AUTH_OK ? NULL : "claim exp";
	query->done(query, result, result == AUTH_OK ? identity : NULL);
}

bool auth_has_keys(const struct auth *)
{
	return true;
}

/* Not SHA-256, but different for different texts. */
void auth_sha256_hex(struct str secret, char out[SHA256_HEX_SIZE])
{
	for (size_t i = 0; i < 4; i++)
		snprintf(out + 16 * i, 17, "%016llx", (unsigned long long)str_hash(secret, i));
}
