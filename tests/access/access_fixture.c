/* access_fixture.c: the access module on fakes of the modules below it. */

#include <criterion/criterion.h>

#include "access_fixture.h"

struct access_fixture fixture;

void access_fixture_open(void)
{
	fake_db_open();
	fake_auth_open();
	fake_http_open(&fixture.request);
	fixture.config = (struct config){
		.token_cache = 16,
		.api_key_required = "no",
		.new_user_role = "VISITOR",
	};
	fixture.identity = (struct identity){
		.issuer = "https://issuer.example",
		.subject = "anna",
		.email = "anna@example.org",
		.expires_ms = 1000,
	};
	fixture.access = access_new(&fake_db, &fake_auth, &fixture.config);
}

void access_fixture_close(void)
{
	cr_assert(fixture.identity.references == 0, "the identity must be released");
	access_free(fixture.access);
	fake_db_close();
	fake_auth_close();
	fake_http_close(&fixture.request);
}
