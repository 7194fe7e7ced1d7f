/* issuers.c: tests key discovery, caching and rotation with two token issuers. */

#include <string.h>

#include "two_issuers.h"

TestSuite(issuers, .init = two_issuers_open, .fini = two_issuers_close, .timeout = 80);

Test(issuers, finds_keys_through_discovery)
{
	start_server_with_both();
	cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_DISCOVERY), 1);
	cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_KEYS), 1);
	cr_expect_eq(provider_request_count(f.other, ENDPOINT_DISCOVERY), 1);
}

Test(issuers, accepts_every_supported_algorithm)
{
	static const struct {
		const char *algorithm;
		enum test_key key_id;
		enum test_signing signing;
	} rows[] = {
		{ "RS256", R1 },      { "RS384", R1, SHA_384 },   { "RS512", R1, SHA_512 },
		{ "PS256", R1, PSS }, { "PS384", R1, PSS_384 },   { "PS512", R1, PSS_512 },
		{ "ES256", E1 },      { "ES384", P384, SHA_384 }, { "ES512", P521, SHA_512 },
		{ "EdDSA", ED1 },
	};
	struct buf keys = { 0 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_text(&keys, i ? "," : "{\"keys\":[");
		test_key_jwk(&keys, rows[i].key_id, rows[i].algorithm,
		             e2e_format(",\"alg\":\"%s\"", rows[i].algorithm));
	}
	buf_text(&keys, "]}");
	provider_publish_json(f.issuer, buf_cstr(&keys));
	buf_finish(&keys);
	start_server_ready();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct provider_token token = { .key_id = rows[i].key_id,
			                              .kid = rows[i].algorithm,
			                              .algorithm = rows[i].algorithm,
			                              .signing = rows[i].signing };

		cr_expect_str_eq(result_of_token(provider_sign(f.issuer, &token)), "200", "%s",
		                 rows[i].algorithm);
	}
}

Test(issuers, verifies_a_token_with_the_keys_of_its_issuer)
{
	struct buf keys = { 0 };
	const struct {
		const char *what;
		struct provider *issuer;
		struct provider_token token;
		const char *expected;
	} rows[] = {
		{ "first issuer, own key", f.issuer, { E1 }, "200" },
		{ "second issuer, own key", f.other, { E2 }, "200" },
		{ "first issuer, key of the second", f.issuer, { E2 }, "TOKEN_KEY" },
		{ "second issuer, key of the first", f.other, { E1 }, "TOKEN_KEY" },
		{ "first issuer, key of the second with a kid of the first",
		  f.issuer,
		  { E2, .kid = "e1" },
		  "TOKEN_SIGNATURE" },
		{ "first issuer, own key with the shared kid",
		  f.issuer,
		  { R1, .kid = "main" },
		  "200" },
		{ "second issuer, own key with the shared kid",
		  f.other,
		  { R2, .kid = "main" },
		  "200" },
		{ "first issuer, key of the second with the shared kid",
		  f.issuer,
		  { R2, .kid = "main" },
		  "TOKEN_SIGNATURE" },
		{ "second issuer, key of the first with the shared kid",
		  f.other,
		  { R1, .kid = "main" },
		  "TOKEN_SIGNATURE" },
		{ "second issuer, its own audience",
		  f.other,
		  { E2, .audience = "other-api" },
		  "200" },
		{ "first issuer, audience of the second",
		  f.issuer,
		  { E1, .audience = "other-api" },
		  "TOKEN_AUDIENCE" },
		{ "unknown issuer",
		  f.issuer,
		  { E1, .issuer = "https://third.example" },
		  "TOKEN_ISSUER" },
		{ "issuer with a trailing slash",
		  f.issuer,
		  { E1, .issuer = e2e_format("%s/", provider_url(f.issuer)) },
		  "TOKEN_ISSUER" },
	};

	for (int i = 0; i < 2; i++) {
		buf_text(&keys, "{\"keys\":[");
		test_key_jwk(&keys, i ? E2 : E1, i ? "e2" : "e1", "");
		buf_char(&keys, ',');
		test_key_jwk(&keys, i ? R2 : R1, "main", "");
		buf_text(&keys, "]}");
		provider_publish_json(i ? f.other : f.issuer, buf_cstr(&keys));
		buf_finish(&keys);
	}
	start_server_with_both();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_str_eq(result_of_token(provider_sign(rows[i].issuer, &rows[i].token)),
		                 rows[i].expected, "%s", rows[i].what);
}

/* The second token is verified like the first: with the keys of its own issuer, which are
 * fetched if necessary. */
Test(issuers, verifies_the_second_token_with_the_keys_of_its_issuer)
{
	const struct {
		const char *what;
		struct provider *issuer;
		struct provider_token token;
		const char *expected;
	} rows[] = {
		{ "key of the first issuer",
		  f.other,
		  { E1, .anonymous = true },
		  "INVALID_PROMOTION" },
		{ "unknown key",
		  f.other,
		  { E2, .kid = "e9", .anonymous = true },
		  "INVALID_PROMOTION" },
		{ "key that was published just now", f.other, { E3, .anonymous = true }, "200" },
		{ "token of a regular account", f.other, { E3 }, "INVALID_PROMOTION" },
	};

	start_server_with_both();
	expect_result(sign_token(E1), "200");
	client_set_token(f.client, sign_token(E1));
	provider_publish(f.other, E2, E3, TEST_KEYS);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		wait_interval();
		cr_expect_str_eq(
			result_of_answer(client_post(
				f.client, "/api/v1/auth/anonymous-promote",
				"{'anonymous_firebase_uuid':'somebody','anonymous_token':'%s'}",
				provider_sign(rows[i].issuer, &rows[i].token))),
			rows[i].expected, "%s", rows[i].what);
	}
}

Test(issuers, serves_one_issuer_if_the_other_is_unreachable_at_startup)
{
	const char *token = keep_token(provider_sign(f.other, &(struct provider_token){ E2 }));
	long long start;

	provider_set_listening(f.other, false);
	start_server_ready();
	expect_result(sign_token(E1), "200");
	expect_result(token, "KEYS_UNAVAILABLE");
	cr_expect(answer_header(client_get(f.client, "/api/v1/users/me"), "Retry-After") != NULL);
	expect_result(sign_token(E1), "200");
	provider_set_listening(f.other, true);
	for (start = now_ms();
	     now_ms() < start + 10000 && strcmp(result_of_token(token), "200") != 0; sleep_ms(50))
		expect_result(sign_token(E1), "200");
	expect_result(token, "200");
}

/* ---- Cache lifetime ---- */

/* Counts how often the keys of each issuer are requested within `ms`. */
static void count_key_requests(int ms, int *issuer, int *other)
{
	int before[] = { provider_request_count(f.issuer, ENDPOINT_KEYS),
		         provider_request_count(f.other, ENDPOINT_KEYS) };

	sleep_ms(ms);
	*issuer = provider_request_count(f.issuer, ENDPOINT_KEYS) - before[0];
	*other = provider_request_count(f.other, ENDPOINT_KEYS) - before[1];
}

Test(issuers, refreshes_keys_as_cache_control_says)
{
	int issuer, other;

	provider_set_headers(f.issuer, MAX_AGE_1);
	provider_set_headers(f.other, "Cache-Control: max-age=3600\r\nAge: 3599\r\n");
	start_server_with_both();
	count_key_requests(4500, &issuer, &other);
	cr_expect(issuer >= 3 && issuer <= 5, "%d times in 4.5 s", issuer);
	cr_expect(other >= 3 && other <= 5, "%d times in 4.5 s", other);
	provider_set_headers(f.issuer, "Cache-Control: max-age=60\r\n");
	provider_set_headers(f.other, "");
	sleep_ms(1500); /* one more request each gets the new headers */
	count_key_requests(2500, &issuer, &other);
	cr_expect_eq(issuer, 0);
	cr_expect_eq(other, 0);
}

Test(issuers, refreshes_keys_at_most_once_per_minimum_interval)
{
	int issuer, other;

	f.min_seconds = 2;
	provider_set_headers(f.issuer, "Cache-Control: no-store\r\n");
	provider_set_headers(f.other, "Cache-Control: max-age=0\r\nAge: 7\r\n");
	start_server_with_both();
	count_key_requests(5000, &issuer, &other);
	cr_expect(issuer >= 1 && issuer <= 3, "%d times in 5 s", issuer);
	cr_expect(other >= 1 && other <= 3, "%d times in 5 s", other);
}

Test(issuers, revalidates_unchanged_keys_by_etag)
{
	const char *kept = keep_token(sign_token(E1));
	long failures;
	int before;

	provider_set_headers(f.issuer, MAX_AGE_1);
	provider_set_etag(f.issuer, true);
	start_server_ready();
	expect_result(kept, "200");
	failures = read_metric("binnacle_jwks_failures_total");
	for (long long until = now_ms() + 2 * FRESH_MS;
	     provider_not_modified_count(f.issuer) < 3 && now_ms() < until; sleep_ms(20))
		expect_result(kept, "200");
	cr_expect(provider_not_modified_count(f.issuer) >= 3);
	cr_expect_eq(provider_not_modified_count(f.issuer),
	             provider_request_count(f.issuer, ENDPOINT_KEYS) - 1);
	cr_expect_eq(read_metric("binnacle_jwks_failures_total"), failures);
	expect_result(sign_token(E1), "200");

	/* New keys have a new ETag. */
	before = provider_not_modified_count(f.issuer);
	provider_publish(f.issuer, E3, TEST_KEYS);
	cr_expect(has_result_within(E1, "TOKEN_KEY", FRESH_MS));
	expect_result(kept, "TOKEN_KEY");
	expect_result(sign_token(E3), "200");
	for (long long until = now_ms() + FRESH_MS;
	     provider_not_modified_count(f.issuer) == before && now_ms() < until;)
		sleep_ms(20);
	cr_expect(provider_not_modified_count(f.issuer) > before);
	expect_result(sign_token(E3), "200");
}

/* ---- Rotation ---- */

Test(issuers, rotates_keys_without_rejecting_valid_tokens)
{
	const char *old = keep_token(sign_token(E1)), *new = keep_token(sign_token(E2));
	int fetches;

	provider_set_headers(f.issuer, MAX_AGE_1);
	start_server_ready();
	request_for(500, E1, E1, old, old);

	/* The new key is published, but not used before every server can have fetched it. */
	fetches = provider_request_count(f.issuer, ENDPOINT_KEYS);
	provider_publish(f.issuer, E1, E2, TEST_KEYS);
	for (long long until = now_ms() + FRESH_MS;
	     provider_request_count(f.issuer, ENDPOINT_KEYS) == fetches && now_ms() < until;)
		request_with(E1, E1, old, old);
	cr_expect(provider_request_count(f.issuer, ENDPOINT_KEYS) > fetches, "no refresh");

	/* The new key is used while tokens signed with the old one are still valid. */
	request_for(1000, E1, E2, old, new);

	/* When these have expired, the old key is withdrawn and its tokens are rejected. */
	provider_publish(f.issuer, E2, TEST_KEYS);
	for (long long until = now_ms() + FRESH_MS;
	     now_ms() < until && strcmp(result_of_token(old), "200") == 0;)
		request_with(E2, E2, new, new);
	expect_result(old, "TOKEN_KEY");
	request_for(300, E2, E2, new, new);
	cr_expect_eq(f.rejected, 0, "%d of %d", f.rejected, f.requests);
	cr_expect(f.requests > 200, "only %d", f.requests);
}

Test(issuers, fetches_keys_once_after_a_sudden_rotation)
{
	const char *old = keep_token(sign_token(E1));
	int fetches;

	start_server_ready();
	expect_result(old, "200");
	wait_interval();
	fetches = provider_request_count(f.issuer, ENDPOINT_KEYS);
	provider_publish(f.issuer, E2, TEST_KEYS);
	/* All clients wait for one fetch of the new key. */
	request_all((const char *const[CLIENTS]){ sign_token(E2), sign_token(E2), sign_token(E2),
	                                          sign_token(E2) });
	cr_expect_eq(f.rejected, 0);
	cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_KEYS), fetches + 1, "%d",
	             provider_request_count(f.issuer, ENDPOINT_KEYS) - fetches);
	expect_result(old, "TOKEN_KEY");

	/* Again, before the interval is over: the key is fetched as soon as it is. */
	provider_publish(f.issuer, E3, TEST_KEYS);
	cr_expect(has_result_within(E3, "200", 2 * INTERVAL_MS + 500));
}

Test(issuers, limits_fetches_for_unknown_keys)
{
	enum { ROUNDS = 125 };
	int fetches, allowed;
	long long start;

	start_server_ready();
	wait_interval();
	start = now_ms();
	fetches = provider_request_count(f.issuer, ENDPOINT_KEYS);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < CLIENTS; i++) {
			const char *kid = e2e_format("unknown-%d-%d", round, i);

			client_set_token(f.clients[i],
			                 provider_sign(f.issuer,
			                               &(struct provider_token){ E3, .kid = kid }));
			client_send(f.clients[i], "GET", "/api/v1/users/me", NULL);
		}
		for (int i = 0; i < CLIENTS; i++)
			cr_expect_str_eq(result_of_answer(client_receive(f.clients[i])),
			                 "TOKEN_KEY");
	}
	fetches = provider_request_count(f.issuer, ENDPOINT_KEYS) - fetches;
	allowed = 1 + (int)((now_ms() - start) / INTERVAL_MS);
	cr_expect(fetches >= 1 && fetches <= allowed, "%d fetches, %d allowed", fetches, allowed);
	expect_result(sign_token(E1), "200");
}
