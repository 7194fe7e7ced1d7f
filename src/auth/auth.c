/* auth.c: verifies bearer tokens (JWT) and returns the identity they carry.
 *
 * Normal sequence for a token:
 *
 * - it is in the cache: its identity is returned at once;
 * - otherwise it is parsed, its claims are read, its issuer is found by exact name,
 *   its times and that issuer's rules are checked, its key is found, and its signature
 *   is verified;
 * - it is cached together with its identity.
 *
 * The cheapest checks come first: a token that has expired or is not intended for this
 * server costs neither a signature check nor a fetch.
 *
 * Failures:
 *
 * - there is no time for its signature now: it waits in a queue (verify_queue.c);
 * - its key is not in the key set: if a fetch is allowed, the token waits for it in a
 *   bounded queue and is checked again when the fetch ends. A fetch that was already
 *   under way may have started too early, so the token may wait for one more;
 * - it has no `kid`, and the only key it can mean did not sign it: as above, since that
 *   key may have been replaced by one that is not known yet;
 * - the queue is full: AUTH_BUSY, so that the client retries;
 * - the issuer does not respond: the fetch has a deadline; then the token is rejected
 *   as signed with an unknown key;
 * - the caller leaves: auth_cancel() removes the query from its queue.
 *
 * After each wait the token is checked from the beginning: it may have expired, or an
 * identical token may have been cached meanwhile. */

#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "issuer.h"
#include "verify_queue.h"
#include "log.h"
#include "metrics.h"
#include "token_cache.h"
#include "token.h"

enum {
	MAX_WAITING = 256, /* per issuer */
	MAX_FETCHES = 2,   /* per token */
};

struct auth {
	struct issuers issuers;
	struct token_cache *cache;
	struct verify_queue *verify_queue;
};

/* What the checks of one token find out. */
struct verification {
	struct issuer *issuer; /* NULL: `iss` names no configured issuer */
	const char *hint;      /* NULL: use that of the table */
	bool no_kid;           /* the header has no `kid` */
	struct identity *identity;
};

static const struct {
	const char *message, *hint;
} texts[AUTH_RESULTS] = {
#define TOKEN_ERROR(name, problem, message, hint) [AUTH_##name] = { message, hint },
#include "table/token_errors.def"
#undef TOKEN_ERROR
};

const char *auth_result_text(enum auth_result result)
{
	return texts[result].message;
}

/* All checks that need no key. */
static enum auth_result check_claims(const struct auth *auth, const struct token *token,
                                     struct claims *claims, struct verification *verification)
{
	enum auth_result result = claims_read(claims, token->claims);

	if (result != AUTH_OK)
		return result;
	verification->issuer = issuers_find(&auth->issuers, claims->issuer);
	if (!verification->issuer)
		return AUTH_ISSUER;
	result = claims_check_time(claims, verification->issuer->leeway_ms);
	if (result != AUTH_OK)
		return result;
	return issuer_check_claims(verification->issuer, claims, &verification->hint);
}

/* AUTH_PENDING: only the signature check is left, and there is no time for it now. */
static enum auth_result verify(struct auth *auth, struct str text, bool ready,
                               struct verification *verification)
{
	struct claims claims;
	struct token token;
	struct key *key = NULL;
	enum auth_result result = token_read(&token, text);

	verification->no_kid = !token.kid.at;
	if (result == AUTH_OK)
		result = check_claims(auth, &token, &claims, verification);
	if (result == AUTH_OK)
		key = jwks_find(verification->issuer->jwks, token.kid, token.algorithm, &result);
	if (key && !ready && !verify_queue_has_budget(auth->verify_queue))
		result = AUTH_PENDING;
	else if (key
	         && !verify_queue_verify(auth->verify_queue, key, token.signed_part,
	                                 token.signature))
		result = AUTH_SIGNATURE;
	else if (key)
		verification->identity =
			token_cache_add(auth->cache, text, &claims, key,
		                        claims.expires * 1000 + verification->issuer->leeway_ms);
	token_finish(&token);
	return result;
}

/* AUTH_PENDING if the query waits for a fetch; otherwise the final result. */
static enum auth_result wait_for_keys(struct auth_query *query, struct verification *verification,
                                      enum auth_result result)
{
	struct issuer *issuer = verification->issuer;

	if (result != AUTH_UNKNOWN_KEY && !(result == AUTH_SIGNATURE && verification->no_kid))
		return result;
	if (query->fetches == MAX_FETCHES || !jwks_refetch(issuer->jwks))
		return result;
	/* The token may be valid: the key may come with the next fetch. */
	if (issuer->waiting.count == MAX_WAITING) {
		verification->hint =
			"header kid: too many tokens are waiting for the issuer's keys";
		return AUTH_BUSY;
	}
	query->fetches++;
	query->generation = issuer->generation;
	queue_add(&issuer->waiting, query);
	return AUTH_PENDING;
}

/* Checks a query as far as possible now. AUTH_PENDING: it waits; otherwise the result is
 * final, and errors are counted. `ready`: it has waited for its signature check. */
static enum auth_result advance(struct auth *auth, struct auth_query *query, bool ready,
                                struct identity **identity)
{
	struct verification verification = { .identity = auth_cached(auth, query->token) };
	enum auth_result result = AUTH_OK;

	if (!verification.identity)
		result = verify(auth, query->token, ready, &verification);
	*identity = verification.identity;
	if (result == AUTH_PENDING)
		result = verify_queue_add(auth->verify_queue, query) ? AUTH_PENDING : AUTH_BUSY;
	else
		result = wait_for_keys(query, &verification, result);
	if (result == AUTH_PENDING)
		return AUTH_PENDING;
	if (result != AUTH_OK)
		metrics_count(METRIC_TOKENS_REFUSED, 1);
	query->hint = verification.hint ? verification.hint : texts[result].hint;
	return result;
}

static void resume(struct auth *auth, struct auth_query *query, bool ready)
{
	struct identity *identity;
	enum auth_result result = advance(auth, query, ready, &identity);

	if (result != AUTH_PENDING)
		query->done(query, result, identity);
}

/* There is time for this query's signature check. */
static void on_ready(void *arg, struct auth_query *query)
{
	resume(arg, query, true);
}

/* A fetch has ended: check each query that waited for it against the current keys. A
 * query that waits for another fetch is appended to the same queue with a new `generation`,
 * which ends the loop. */
static void on_fetched(void *arg)
{
	struct issuer *issuer = arg;
	struct auth_query *query;

	issuer->generation++;
	while ((query = TAILQ_FIRST(&issuer->waiting.queries))
	       && query->generation != issuer->generation) {
		queue_remove(query);
		resume(issuer->auth, query, false);
	}
}

struct identity *auth_cached(struct auth *auth, struct str token)
{
	return token.length > MAX_TOKEN_BYTES ? NULL : token_cache_find(auth->cache, token);
}

enum auth_result auth_check(struct auth *auth, struct auth_query *query, struct str token,
                            auth_done_fn *done, struct identity **identity)
{
	*query = (struct auth_query){ .done = done, .token = token };
	return advance(auth, query, false, identity);
}

void auth_cancel(struct auth_query *query)
{
	queue_remove(query);
}

void auth_each_issuer(const struct auth *auth, void (*call)(void *arg, const char *issuer),
                      void *arg)
{
	const struct issuer *issuer;

	TAILQ_FOREACH(issuer, &auth->issuers, link)
		call(arg, issuer->name);
}

bool auth_has_keys(const struct auth *auth)
{
	const struct issuer *issuer;

	TAILQ_FOREACH(issuer, &auth->issuers, link)
		if (jwks_has_keys(issuer->jwks))
			return true;
	return false;
}

bool auth_check_config(const struct config *config, struct buf *errors)
{
	size_t before = errors->length;
	struct issuers issuers;

	issuers_read(&issuers, config, errors);
	issuers_finish(&issuers);
	if (config->jwks_min > config->jwks_max)
		buf_print(
			errors,
			"JWKS_MIN_SECONDS must not be greater than JWKS_MAX_SECONDS, but is %lld.\n",
			config->jwks_min);
	return errors->length == before;
}

struct auth *auth_new_with_issuers(struct loop *loop, struct fetcher *fetcher,
                                   const struct config *config, struct issuers *issuers)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));
	struct issuer *issuer;

	auth->cache = token_cache_new(loop, (size_t)config->token_cache);
	auth->verify_queue = verify_queue_new(loop, on_ready, auth);
	TAILQ_INIT(&auth->issuers);
	TAILQ_CONCAT(&auth->issuers, issuers, link);
	TAILQ_FOREACH(issuer, &auth->issuers, link) {
		const struct jwks_config options = {
			.issuer = issuer->name,
			.url = issuer->keys_url,
			.refresh_seconds = config->jwks_refresh,
			.min_seconds = config->jwks_min,
			.max_seconds = config->jwks_max,
			.interval_seconds = config->jwks_interval,
		};

		issuer->auth = auth;
		issuer->jwks = jwks_new(loop, fetcher, &options, on_fetched, issuer);
	}
	return auth;
}

struct auth *auth_new(struct loop *loop, struct fetcher *fetcher, const struct config *config)
{
	struct buf errors = { 0 };
	struct issuers issuers;
	struct auth *auth = NULL;
	struct str rest, line;

	if (issuers_read(&issuers, config, &errors))
		auth = auth_new_with_issuers(loop, fetcher, config, &issuers);
	for (rest = buf_as_str(&errors); str_cut(&rest, '\n', &line);)
		log_error("auth.invalid_config", kv_str("why", line));
	issuers_finish(&issuers);
	buf_finish(&errors);
	return auth;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	issuers_finish(&auth->issuers);
	verify_queue_free(auth->verify_queue);
	token_cache_free(auth->cache);
	free(auth);
}
