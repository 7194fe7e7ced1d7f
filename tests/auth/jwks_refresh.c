/* A key set is refreshed after the lifetime its issuer gives, within bounds, and survives outages. */

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

#define LASTING "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1900000000}"

static struct stand f;

static void set_up(void)
{
	stand_open(&f);
}

static void tear_down(void)
{
	stand_close(&f);
}

TestSuite(life, .init = set_up, .fini = tear_down, .timeout = 60);

/* The real time, which libevent's timers use; the fixture's clock stands still. */
static long long real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until there were so many fetches; returns how long that took. */
static long long wait_for_fetches(int fetches, int ms)
{
	long long began = real_ms();

	while (f.fetches < fetches && real_ms() < began + ms)
		stand_turn(&f, NULL, 5);
	cr_expect(ge(int, f.fetches, fetches), "no further fetch within %d ms", ms);
	return real_ms() - began;
}

static enum auth_verdict check(enum forger forger)
{
	stand_forge(&f, forger, LASTING);
	return stand_check_forged(&f);
}

/* ---- lifetime ---- */

struct kept {
	const char *cache_control, *age;
	long long refresh, least, most;
	int at_least_ms, at_most_ms;
};

static void expect_kept(const struct kept *kept)
{
	long long ms;

	f.cache_control = kept->cache_control;
	f.age = kept->age;
	f.config.jwks_refresh = kept->refresh;
	f.config.jwks_min = kept->least;
	f.config.jwks_max = kept->most;
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_publish(&f, E2, FORGERS);
	ms = wait_for_fetches(2, kept->at_most_ms + 2000);
	cr_expect(ge(llong, ms, kept->at_least_ms - 50));
	stand_turn(&f, NULL, 50);
	cr_expect(eq(int, check(E2), AUTH_TRUE), "the new keys must be in use");
	cr_expect(eq(int, f.fetches, 2));
	cr_expect(eq(int, check(E1), AUTH_UNKNOWN_KEY), "the old keys must not be in use");
}

Test(life, is_as_long_as_max_age)
{
	expect_kept(&(struct kept){ "public, max-age=2", NULL, 600, 1, 3600, 1800, 2000 });
}

Test(life, began_when_the_answer_was_made)
{
	expect_kept(&(struct kept){ "max-age=3600", "3598", 600, 1, 3600, 1800, 2000 });
}

Test(life, is_no_shorter_than_the_least)
{
	expect_kept(&(struct kept){ "max-age=0", NULL, 600, 2, 3600, 2000, 2200 });
}

Test(life, is_the_least_of_what_must_not_be_kept)
{
	expect_kept(&(struct kept){ "no-store, max-age=3600", NULL, 600, 1, 3600, 1000, 1100 });
}

Test(life, is_no_longer_than_the_most)
{
	expect_kept(&(struct kept){ "max-age=86400", NULL, 600, 1, 2, 1800, 2000 });
}

Test(life, is_the_usual_where_nothing_is_said)
{
	expect_kept(&(struct kept){ NULL, NULL, 2, 1, 3600, 1800, 2000 });
}

Test(life, is_the_usual_within_bounds)
{
	expect_kept(&(struct kept){ NULL, NULL, 5, 1, 2, 1800, 2000 });
}

Test(life, is_not_over_before)
{
	f.cache_control = "max-age=5";
	f.config.jwks_refresh = 1;
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	stand_turn(&f, NULL, 2500);
	cr_expect(eq(int, f.fetches, 1));
}

/* ---- 304 Not Modified ---- */

Test(life, goes_on_when_nothing_has_changed)
{
	struct buf first = { 0 };

	f.etag = "\"v1\"";
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	cr_expect(eq(str, f.if_none_match, ""));
	cr_expect(eq(int, check(E1), AUTH_TRUE));
	buf_str(&first, buf_as_str(&f.token));

	cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, f.fetches, 2));
	cr_expect(eq(str, f.if_none_match, "\"v1\""));
	cr_expect(eq(int, f.unchanged, 1));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_FAILURES), 0));
	cr_expect(eq(int, stand_check(&f, buf_as_str(&first)), AUTH_TRUE));
	cr_expect(eq(llong, metrics_value(METRIC_TOKENS_VERIFIED), 1), "its token must stay cached");
	buf_finish(&first);

	/* New keys have a new ETag, which the next fetch sends. */
	f.etag = "W/\"v2\"";
	stand_publish(&f, E1, E2, FORGERS);
	stand_wait(&f, 10);
	cr_expect(eq(int, check(E2), AUTH_TRUE));
	cr_expect(eq(str, f.if_none_match, "\"v1\""));
	stand_wait(&f, 10);
	cr_expect(eq(int, check(E3), AUTH_UNKNOWN_KEY));
	cr_expect(eq(str, f.if_none_match, "W/\"v2\""));
	cr_expect(eq(int, f.unchanged, 2));

	/* Without an ETag, no If-None-Match is sent. */
	f.etag = NULL;
	stand_wait(&f, 10);
	cr_expect(eq(int, check(E3), AUTH_UNKNOWN_KEY));
	stand_wait(&f, 10);
	cr_expect(eq(int, check(E3), AUTH_UNKNOWN_KEY));
	cr_expect(eq(str, f.if_none_match, ""));
}

Test(life, is_prolonged_by_who_says_that_nothing_has_changed)
{
	f.etag = "\"v1\"";
	f.cache_control = "max-age=1";
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	wait_for_fetches(2, 4000);
	cr_expect(eq(int, f.unchanged, 1));
	f.cache_control = "max-age=600"; /* from the third fetch on */
	wait_for_fetches(3, 4000);
	stand_turn(&f, NULL, 1500);
	cr_expect(eq(int, f.fetches, 3));
	cr_expect(eq(int, check(E1), AUTH_TRUE));
}

Test(life, is_not_prolonged_by_who_was_not_told_what_there_is)
{
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	f.status = 304;
	cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_FAILURES), 1));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 1));
	cr_expect(eq(int, check(E1), AUTH_TRUE));
}

Test(life, does_not_begin_with_what_has_not_changed)
{
	f.status = 304;
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	stand_turn(&f, NULL, 200);
	cr_expect(not(auth_has_keys(f.auth)));
	cr_expect(gt(llong, metrics_value(METRIC_JWKS_FAILURES), 0));
}

/* ---- outages ---- */

static int said_in(int log, const char *what)
{
	static char text[1 << 20];
	ssize_t length = pread(log, text, sizeof(text) - 1, 0);
	int count = 0;

	text[length > 0 ? length : 0] = '\0';
	for (const char *at = text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

Test(life, outlasts_an_outage_however_long_it_is)
{
	int log = memfd_create("log", 0);

	log_open(log, LOG_INFO);
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
	f.status = 500;
	for (int hour = 1; hour <= 24; hour++) {
		char claims[300];

		stand_wait(&f, 3600);
		/* A token with an unknown key: one more fetch, which fails. */
		cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
		cr_expect(eq(int, f.fetches, 1 + hour));
		/* A new token with a known key. */
		snprintf(claims, sizeof(claims), "{\"jti\":%d,%s", hour, LASTING + 1);
		stand_forge(&f, E1, claims);
		cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE), "hour %d", hour);
	}
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_FAILURES), 24));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 1));
	cr_expect(auth_has_keys(f.auth));
	stand_turn(&f, NULL, 5);
	cr_expect(eq(int, said_in(log, "jwks.stale"), 1), "must be logged once");

	f.status = 0;
	stand_publish(&f, E2, FORGERS);
	stand_wait(&f, 10);
	cr_expect(eq(int, check(E2), AUTH_TRUE));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
	stand_turn(&f, NULL, 5);
	cr_expect(eq(int, said_in(log, "jwks.fresh"), 2), "must be logged at the first fetch and on recovery");
	close(log);
}

/* While there are keys, a failing issuer is retried no sooner than after the interval. */
Test(life, has_patience_with_an_issuer_that_fails)
{
	long long first, second;

	f.config.jwks_refresh = 1;
	f.config.jwks_interval = 2;
	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	f.status = 500;
	wait_for_fetches(2, 4000);
	stand_turn(&f, NULL, 50);
	cr_expect(eq(int, check(E2), AUTH_UNKNOWN_KEY));
	cr_expect(eq(int, f.fetches, 2), "an unknown key must not cause a fetch, either");
	first = 50 + wait_for_fetches(3, 6000);
	cr_expect(ge(llong, first, 1900));
	second = wait_for_fetches(4, 9000);
	cr_expect(ge(llong, second, 3900), "the delay must double");
	cr_expect(eq(int, check(E1), AUTH_TRUE));

	/* After a success, the delay is reset. */
	f.status = 0;
	stand_publish(&f, E2, FORGERS);
	wait_for_fetches(5, 15000);
	stand_turn(&f, NULL, 50);
	cr_expect(eq(int, check(E2), AUTH_TRUE));
	wait_for_fetches(6, 4000);
	f.status = 500;
	wait_for_fetches(7, 4000);
	wait_for_fetches(8, 3500);
}

/* Without any keys no token can be verified, so the retry comes soon. */
Test(life, begins_as_soon_as_may_be)
{
	f.config.jwks_interval = 600;
	f.status = 500;
	stand_publish(&f, E1, FORGERS);
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	wait_for_fetches(2, 3000);
	f.status = 0;
	wait_for_fetches(3, 5000);
	stand_turn(&f, NULL, 50);
	cr_expect(auth_has_keys(f.auth));
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
}

Test(life, ends_with_the_room)
{
	f.status = 500;
	f.auth = auth_new(f.loop, f.fetcher, &f.config);
	stand_turn(&f, NULL, 100);
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 1));
	auth_free(f.auth);
	f.auth = NULL;
	cr_expect(eq(llong, metrics_value(METRIC_JWKS_STALE), 0));
}

/* ---- rotation ---- */

static void publish_nameless(enum forger forger)
{
	buf_clear(&f.keys);
	buf_text(&f.keys, "{\"keys\":[");
	forge_jwk(&f.keys, forger, NULL, "");
	buf_text(&f.keys, "]}");
}

static enum auth_verdict check_nameless(enum forger forger, const char *alg)
{
	char header[40];

	snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);
	forge_token(&f.token, str_of(header), STR(LASTING), forger, HONEST);
	return stand_check_forged(&f);
}

Test(life, of_keys_without_names_ends_when_the_next_one_signs)
{
	publish_nameless(E1);
	stand_believe(&f);
	cr_expect(eq(int, check_nameless(E1, "ES256"), AUTH_TRUE));
	publish_nameless(E2);
	cr_expect(eq(int, check_nameless(E2, "ES256"), AUTH_TRUE));
	cr_expect(eq(int, f.fetches, 2));
	cr_expect(eq(int, check_nameless(E1, "ES256"), AUTH_SIGNATURE));

	/* The next key has another type. */
	publish_nameless(R1);
	stand_wait(&f, 10);
	cr_expect(eq(int, check_nameless(R1, "RS256"), AUTH_TRUE));
	cr_expect(eq(int, f.fetches, 3));
	cr_expect(eq(int, check_nameless(E2, "ES256"), AUTH_UNKNOWN_KEY));

	/* Forged tokens cause one fetch per interval at most. */
	stand_wait(&f, 10);
	for (int i = 0; i < 100; i++)
		cr_expect(eq(int, check_nameless(R2, "RS256"), AUTH_SIGNATURE));
	cr_expect(eq(int, f.fetches, 4));
	/* With a kid, a bad signature does not cause a fetch. */
	stand_publish(&f, E1, FORGERS);
	stand_wait(&f, 10);
	cr_expect(eq(int, check(E1), AUTH_TRUE));
	stand_wait(&f, 10);
	forge_token(&f.token, STR("{\"alg\":\"ES256\",\"kid\":\"e1\"}"), STR(LASTING), E2, HONEST);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_SIGNATURE));
	cr_expect(eq(int, f.fetches, 5));
}

/* A response under way may be older than the new key, so one more fetch is made. */
Test(life, of_an_answer_that_comes_too_late_is_not_the_last_word)
{
	struct auth_query query;
	struct identity *identity;

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	f.delay_ms = 200;
	stand_forge(&f, E3, LASTING);
	cr_expect(eq(int, auth_check(f.auth, &query, buf_as_str(&f.token), NULL, &identity), AUTH_LATER));
	auth_forget(&query);
	wait_for_fetches(2, 2000);
	stand_publish(&f, E1, E2, FORGERS);
	stand_wait(&f, 10);
	cr_expect(eq(int, check(E2), AUTH_TRUE));
	cr_expect(eq(int, f.fetches, 3));
}

static int rotated, wrong;

static void on_rotated(struct auth_query *, enum auth_verdict verdict, struct identity *)
{
	rotated++;
	wrong += verdict != AUTH_TRUE;
}

/* The key is rotated while tokens arrive; some are verified at once, some after the fetch. */
Test(life, changes_hands_without_a_wrong_word)
{
	static struct auth_query queries[200];
	static struct buf tokens[200];
	struct identity *identity;
	int at_once = 0;

	stand_publish(&f, E1, FORGERS);
	stand_believe(&f);
	f.delay_ms = 50;
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		char claims[300];
		enum auth_verdict verdict;

		if (i == 50)
			stand_publish(&f, E1, E2, FORGERS);
		snprintf(claims, sizeof(claims), "{\"jti\":%zu,%s", i, LASTING + 1);
		stand_forge(&f, i >= 50 && i % 2 ? E2 : E1, claims);
		buf_str(&tokens[i], buf_as_str(&f.token));
		verdict = auth_check(f.auth, &queries[i], buf_as_str(&tokens[i]), on_rotated, &identity);
		at_once += verdict == AUTH_TRUE;
		wrong += verdict != AUTH_TRUE && verdict != AUTH_LATER;
		if (i % 20 == 0)
			stand_turn(&f, NULL, 5);
	}
	stand_turn(&f, NULL, 300);
	cr_expect(eq(int, wrong, 0));
	cr_expect(eq(int, at_once + rotated, (int)COUNT_OF(queries)));
	cr_expect(gt(int, rotated, 0));
	cr_expect(eq(int, f.fetches, 2));
	for (size_t i = 0; i < COUNT_OF(tokens); i++)
		buf_finish(&tokens[i]);
}
