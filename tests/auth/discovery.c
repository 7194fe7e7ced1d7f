/* The key set's URL comes from the discovery document, which must name its own issuer. */

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

TestSuite(discovery, .init = set_up, .fini = tear_down, .timeout = 60);

static void discover(const char *issuer, const char *keys_url)
{
	buf_clear(&f.discovery);
	buf_print(&f.discovery, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\",\"x\":[]}", issuer,
	          keys_url);
}

static void sign_for_discovered(enum test_key key_id)
{
	char claims[300];

	snprintf(claims, sizeof(claims),
	         "{\"iss\":\"%s\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1800000060}", f.url);
	auth_fixture_sign(&f, key_id, claims);
}

Test(discovery, finds_the_key_set_and_runs_again_after_a_failure)
{
	snprintf(f.issuers, sizeof(f.issuers), "%s api", f.url);
	discover(f.url, f.keys_url);
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	sign_for_discovered(E1);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(eq(int, f.discoveries, 1));

	/* The URL of the key set is kept. */
	auth_fixture_publish(&f, E2, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	sign_for_discovered(E2);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(eq(int, f.discoveries, 1));
	cr_expect(eq(int, f.fetches, 2));

	/* After a failure, discovery runs again. */
	f.status = 404;
	auth_fixture_advance(&f, 10);
	sign_for_discovered(E3);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_UNKNOWN_KEY));
	f.status = 0;
	auth_fixture_publish(&f, E3, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	cr_expect(eq(int, f.discoveries, 2));
}

Test(discovery, rejects_another_issuer_and_invalid_urls)
{
	char slash[100];
	static const char *const addresses[] = {
		"",
		"/jwks",
		"ftp://127.0.0.1/",
		"file:///etc/passwd",
		"http://192.0.2.1/jwks",
		"http://a b/",
		"http://user@127.0.0.1/",
	};

	snprintf(f.issuers, sizeof(f.issuers), "%s api", f.url);
	auth_fixture_publish(&f, E1, TEST_KEYS);
	snprintf(slash, sizeof(slash), "%s/", f.url);
	discover(slash, f.keys_url);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	auth_fixture_run(&f, NULL, 100);
	cr_expect(not(auth_has_keys(f.auth)));
	cr_expect(eq(int, f.discoveries, 1));
	cr_expect(eq(int, f.fetches, 0));
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		auth_free(f.auth);
		discover(f.url, addresses[i]);
		f.auth = auth_new(f.loop, f.fetcher, &f.config);
		auth_fixture_run(&f, NULL, 100);
		cr_expect(not(auth_has_keys(f.auth)), "%s", addresses[i]);
		cr_expect(eq(int, f.fetches, 0), "%s", addresses[i]);
	}
}
