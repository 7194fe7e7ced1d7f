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
 * - the caller leaves: auth_forget() removes the query from its queue.
 *
 * After each wait the token is checked from the beginning: it may have expired, or an
 * identical token may have been cached meanwhile. */

#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "config.h"
#include "issuer.h"
#include "verify_queue.h"
#include "log.h"
#include "metrics.h"
#include "token_cache.h"
#include "token.h"

enum {
	WAITING_MOST = 256, /* per issuer */
	FETCHES_MOST = 2,   /* per token */
};

struct auth {
	struct issuers issuers;
	struct seen *seen;
	struct line *line;
};

/* What the checks of one token find out. */
struct trial {
	struct issuer *issuer; /* NULL: `iss` names no configured issuer */
	const char *hint;      /* NULL: use that of the table */
	bool nameless;         /* the header has no `kid` */
	struct identity *identity;
};

static const struct {
	const char *says, *hint;
} words[AUTH_VERDICTS] = {
#define VERDICT(name, problem, says, hint) [AUTH_##name] = { says, hint },
#include "table/token_errors.def"
#undef VERDICT
};

const char *auth_says(enum auth_verdict verdict)
{
	return words[verdict].says;
}

/* All checks that need no key. */
static enum auth_verdict judge_claims(const struct auth *auth, const struct token *token,
                                      struct claims *claims, struct trial *trial)
{
	enum auth_verdict verdict = claims_read(claims, token->claims);

	if (verdict != AUTH_TRUE)
		return verdict;
	trial->issuer = issuers_find(&auth->issuers, claims->issuer);
	if (!trial->issuer)
		return AUTH_ISSUER;
	verdict = claims_time(claims, trial->issuer->leeway_ms);
	if (verdict != AUTH_TRUE)
		return verdict;
	return issuer_judge(trial->issuer, claims, &trial->hint);
}

/* AUTH_LATER: only the signature check is left, and there is no time for it now. */
static enum auth_verdict judge(struct auth *auth, struct str text, bool served, struct trial *trial)
{
	struct claims claims;
	struct token token;
	struct key *key = NULL;
	enum auth_verdict verdict = token_read(&token, text);

	trial->nameless = !token.kid.at;
	if (verdict == AUTH_TRUE)
		verdict = judge_claims(auth, &token, &claims, trial);
	if (verdict == AUTH_TRUE)
		key = jwks_find(trial->issuer->jwks, token.kid, token.algorithm, &verdict);
	if (key && !served && !line_is_free(auth->line))
		verdict = AUTH_LATER;
	else if (key && !line_verify(auth->line, key, token.signed_part, token.signature))
		verdict = AUTH_SIGNATURE;
	else if (key)
		trial->identity = seen_add(auth->seen, text, &claims, key,
		                           claims.expires * 1000 + trial->issuer->leeway_ms);
	token_finish(&token);
	return verdict;
}

/* AUTH_LATER if the query waits for a fetch; otherwise the final result. */
static enum auth_verdict wait_for_keys(struct auth_query *query, struct trial *trial, enum auth_verdict verdict)
{
	struct issuer *issuer = trial->issuer;

	if (verdict != AUTH_UNKNOWN_KEY && !(verdict == AUTH_SIGNATURE && trial->nameless))
		return verdict;
	if (query->fetches == FETCHES_MOST || !jwks_ask_again(issuer->jwks))
		return verdict;
	/* The token may be valid: the key may come with the next fetch. */
	if (issuer->waiting.count == WAITING_MOST) {
		trial->hint = "header kid: too many tokens are waiting for the issuer's keys";
		return AUTH_BUSY;
	}
	query->fetches++;
	query->turn = issuer->turn;
	queue_join(&issuer->waiting, query);
	return AUTH_LATER;
}

/* Checks a query as far as possible now. AUTH_LATER: it waits; otherwise the result is
 * final, and errors are counted. `served`: it has waited for its signature check. */
static enum auth_verdict take_up(struct auth *auth, struct auth_query *query, bool served,
                                 struct identity **identity)
{
	struct trial trial = { .identity = auth_remembered(auth, query->token) };
	enum auth_verdict verdict = AUTH_TRUE;

	if (!trial.identity)
		verdict = judge(auth, query->token, served, &trial);
	*identity = trial.identity;
	if (verdict == AUTH_LATER)
		verdict = line_join(auth->line, query) ? AUTH_LATER : AUTH_BUSY;
	else
		verdict = wait_for_keys(query, &trial, verdict);
	if (verdict == AUTH_LATER)
		return AUTH_LATER;
	if (verdict != AUTH_TRUE)
		metrics_count(METRIC_TOKENS_REFUSED, 1);
	query->hint = trial.hint ? trial.hint : words[verdict].hint;
	return verdict;
}

static void take_up_again(struct auth *auth, struct auth_query *query, bool served)
{
	struct identity *identity;
	enum auth_verdict verdict = take_up(auth, query, served, &identity);

	if (verdict != AUTH_LATER)
		query->done(query, verdict, identity);
}

/* There is time for this query's signature check. */
static void on_served(void *arg, struct auth_query *query)
{
	take_up_again(arg, query, true);
}

/* A fetch has ended: check each query that waited for it against the current keys. A
 * query that waits for another fetch is appended to the same queue with a new `turn`,
 * which ends the loop. */
static void on_changed(void *arg)
{
	struct issuer *issuer = arg;
	struct auth_query *query;

	issuer->turn++;
	while ((query = TAILQ_FIRST(&issuer->waiting.queries)) && query->turn != issuer->turn) {
		queue_leave(query);
		take_up_again(issuer->auth, query, false);
	}
}

struct identity *auth_remembered(struct auth *auth, struct str token)
{
	return token.length > TOKEN_MOST ? NULL : seen_find(auth->seen, token);
}

enum auth_verdict auth_check(struct auth *auth, struct auth_query *query, struct str token,
                             auth_done_fn *done, struct identity **identity)
{
	*query = (struct auth_query){ .done = done, .token = token };
	return take_up(auth, query, false, identity);
}

void auth_forget(struct auth_query *query)
{
	queue_leave(query);
}

bool auth_has_keys(const struct auth *auth)
{
	const struct issuer *issuer;

	TAILQ_FOREACH(issuer, &auth->issuers, link)
		if (jwks_has_keys(issuer->jwks))
			return true;
	return false;
}

bool auth_fit(const struct config *config, struct buf *faults)
{
	size_t before = faults->length;
	struct issuers issuers;

	issuers_read(&issuers, config, faults);
	issuers_finish(&issuers);
	if (config->jwks_min > config->jwks_max)
		buf_print(
			faults,
			"JWKS_MIN_SECONDS must not be greater than JWKS_MAX_SECONDS, but is %lld.\n",
			config->jwks_min);
	return faults->length == before;
}

struct auth *auth_open(struct loop *loop, struct fetcher *fetcher, const struct config *config,
                       struct issuers *issuers)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));
	struct issuer *issuer;

	auth->seen = seen_new(loop, (size_t)config->token_cache);
	auth->line = line_new(loop, on_served, auth);
	TAILQ_INIT(&auth->issuers);
	TAILQ_CONCAT(&auth->issuers, issuers, link);
	TAILQ_FOREACH(issuer, &auth->issuers, link) {
		const struct jwks_plan plan = {
			.issuer = issuer->name,
			.url = issuer->keys_url,
			.refresh_seconds = config->jwks_refresh,
			.least_seconds = config->jwks_min,
			.most_seconds = config->jwks_max,
			.interval_seconds = config->jwks_interval,
		};

		issuer->auth = auth;
		issuer->jwks = jwks_new(loop, fetcher, &plan, on_changed, issuer);
	}
	return auth;
}

struct auth *auth_new(struct loop *loop, struct fetcher *fetcher, const struct config *config)
{
	struct buf faults = { 0 };
	struct issuers issuers;
	struct auth *auth = NULL;
	struct str rest, line;

	if (issuers_read(&issuers, config, &faults))
		auth = auth_open(loop, fetcher, config, &issuers);
	for (rest = buf_as_str(&faults); str_cut(&rest, '\n', &line);)
		log_error("auth.unfit", kv_str("why", line));
	issuers_finish(&issuers);
	buf_finish(&faults);
	return auth;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	issuers_finish(&auth->issuers);
	line_free(auth->line);
	seen_free(auth->seen);
	free(auth);
}
