/* Whatever an issuer does, who has a true token is served, and nobody else. */

#include <poll.h>

#include "believer.h"

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

	provider_add_headers(f.issuer, SOON);
	serve_ready();
	ask_with(E1, R1, kept, also_kept);
	failures = metric("binnacle_jwks_failures_total");
	provider_open(f.issuer, false);
	ask_for(OUTAGE_MS, E1, E1, kept, also_kept);
	cr_expect_eq(f.refused, 0, "%d of %d", f.refused, f.asked);
	cr_expect(metric("binnacle_jwks_failures_total") >= failures + 2, "%ld",
	          metric("binnacle_jwks_failures_total"));
	cr_expect_eq(metric("binnacle_jwks_stale"), 1);
	expect_complaint();
	expect_status(client_get(f.client, "/ready"), 200);

	provider_publish(f.issuer, E1, E3, FORGERS);
	provider_open(f.issuer, true);
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
static void are_slow(enum manner manner)
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
	provider_behave(f.issuer, PAGE_KEYS, manner);
	let_interval_pass();
	waits = story_client_of(f.server, NULL);
	client_bearer(waits, sign(E3));
	client_send(waits, "GET", "/api/v1/users/me", NULL);
	for (began = now_ms(); !has_answer(waits) && now_ms() < began + 2 * DEADLINE_MS;)
		ask_with(E1, R1, kept, kept);
	cr_expect_str_eq(told_by(client_receive(waits)), "TOKEN_KEY");
	cr_expect(now_ms() - began < DEADLINE_MS + 2000, "%lld ms", now_ms() - began);
	slow_ms = p99_ms();
	cr_expect_eq(f.refused, 0, "%d of %d", f.refused, f.asked);
	cr_expect(slow_ms <= 4 * quiet_ms + 50, "p99 %d ms, quiet %d ms", slow_ms, quiet_ms);
	expect_complaint();

	provider_publish(f.issuer, E3, FORGERS);
	provider_behave(f.issuer, PAGE_KEYS, MANNER_GOOD);
	cr_expect(is_told_within(E3, "200", FRESH_MS));
}

Test(issuers, that_say_nothing_slow_nobody_down)
{
	are_slow(MANNER_SILENT);
}

Test(issuers, that_speak_too_slowly_slow_nobody_down)
{
	are_slow(MANNER_DRIPPING);
}

/* ---- Garbage ---- */

static const struct {
	enum page page;
	enum manner manner;
} garbage[] = {
	{ PAGE_KEYS, MANNER_CUT_OFF },	     { PAGE_KEYS, MANNER_NO_HTTP },
	{ PAGE_KEYS, MANNER_ERROR },	     { PAGE_KEYS, MANNER_PAGE },
	{ PAGE_KEYS, MANNER_HALF },	     { PAGE_KEYS, MANNER_NOTHING },
	{ PAGE_KEYS, MANNER_USELESS },	     { PAGE_KEYS, MANNER_HUGE },
	{ PAGE_KEYS, MANNER_REDIRECT },	     { PAGE_KEYS, MANNER_AWAY },
	{ PAGE_DISCOVERY, MANNER_CUT_OFF },  { PAGE_DISCOVERY, MANNER_NO_HTTP },
	{ PAGE_DISCOVERY, MANNER_ERROR },    { PAGE_DISCOVERY, MANNER_PAGE },
	{ PAGE_DISCOVERY, MANNER_NOTHING },  { PAGE_DISCOVERY, MANNER_HUGE },
	{ PAGE_DISCOVERY, MANNER_REDIRECT }, { PAGE_DISCOVERY, MANNER_AWAY },
	{ PAGE_DISCOVERY, MANNER_IMPOSTOR }, { PAGE_DISCOVERY, MANNER_UNSAFE },
};

Test(issuers, that_say_nonsense_are_not_listened_to)
{
	const char *kept = keep(sign(E1));

	provider_send_away(f.issuer, f.other);
	serve_ready();
	expect_told(kept, "200");
	for (size_t i = 0; i < COUNT_OF(garbage); i++) {
		const char *what = story_print("%s for %s", manner_names[garbage[i].manner],
		                               garbage[i].page == PAGE_KEYS ? "keys" : "a discovery document");
		long failures = metric("binnacle_jwks_failures_total");

		provider_behave(f.issuer, PAGE_KEYS, garbage[i].page == PAGE_KEYS ? garbage[i].manner : MANNER_GOOD);
		provider_behave(f.issuer, PAGE_DISCOVERY,
		                garbage[i].page == PAGE_DISCOVERY ? garbage[i].manner : MANNER_GOOD);
		let_interval_pass();
		cr_expect_str_eq(told(sign(E3)), "TOKEN_KEY", "%s", what);
		cr_expect(metric("binnacle_jwks_failures_total") > failures, "%s was taken", what);
		cr_expect_str_eq(told(sign(E1)), "200", "%s", what);
		cr_expect_str_eq(told(kept), "200", "%s", what);
	}
	cr_expect_eq(provider_count(f.issuer, PAGE_ELSEWHERE), 0);
	cr_expect_eq(provider_count(f.other, PAGE_ELSEWHERE), 0);
	cr_expect_eq(provider_count(f.issuer, PAGE_PLAIN), 0);
	expect_complaint();

	provider_publish(f.issuer, E1, E3, FORGERS);
	provider_behave(f.issuer, PAGE_DISCOVERY, MANNER_GOOD);
	cr_expect(is_told_within(E3, "200", 2 * INTERVAL_MS + 500));
}

Test(issuers, that_say_nonsense_at_first_are_waited_for)
{
	provider_behave(f.issuer, PAGE_KEYS, MANNER_PAGE);
	provider_certify(f.other, CERTIFICATE_OF_ANOTHER);
	serve();
	expect_status(client_get(f.client, "/health"), 200);
	expect_status(client_get(f.client, "/ready"), 503);
	expect_told(sign(E1), "KEYS_UNAVAILABLE");
	cr_expect(answer_header(client_get(f.client, "/api/v1/users/me"), "Retry-After") != NULL);
	expect_told(provider_sign(f.other, &(struct provider_token){ E2 }), "KEYS_UNAVAILABLE");
	provider_behave(f.issuer, PAGE_KEYS, MANNER_GOOD);
	cr_expect(is_told_within(E1, "200", FRESH_MS));
	expect_status(client_get(f.client, "/ready"), 200);
	expect_told(provider_sign(f.other, &(struct provider_token){ E2 }), "KEYS_UNAVAILABLE");
	cr_expect_eq(provider_count(f.other, PAGE_DISCOVERY), 0, "it was asked all the same");
}

Test(issuers, that_cannot_prove_their_name_are_not_listened_to)
{
	serve_ready();
	for (enum certificate each = CERTIFICATE_OF_ANOTHER; each < CERTIFICATES; each++) {
		long failures = metric("binnacle_jwks_failures_total");
		int asked = provider_count(f.issuer, PAGE_KEYS) + provider_count(f.issuer, PAGE_DISCOVERY);
		int connections = provider_connections(f.issuer);

		provider_certify(f.issuer, each);
		provider_publish(f.issuer, E1, E3, FORGERS);
		let_interval_pass();
		cr_expect_str_eq(told(sign(E3)), "TOKEN_KEY", "%d", each);
		cr_expect(provider_connections(f.issuer) > connections, "%d", each);
		cr_expect(metric("binnacle_jwks_failures_total") > failures, "%d", each);
		cr_expect_eq(provider_count(f.issuer, PAGE_KEYS) + provider_count(f.issuer, PAGE_DISCOVERY), asked,
		             "%d: it was asked all the same", each);
		expect_told(sign(E1), "200");
	}
	expect_complaint();
	provider_certify(f.issuer, CERTIFICATE_GOOD);
	cr_expect(is_told_within(E3, "200", FRESH_MS));
}
