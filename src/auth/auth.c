/* auth.c: is this token true, and whose is it?
 *
 * The happy path of a token:
 *
 * - it is remembered: its identity is given at once;
 * - or it is taken apart, its claims are read, its issuer found by its exact
 *   name, its time looked at and what that issuer's tokens must fulfil, its key
 *   found, its signature judged;
 * - and it is remembered with the identity it proves.
 *
 * What costs least is asked first: a token that has expired or is not meant for
 * us costs no signature and no fetch, however many of them come.
 *
 * When it goes wrong:
 *
 * - its key is not in the set: where a fetch may be made it waits for it, in a
 *   bounded line, and is judged again when the fetch has ended. One that was under
 *   way already may have come too early, so it may wait for one more;
 * - it names no key, and the only one that it can mean did not sign it: it is
 *   treated likewise, since that key may have taken the place of another;
 * - the line is full: its asker may come again, since its key may be coming;
 * - the issuer does not answer: the fetch has a deadline, and the token is
 *   refused as one with an unknown key;
 * - the asker leaves: auth_forget() takes it out of the line. */

#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "config.h"
#include "issuer.h"
#include "log.h"
#include "metrics.h"
#include "seen.h"
#include "token.h"

enum {
	WAITING_MOST = 256, /* for one issuer */
	WAITS_MOST = 2,     /* of one token */
};

struct auth {
	struct issuers issuers;
	struct seen *seen;
};

/* What comes out about a token on the way to its verdict. */
struct trial {
	struct issuer *issuer; /* NULL: it names none of ours */
	const char *hint;      /* NULL: the verdict's own will do */
	bool nameless;	       /* its header names no key */
	struct identity *identity;
};

static const struct {
	const char *says, *hint;
} words[AUTH_VERDICTS] = {
#define VERDICT(name, problem, says, hint) [AUTH_##name] = { says, hint },
#include "table/verdicts.def"
#undef VERDICT
};

const char *auth_says(enum auth_verdict verdict)
{
	return words[verdict].says;
}

/* What is refused is counted, and told why. */
static enum auth_verdict concluded(struct auth_query *query, const struct trial *trial,
                                   enum auth_verdict verdict)
{
	if (verdict != AUTH_TRUE)
		metrics_count(METRIC_TOKENS_REFUSED, 1);
	query->hint = trial->hint ? trial->hint : words[verdict].hint;
	return verdict;
}

/* What can be said of the claims by themselves. */
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

static enum auth_verdict judge(struct auth *auth, struct str text, struct trial *trial)
{
	struct claims claims;
	struct token token;
	struct key *key;
	enum auth_verdict verdict = token_read(&token, text);

	trial->nameless = !token.kid.at;
	if (verdict == AUTH_TRUE)
		verdict = judge_claims(auth, &token, &claims, trial);
	if (verdict == AUTH_TRUE) {
		key = jwks_find(trial->issuer->jwks, token.kid, token.algorithm, &verdict);
		if (key) {
			metrics_count(METRIC_TOKENS_VERIFIED, 1);
			if (!key_verify(key, token.signed_part, token.signature))
				verdict = AUTH_SIGNATURE;
			else
				trial->identity = seen_add(auth->seen, text, &claims, key,
				                           claims.expires * 1000 + trial->issuer->leeway_ms);
		}
	}
	token_finish(&token);
	return verdict;
}

static void part(struct auth_query *query)
{
	TAILQ_REMOVE(&query->issuer->waiting, query, link);
	query->issuer->waiting_count--;
	query->waiting = false;
}

/* Is there something to wait for? AUTH_LATER, if so; otherwise what must be said now. */
static enum auth_verdict wait_for_keys(struct auth_query *query, const struct trial *trial,
                                       enum auth_verdict verdict)
{
	struct issuer *issuer = trial->issuer;

	if (verdict != AUTH_UNKNOWN_KEY && !(verdict == AUTH_SIGNATURE && trial->nameless))
		return verdict;
	if (query->waits == WAITS_MOST || !jwks_ask_again(issuer->jwks))
		return verdict;
	/* Its key may be coming: that there is no room to wait is nothing against the token. */
	if (issuer->waiting_count == WAITING_MOST)
		return AUTH_BUSY;
	query->waits++;
	query->waiting = true;
	query->issuer = issuer;
	query->turn = issuer->turn;
	TAILQ_INSERT_TAIL(&issuer->waiting, query, link);
	issuer->waiting_count++;
	return AUTH_LATER;
}

/* A fetch has ended: whoever waited for it is judged by what is there now. Who then
 * waits for another stands behind them. */
static void on_changed(void *arg)
{
	struct issuer *issuer = arg;
	struct auth_query *query;

	issuer->turn++;
	while ((query = TAILQ_FIRST(&issuer->waiting)) && query->turn != issuer->turn) {
		struct trial trial = { .identity = seen_find(issuer->auth->seen, query->token) };
		enum auth_verdict verdict = AUTH_TRUE;

		part(query);
		if (!trial.identity)
			verdict = judge(issuer->auth, query->token, &trial);
		verdict = wait_for_keys(query, &trial, verdict);
		if (verdict != AUTH_LATER)
			query->done(query, concluded(query, &trial, verdict), trial.identity);
	}
}

struct identity *auth_remembered(struct auth *auth, struct str token)
{
	return token.length > TOKEN_MOST ? NULL : seen_find(auth->seen, token);
}

enum auth_verdict auth_check(struct auth *auth, struct auth_query *query, struct str token,
                             auth_done_fn *done, struct identity **identity)
{
	struct trial trial = { 0 };
	enum auth_verdict verdict;

	*query = (struct auth_query){ .done = done, .token = token };
	*identity = auth_remembered(auth, token);
	if (*identity)
		return AUTH_TRUE;
	verdict = judge(auth, token, &trial);
	*identity = trial.identity;
	verdict = wait_for_keys(query, &trial, verdict);
	return verdict == AUTH_LATER ? AUTH_LATER : concluded(query, &trial, verdict);
}

void auth_forget(struct auth_query *query)
{
	if (query->waiting)
		part(query);
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
	if (config->jwks_least > config->jwks_most)
		buf_print(faults, "JWKS_MIN_SECONDS must not be more than JWKS_MAX_SECONDS, but is %lld.\n",
		          config->jwks_least);
	return faults->length == before;
}

struct auth *auth_open(struct loop *loop, struct fetcher *fetcher, const struct config *config,
                       struct issuers *issuers)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));
	struct issuer *issuer;

	auth->seen = seen_new(loop, (size_t)config->token_cache);
	TAILQ_INIT(&auth->issuers);
	TAILQ_CONCAT(&auth->issuers, issuers, link);
	TAILQ_FOREACH(issuer, &auth->issuers, link) {
		const struct jwks_plan plan = {
			.issuer = issuer->name,
			.url = issuer->keys_url,
			.refresh_seconds = config->jwks_refresh,
			.least_seconds = config->jwks_least,
			.most_seconds = config->jwks_most,
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
	struct issuer *issuer;

	if (!auth)
		return;
	TAILQ_FOREACH(issuer, &auth->issuers, link)
		while (!TAILQ_EMPTY(&issuer->waiting))
			part(TAILQ_FIRST(&issuer->waiting));
	issuers_finish(&auth->issuers);
	seen_free(auth->seen);
	free(auth);
}
