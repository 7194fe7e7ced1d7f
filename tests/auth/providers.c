/* Providers also sign tokens that are not intended for this API, with the same keys; each
 * provider's rules reject them. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "auth_fixture.h"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
	f.config.oidc_issuers = NULL;
	auth_fixture_publish(&f, R1, E1, TEST_KEYS);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(providers, .init = set_up, .fini = tear_down, .timeout = 60);

#define EXP "\"sub\":\"user_1\",\"exp\":1800000060"

/* ---- Clerk ---- */

#define CLERK      "\"iss\":\"https://clerk.example.com\"," EXP ",\"iat\":1800000000,\"nbf\":1799999990"
#define SESSION(m) "{" CLERK ",\"sid\":\"sess_1\"" m "}"

Test(providers, clerk_accepts_session_tokens_only)
{
	static const struct auth_fixture_row rows[] = {
		{ "a session", SESSION(""), AUTH_OK },
		{ "azp is a configured party", SESSION(",\"azp\":\"https://app.example.com\""),
		  AUTH_OK },
		{ "azp is another configured party", SESSION(",\"azp\":\"http://localhost:3000\""),
		  AUTH_OK },
		{ "azp is empty", SESSION(",\"azp\":\"\""), AUTH_OK },
		{ "azp of another front end", SESSION(",\"azp\":\"https://evil.example\""),
		  AUTH_PARTY, "claim azp: AUTHORIZED_PARTIES" },
		{ "azp is a prefix of a party", SESSION(",\"azp\":\"https://app.example.co\""),
		  AUTH_PARTY },
		{ "azp has a suffix", SESSION(",\"azp\":\"https://app.example.com.evil\""),
		  AUTH_PARTY },
		{ "azp is the whole setting",
		  SESSION(",\"azp\":\"https://app.example.com, http://localhost:3000\""),
		  AUTH_PARTY },
		{ "azp is an array", SESSION(",\"azp\":[\"https://app.example.com\"]"),
		  AUTH_PARTY },
		{ "azp is null", SESSION(",\"azp\":null"), AUTH_PARTY },
		{ "from a JWT template", "{" CLERK "}", AUTH_USE, "claim sid" },
		{ "sid is empty", "{" CLERK ",\"sid\":\"\"}", AUTH_USE, "claim sid" },
		{ "sid is a number", "{" CLERK ",\"sid\":1}", AUTH_USE },
		{ "sid is null", "{" CLERK ",\"sid\":null}", AUTH_USE },
		{ "an active session", SESSION(",\"sts\":\"active\""), AUTH_OK },
		{ "a pending session", SESSION(",\"sts\":\"pending\""), AUTH_USE, "claim sts" },
		{ "a version 2 token",
		  SESSION(",\"v\":2,\"fva\":[0,-1],\"o\":{\"id\":\"org_1\",\"rol\":\"admin\"}"),
		  AUTH_OK },
		{ "any aud", SESSION(",\"aud\":\"other\""), AUTH_OK },
		{ "iss with a slash",
		  "{\"iss\":\"https://clerk.example.com/\"," EXP ",\"sid\":\"sess_1\"}",
		  AUTH_ISSUER, "claim iss: CLERK_DOMAIN" },
		{ "iss over http",
		  "{\"iss\":\"http://clerk.example.com\"," EXP ",\"sid\":\"sess_1\"}",
		  AUTH_ISSUER },
		{ "iss of another tenant",
		  "{\"iss\":\"https://clerk.example.org\"," EXP ",\"sid\":\"s\"}", AUTH_ISSUER },
		{ "just outside the leeway",
		  "{\"iss\":\"https://clerk.example.com\",\"sub\":\"a\",\"sid\":\"s\","
		  "\"iat\":1799999934,\"exp\":1799999994}",
		  AUTH_EXPIRED, "claim exp" },
	};

	f.config.clerk_domain = "clerk.example.com";
	f.config.authorized_parties = "https://app.example.com, http://localhost:3000";
	auth_fixture_start_all(&f);
	auth_fixture_check_rows(&f, rows, COUNT_OF(rows));
}

Test(providers, clerk_requires_a_configured_audience)
{
	static const struct auth_fixture_row rows[] = {
		{ "the audience", SESSION(",\"aud\":\"logbook\""), AUTH_OK },
		{ "the audience among others",
		  SESSION(",\"aud\":[\"x\",\"logbook\"],\"azp\":\"https://anybody\""), AUTH_OK },
		{ "no audience", SESSION(""), AUTH_AUDIENCE, "claim aud: CLERK_AUDIENCE" },
		{ "another audience", SESSION(",\"aud\":\"other\""), AUTH_AUDIENCE,
		  "claim aud: CLERK_AUDIENCE" },
	};

	f.config.clerk_domain = "clerk.example.com";
	f.config.clerk_audience = "logbook";
	auth_fixture_start_all(&f);
	auth_fixture_check_rows(&f, rows, COUNT_OF(rows));
}

/* ---- Firebase ---- */

#define SECURE    "https://securetoken.google.com/my-project"
#define FIRE(m)   "{\"iss\":\"" SECURE "\",\"aud\":\"my-project\",\"iat\":1799999990," EXP m "}"
#define SIGNED_IN ",\"auth_time\":1799999000"
#define NAMED(s)                                                                                   \
	"{\"iss\":\"" SECURE "\",\"aud\":\"my-project\",\"iat\":1,\"exp\":1800000060,\"sub\":\"" s \
	"\"" SIGNED_IN "}"
#define C16  "aaaaaaaaaaaaaaaa"
#define C128 C16 C16 C16 C16 C16 C16 C16 C16
#define U16  "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6"
#define U120 U16 U16 U16 U16 U16 U16 U16 U16 U16 U16 U16 U16 U16 U16 U16

Test(providers, firebase_accepts_id_tokens_of_its_project_only)
{
	static const struct auth_fixture_row rows[] = {
		{ "a regular account", FIRE(SIGNED_IN), AUTH_OK },
		{ "anonymous",
		  FIRE(SIGNED_IN
		       ",\"provider_id\":\"anonymous\",\"firebase\":{\"sign_in_provider\":"
		       "\"anonymous\",\"identities\":{}}"),
		  AUTH_OK },
		{ "another project's audience",
		  "{\"iss\":\"" SECURE "\",\"aud\":\"other\",\"iat\":1799999990," EXP SIGNED_IN "}",
		  AUTH_AUDIENCE, "claim aud: FIREBASE_PROJECT_ID" },
		{ "no audience", "{\"iss\":\"" SECURE "\",\"iat\":1799999990," EXP SIGNED_IN "}",
		  AUTH_AUDIENCE },
		{ "another project",
		  "{\"iss\":\"https://securetoken.google.com/other\",\"aud\":\"other\",\"iat\":1," EXP
		          SIGNED_IN "}",
		  AUTH_ISSUER },
		{ "another project with our audience",
		  "{\"iss\":\"https://securetoken.google.com/other\",\"aud\":\"my-project\","
		  "\"iat\":1," EXP SIGNED_IN "}",
		  AUTH_ISSUER },
		{ "a session cookie",
		  "{\"iss\":\"https://session.firebase.google.com/my-project\",\"aud\":\"my-project\","
		  "\"iat\":1," EXP SIGNED_IN "}",
		  AUTH_ISSUER, "claim iss" },
		{ "a Google account",
		  "{\"iss\":\"https://accounts.google.com\",\"aud\":\"my-project\",\"iat\":1," EXP
		          SIGNED_IN "}",
		  AUTH_ISSUER },
		{ "auth_time is absent", FIRE(""), AUTH_MALFORMED, "claim auth_time" },
		{ "auth_time is a string", FIRE(",\"auth_time\":\"1799999000\""), AUTH_MALFORMED,
		  "claim auth_time" },
		{ "auth_time with a fraction", FIRE(",\"auth_time\":1799999000.5"),
		  AUTH_MALFORMED },
		{ "auth_time is null", FIRE(",\"auth_time\":null"), AUTH_MALFORMED },
		{ "auth_time is negative", FIRE(",\"auth_time\":-1"), AUTH_MALFORMED },
		{ "auth_time inside the leeway", FIRE(",\"auth_time\":1800000005"), AUTH_OK },
		{ "auth_time in the future", FIRE(",\"auth_time\":1800000006"), AUTH_NOT_YET,
		  "claim auth_time" },
		{ "iat is absent",
		  "{\"iss\":\"" SECURE "\",\"aud\":\"my-project\"," EXP SIGNED_IN "}",
		  AUTH_MALFORMED, "claim iat" },
		{ "sub with 128 characters", NAMED(C128), AUTH_OK },
		{ "sub with 129 characters", NAMED(C128 "a"), AUTH_MALFORMED, "claim sub" },
		{ "sub with 120 characters in 240 bytes", NAMED(U120), AUTH_OK },
	};

	f.config.firebase_project = "my-project";
	auth_fixture_start_all(&f);
	auth_fixture_check_rows(&f, rows, COUNT_OF(rows));

	auth_fixture_sign(&f, R1, rows[1].claims);
	cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
	cr_expect(f.identity->is_anonymous);
	auth_fixture_sign(&f, R1, rows[0].claims);
	cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
	cr_expect(not(f.identity->is_anonymous));
	/* The emulator's tokens are not signed. */
	test_token_sign(&f.token, STR("{\"alg\":\"none\",\"typ\":\"JWT\"}"), str_of(rows[0].claims),
	                R1, NONE);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_ALGORITHM));
}

/* ---- Cognito ---- */

#define POOL       "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E"
#define COGNITO(m) "{\"iss\":\"" POOL "\"," EXP m "}"
#define ACCESS(m)  COGNITO(",\"token_use\":\"access\"" m)
#define ID(m)      COGNITO(",\"token_use\":\"id\"" m)
#define OURS       "\"1a2b3c\""
#define USED       "claim token_use: COGNITO_TOKEN_USE"

static const struct auth_fixture_row cognito[] = {
	{ "an access token of a configured client",
	  ACCESS(",\"client_id\":" OURS ",\"scope\":\"openid\""), AUTH_OK },
	{ "of another configured client", ACCESS(",\"client_id\":\"4d5e6f\""), AUTH_OK },
	{ "of another client", ACCESS(",\"client_id\":\"7a7a7a\""), AUTH_AUDIENCE,
	  "claim client_id: COGNITO_CLIENT_ID" },
	{ "without client_id", ACCESS(""), AUTH_AUDIENCE, "claim client_id: COGNITO_CLIENT_ID" },
	{ "the client in aud", ACCESS(",\"aud\":" OURS), AUTH_AUDIENCE, "claim client_id" },
	{ "client_id is an array", ACCESS(",\"client_id\":[" OURS "]"), AUTH_AUDIENCE },
	{ "both clients in client_id", ACCESS(",\"client_id\":\"1a2b3c,4d5e6f\""), AUTH_AUDIENCE },
	{ "an ID token of a configured client", ID(",\"aud\":" OURS), AUTH_OK },
	{ "an ID token of another client", ID(",\"aud\":\"7a7a7a\""), AUTH_AUDIENCE,
	  "claim aud: COGNITO_CLIENT_ID" },
	{ "an ID token without aud", ID(""), AUTH_AUDIENCE, "claim aud: COGNITO_CLIENT_ID" },
	{ "an ID token with client_id", ID(",\"client_id\":" OURS), AUTH_AUDIENCE },
	{ "without token_use", COGNITO(",\"client_id\":" OURS ",\"aud\":" OURS), AUTH_USE, USED },
	{ "token_use is refresh",
	  COGNITO(",\"token_use\":\"refresh\",\"client_id\":" OURS ",\"aud\":" OURS), AUTH_USE,
	  USED },
	{ "token_use is empty", COGNITO(",\"token_use\":\"\",\"client_id\":" OURS ",\"aud\":" OURS),
	  AUTH_USE },
	{ "token_use is an array",
	  COGNITO(",\"token_use\":[\"access\"],\"client_id\":" OURS ",\"aud\":" OURS), AUTH_USE },
	{ "token_use is both",
	  COGNITO(",\"token_use\":\"both\",\"client_id\":" OURS ",\"aud\":" OURS), AUTH_USE },
	{ "another pool",
	  "{\"iss\":\"" POOL "x\"," EXP ",\"token_use\":\"access\",\"client_id\":" OURS "}",
	  AUTH_ISSUER },
};

static void start_with_pool(const char *use)
{
	f.config.cognito_pool = "eu-central-1_Ab12Cd34E";
	f.config.cognito_client = "1a2b3c, 4d5e6f";
	f.config.cognito_use = use;
	auth_fixture_start_all(&f);
}

Test(providers, cognito_accepts_configured_clients_only)
{
	start_with_pool("both");
	auth_fixture_check_rows(&f, cognito, COUNT_OF(cognito));
}

Test(providers, cognito_accepts_the_configured_token_use_only)
{
	static const struct {
		const char *set;
		enum auth_result access, id;
	} uses[] = { { "access", AUTH_OK, AUTH_USE }, { "id", AUTH_USE, AUTH_OK } };

	for (size_t i = 0; i < COUNT_OF(uses); i++) {
		const struct auth_fixture_row rows[] = {
			{ "an access token", ACCESS(",\"client_id\":" OURS), uses[i].access },
			{ "an ID token", ID(",\"aud\":" OURS), uses[i].id },
		};

		start_with_pool(uses[i].set);
		auth_fixture_check_rows(&f, rows, COUNT_OF(rows));
		auth_free(f.auth);
		f.auth = NULL;
	}
}

/* ---- any issuer ---- */

#define OF(issuer, aud) "{\"iss\":\"https://" issuer "\",\"aud\":" aud "," EXP "}"

Test(providers, oidc_issuers_have_their_own_audiences)
{
	static const struct auth_fixture_row rows[] = {
		{ "a for x", OF("a.example", "\"x\""), AUTH_OK },
		{ "a for y", OF("a.example", "\"y\""), AUTH_OK },
		{ "a for z", OF("a.example", "\"z\""), AUTH_AUDIENCE, "claim aud: OIDC_ISSUERS" },
		{ "a for both", OF("a.example", "[\"z\",\"y\"]"), AUTH_OK },
		{ "a for x and y in one string", OF("a.example", "\"x y\""), AUTH_AUDIENCE },
		{ "b for z", OF("b.example/", "\"z\""), AUTH_OK },
		{ "b for x", OF("b.example/", "\"x\""), AUTH_AUDIENCE },
		{ "b without the trailing slash", OF("b.example", "\"z\""), AUTH_ISSUER },
		{ "c for any audience", OF("c.example", "\"anybody\""), AUTH_OK },
		{ "c for no audience", OF("c.example", "[]"), AUTH_OK },
		{ "c for an asterisk", OF("c.example", "\"*\""), AUTH_OK },
		{ "a for an asterisk", OF("a.example", "\"*\""), AUTH_AUDIENCE },
		{ "a is not subject to Clerk's rules",
		  "{\"iss\":\"https://a.example\",\"aud\":\"x\",\"sts\":\"pending\"," EXP "}",
		  AUTH_OK },
		{ "d is not configured", OF("d.example", "\"x\""), AUTH_ISSUER },
	};

	f.config.oidc_issuers =
		"https://a.example x y, https://b.example/  z ,https://c.example * x";
	auth_fixture_start_all(&f);
	auth_fixture_check_rows(&f, rows, COUNT_OF(rows));
}

static void sign_for(enum test_key key_id, const char *kid, const char *issuer)
{
	char header[100], claims[200];

	snprintf(header, sizeof(header), "{\"alg\":\"ES256\"%s%s%s}", kid ? ",\"kid\":\"" : "",
	         kid ? kid : "", kid ? "\"" : "");
	snprintf(claims, sizeof(claims),
	         "{\"iss\":\"%s\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1800000060}", issuer);
	test_token_sign(&f.token, str_of(header), str_of(claims), key_id, SHA_256);
}

static void publish(struct buf *set, enum test_key key_id, const char *kid)
{
	buf_clear(set);
	buf_text(set, "{\"keys\":[");
	test_key_jwk(set, key_id, kid, "");
	buf_text(set, "]}");
}

/* Two issuers with one key each, E1 and E2: with different kids, and with the same kid. */
Test(providers, cannot_sign_for_each_other)
{
	static const struct {
		const char *what;
		enum test_key key_id;
		const char *kid, *issuer;
		enum auth_result result;
	} attempts[] = {
		{ "issuer one, its key", E1, "one", "https://one.example", AUTH_OK },
		{ "issuer two, its key", E2, "two", "https://two.example", AUTH_OK },
		{ "issuer one, key and kid of two", E2, "two", "https://one.example",
		  AUTH_UNKNOWN_KEY },
		{ "issuer one, key of two, kid of one", E2, "one", "https://one.example",
		  AUTH_SIGNATURE },
		{ "issuer one, key of two, no kid", E2, NULL, "https://one.example",
		  AUTH_SIGNATURE },
		{ "issuer two, key and kid of one", E1, "one", "https://two.example",
		  AUTH_UNKNOWN_KEY },
		{ "issuer two, key of one, kid of two", E1, "two", "https://two.example",
		  AUTH_SIGNATURE },
		{ "an issuer that is not configured", E1, "one", "https://three.example",
		  AUTH_ISSUER },
		{ "shared kid, issuer one, its key", E1, "both", "https://one.example", AUTH_OK },
		{ "shared kid, issuer two, its key", E2, "both", "https://two.example", AUTH_OK },
		{ "shared kid, issuer one, key of two", E2, "both", "https://one.example",
		  AUTH_SIGNATURE },
		{ "shared kid, issuer two, key of one", E1, "both", "https://two.example",
		  AUTH_SIGNATURE },
	};
	char issuers[400];

	snprintf(issuers, sizeof(issuers),
	         "https://one.example api keys=%s, https://two.example api keys=%s", f.keys_url,
	         f.other_url);
	f.config.oidc_issuers = issuers;
	for (size_t i = 0; i < COUNT_OF(attempts); i++) {
		const char *name =
			attempts[i].kid && strcmp(attempts[i].kid, "both") == 0 ? "both" : NULL;
		enum auth_result result;

		publish(&f.keys, E1, name ? name : "one");
		publish(&f.other_keys, E2, name ? name : "two");
		auth_fixture_start(&f);
		auth_fixture_run(&f, NULL, 50);
		sign_for(attempts[i].key_id, attempts[i].kid, attempts[i].issuer);
		result = auth_fixture_check_token(&f);
		cr_expect(result == attempts[i].result, "%s: %s instead of %s", attempts[i].what,
		          result_name(result), result_name(attempts[i].result));
		auth_free(f.auth);
		f.auth = NULL;
	}
}

/* A cached token keeps its issuer, also if two issuers share a key. */
Test(providers, share_keys_but_keep_their_identities)
{
	char issuers[400];

	snprintf(issuers, sizeof(issuers),
	         "https://one.example api keys=%s, https://two.example api keys=%s", f.keys_url,
	         f.keys_url);
	f.config.oidc_issuers = issuers;
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_run(&f, NULL, 50);
	for (int i = 0; i < 2; i++) {
		sign_for(E1, "e1", "https://one.example");
		cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
		cr_expect(eq(str, (char *)(uintptr_t)f.identity->issuer, "https://one.example"));
		sign_for(E1, "e1", "https://two.example");
		cr_assert(auth_fixture_check_token(&f) == AUTH_OK);
		cr_expect(eq(str, (char *)(uintptr_t)f.identity->issuer, "https://two.example"));
	}
}

Test(providers, do_not_depend_on_each_other)
{
	char issuers[400];

	snprintf(issuers, sizeof(issuers),
	         "https://one.example api keys=%s, https://two.example api keys=%s/nowhere",
	         f.keys_url, f.url);
	f.config.oidc_issuers = issuers;
	auth_fixture_start(&f);
	auth_fixture_run(&f, NULL, 50);
	sign_for(E1, "e1", "https://one.example");
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	sign_for(E1, "e1", "https://two.example");
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_NO_KEYS));
}
