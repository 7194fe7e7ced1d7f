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
 * - more signatures wait to be judged than there is time for: it waits in line
 *   (line.c);
 * - its key is not in the set: where a fetch may be made it waits for it, in a
 *   bounded line, and is judged again when the fetch has ended. One that was under
 *   way already may have come too early, so it may wait for one more;
 * - it names no key, and the only one that it can mean did not sign it: it is
 *   treated likewise, since that key may have taken the place of another;
 * - there is no room to wait: its asker may come again, since nothing is known
 *   against it;
 * - the issuer does not answer: the fetch has a deadline, and the token is
 *   refused as one with an unknown key;
 * - the asker leaves: auth_forget() takes it out of wherever it waits.
 *
 * Whenever it was waited for something, all is looked at anew: the token may have
 * expired meanwhile, or be known because its twin came first. */

#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "config.h"
#include "issuer.h"
#include "line.h"
#include "log.h"
#include "metrics.h"
#include "seen.h"
#include "token.h"

enum {
	WAITING_MOST = 256, /* for one issuer */
	FETCHES_MOST = 2,   /* for one token */
};

struct auth {
	struct issuers issuers;
	struct seen *seen;
	struct line *line;
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

/* AUTH_LATER: all is well but for the signature, and there is no time for it now. */
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

/* AUTH_LATER when there is a fetch to wait for; otherwise what must be said now. */
static enum auth_verdict wait_for_keys(struct auth_query *query, struct trial *trial, enum auth_verdict verdict)
{
	struct issuer *issuer = trial->issuer;

	if (verdict != AUTH_UNKNOWN_KEY && !(verdict == AUTH_SIGNATURE && trial->nameless))
		return verdict;
	if (query->fetches == FETCHES_MOST || !jwks_ask_again(issuer->jwks))
		return verdict;
	/* Its key may be coming: that there is no room to wait is nothing against the token. */
	if (issuer->waiting.count == WAITING_MOST) {
		trial->hint = "header kid: more tokens wait for the issuer's keys than there is room for";
		return AUTH_BUSY;
	}
	query->fetches++;
	query->turn = issuer->turn;
	queue_join(&issuer->waiting, query);
	return AUTH_LATER;
}

/* As far as it goes now. AUTH_LATER: it waits; otherwise it is concluded: what is
 * refused is counted, and told why. `served`: it has its place in the line behind it. */
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

/* There is time for its signature. */
static void on_served(void *arg, struct auth_query *query)
{
	take_up_again(arg, query, true);
}

/* A fetch has ended: whoever waited for it is judged by what is there now. Who then
 * waits for another stands behind them. */
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
	auth->line = line_new(loop, on_served, auth);
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
	if (!auth)
		return;
	issuers_finish(&auth->issuers);
	line_free(auth->line);
	seen_free(auth->seen);
	free(auth);
}
