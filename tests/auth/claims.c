/* Claims that are checked must have the right type and value; claims that only describe the user
 * are dropped if they are invalid. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "auth_fixture.h"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(claims, .init = set_up, .fini = tear_down, .timeout = 60);

#define GOOD          "{" CLAIMS "}"
#define WITH(claims)  "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\"," claims "}"
#define TIMED(claims) "{" CLAIMS "," claims "}"
#define FROM(claim)   "{\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1800000060" claim "}"
#define FOR(claim)    "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"exp\":1800000060" claim "}"
#define ABOUT(claim)  "{\"iss\":\"" ISSUER "\",\"aud\":\"api\",\"exp\":1800000060" claim "}"

#define TEN     "aaaaaaaaaa"
#define FIFTY   TEN TEN TEN TEN TEN
#define OPEN10  "[[[[[[[[[["
#define CLOSE10 "]]]]]]]]]]"

static const struct auth_fixture_row rows[] = {
	/* The claims as JSON. */
	{ "not an object", "[1]", AUTH_MALFORMED },
	{ "a string", "\"" ISSUER "\"", AUTH_MALFORMED },
	{ "empty", "", AUTH_MALFORMED },
	{ "not JSON", "{'iss':1}", AUTH_MALFORMED },
	{ "trailing data", GOOD GOOD, AUTH_MALFORMED },
	{ "a trailing comma", "{" CLAIMS ",}", AUTH_MALFORMED },
	{ "duplicate sub", TIMED("\"sub\":\"user_2\""), AUTH_MALFORMED },
	{ "duplicate exp", TIMED("\"exp\":1900000000"), AUTH_MALFORMED },
	{ "nested too deeply",
	  TIMED("\"x\":" OPEN10 OPEN10 OPEN10 OPEN10 CLOSE10 CLOSE10 CLOSE10 CLOSE10),
	  AUTH_MALFORMED },
	{ "NaN", TIMED("\"x\":NaN"), AUTH_MALFORMED },
	{ "an unpaired surrogate", TIMED("\"x\":\"\\ud800\""), AUTH_MALFORMED },
	{ "invalid UTF-8", TIMED("\"x\":\"\xc0\xaf\""), AUTH_MALFORMED },
	{ "a raw control character", TIMED("\"x\":\"\x01\""), AUTH_MALFORMED },

	/* exp, nbf, iat: the time is 1800000000, the leeway 5 seconds. */
	{ "exp is absent", WITH("\"iat\":1799999990"), AUTH_MALFORMED },
	{ "exp is null", WITH("\"exp\":null"), AUTH_MALFORMED },
	{ "exp is a string", WITH("\"exp\":\"1800000060\""), AUTH_MALFORMED },
	{ "exp with a fraction", WITH("\"exp\":1800000060.5"), AUTH_MALFORMED },
	{ "exp with a decimal point", WITH("\"exp\":1800000060.0"), AUTH_MALFORMED },
	{ "exp with an exponent", WITH("\"exp\":1e10"), AUTH_MALFORMED },
	{ "exp is negative", WITH("\"exp\":-1"), AUTH_MALFORMED },
	{ "exp in milliseconds", WITH("\"exp\":1800000060000"), AUTH_MALFORMED },
	{ "exp out of range", WITH("\"exp\":99999999999999999999"), AUTH_MALFORMED },
	{ "exp is true", WITH("\"exp\":true"), AUTH_MALFORMED },
	{ "exp is zero", WITH("\"exp\":0"), AUTH_EXPIRED },
	{ "exp long ago", WITH("\"exp\":1700000000"), AUTH_EXPIRED },
	{ "exp just outside the leeway", WITH("\"exp\":1799999995"), AUTH_EXPIRED },
	{ "exp just inside the leeway", WITH("\"exp\":1799999996"), AUTH_OK },
	{ "nbf just inside the leeway", TIMED("\"nbf\":1800000005"), AUTH_OK },
	{ "nbf just outside the leeway", TIMED("\"nbf\":1800000006"), AUTH_NOT_YET },
	{ "nbf is a string", TIMED("\"nbf\":\"1\""), AUTH_MALFORMED },
	{ "nbf is null", TIMED("\"nbf\":null"), AUTH_MALFORMED },
	{ "iat in the future", WITH("\"exp\":1800000060,\"iat\":1800000006"), AUTH_NOT_YET },
	{ "iat with a fraction", WITH("\"exp\":1800000060,\"iat\":1.5"), AUTH_MALFORMED },
	{ "iat is negative", WITH("\"exp\":1800000060,\"iat\":-1"), AUTH_MALFORMED },
	{ "iat is absent", WITH("\"exp\":1800000060"), AUTH_OK },

	/* iss. */
	{ "iss is absent", FROM(""), AUTH_MALFORMED },
	{ "iss is a number", FROM(",\"iss\":1"), AUTH_MALFORMED },
	{ "iss is an array", FROM(",\"iss\":[\"" ISSUER "\"]"), AUTH_MALFORMED },
	{ "iss is empty", FROM(",\"iss\":\"\""), AUTH_MALFORMED },
	{ "iss of another issuer", FROM(",\"iss\":\"https://evil.example/\""), AUTH_ISSUER },
	{ "iss without the trailing slash", FROM(",\"iss\":\"https://issuer.example\""),
	  AUTH_ISSUER },
	{ "iss with a suffix", FROM(",\"iss\":\"https://issuer.example/x\""), AUTH_ISSUER },
	{ "iss in another case", FROM(",\"iss\":\"https://ISSUER.example/\""), AUTH_ISSUER },
	{ "iss with a trailing NUL", FROM(",\"iss\":\"https://issuer.example/\\u0000\""),
	  AUTH_MALFORMED },

	/* aud. */
	{ "aud in an array", FOR(",\"aud\":[\"x\",\"api\"]"), AUTH_OK },
	{ "aud is absent", FOR(""), AUTH_AUDIENCE },
	{ "another aud", FOR(",\"aud\":\"other\""), AUTH_AUDIENCE },
	{ "aud in another case", FOR(",\"aud\":\"API\""), AUTH_AUDIENCE },
	{ "aud with a suffix", FOR(",\"aud\":\"api2\""), AUTH_AUDIENCE },
	{ "aud is an empty array", FOR(",\"aud\":[]"), AUTH_AUDIENCE },
	{ "aud is an array of others", FOR(",\"aud\":[\"x\",\"y\"]"), AUTH_AUDIENCE },
	{ "aud is a nested array", FOR(",\"aud\":[[\"api\"]]"), AUTH_MALFORMED },
	{ "aud has a number", FOR(",\"aud\":[1,\"api\"]"), AUTH_MALFORMED },
	{ "aud is an object", FOR(",\"aud\":{\"api\":1}"), AUTH_MALFORMED },
	{ "aud is null", FOR(",\"aud\":null"), AUTH_MALFORMED },

	/* sub. */
	{ "sub is absent", ABOUT(""), AUTH_MALFORMED },
	{ "sub is empty", ABOUT(",\"sub\":\"\""), AUTH_MALFORMED },
	{ "sub is a number", ABOUT(",\"sub\":1"), AUTH_MALFORMED },
	{ "sub is null", ABOUT(",\"sub\":null"), AUTH_MALFORMED },
	{ "sub of maximum length", ABOUT(",\"sub\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaa\""),
	  AUTH_OK },
	{ "sub too long", ABOUT(",\"sub\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaaa\""),
	  AUTH_MALFORMED },
	{ "sub with a line break", ABOUT(",\"sub\":\"a\\nb\""), AUTH_MALFORMED },
	{ "sub with a C1 control character", ABOUT(",\"sub\":\"a\\u0085b\""), AUTH_MALFORMED },
	{ "sub with a NUL", ABOUT(",\"sub\":\"user_1\\u0000\""), AUTH_MALFORMED },
};

Test(claims, require_exact_types_and_values)
{
	auth_fixture_publish(&f, R1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_check_rows(&f, rows, COUNT_OF(rows));
	cr_expect(eq(int, f.fetches, 1));
}

/* ---- the identity ---- */

static const struct {
	const char *claims;
	const char *email;
	bool verified;
	const char *first, *last, *picture;
	bool anonymous;
} identities[] = {
	{ "\"x\":1", "", false, "", "", "", false },
	{ "\"email\":\"ann@example.com\",\"email_verified\":true,\"given_name\":\"Ann\",\"family_name\":\"Lee\","
	  "\"picture\":\"https://img.example/a.png\"",
	  "ann@example.com", true, "Ann", "Lee", "https://img.example/a.png", false },
	{ "\"email\":\"ann@example.com\",\"first_name\":\"Ann\",\"last_name\":\"Lee\","
	  "\"image_url\":\"https://img.example/a.png\"",
	  "ann@example.com", false, "Ann", "Lee", "https://img.example/a.png", false },
	{ "\"email\":\"a@b\",\"email_verified\":\"true\"", "a@b", true, "", "", "", false },
	{ "\"email\":\"a@b\",\"email_verified\":\"yes\"", "a@b", false, "", "", "", false },
	{ "\"email\":\"a@b\",\"email_verified\":1", "a@b", false, "", "", "", false },
	{ "\"email_verified\":true", "", false, "", "", "", false },
	{ "\"email\":\"no address\",\"email_verified\":true", "", false, "", "", "", false },
	{ "\"email\":\"two@at@example.com\"", "", false, "", "", "", false },
	{ "\"email\":\"@example.com\"", "", false, "", "", "", false },
	{ "\"email\":\"ann@\"", "", false, "", "", "", false },
	{ "\"email\":\"a\\nb@example.com\"", "", false, "", "", "", false },
	{ "\"email\":7", "", false, "", "", "", false },
	{ "\"given_name\":\"  Ann  \",\"family_name\":\"   \",\"last_name\":\"Lee\"", "", false,
	  "Ann", "Lee", "", false },
	{ "\"given_name\":\"\\u200b\",\"first_name\":\"Ann\",\"family_name\":\"\\u00a0\\u3164\"",
	  "", false, "Ann", "", "", false },
	{ "\"given_name\":\"A\\u0007\",\"family_name\":null", "", false, "", "", "", false },
	{ "\"given_name\":\"" FIFTY FIFTY "b\"", "", false, FIFTY FIFTY, "", "", false },
	{ "\"given_name\":\"J\\u00f6rg\"", "", false, "J\xc3\xb6rg", "", "", false },
	{ "\"picture\":\"javascript:alert(1)\"", "", false, "", "", "", false },
	{ "\"picture\":\"https://a b\"", "", false, "", "", "", false },
	{ "\"picture\":\"https://user:pw@img.example/a.png\"", "", false, "", "", "", false },
	{ "\"firebase\":{\"sign_in_provider\":\"anonymous\"}", "", false, "", "", "", true },
	{ "\"firebase\":{\"sign_in_provider\":\"password\"}", "", false, "", "", "", false },
	{ "\"firebase\":\"anonymous\"", "", false, "", "", "", false },
};

static char *or_empty(const char *text)
{
	return (char *)(uintptr_t)(text ? text : "");
}

Test(claims, give_the_identity)
{
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(identities); i++) {
		char claims[700];

		snprintf(claims, sizeof(claims), "{" CLAIMS ",%s}", identities[i].claims);
		auth_fixture_sign(&f, E1, claims);
		cr_assert(auth_fixture_check_token(&f) == AUTH_OK, "%s", identities[i].claims);
		cr_expect(eq(str, or_empty(f.identity->issuer), ISSUER));
		cr_expect(eq(str, or_empty(f.identity->subject), "user_1"));
		cr_expect(eq(str, or_empty(f.identity->email), or_empty(identities[i].email)), "%s",
		          claims);
		cr_expect(eq(int, f.identity->email_verified, identities[i].verified), "%s",
		          claims);
		cr_expect(eq(str, or_empty(f.identity->first_name), or_empty(identities[i].first)),
		          "%s", claims);
		cr_expect(eq(str, or_empty(f.identity->last_name), or_empty(identities[i].last)),
		          "%s", claims);
		cr_expect(eq(str, or_empty(f.identity->image_url), or_empty(identities[i].picture)),
		          "%s", claims);
		cr_expect(eq(int, f.identity->is_anonymous, identities[i].anonymous), "%s", claims);
		cr_expect(eq(llong, f.identity->expires_ms, (NOW + 65) * 1000));
		/* An absent claim is NULL, never empty. */
		cr_expect(f.identity->email == NULL || f.identity->email[0]);
		cr_expect(f.identity->first_name == NULL || f.identity->first_name[0]);
	}
}
