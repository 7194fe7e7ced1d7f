/* Invalid issuer settings are rejected with a message that names the setting. */

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

TestSuite(config, .init = set_up, .fini = tear_down, .timeout = 60);

#define A64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FOUR  "a,a,a,a,"
#define MANY  FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR /* 32 */
#define EIGHT "a a a a a a a a "
#define POOL  "eu-central-1_Ab12Cd34E"

static const struct {
	const char *what;
	const char *clerk, *audience, *parties, *project, *pool, *client, *oidc;
	const char *error; /* NULL: the settings are valid */
} rows[] = {
	{ "no issuer", .error = "OIDC_ISSUERS must be set" },
	{ "no issuer: all settings are named",
	  .error =
	          "CLERK_DOMAIN, FIREBASE_PROJECT_ID, COGNITO_USER_POOL_ID or OIDC_ISSUERS must be set" },

	{ "Clerk", .clerk = "clerk.example.com" },
	{ "Clerk with all its settings", .clerk = "clerk.example.com", .audience = "x",
	  .parties = "https://a.example, b" },
	{ "Clerk as a URL", .clerk = "https://clerk.example.com",
	  .error = "CLERK_DOMAIN must be a host name" },
	{ "Clerk with a path", .clerk = "clerk.example.com/x",
	  .error = "CLERK_DOMAIN must be a host name" },
	{ "Clerk with a user", .clerk = "a@clerk.example.com",
	  .error = "CLERK_DOMAIN must be a host name" },
	{ "Clerk with a space", .clerk = "clerk .example.com",
	  .error = "CLERK_DOMAIN must be a host name" },
	{ "Clerk with two dots", .clerk = "clerk..example.com", .error = "is not a valid URL" },
	{ "Clerk's audience without Clerk", .audience = "x", .project = "p",
	  .error = "CLERK_AUDIENCE has no effect" },
	{ "parties without Clerk", .parties = "x", .project = "p",
	  .error = "AUTHORIZED_PARTIES has no effect" },
	{ "only a comma as parties", .clerk = "clerk.example.com", .parties = ",",
	  .error = "AUTHORIZED_PARTIES must" },
	{ "an empty party", .clerk = "clerk.example.com", .parties = "a, ,b",
	  .error = "AUTHORIZED_PARTIES must" },
	{ "the maximum number of parties", .clerk = "clerk.example.com", .parties = MANY },
	{ "one party too many", .clerk = "clerk.example.com", .parties = MANY "b",
	  .error = "AUTHORIZED_PARTIES must" },

	{ "Firebase", .project = "my-project-1a2b3" },
	{ "an old project ID with a domain", .project = "example.com:my-project" },
	{ "a project with a path", .project = "a/b", .error = "FIREBASE_PROJECT_ID must be an ID" },
	{ "a project with a query", .project = "a?b",
	  .error = "FIREBASE_PROJECT_ID must be an ID" },

	{ "Cognito", .pool = POOL, .client = "1a2b3c" },
	{ "Cognito in GovCloud", .pool = "us-gov-west-1_Ab12", .client = "1a2b3c" },
	{ "Cognito with two clients", .pool = POOL, .client = "1a2b3c,4d5e6f" },
	{ "Cognito without a client", .pool = POOL, .error = "COGNITO_CLIENT_ID must be set" },
	{ "a client without a pool", .client = "x", .project = "p",
	  .error = "COGNITO_CLIENT_ID has no effect" },
	{ "only a comma as clients", .pool = POOL, .client = " , ",
	  .error = "COGNITO_CLIENT_ID must contain" },
	{ "a pool without a region", .pool = "Ab12Cd34E", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },
	{ "a pool without a name", .pool = "eu-central-1_", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },
	{ "a region of three letters", .pool = "eur-central-1_A", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },
	{ "a region without a number", .pool = "eu-central_A", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },
	{ "a region of two digits", .pool = "eu-central-12_A", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },
	{ "a region that changes the host", .pool = "eu-x.evil.example/-1_A", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },
	{ "a pool with a suffix", .pool = POOL "/x", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },
	{ "a region in capitals", .pool = "EU-central-1_A", .client = "x",
	  .error = "COGNITO_USER_POOL_ID must be" },

	{ "an issuer with one audience", .oidc = "https://id.example api" },
	{ "with two audiences", .oidc = "https://id.example/ api  api2" },
	{ "with any audience", .oidc = "https://id.example *" },
	{ "without an audience", .oidc = "https://id.example",
	  .error = "add the audience, or * for any" },
	{ "keys but no audience", .oidc = "https://id.example keys=https://id.example/k",
	  .error = "add the audience" },
	{ "several",
	  .oidc = "https://a.example x, https://b.example/b y keys=https://c.example/k,https://d.example *" },
	{ "one of several without an audience", .oidc = "https://a.example x,https://b.example",
	  .error = "https://b.example has no audience" },
	{ "an empty item", .oidc = "https://a.example x,,https://b.example x",
	  .error = "single commas" },
	{ "not a URL", .oidc = "id.example api", .error = "\"id.example\" is not a valid URL" },
	{ "another scheme", .oidc = "ftp://id.example api", .error = "is not a valid URL" },
	{ "a scheme in capitals", .oidc = "HTTPS://id.example api", .error = "is not a valid URL" },
	{ "half a scheme", .oidc = "https:/id.example api", .error = "is not a valid URL" },
	{ "a fragment", .oidc = "https://id.example/#x api", .error = "it has a fragment" },
	{ "a user", .oidc = "https://a@id.example api", .error = "it contains a user" },
	{ "an empty keys URL",
	  .oidc = "https://id.example api keys=", .error = "\"\" is not a valid URL" },
	{ "http", .oidc = "http://id.example api",
	  .error = "http://id.example must begin with https://" },
	{ "keys over http", .oidc = "https://id.example api keys=http://id.example/k",
	  .error = "http://id.example/k must begin with https://" },
	{ "http on loopback", .oidc = "http://127.0.0.1 api" },
	{ "http on loopback with a port", .oidc = "http://127.0.0.1:8080/dev api" },
	{ "http on localhost", .oidc = "http://localhost/x api" },
	{ "http on IPv6 loopback", .oidc = "http://[::1]:80 api" },
	{ "keys on loopback", .oidc = "https://id.example api keys=http://127.0.0.1:9/k" },
	{ "a name that begins like localhost", .oidc = "http://localhost.example.com api",
	  .error = "must begin with https://" },
	{ "a name that begins like 127.0.0.1", .oidc = "http://127.0.0.1.example.com/ api",
	  .error = "must begin with https://" },
	{ "a user named localhost", .oidc = "http://localhost:80@example.com api",
	  .error = "it contains a user" },
	{ "the maximum number of audiences",
	  .oidc = "https://id.example " EIGHT EIGHT EIGHT EIGHT },
	{ "one audience too many", .oidc = "https://id.example " EIGHT EIGHT EIGHT EIGHT "b",
	  .error = "more than 32" },
	{ "a label of more than 63 characters", .oidc = "https://" A64 ".example api",
	  .error = "is not a valid URL" },

	{ "all providers", .clerk = "clerk.example.com", .project = "p", .pool = POOL,
	  .client = "x", .oidc = "https://id.example api" },
	{ "the same issuer twice", .oidc = "https://id.example a,https://id.example b",
	  .error = "https://id.example is configured twice" },
	{ "two issuers that differ in a slash",
	  .oidc = "https://id.example a,https://id.example/ b" },
	{ "Clerk's issuer again in OIDC_ISSUERS", .clerk = "id.example",
	  .oidc = "https://id.example b", .error = "is configured twice" },
};

static void set(size_t i)
{
	f.config.clerk_domain = rows[i].clerk;
	f.config.clerk_audience = rows[i].audience;
	f.config.authorized_parties = rows[i].parties;
	f.config.firebase_project = rows[i].project;
	f.config.cognito_pool = rows[i].pool;
	f.config.cognito_client = rows[i].client;
	f.config.oidc_issuers = rows[i].oidc;
}

Test(config, accepts_valid_issuers_and_names_invalid_settings)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf errors = { 0 };
		const char *error = rows[i].error;

		set(i);
		cr_expect(eq(int, auth_check_config(&f.config, &errors), error == NULL), "%s: %s",
		          rows[i].what, buf_cstr(&errors));
		cr_expect(strstr(buf_cstr(&errors), error ? error : "") != NULL, "%s: %s",
		          rows[i].what, errors.at);
		cr_expect(errors.length == 0 || strcmp(errors.at + errors.length - 2, ".\n") == 0,
		          "%s", errors.at);
		f.auth = auth_new(f.loop, f.fetcher, &f.config);
		cr_expect(eq(int, f.auth != NULL, error == NULL), "%s", rows[i].what);
		auth_free(f.auth);
		f.auth = NULL;
		buf_finish(&errors);
	}
}

Test(config, accepts_at_most_sixteen_issuers)
{
	for (int count = 16; count <= 17; count++) {
		struct buf text = { 0 }, errors = { 0 };

		for (int i = 0; i < count; i++)
			buf_print(&text, "%shttps://id%d.example api", i ? ", " : "", i);
		f.config.oidc_issuers = buf_cstr(&text);
		cr_expect(eq(int, auth_check_config(&f.config, &errors), count == 16), "%s",
		          buf_cstr(&errors));
		buf_finish(&text);
		buf_finish(&errors);
	}
}

Test(config, rejects_a_minimum_greater_than_the_maximum)
{
	struct buf errors = { 0 };

	f.config.jwks_min = 100;
	f.config.jwks_max = 99;
	cr_expect(not(auth_check_config(&f.config, &errors)));
	cr_expect(strstr(buf_cstr(&errors), "JWKS_MIN_SECONDS must not be greater") != NULL);
	f.config.jwks_max = 100;
	cr_expect(auth_check_config(&f.config, &errors));
	buf_finish(&errors);
}

/* All errors are reported at once. */
Test(config, reports_all_errors_at_once)
{
	struct buf errors = { 0 };

	f.config.clerk_domain = "https://x";
	f.config.cognito_pool = "nonsense";
	f.config.oidc_issuers = "http://id.example,nonsense a";
	cr_expect(not(auth_check_config(&f.config, &errors)));
	for (const char *const *expected =
	             (const char *[]){ "CLERK_DOMAIN must", "COGNITO_USER_POOL_ID must",
	                               "COGNITO_CLIENT_ID must", "has no audience",
	                               "must begin with https", "\"nonsense\" is not", NULL };
	     *expected; expected++)
		cr_expect(strstr(buf_cstr(&errors), *expected) != NULL, "%s", *expected);
	buf_finish(&errors);
}
