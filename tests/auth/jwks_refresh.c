/* A key set is refreshed after the lifetime that its issuer gives, within bounds, and stays in use
 * during outages. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "metrics.h"
#include "auth_fixture.h"

#define LONG_LIVED "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1900000000}"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(jwks_refresh, .init = set_up, .fini = tear_down, .timeout = 60);

/* The real time, which libevent's timers use; the fixture's clock stands still. */
static long long real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until this many fetches have been made; returns how long that took. */
static long long wait_for_fetches(int fetches, int ms)
{
	long long started = real_ms();

	while (f.fetches < fetches && real_ms() < started + ms)
		auth_fixture_run(&f, NULL, 5);
	cr_expect(ge(int, f.fetches, fetches), "no further fetch within %d ms", ms);
	return real_ms() - started;
}

static enum auth_result check(enum test_key key_id)
{
	auth_fixture_sign(&f, key_id, LONG_LIVED);
	return auth_fixture_check_token(&f);
}

/* ---- lifetime ---- */

struct expected {
	const char *cache_control, *age;
	long long refresh, min, max;
	int min_ms, max_ms;
};

static void expect_lifetime(const struct expected *expected)
{
	long long ms;

	f.cache_control = expected->cache_control;
	f.age = expected->age;
	f.config.jwks_refresh = expected->refresh;
	f.config.jwks_min = expected->min;
	f.config.jwks_max = expected->max;
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_publish(&f, E2, TEST_KEYS);
	ms = wait_for_fetches(2, expected->max_ms + 2000);
	cr_expect(ge(llong, ms, expected->min_ms - 50));
	auth_fixture_run(&f, NULL, 50);
	cr_expect(eq(int, check(E2), AUTH_OK), "the new keys must be in use");
	cr_expect(eq(int, f.fetches, 2));
	cr_expect(eq(int, check(E1), AUTH_UNKNOWN_KEY), "the old keys must not be in use");
}

Test(jwks_refresh, uses_max_age)
{
	expect_lifetime(&(struct expected){ "public, max-age=2", NULL, 600, 1, 3600, 1800, 2000 });
}

Test(jwks_refresh, subtracts_the_age_header)
{
	expect_lifetime(&(struct expected){ "max-age=3600", "3598", 600, 1, 3600, 1800, 2000 });
}

Test(jwks_refresh, is_not_before_the_minimum)
{
	expect_lifetime(&(struct expected){ "max-age=0", NULL, 600, 2, 3600, 2000, 2200 });
}

Test(jwks_refresh, uses_the_minimum_for_no_store)
{
	expect_lifetime(
		&(struct expected){ "no-store, max-age=3600", NULL, 600, 1, 3600, 1000, 1100 });
}

Test(jwks_refresh, is_not_after_the_maximum)
{
	expect_lifetime(&(struct expected){ "max-age=86400", NULL, 600, 1, 2, 1800, 2000 });
}

Test(jwks_refresh, uses_the_default_without_cache_control)
{
	expect_lifetime(&(struct expected){ NULL, NULL, 2, 1, 3600, 1800, 2000 });
}

Test(jwks_refresh, limits_the_default)
{
	expect_lifetime(&(struct expected){ NULL, NULL, 5, 1, 2, 1800, 2000 });
}

Test(jwks_refresh, is_not_early)
{
	f.cache_control = "max-age=5";
	f.config.jwks_refresh = 1;
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	auth_fixture_run(&f, NULL, 2500);
	cr_expect(eq(int, f.fetches, 1));
}

/* ---- 304 Not Modified ---- */

Test(jwks_refresh, sends_the_etag_and_accepts_304)
{
	struct buf first = { 0 };

	f.etag = "\"v1\"";
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	cr_expect(eq(str, f.if_none_match, ""));
	cr_expect(eq(int, check(E1), AUTH_OK));
	buf_str(&first, buf_as_str(&f.token));

	cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, f.fetches, 2));
	cr_expect(eq(str, f.if_none_match, "\"v1\""));
	cr_expect(eq(int, f.not_modified, 1));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_FAILURES), 0));
	cr_expect(eq(int, auth_fixture_check(&f, buf_as_str(&first)), AUTH_OK));
	cr_expect(eq(llong, metrics_value(METRIC_TOKENS_VERIFIED), 1),
	          "its token must stay cached");
	buf_finish(&first);

	/* New keys have a new ETag, which the next fetch sends. */
	f.etag = "W/\"v2\"";
	auth_fixture_publish(&f, E1, E2, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check(E2), AUTH_OK));
	cr_expect(eq(str, f.if_none_match, "\"v1\""));
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check(E3), AUTH_UNKNOWN_KEY));
	cr_expect(eq(str, f.if_none_match, "W/\"v2\""));
	cr_expect(eq(int, f.not_modified, 2));

	/* Without an ETag, no If-None-Match is sent. */
	f.etag = NULL;
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check(E3), AUTH_UNKNOWN_KEY));
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check(E3), AUTH_UNKNOWN_KEY));
	cr_expect(eq(str, f.if_none_match, ""));
}

Test(jwks_refresh, uses_the_cache_control_of_a_304)
{
	f.etag = "\"v1\"";
	f.cache_control = "max-age=1";
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	wait_for_fetches(2, 4000);
	cr_expect(eq(int, f.not_modified, 1));
	f.cache_control = "max-age=600"; /* from the third fetch on */
	wait_for_fetches(3, 4000);
	auth_fixture_run(&f, NULL, 1500);
	cr_expect(eq(int, f.fetches, 3));
	cr_expect(eq(int, check(E1), AUTH_OK));
}

Test(jwks_refresh, rejects_a_304_without_if_none_match)
{
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	f.status = 304;
	cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_FAILURES), 1));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 1));
	cr_expect(eq(int, check(E1), AUTH_OK));
}

Test(jwks_refresh, rejects_a_304_as_the_first_response)
{
	f.status = 304;
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	auth_fixture_run(&f, NULL, 200);
	cr_expect(not(auth_has_keys(f.auth)));
	cr_expect(gt(llong, metrics_value(METRIC_JWKS_FAILURES), 0));
}

/* ---- outages ---- */

static int count_in_log(int log, const char *what)
{
	static char text[1 << 20];
	ssize_t length = pread(log, text, sizeof(text) - 1, 0);
	int count = 0;

	text[length > 0 ? length : 0] = '\0';
	for (const char *at = text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

Test(jwks_refresh, keeps_keys_during_a_long_outage)
{
	int log = memfd_create("log", 0);

	log_open(log, LOG_INFO);
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
	f.status = 500;
	for (int hour = 1; hour <= 24; hour++) {
		char claims[300];

		auth_fixture_advance(&f, 3600);
		/* A token with an unknown key: one more fetch, which fails. */
		cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
		cr_expect(eq(int, f.fetches, 1 + hour));
		/* A new token with a known key. */
		snprintf(claims, sizeof(claims), "{\"jti\":%d,%s", hour, LONG_LIVED + 1);
		auth_fixture_sign(&f, E1, claims);
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK), "hour %d", hour);
	}
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_FAILURES), 24));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 1));
	cr_expect(auth_has_keys(f.auth));
	auth_fixture_run(&f, NULL, 5);
	cr_expect(eq(int, count_in_log(log, "jwks.stale"), 1), "must be logged once");

	f.status = 0;
	auth_fixture_publish(&f, E2, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check(E2), AUTH_OK));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
	auth_fixture_run(&f, NULL, 5);
	cr_expect(eq(int, count_in_log(log, "jwks.fresh"), 2),
	          "must be logged at the first fetch and on recovery");
	close(log);
}

/* While there are keys, a failing issuer is retried no sooner than after the interval. */
Test(jwks_refresh, backs_off_while_the_issuer_fails)
{
	long long first, second;

	f.config.jwks_refresh = 1;
	f.config.jwks_interval = 2;
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	f.status = 500;
	wait_for_fetches(2, 4000);
	auth_fixture_run(&f, NULL, 50);
	cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, f.fetches, 2), "an unknown key must not cause a fetch, either");
	first = 50 + wait_for_fetches(3, 6000);
	cr_expect(ge(llong, first, 1900));
	second = wait_for_fetches(4, 9000);
	cr_expect(ge(llong, second, 3900), "the delay must double");
	cr_expect(eq(int, check(E1), AUTH_OK));

	/* After a success, the delay is reset. */
	f.status = 0;
	auth_fixture_publish(&f, E2, TEST_KEYS);
	wait_for_fetches(5, 15000);
	auth_fixture_run(&f, NULL, 50);
	cr_expect(eq(int, check(E2), AUTH_OK));
	wait_for_fetches(6, 4000);
	f.status = 500;
	wait_for_fetches(7, 4000);
	wait_for_fetches(8, 3500);
}

/* Without any keys no token can be verified, so the retry comes soon. */
Test(jwks_refresh, retries_soon_without_keys)
{
	f.config.jwks_interval = 600;
	f.status = 500;
	auth_fixture_publish(&f, E1, TEST_KEYS);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	wait_for_fetches(2, 3000);
	f.status = 0;
	wait_for_fetches(3, 5000);
	auth_fixture_run(&f, NULL, 50);
	cr_expect(auth_has_keys(f.auth));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
}

Test(jwks_refresh, resets_the_stale_metric_in_auth_free)
{
	f.status = 500;
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	auth_fixture_run(&f, NULL, 100);
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 1));
	auth_free(f.auth);
	f.auth = NULL;
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
}

/* ---- rotation ---- */

static void publish_without_kid(enum test_key key_id)
{
	buf_clear(&f.keys);
	buf_text(&f.keys, "{\"keys\":[");
	test_key_jwk(&f.keys, key_id, NULL, "");
	buf_text(&f.keys, "]}");
}

static enum auth_result check_without_kid(enum test_key key_id, const char *alg)
{
	char header[40];

	snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);
	test_token_sign(&f.token, str_of(header), STR(LONG_LIVED), key_id, SHA_256);
	return auth_fixture_check_token(&f);
}

Test(jwks_refresh, fetches_when_a_key_without_kid_is_replaced)
{
	publish_without_kid(E1);
	auth_fixture_start(&f);
	cr_expect(eq(int, check_without_kid(E1, "ES256"), AUTH_OK));
	publish_without_kid(E2);
	cr_expect(eq(int, check_without_kid(E2, "ES256"), AUTH_OK));
	cr_expect(eq(int, f.fetches, 2));
	cr_expect(eq(int, check_without_kid(E1, "ES256"), AUTH_SIGNATURE));

	/* The next key has another type. */
	publish_without_kid(R1);
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check_without_kid(R1, "RS256"), AUTH_OK));
	cr_expect(eq(int, f.fetches, 3));
	cr_expect(eq(int, check_without_kid(E2, "ES256"), AUTH_UNKNOWN_KEY));

	/* Forged tokens cause one fetch per interval at most. */
	auth_fixture_advance(&f, 10);
	for (int i = 0; i < 100; i++)
		cr_expect(eq(int, check_without_kid(R2, "RS256"), AUTH_SIGNATURE));
	cr_expect(eq(int, f.fetches, 4));
	/* With a kid, a bad signature does not cause a fetch. */
	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check(E1), AUTH_OK));
	auth_fixture_advance(&f, 10);
	test_token_sign(&f.token, STR("{\"alg\":\"ES256\",\"kid\":\"e1\"}"), STR(LONG_LIVED), E2,
	                SHA_256);
	cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_SIGNATURE));
	cr_expect(eq(int, f.fetches, 5));
}

/* A response under way may be older than the new key, so one more fetch is made. */
Test(jwks_refresh, fetches_again_after_an_outdated_response)
{
	struct auth_query query;
	struct identity *identity;

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	f.delay_ms = 200;
	auth_fixture_sign(&f, E3, LONG_LIVED);
	cr_expect(eq(int, auth_check(f.auth, &query, buf_as_str(&f.token), NULL, &identity),
	             AUTH_PENDING));
	auth_cancel(&query);
	wait_for_fetches(2, 2000);
	auth_fixture_publish(&f, E1, E2, TEST_KEYS);
	auth_fixture_advance(&f, 10);
	cr_expect(eq(int, check(E2), AUTH_OK));
	cr_expect(eq(int, f.fetches, 3));
}

static int rotated, wrong;

static void on_rotated(struct auth_query *, enum auth_result result, struct identity *)
{
	rotated++;
	wrong += result != AUTH_OK;
}

/* The key is rotated while tokens arrive; some are verified at once, some after the fetch. */
Test(jwks_refresh, rotates_keys_without_a_wrong_result)
{
	static struct auth_query queries[200];
	static struct buf tokens[200];
	struct identity *identity;
	int at_once = 0;

	auth_fixture_publish(&f, E1, TEST_KEYS);
	auth_fixture_start(&f);
	f.delay_ms = 50;
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		char claims[300];
		enum auth_result result;

		if (i == 50)
			auth_fixture_publish(&f, E1, E2, TEST_KEYS);
		snprintf(claims, sizeof(claims), "{\"jti\":%zu,%s", i, LONG_LIVED + 1);
		auth_fixture_sign(&f, i >= 50 && i % 2 ? E2 : E1, claims);
		buf_str(&tokens[i], buf_as_str(&f.token));
		result = auth_check(f.auth, &queries[i], buf_as_str(&tokens[i]), on_rotated,
		                    &identity);
		at_once += result == AUTH_OK;
		wrong += result != AUTH_OK && result != AUTH_PENDING;
		if (i % 20 == 0)
			auth_fixture_run(&f, NULL, 5);
	}
	auth_fixture_run(&f, NULL, 300);
	cr_expect(eq(int, wrong, 0));
	cr_expect(eq(int, at_once + rotated, (int)COUNT_OF(queries)));
	cr_expect(gt(int, rotated, 0));
	cr_expect(eq(int, f.fetches, 2));
	for (size_t i = 0; i < COUNT_OF(tokens); i++)
		buf_finish(&tokens[i]);
}
