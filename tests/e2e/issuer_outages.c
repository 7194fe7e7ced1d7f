/* Whatever an issuer does, who has a true token is served, and nobody else. */

#include <poll.h>

#include "two_issuers.h"

TestSuite(issuers, .init = believer_open, .fini = believer_close, .timeout = 80);

/* It is told in the log, and once only. A line may come a moment after the answer that
 * was given in the same breath. */
static void expect_complaint(void)
{
	for (long long until = now_ms() + 1000; times_said("jwks.stale", f.issuer) == 0 && now_ms() < until;)
		sleep_ms(5);
	cr_expect_eq(times_said("jwks.stale", f.issuer), 1, "%d times", times_said("jwks.stale", f.issuer));
}

enum { OUTAGE_MS = 8000 }; /* many times what the keys may be kept */

Test(issuers, that_are_away_turn_nobody_away)
{
	const char *kept = keep(sign(E1)), *also_kept = keep(sign(R1));
	long failures;

	provider_set_headers(f.issuer, SOON);
	serve_ready();
	ask_with(E1, R1, kept, also_kept);
	failures = metric("binnacle_jwks_failures_total");
	provider_set_listening(f.issuer, false);
	ask_for(OUTAGE_MS, E1, E1, kept, also_kept);
	cr_expect_eq(f.refused, 0, "%d of %d", f.refused, f.asked);
	cr_expect(metric("binnacle_jwks_failures_total") >= failures + 2, "%ld",
	          metric("binnacle_jwks_failures_total"));
	cr_expect_eq(metric("binnacle_jwks_stale"), 1);
	expect_complaint();
	expect_status(client_get(f.client, "/ready"), 200);

	provider_publish(f.issuer, E1, E3, TEST_KEYS);
	provider_set_listening(f.issuer, true);
	cr_expect(is_told_within(E3, "200", FRESH_MS));
	cr_expect_eq(metric("binnacle_jwks_stale"), 0);
	expect_complaint();
}

/* ---- Slowness ---- */

static bool has_answer(const struct client *client)
{
	return poll(&(struct pollfd){ .fd = client_fd(client), .events = POLLIN }, 1, 0) == 1;
}

/* Who brings a known key does not notice; who brings an unknown one is answered when
 * the deadline has come. */
static void are_slow(enum response response)
{
	const char *kept = keep(sign(E1));
	struct client *waits;
	long long began;
	int quiet_ms, slow_ms;

	serve_ready();
	ask_with(E1, E1, kept, kept);
	p99_ms();
	ask_for(500, E1, R1, kept, kept);
	quiet_ms = p99_ms();
	provider_set_response(f.issuer, ENDPOINT_KEYS, response);
	let_interval_pass();
	waits = e2e_client_of(f.server, NULL);
	client_set_token(waits, sign(E3));
	client_send(waits, "GET", "/api/v1/users/me", NULL);
	for (began = now_ms(); !has_answer(waits) && now_ms() < began + 2 * DEADLINE_MS;)
		ask_with(E1, R1, kept, kept);
	cr_expect_str_eq(told_by(client_receive(waits)), "TOKEN_KEY");
	cr_expect(now_ms() - began < DEADLINE_MS + 2000, "%lld ms", now_ms() - began);
	slow_ms = p99_ms();
	cr_expect_eq(f.refused, 0, "%d of %d", f.refused, f.asked);
	cr_expect(slow_ms <= 4 * quiet_ms + 50, "p99 %d ms, quiet %d ms", slow_ms, quiet_ms);
	expect_complaint();

	provider_publish(f.issuer, E3, TEST_KEYS);
	provider_set_response(f.issuer, ENDPOINT_KEYS, RESPONSE_VALID);
	cr_expect(is_told_within(E3, "200", FRESH_MS));
}

Test(issuers, that_say_nothing_slow_nobody_down)
{
	are_slow(RESPONSE_NONE);
}

Test(issuers, that_speak_too_slowly_slow_nobody_down)
{
	are_slow(RESPONSE_SLOW);
}

/* ---- Garbage ---- */

static const struct {
	enum endpoint endpoint;
	enum response response;
} garbage[] = {
	{ ENDPOINT_KEYS, RESPONSE_CUT_OFF },	     { ENDPOINT_KEYS, RESPONSE_NOT_HTTP },
	{ ENDPOINT_KEYS, RESPONSE_ERROR },	     { ENDPOINT_KEYS, RESPONSE_HTML },
	{ ENDPOINT_KEYS, RESPONSE_TRUNCATED },	     { ENDPOINT_KEYS, RESPONSE_EMPTY },
	{ ENDPOINT_KEYS, RESPONSE_UNUSABLE_KEYS },	     { ENDPOINT_KEYS, RESPONSE_TOO_LARGE },
	{ ENDPOINT_KEYS, RESPONSE_REDIRECT },	     { ENDPOINT_KEYS, RESPONSE_REDIRECT_AWAY },
	{ ENDPOINT_DISCOVERY, RESPONSE_CUT_OFF },  { ENDPOINT_DISCOVERY, RESPONSE_NOT_HTTP },
	{ ENDPOINT_DISCOVERY, RESPONSE_ERROR },    { ENDPOINT_DISCOVERY, RESPONSE_HTML },
	{ ENDPOINT_DISCOVERY, RESPONSE_EMPTY },  { ENDPOINT_DISCOVERY, RESPONSE_TOO_LARGE },
	{ ENDPOINT_DISCOVERY, RESPONSE_REDIRECT }, { ENDPOINT_DISCOVERY, RESPONSE_REDIRECT_AWAY },
	{ ENDPOINT_DISCOVERY, RESPONSE_WRONG_ISSUER }, { ENDPOINT_DISCOVERY, RESPONSE_HTTP_KEYS },
};

Test(issuers, that_say_nonsense_are_not_listened_to)
{
	const char *kept = keep(sign(E1));

	provider_set_redirect(f.issuer, f.other);
	serve_ready();
	expect_told(kept, "200");
	for (size_t i = 0; i < COUNT_OF(garbage); i++) {
		const char *what = e2e_format("%s for %s", response_names[garbage[i].response],
		                               garbage[i].endpoint == ENDPOINT_KEYS ? "keys" : "a discovery document");
		long failures = metric("binnacle_jwks_failures_total");

		provider_set_response(f.issuer, ENDPOINT_KEYS, garbage[i].endpoint == ENDPOINT_KEYS ? garbage[i].response : RESPONSE_VALID);
		provider_set_response(f.issuer, ENDPOINT_DISCOVERY,
		                garbage[i].endpoint == ENDPOINT_DISCOVERY ? garbage[i].response : RESPONSE_VALID);
		let_interval_pass();
		cr_expect_str_eq(told(sign(E3)), "TOKEN_KEY", "%s", what);
		cr_expect(metric("binnacle_jwks_failures_total") > failures, "%s was taken", what);
		cr_expect_str_eq(told(sign(E1)), "200", "%s", what);
		cr_expect_str_eq(told(kept), "200", "%s", what);
	}
	cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_OTHER_KEYS), 0);
	cr_expect_eq(provider_request_count(f.other, ENDPOINT_OTHER_KEYS), 0);
	cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_HTTP_KEYS), 0);
	expect_complaint();

	provider_publish(f.issuer, E1, E3, TEST_KEYS);
	provider_set_response(f.issuer, ENDPOINT_DISCOVERY, RESPONSE_VALID);
	cr_expect(is_told_within(E3, "200", 2 * INTERVAL_MS + 500));
}

Test(issuers, that_say_nonsense_at_first_are_waited_for)
{
	provider_set_response(f.issuer, ENDPOINT_KEYS, RESPONSE_HTML);
	provider_set_certificate(f.other, CERTIFICATE_WRONG_HOST);
	serve();
	expect_status(client_get(f.client, "/health"), 200);
	expect_status(client_get(f.client, "/ready"), 503);
	expect_told(sign(E1), "KEYS_UNAVAILABLE");
	cr_expect(answer_header(client_get(f.client, "/api/v1/users/me"), "Retry-After") != NULL);
	expect_told(provider_sign(f.other, &(struct provider_token){ E2 }), "KEYS_UNAVAILABLE");
	provider_set_response(f.issuer, ENDPOINT_KEYS, RESPONSE_VALID);
	cr_expect(is_told_within(E1, "200", FRESH_MS));
	expect_status(client_get(f.client, "/ready"), 200);
	expect_told(provider_sign(f.other, &(struct provider_token){ E2 }), "KEYS_UNAVAILABLE");
	cr_expect_eq(provider_request_count(f.other, ENDPOINT_DISCOVERY), 0, "it was asked all the same");
}

Test(issuers, that_cannot_prove_their_name_are_not_listened_to)
{
	serve_ready();
	for (enum certificate each = CERTIFICATE_WRONG_HOST; each < CERTIFICATES; each++) {
		long failures = metric("binnacle_jwks_failures_total");
		int asked = provider_request_count(f.issuer, ENDPOINT_KEYS) + provider_request_count(f.issuer, ENDPOINT_DISCOVERY);
		int connections = provider_connection_count(f.issuer);

		provider_set_certificate(f.issuer, each);
		provider_publish(f.issuer, E1, E3, TEST_KEYS);
		let_interval_pass();
		cr_expect_str_eq(told(sign(E3)), "TOKEN_KEY", "%d", each);
		cr_expect(provider_connection_count(f.issuer) > connections, "%d", each);
		cr_expect(metric("binnacle_jwks_failures_total") > failures, "%d", each);
		cr_expect_eq(provider_request_count(f.issuer, ENDPOINT_KEYS) + provider_request_count(f.issuer, ENDPOINT_DISCOVERY), asked,
		             "%d: it was asked all the same", each);
		expect_told(sign(E1), "200");
	}
	expect_complaint();
	provider_set_certificate(f.issuer, CERTIFICATE_VALID);
	cr_expect(is_told_within(E3, "200", FRESH_MS));
}
