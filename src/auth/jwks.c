/* jwks.c: an issuer's signing keys, kept fresh by a timer.
 *
 * The happy path of a refresh:
 *
 * - the timer rings; where the issuer publishes a discovery document and nobody
 *   has read it yet, that is fetched and says where the keys are;
 * - the key set is fetched and parses into a new one, which takes the old one's
 *   place; keys that are in both stay what they were, and so do the tokens
 *   remembered under them;
 * - the timer is set to ring again in about refresh_seconds.
 *
 * When it goes wrong:
 *
 * - a fetch fails, or its answer is not as it should be: the old keys stay in
 *   use, it is told once, the timer rings again soon, then less and less soon,
 *   and discovery begins anew, since the keys may have moved;
 * - a token names a key that is not in the set: one more fetch is made, unless
 *   there was one within interval_seconds. However many such tokens come, and
 *   whoever sends them, the issuer does not notice. */

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "jwks.h"
#include "log.h"
#include "metrics.h"

enum {
	DEADLINE_MS = 5000, /* for a refresh, discovery included */
	DOCUMENT_MOST = 256 * 1024,
	RETRY_FIRST_MS = 500,
	RETRY_MOST_MS = 60 * 1000,
};

struct jwks {
	struct fetch fetch;	/* first member; at most one under way */
	struct fetcher *fetcher;
	struct jwks_plan plan;
	struct event *timer;
	struct keyset keys;
	char *url;		/* of the key set; NULL: to be discovered */
	long long began_ms;	/* the refresh under way */
	long long last_ms;	/* when the last one began or ended */
	bool asked;		/* there was one */
	bool stale;		/* the last one failed, and that was told */
	int retry_ms;
	void (*changed)(void *arg);
	void *arg;
};

/* A tenth more or less: processes that started together do not ask together. */
static void ring_in(struct jwks *jwks, long long ms)
{
	ms += arc4random_uniform((uint32_t)ms / 5 + 1) - ms / 10;
	event_add(jwks->timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
}

static void ended(struct jwks *jwks)
{
	jwks->last_ms = clock_ms();
	jwks->changed(jwks->arg);
}

static void failed(struct jwks *jwks, const char *what, const char *why, int status)
{
	metrics_count(METRIC_JWKS_FAILURES, 1);
	if (!jwks->stale)
		log_error("jwks.stale", kv_text("issuer", jwks->plan.issuer), kv_text("what", what),
		          kv_text("why", why), kv_number("status", status),
		          kv_number("keys_in_use", (long long)jwks->keys.count));
	jwks->stale = true;
	if (!jwks->plan.url) {
		free(jwks->url);
		jwks->url = NULL;
	}
	ring_in(jwks, jwks->retry_ms);
	jwks->retry_ms = jwks->retry_ms * 2 < RETRY_MOST_MS ? jwks->retry_ms * 2 : RETRY_MOST_MS;
	ended(jwks);
}

static void ask(struct jwks *jwks, const char *url, fetch_done_fn *done)
{
	long long left = DEADLINE_MS - (clock_ms() - jwks->began_ms);

	metrics_count(METRIC_JWKS_FETCHES, 1);
	fetch_run(jwks->fetcher, &jwks->fetch,
	          &(struct fetch_ask){ .url = url, .limit = DOCUMENT_MOST,
	                               .deadline_ms = left > 1 ? (int)left : 1 },
	          done);
}

/* NULL, or what there is to say against an answer before it is read. */
static const char *answer_fault(const struct fetch_answer *answer)
{
	if (answer->status == 200)
		return NULL;
	return answer->status ? "the answer is not 200" : answer->error;
}

static void on_keys(struct fetch *fetch, const struct fetch_answer *answer)
{
	struct jwks *jwks = container_of(fetch, struct jwks, fetch);
	const char *fault = answer_fault(answer);
	struct keyset fresh = { 0 };

	if (!fault)
		fault = keyset_read(&fresh, answer->body);
	if (fault) {
		keyset_finish(&fresh);
		failed(jwks, jwks->url, fault, answer->status);
		return;
	}
	if (jwks->stale || jwks->keys.count == 0)
		log_info("jwks.fresh", kv_text("issuer", jwks->plan.issuer),
		         kv_number("keys", (long long)fresh.count));
	keyset_replace(&jwks->keys, &fresh);
	jwks->stale = false;
	jwks->retry_ms = RETRY_FIRST_MS;
	ring_in(jwks, jwks->plan.refresh_seconds * 1000);
	ended(jwks);
}

/* What the discovery document says: the address of the keys, or what is wrong. */
static const char *discovery_read(struct jwks *jwks, struct str text)
{
	const char *fault;
	size_t where;
	struct json *document = json_read(text, &fault, &where);
	struct str url = json_text(json_member(document, "jwks_uri"));

	if (!document) {
		fault = "the discovery document is not JSON";
	} else if (!str_is(json_text(json_member(document, "issuer")), jwks->plan.issuer)) {
		fault = "the discovery document is another issuer's";
	} else {
		jwks->url = xmalloc(url.length + 1);
		memcpy(jwks->url, url.at, url.length);
		jwks->url[url.length] = '\0';
		if (fetch_url_fault(jwks->url))
			fault = "its jwks_uri is no address";
		else if (!fetch_url_is_safe(jwks->url))
			fault = "its jwks_uri is not https";
	}
	json_drop(document);
	return fault;
}

static void on_discovery(struct fetch *fetch, const struct fetch_answer *answer)
{
	struct jwks *jwks = container_of(fetch, struct jwks, fetch);
	const char *fault = answer_fault(answer);

	if (!fault)
		fault = discovery_read(jwks, answer->body);
	if (fault)
		failed(jwks, "discovery", fault, answer->status);
	else
		ask(jwks, jwks->url, on_keys);
}

static void refresh(struct jwks *jwks)
{
	const char *issuer = jwks->plan.issuer;
	size_t length = strlen(issuer);
	char *url;

	event_del(jwks->timer);
	jwks->asked = true;
	jwks->began_ms = jwks->last_ms = clock_ms();
	if (jwks->url) {
		ask(jwks, jwks->url, on_keys);
		return;
	}
	url = xprint("%.*s/.well-known/openid-configuration",
	             (int)(issuer[length - 1] == '/' ? length - 1 : length), issuer);
	ask(jwks, url, on_discovery);
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
	if (jwks->fetch.exchange)
		return true;
	if (jwks->asked && clock_ms() - jwks->last_ms < jwks->plan.interval_seconds * 1000)
		return false;
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
	fetch_forget(&jwks->fetch);
	event_free(jwks->timer);
	keyset_finish(&jwks->keys);
	free(jwks->url);
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
