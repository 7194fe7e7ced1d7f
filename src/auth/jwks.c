/* jwks.c: an issuer's key set, refreshed on a timer.
 *
 * Normal sequence of a refresh:
 *
 * - the timer fires; if the URL of the key set is not known yet, the issuer's discovery
 *   document is fetched first;
 * - the key set is fetched and replaces the old one. Keys that are in both are kept, and
 *   so are the tokens cached under them. 304 Not Modified counts as success;
 * - the timer is set to the lifetime that Cache-Control gives or, without it, to the
 *   configured one.
 *
 * Failures:
 *
 * - a fetch fails or its response is invalid: the old keys stay in use for as long as
 *   that lasts. It is logged once, and discovery starts over, since the URL of the keys
 *   may have changed. Without any keys the retry comes soon, otherwise after
 *   interval_seconds; the delay doubles up to RETRY_MOST_MS;
 * - a token names a key that is not in the set: one fetch is made, unless one was made
 *   for such a token, or failed, within interval_seconds. So tokens with made-up keys
 *   cannot be used to flood the issuer. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "discovery.h"
#include "cache_control.h"
#include "jwks.h"
#include "log.h"
#include "metrics.h"

enum {
	DEADLINE_MS = 5000, /* for a refresh, including discovery */
	DOCUMENT_MOST = 256 * 1024,
	RETRY_FIRST_MS = 500,
	RETRY_MOST_MS = 60 * 1000,
	ETAG_MOST = 256,
};

struct jwks {
	struct fetch fetch; /* at most one under way */
	struct fetcher *fetcher;
	struct jwks_plan plan;
	struct event *timer;
	struct keyset keys;
	char *url;           /* of the key set; NULL: not discovered yet */
	char *etag;          /* of the set in use; NULL: none */
	long long began_ms;  /* start of the refresh under way */
	long long failed_ms; /* last failure */
	long long asked_ms;  /* last fetch for a missing key */
	bool asked;          /* asked_ms is set */
	bool stale;          /* the last fetch failed, and that was logged */
	long long retry_ms;
	void (*changed)(void *arg);
	void *arg;
};

/* Random, so that processes started together do not fetch at the same time. */
static void ring_between(struct jwks *jwks, long long least_ms, long long most_ms)
{
	long long ms = least_ms + arc4random_uniform((uint32_t)(most_ms - least_ms) + 1);

	event_add(jwks->timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
}

static void ring_when_old(struct jwks *jwks, long long seconds)
{
	const struct jwks_plan *plan = &jwks->plan;
	long long ms, least_ms;

	if (seconds == FRESHNESS_NOT_SAID)
		seconds = plan->refresh_seconds;
	if (seconds > plan->most_seconds)
		seconds = plan->most_seconds;
	if (seconds < plan->least_seconds)
		seconds = plan->least_seconds;
	ms = seconds * 1000;
	least_ms = ms - ms / 10;
	/* Up to a tenth early, but never before least_seconds. */
	if (least_ms < plan->least_seconds * 1000)
		ring_between(jwks, plan->least_seconds * 1000, ms + ms / 10);
	else
		ring_between(jwks, least_ms, ms);
}

static void ring_after_failure(struct jwks *jwks)
{
	if (jwks->keys.count && jwks->retry_ms < jwks->plan.interval_seconds * 1000)
		jwks->retry_ms = jwks->plan.interval_seconds * 1000;
	ring_between(jwks, jwks->retry_ms, jwks->retry_ms + jwks->retry_ms / 5);
	if (jwks->retry_ms < RETRY_MOST_MS)
		jwks->retry_ms = jwks->retry_ms * 2 < RETRY_MOST_MS ? jwks->retry_ms * 2 : RETRY_MOST_MS;
}

/* Replaces the string in `place`; NULL clears it. */
static void set_text(char **place, const char *text)
{
	free(*place);
	*place = text ? xstrdup(text) : NULL;
}

static void set_stale(struct jwks *jwks, bool stale)
{
	metrics_count(METRIC_JWKS_STALE, stale - jwks->stale);
	jwks->stale = stale;
}

static void failed(struct jwks *jwks, const char *what, const char *why, int status)
{
	metrics_count(METRIC_JWKS_FAILURES, 1);
	if (!jwks->stale)
		log_error("jwks.stale", kv_text("issuer", jwks->plan.issuer), kv_text("what", what),
		          kv_text("why", why), kv_number("status", status),
		          kv_number("keys_in_use", (long long)jwks->keys.count));
	set_stale(jwks, true);
	jwks->failed_ms = clock_ms();
	if (!jwks->plan.url) {
		set_text(&jwks->url, NULL);
		set_text(&jwks->etag, NULL);
	}
	ring_after_failure(jwks);
	jwks->changed(jwks->arg);
}

static void succeeded(struct jwks *jwks, const struct fetch_response *answer, bool first)
{
	if (jwks->stale || first)
		log_info("jwks.fresh", kv_text("issuer", jwks->plan.issuer),
		         kv_number("keys", (long long)jwks->keys.count));
	set_stale(jwks, false);
	jwks->retry_ms = RETRY_FIRST_MS;
	ring_when_old(jwks, freshness(answer->cache_control, answer->age));
	jwks->changed(jwks->arg);
}

static void ask(struct jwks *jwks, const char *url, const char *etag, fetch_done_fn *done)
{
	long long left = DEADLINE_MS - (clock_ms() - jwks->began_ms);

	metrics_count(METRIC_JWKS_FETCHES, 1);
	fetch_run(jwks->fetcher, &jwks->fetch,
	          &(struct fetch_request){ .url = url, .etag = etag, .limit = DOCUMENT_MOST,
	                               .timeout_ms = left > 1 ? (int)left : 1 },
	          done);
}

/* NULL, or why the body cannot be used. */
static const char *answer_fault(const struct fetch_response *answer)
{
	if (answer->status == 200)
		return NULL;
	return answer->status ? "the status is not 200" : answer->error;
}

static void on_keys(struct fetch *fetch, const struct fetch_response *answer)
{
	struct jwks *jwks = container_of(fetch, struct jwks, fetch);
	const char *fault = answer_fault(answer);
	struct keyset fresh = { 0 };
	bool first = jwks->keys.count == 0;

	/* A 304 is only valid if If-None-Match was sent. */
	if (answer->status == 304 && jwks->etag) {
		succeeded(jwks, answer, false);
		return;
	}
	if (!fault)
		fault = keyset_read(&fresh, answer->body);
	if (fault) {
		keyset_finish(&fresh);
		failed(jwks, jwks->url, fault, answer->status);
		return;
	}
	keyset_replace(&jwks->keys, &fresh);
	set_text(&jwks->etag, answer->etag && strlen(answer->etag) <= ETAG_MOST ? answer->etag : NULL);
	succeeded(jwks, answer, first);
}

static void on_discovery(struct fetch *fetch, const struct fetch_response *answer)
{
	struct jwks *jwks = container_of(fetch, struct jwks, fetch);
	const char *fault = answer_fault(answer);

	if (!fault)
		jwks->url = discovery_read(answer->body, jwks->plan.issuer, &fault);
	if (fault)
		failed(jwks, "discovery", fault, answer->status);
	else
		ask(jwks, jwks->url, jwks->etag, on_keys);
}

static void refresh(struct jwks *jwks)
{
	char *url;

	event_del(jwks->timer);
	jwks->began_ms = clock_ms();
	if (jwks->url) {
		ask(jwks, jwks->url, jwks->etag, on_keys);
		return;
	}
	url = discovery_url(jwks->plan.issuer);
	ask(jwks, url, NULL, on_discovery);
	free(url);
}

static void on_ring(evutil_socket_t, short, void *arg)
{
	struct jwks *jwks = arg;

	if (!jwks->fetch.exchange)
		refresh(jwks);
}

bool jwks_ask_again(struct jwks *jwks)
{
	long long since_ms = clock_ms() - jwks->plan.interval_seconds * 1000;

	if (jwks->fetch.exchange)
		return true;
	if ((jwks->asked && jwks->asked_ms > since_ms) || (jwks->stale && jwks->failed_ms > since_ms))
		return false;
	jwks->asked = true;
	jwks->asked_ms = clock_ms();
	refresh(jwks);
	return true;
}

struct jwks *jwks_new(struct loop *loop, struct fetcher *fetcher, const struct jwks_plan *plan,
                      void (*changed)(void *arg), void *arg)
{
	struct jwks *jwks = xcalloc(1, sizeof(*jwks));

	jwks->fetcher = fetcher;
	jwks->plan = *plan;
	jwks->url = plan->url ? xstrdup(plan->url) : NULL;
	jwks->retry_ms = RETRY_FIRST_MS;
	jwks->changed = changed;
	jwks->arg = arg;
	jwks->timer = evtimer_new(loop_base(loop), on_ring, jwks);
	refresh(jwks);
	return jwks;
}

void jwks_free(struct jwks *jwks)
{
	if (!jwks)
		return;
	fetch_cancel(&jwks->fetch);
	event_free(jwks->timer);
	set_stale(jwks, false);
	keyset_finish(&jwks->keys);
	free(jwks->url);
	free(jwks->etag);
	free(jwks);
}

bool jwks_has_keys(const struct jwks *jwks)
{
	return jwks->keys.count > 0;
}

struct key *jwks_find(const struct jwks *jwks, struct str kid, enum algorithm algorithm,
                      enum auth_verdict *verdict)
{
	if (jwks->keys.count == 0) {
		*verdict = AUTH_NO_KEYS;
		return NULL;
	}
	return keyset_find(&jwks->keys, kid, algorithm, verdict);
}
