/* The key set's URL comes from the discovery document, which must name its own issuer. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "auth_fixture.h"

static struct stand f;

static void set_up(void)
{
	stand_open(&f);
}

static void tear_down(void)
{
	stand_close(&f);
}

TestSuite(discovery, .init = set_up, .fini = tear_down, .timeout = 60);

static void discover(const char *issuer, const char *keys_url)
{
	buf_clear(&f.discovery);
	buf_print(&f.discovery, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\",\"x\":[]}", issuer, keys_url);
}

static void forge_of_discovered(enum forger forger)
{
	char claims[300];

	snprintf(claims, sizeof(claims), "{\"iss\":\"%s\",\"sub\":\"a\",\"aud\":\"api\",\"exp\":1800000060}", f.url);
	stand_forge(&f, forger, claims);
}

Test(discovery, finds_keys_and_finds_them_again)
{
	snprintf(f.issuers, sizeof(f.issuers), "%s api", f.url);
	discover(f.url, f.keys_url);
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	forge_of_discovered(E1);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(eq(int, f.discoveries, 1));

	/* The URL of the key set is kept. */
	stand_publish(&f, E2, FORGERS);
	stand_wait(&f, 10);
	forge_of_discovered(E2);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(eq(int, f.discoveries, 1));
	cr_expect(eq(int, f.fetches, 2));

	/* After a failure, discovery runs again. */
	f.status = 404;
	stand_wait(&f, 10);
	forge_of_discovered(E3);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_UNKNOWN_KEY));
	f.status = 0;
	stand_publish(&f, E3, FORGERS);
	stand_wait(&f, 10);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	cr_expect(eq(int, f.discoveries, 2));
}

Test(discovery, of_another_issuer_or_to_nowhere_is_not_followed)
{
	char slash[100];
	static const char *const addresses[] = {
		"", "/jwks", "ftp://127.0.0.1/", "file:///etc/passwd", "http://192.0.2.1/jwks", "http://a b/",
		"http://user@127.0.0.1/",
	};

	snprintf(f.issuers, sizeof(f.issuers), "%s api", f.url);
	stand_publish(&f, E1, FORGERS);
	snprintf(slash, sizeof(slash), "%s/", f.url);
	discover(slash, f.keys_url);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	stand_turn(&f, NULL, 100);
	cr_expect(not(auth_has_keys(f.auth)));
	cr_expect(eq(int, f.discoveries, 1));
	cr_expect(eq(int, f.fetches, 0));
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		auth_free(f.auth);
		discover(f.url, addresses[i]);
		f.auth = auth_new(f.loop, f.fetcher, &f.config);
		stand_turn(&f, NULL, 100);
		cr_expect(not(auth_has_keys(f.auth)), "%s", addresses[i]);
		cr_expect(eq(int, f.fetches, 0), "%s", addresses[i]);
	}
}
