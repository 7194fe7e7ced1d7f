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
 *   interval_seconds; the delay doubles, up to MAX_RETRY_MS;
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
	MAX_DOCUMENT_BYTES = 256 * 1024,
	FIRST_RETRY_MS = 500,
	MAX_RETRY_MS = 60 * 1000,
	MAX_ETAG_BYTES = 256,
};

struct jwks {
	struct fetch fetch; /* at most one under way */
	struct fetcher *fetcher;
	struct jwks_config config;
	struct event *timer;
	struct keyset keys;
	char *url;              /* of the key set; NULL: not discovered yet */
	char *etag;             /* of the set in use; NULL: none */
	long long started_ms;   /* start of the refresh under way */
	long long failed_ms;    /* last failure */
	long long refetched_ms; /* last fetch for a missing key */
	bool refetched;         /* refetched_ms is set */
	bool stale;             /* the last fetch failed, and that was logged */
	long long retry_ms;
	void (*fetched)(void *arg);
	void *arg;
};

/* Random, so that processes started together do not fetch at the same time. */
static void schedule_between(struct jwks *jwks, long long min_ms, long long max_ms)
{
	long long ms = min_ms + arc4random_uniform((uint32_t)(max_ms - min_ms) + 1);

	event_add(jwks->timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
}

static void schedule_refresh(struct jwks *jwks, long long seconds)
{
	const struct jwks_config *config = &jwks->config;
	long long ms, min_ms;

	if (seconds == CACHE_CONTROL_NONE)
		seconds = config->refresh_seconds;
	if (seconds > config->max_seconds)
		seconds = config->max_seconds;
	if (seconds < config->min_seconds)
		seconds = config->min_seconds;
	ms = seconds * 1000;
	min_ms = ms - ms / 10;
	/* Up to a tenth early, but never before min_seconds. */
	if (min_ms < config->min_seconds * 1000)
		schedule_between(jwks, config->min_seconds * 1000, ms + ms / 10);
	else
		schedule_between(jwks, min_ms, ms);
}

static void schedule_retry(struct jwks *jwks)
{
	if (jwks->keys.count && jwks->retry_ms < jwks->config.interval_seconds * 1000)
		jwks->retry_ms = jwks->config.interval_seconds * 1000;
	schedule_between(jwks, jwks->retry_ms, jwks->retry_ms + jwks->retry_ms / 5);
	if (jwks->retry_ms < MAX_RETRY_MS)
		jwks->retry_ms =
			jwks->retry_ms * 2 < MAX_RETRY_MS ? jwks->retry_ms * 2 : MAX_RETRY_MS;
}

/* Replaces the string in `target`; NULL clears it. */
static void set_string(char **target, const char *text)
{
	free(*target);
	*target = text ? xstrdup(text) : NULL;
}

static void set_stale(struct jwks *jwks, bool stale)
{
	metrics_count(METRIC_JWKS_STALE, stale - jwks->stale);
	jwks->stale = stale;
}

static void on_failure(struct jwks *jwks, const char *what, const char *why, int status)
{
	metrics_count(METRIC_JWKS_FAILURES, 1);
	if (!jwks->stale)
		log_error("jwks.stale", kv_text("issuer", jwks->config.issuer),
		          kv_text("what", what), kv_text("why", why), kv_number("status", status),
		          kv_number("keys_in_use", (long long)jwks->keys.count));
	set_stale(jwks, true);
	jwks->failed_ms = clock_ms();
	if (!jwks->config.url) {
		set_string(&jwks->url, NULL);
		set_string(&jwks->etag, NULL);
	}
	schedule_retry(jwks);
	jwks->fetched(jwks->arg);
}

static void on_success(struct jwks *jwks, const struct fetch_response *response, bool first)
{
	if (jwks->stale || first)
		log_info("jwks.fresh", kv_text("issuer", jwks->config.issuer),
		         kv_number("keys", (long long)jwks->keys.count));
	set_stale(jwks, false);
	jwks->retry_ms = FIRST_RETRY_MS;
	schedule_refresh(jwks, cache_control_seconds(response->cache_control, response->age));
	jwks->fetched(jwks->arg);
}

static void start_fetch(struct jwks *jwks, const char *url, const char *etag, fetch_done_fn *done)
{
	long long left = DEADLINE_MS - (clock_ms() - jwks->started_ms);

	metrics_count(METRIC_JWKS_FETCHES, 1);
	fetch_run(jwks->fetcher, &jwks->fetch,
	          &(struct fetch_request){ .url = url,
	                                   .etag = etag,
	                                   .limit = MAX_DOCUMENT_BYTES,
	                                   .timeout_ms = left > 1 ? (int)left : 1 },
	          done);
}

/* NULL, or why the body cannot be used. */
static const char *response_error(const struct fetch_response *response)
{
	if (response->status == 200)
		return NULL;
	return response->status ? "the status is not 200" : response->error;
}

static void on_keys(struct fetch *fetch, const struct fetch_response *response)
{
	struct jwks *jwks = container_of(fetch, struct jwks, fetch);
	const char *error = response_error(response);
	struct keyset fresh = { 0 };
	bool first = jwks->keys.count == 0;

	/* A 304 is only valid if If-None-Match was sent. */
	if (response->status == 304 && jwks->etag) {
		on_success(jwks, response, false);
		return;
	}
	if (!error)
		error = keyset_parse(&fresh, response->body);
	if (error) {
		keyset_finish(&fresh);
		on_failure(jwks, jwks->url, error, response->status);
		return;
	}
	keyset_replace(&jwks->keys, &fresh);
	set_string(&jwks->etag, response->etag && strlen(response->etag) <= MAX_ETAG_BYTES
	                                ? response->etag
	                                : NULL);
	on_success(jwks, response, first);
}

static void on_discovery(struct fetch *fetch, const struct fetch_response *response)
{
	struct jwks *jwks = container_of(fetch, struct jwks, fetch);
	const char *error = response_error(response);

	if (!error)
		jwks->url = discovery_read(response->body, jwks->config.issuer, &error);
	if (error)
		on_failure(jwks, "discovery", error, response->status);
	else
		start_fetch(jwks, jwks->url, jwks->etag, on_keys);
}

static void refresh(struct jwks *jwks)
{
	char *url;

	event_del(jwks->timer);
	jwks->started_ms = clock_ms();
	if (jwks->url) {
		start_fetch(jwks, jwks->url, jwks->etag, on_keys);
		return;
	}
	url = discovery_url(jwks->config.issuer);
	start_fetch(jwks, url, NULL, on_discovery);
	free(url);
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	struct jwks *jwks = arg;

	if (!jwks->fetch.exchange)
		refresh(jwks);
}

bool jwks_refetch(struct jwks *jwks)
{
	long long since_ms = clock_ms() - jwks->config.interval_seconds * 1000;

	if (jwks->fetch.exchange)
		return true;
	if ((jwks->refetched && jwks->refetched_ms > since_ms)
	    || (jwks->stale && jwks->failed_ms > since_ms))
		return false;
	jwks->refetched = true;
	jwks->refetched_ms = clock_ms();
	refresh(jwks);
	return true;
}

struct jwks *jwks_new(struct loop *loop, struct fetcher *fetcher, const struct jwks_config *config,
                      void (*fetched)(void *arg), void *arg)
{
	struct jwks *jwks = xcalloc(1, sizeof(*jwks));

	jwks->fetcher = fetcher;
	jwks->config = *config;
	jwks->url = config->url ? xstrdup(config->url) : NULL;
	jwks->retry_ms = FIRST_RETRY_MS;
	jwks->fetched = fetched;
	jwks->arg = arg;
	jwks->timer = evtimer_new(loop_base(loop), on_timer, jwks);
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
                      enum auth_result *result)
{
	if (jwks->keys.count == 0) {
		*result = AUTH_NO_KEYS;
		return NULL;
	}
	return keyset_find(&jwks->keys, kid, algorithm, result);
}
