/* issuer_outages.c: tests that exactly the valid tokens are accepted while an issuer is
 * unreachable, slow or sends invalid responses. */

#include <poll.h>

#include "two_issuers.h"

TestSuite(issuer_outages, .init = two_issuers_open, .fini = two_issuers_close, .timeout = 80);

/* Expects one log line about the stale keys. It may be written shortly after the response. */
static void expect_stale_logged(void)
{
	for (long long until = now_ms() + 1000;
	     count_logged("jwks.stale", f.issuer) == 0 && now_ms() < until;)
		sleep_ms(5);
	cr_expect_eq(count_logged("jwks.stale", f.issuer), 1, "%d lines",
	             count_logged("jwks.stale", f.issuer));
}

enum { OUTAGE_MS = 8000 }; /* many times the lifetime of the keys */

Test(issuer_outages, leave_valid_tokens_accepted)
{
	const char *kept = keep_token(sign_token(E1)), *also_kept = keep_token(sign_token(R1));
	long failures;

	provider_set_headers(f.issuer, MAX_AGE_1);
	start_server_ready();
	request_with(E1, R1, kept, also_kept);
	failures = read_metric("binnacle_jwks_failures_total");
	provider_set_listening(f.issuer, false);
	request_for(OUTAGE_MS, E1, E1, kept, also_kept);
	cr_expect_eq(f.rejected, 0, "%d of %d", f.rejected, f.requests);
	cr_expect(read_metric("binnacle_jwks_failures_total") >= failures + 2, "%ld",
	          read_metric("binnacle_jwks_failures_total"));
	cr_expect_eq(read_metric("binnacle_jwks_stale"), 1);
	expect_stale_logged();
	expect_status(client_get(f.client, "/ready"), 200);

	provider_publish(f.issuer, E1, E3, TEST_KEYS);
	provider_set_listening(f.issuer, true);
	cr_expect(has_result_within(E3, "200", FRESH_MS));
	cr_expect_eq(read_metric("binnacle_jwks_stale"), 0);
	expect_stale_logged();
}

/* ---- Slow responses ---- */

static bool has_answer(const struct client *client)
{
	return poll(&(struct pollfd){ .fd = client_fd(client), .events = POLLIN }, 1, 0) == 1;
}

/* Tokens with a known key are not delayed. A token with an unknown key is answered when the
 * request for the keys times out. */
static void expect_no_delay(enum response response)
{
	const char *kept = keep_token(sign_token(E1));
	struct client *waiting;
	long long start;
	int normal_ms, slow_ms;

	start_server_ready();
	request_with(E1, E1, kept, kept);
	p99_ms();
	request_for(500, E1, R1, kept, kept);
	normal_ms = p99_ms();
	provider_set_response(f.issuer, ENDPOINT_KEYS, response);
	wait_interval();
	waiting = e2e_client_of(f.server, NULL);
	client_set_token(waiting, sign_token(E3));
	client_send(waiting, "GET", "/api/v1/users/me", NULL);
	for (start = now_ms(); !has_answer(waiting) && now_ms() < start + 2 * DEADLINE_MS;)
		request_with(E1, R1, kept, kept);
	cr_expect_str_eq(result_of_answer(client_receive(waiting)), "TOKEN_KEY");
	cr_expect(now_ms() - start < DEADLINE_MS + 2000, "%lld ms", now_ms() - start);
	slow_ms = p99_ms();
	cr_expect_eq(f.rejected, 0, "%d of %d", f.rejected, f.requests);
	cr_expect(slow_ms <= 4 * normal_ms + 50, "p99 %d ms, normally %d ms", slow_ms, normal_ms);
	expect_stale_logged();

	provider_publish(f.issuer, E3, TEST_KEYS);
	provider_set_response(f.issuer, ENDPOINT_KEYS, RESPONSE_VALID);
	cr_expect(has_result_within(E3, "200", FRESH_MS));
}

Test(issuer_outages, without_a_response_delay_nobody_else)
{
	expect_no_delay(RESPONSE_NONE);
}

Test(issuer_outages, with_a_slow_response_delay_nobody_else)
{
	expect_no_delay(RESPONSE_SLOW);
}

/* ---- Invalid responses ---- */

static const struct {
	enum endpoint endpoint;
	enum response response;
} invalid[] = {
	{ ENDPOINT_KEYS, RESPONSE_CUT_OFF },
	{ ENDPOINT_KEYS, RESPONSE_NOT_HTTP },
	{ ENDPOINT_KEYS, RESPONSE_ERROR },
	{ ENDPOINT_KEYS, RESPONSE_HTML },
	{ ENDPOINT_KEYS, RESPONSE_TRUNCATED },
	{ ENDPOINT_KEYS, RESPONSE_EMPTY },
	{ ENDPOINT_KEYS, RESPONSE_UNUSABLE_KEYS },
	{ ENDPOINT_KEYS, RESPONSE_TOO_LARGE },
	{ ENDPOINT_KEYS, RESPONSE_REDIRECT },
	{ ENDPOINT_KEYS, RESPONSE_REDIRECT_AWAY },
	{ ENDPOINT_DISCOVERY, RESPONSE_CUT_OFF },
	{ ENDPOINT_DISCOVERY, RESPONSE_NOT_HTTP },
	{ ENDPOINT_DISCOVERY, RESPONSE_ERROR },
	{ ENDPOINT_DISCOVERY, RESPONSE_HTML },
	{ ENDPOINT_DISCOVERY, RESPONSE_EMPTY },
	{ ENDPOINT_DISCOVERY, RESPONSE_TOO_LARGE },
	{ ENDPOINT_DISCOVERY, RESPONSE_REDIRECT },
	{ ENDPOINT_DISCOVERY, RESPONSE_REDIRECT_AWAY },
	{ ENDPOINT_DISCOVERY, RESPONSE_WRONG_ISSUER },
	{ ENDPOINT_DISCOVERY, RESPONSE_HTTP_KEYS },
};

Test(issuer_outages, with_invalid_responses_change_no_keys)
{
	const char *kept = keep_token(sign_token(E1));

	provider_set_redirect(f.issuer, f.other);
	start_server_ready();
	expect_result(kept, "200");
	for (size_t i = 0; i < COUNT_OF(invalid); i++) {
		const char *what = e2e_format(
			"%s for %s", response_names[invalid[i].response],
			invalid[i].endpoint == ENDPOINT_KEYS ? "keys" : "a discovery document");
		long failures = read_metric("binnacle_jwks_failures_total");

		provider_set_response(f.issuer, ENDPOINT_KEYS,
		                      invalid[i].endpoint == ENDPOINT_KEYS ? invalid[i].response
		                                                           : RESPONSE_VALID);
		provider_set_response(f.issuer, ENDPOINT_DISCOVERY,
		                      invalid[i].endpoint == ENDPOINT_DISCOVERY
		                              ? invalid[i].response
		                              : RESPONSE_VALID);
		wait_interval();
		cr_expect_str_eq(result_of_token(sign_token(E3)), "TOKEN_KEY", "%s", what);
		cr_expect(read_metric("binnacle_jwks_failures_total") > failures, "%s was accepted",
		          what);
		cr_expect_str_eq(result_of_token(sign_token(E1)), "200", "%s", what);
		cr_expect_str_eq(result_of_token(kept), "200", "%s", what);
	}
	cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_OTHER_KEYS), 0);
	cr_expect_eq(provider_request_count(f.other, ENDPOINT_OTHER_KEYS), 0);
	cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_HTTP_KEYS), 0);
	expect_stale_logged();

	provider_publish(f.issuer, E1, E3, TEST_KEYS);
	provider_set_response(f.issuer, ENDPOINT_DISCOVERY, RESPONSE_VALID);
	cr_expect(has_result_within(E3, "200", 2 * INTERVAL_MS + 500));
}

Test(issuer_outages, at_startup_are_retried)
{
	provider_set_response(f.issuer, ENDPOINT_KEYS, RESPONSE_HTML);
	provider_set_certificate(f.other, CERTIFICATE_WRONG_HOST);
	start_server();
	expect_status(client_get(f.client, "/health"), 200);
	expect_status(client_get(f.client, "/ready"), 503);
	expect_result(sign_token(E1), "KEYS_UNAVAILABLE");
	cr_expect(answer_header(client_get(f.client, "/api/v1/users/me"), "Retry-After") != NULL);
	expect_result(provider_sign(f.other, &(struct provider_token){ E2 }), "KEYS_UNAVAILABLE");
	provider_set_response(f.issuer, ENDPOINT_KEYS, RESPONSE_VALID);
	cr_expect(has_result_within(E1, "200", FRESH_MS));
	expect_status(client_get(f.client, "/ready"), 200);
	expect_result(provider_sign(f.other, &(struct provider_token){ E2 }), "KEYS_UNAVAILABLE");
	cr_expect_eq(provider_request_count(f.other, ENDPOINT_DISCOVERY), 0,
	             "a request was sent in spite of the certificate");
}

Test(issuer_outages, with_an_invalid_certificate_get_no_requests)
{
	start_server_ready();
	for (enum certificate certificate = CERTIFICATE_WRONG_HOST; certificate < CERTIFICATES;
	     certificate++) {
		long failures = read_metric("binnacle_jwks_failures_total");
		int requests = provider_request_count(f.issuer, ENDPOINT_KEYS)
		               + provider_request_count(f.issuer, ENDPOINT_DISCOVERY);
		int connections = provider_connection_count(f.issuer);

		provider_set_certificate(f.issuer, certificate);
		provider_publish(f.issuer, E1, E3, TEST_KEYS);
		wait_interval();
		cr_expect_str_eq(result_of_token(sign_token(E3)), "TOKEN_KEY", "%d", certificate);
		cr_expect(provider_connection_count(f.issuer) > connections, "%d", certificate);
		cr_expect(read_metric("binnacle_jwks_failures_total") > failures, "%d",
		          certificate);
		cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_KEYS)
		                     + provider_request_count(f.issuer, ENDPOINT_DISCOVERY),
		             requests, "%d: a request was sent in spite of the certificate",
		             certificate);
		expect_result(sign_token(E1), "200");
	}
	expect_stale_logged();
	provider_set_certificate(f.issuer, CERTIFICATE_VALID);
	cr_expect(has_result_within(E3, "200", FRESH_MS));
}
