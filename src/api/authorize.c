/* authorize.c: authenticates the caller and authorizes the call by the role in the operation's row.
 *
 * Normal sequence:
 *
 * - the API key, if there is one or one is required, has the operation's scope;
 * - the token was verified before, and its user is cached;
 * - the user is within the rate limits and has the role; the call continues in the same turn.
 *
 * Public operations check neither key nor token.
 *
 * It takes longer if:
 *
 * - the API key is not cached: it is looked up (api_key.c);
 * - the token is signed with an unknown key: the issuer's keys are fetched (auth);
 * - the user is not cached, or the operation affects others: the row is read, and created or
 *   updated if there is none or the token has new claims (authenticate.c).
 *
 * Failures: 401 with the reason if the token or the API key is invalid, 503 if no key set has been
 * fetched yet, 403 if the account is archived or the role too low, 429 if a rate limit is exceeded.
 * After many invalid tokens or API keys from one address, further unknown ones get 429 before they
 * cost a signature or a query; cached ones still pass, because others may share the address. */

#include "call.h"
#include "config.h"

/* The problem for each result of the token check. */
static const enum problem problems[AUTH_VERDICTS] = {
#define VERDICT(name, problem, ...) [AUTH_##name] = PROBLEM_##problem,
#include "table/verdicts.def"
#undef VERDICT
};

/* Failures that cost a signature or a fetch of keys. Others are cheap and often innocent, such
 * as an expired token of a page left open overnight, whose address other users share. */
static bool costs(enum auth_verdict verdict)
{
	return verdict == AUTH_SIGNATURE || verdict == AUTH_UNKNOWN_KEY;
}

static void note_refused(struct request *request, enum auth_verdict verdict, const char *hint)
{
	request->why = hint;
	if (costs(verdict))
		request_charge(request, LIMIT_FAILURES, request->behalf);
}

void gate_refuse_token(struct request *request, enum auth_verdict verdict, const char *hint)
{
	enum problem problem = problems[verdict];
	const char *says = auth_says(verdict);
	bool unauthorized = problem_rows[problem].status == 401;

	note_refused(request, verdict, hint);
	request_refuse(request, &(struct refusal){
		.problem = problem,
		.detail = says,
		.retry_after = unauthorized ? 0 : 1,
		.authenticate = unauthorized ? arena_print(&request->arena,
		                                           "Bearer error=\"invalid_token\", error_description=\"%s\"", says)
		                             : NULL,
	});
}

void gate_refuse_proof(struct request *request, enum auth_verdict verdict, const char *hint)
{
	if (problem_rows[problems[verdict]].status != 401) {
		gate_refuse_token(request, verdict, hint);
		return;
	}
	note_refused(request, verdict, hint);
	request_refuse(request, &(struct refusal){
		.problem = PROBLEM_INVALID_PROMOTION,
		.detail = arena_print(&request->arena, "Second token: %s", auth_says(verdict)),
	});
}

bool gate_may_look(struct request *request)
{
	return request_may_spend(request, LIMIT_FAILURES, request->behalf);
}

/* Rate-limit before authorizing, so that rejected callers count too. Authenticated callers are
 * counted by user or API key, never by address. */
static bool may_spend(struct call *call)
{
	struct str who = str_of(*call->caller.id ? call->caller.id : call->caller.key_id);

	if (!*call->caller.id && call->request->behalf.length)
		who = call->request->behalf;
	return request_spend(call->request, LIMIT_DEFAULT, who)
	       && (!(call->endpoint->operation->rules & HEAVY) || request_spend(call->request, LIMIT_HEAVY, who));
}

static void admit(struct call *call, const struct member *member)
{
	enum role needed = call->endpoint->operation->role;

	if (!may_spend(call))
		return;
	if (member->archived)
		call_refuse(call, PROBLEM_ACCOUNT_ARCHIVED, NULL);
	else if (member->role < needed)
		call_refuse_role(call, needed);
	else
		call->enter(call);
}

/* Operations that affect other users, or outlive the caller's session, re-read the caller's row:
 * the cached role may be some seconds old, and a demoted admin could use it to promote someone. */
static bool is_weighty(const struct operation *operation)
{
	return operation->method != GET && (operation->role >= ADMIN || operation->otherwise_role >= ADMIN);
}

/* Lookups of users who are not cached are rate-limited by the token's subject. */
static bool may_ask(struct bearer *bearer, struct str subject)
{
	struct call *call = container_of(bearer, struct call, bearer);

	if (request_spend(call->request, LIMIT_DEFAULT, subject))
		return true;
	request_release(call->request);
	return false;
}

static void on_known(struct call *call, const struct bearer_outcome *outcome)
{
	memcpy(call->caller.id, outcome->member->id, sizeof(call->caller.id));
	call->caller.role = outcome->member->role;
	call->caller.email = outcome->identity->email;
	call->caller.is_new = outcome->is_new;
	call->request->user_id = call->caller.id;
	admit(call, outcome->member);
}

static void on_outcome(struct bearer *bearer, const struct bearer_outcome *outcome)
{
	struct call *call = container_of(bearer, struct call, bearer);

	if (call->gone) /* ends the request; nothing is executed */
		call_refuse(call, PROBLEM_INTERNAL, NULL);
	else if (outcome->verdict != AUTH_TRUE)
		gate_refuse_token(call->request, outcome->verdict, call->bearer.auth.hint);
	else if (outcome->status != DB_OK)
		call_refuse_db(call, outcome->status, outcome->rows);
	else if (!outcome->member)
		call_refuse(call, PROBLEM_USER_NOT_FOUND,
		            "The token is valid, but no user matches it.");
	else
		on_known(call, outcome);
	request_release(call->request);
}

bool gate_read_token(const struct request *request, struct str *token)
{
	struct str header = request->headers[HEADER_AUTHORIZATION], scheme;

	if (!str_cut(&header, ' ', &scheme) || !str_is_nocase(scheme, "Bearer"))
		return false;
	*token = str_trim(header);
	return token->length > 0;
}

static void judge_token(struct call *call)
{
	struct request *request = call->request;
	struct identity *identity;
	struct str token;

	if (!gate_read_token(request, &token)) {
		call_refuse(call, PROBLEM_UNAUTHENTICATED, NULL);
		return;
	}
	call->bearer.api = call->api;
	call->bearer.arena = &request->arena;
	call->bearer.anew = is_weighty(call->endpoint->operation);
	call->bearer.may_ask = may_ask;
	call->bearer.done = on_outcome;
	identity = auth_remembered(call->api->auth, token);
	if (!identity && !gate_may_look(call->request))
		return;
	request_hold(request); /* until on_outcome() */
	if (identity)
		bearer_find(&call->bearer, identity);
	else
		bearer_judge(&call->bearer, token);
}

/* Does the API key suffice? Keys are issued for what they do, but anyone can become a user of a
 * gateway, so these can only read. */
static bool is_open(const struct call *call)
{
	const struct operation *operation = call->endpoint->operation;

	return operation->rules & OPEN && !call->request->headers[HEADER_AUTHORIZATION].at
	       && (operation->method == GET || uuid_is_valid(str_of(call->caller.key_id)));
}

/* The API key is valid. If it suffices, the call runs with the role VISITOR. */
static void on_key(struct call *call)
{
	if (is_open(call)) {
		call->caller.role = VISITOR;
		if (may_spend(call))
			call->enter(call);
	} else {
		judge_token(call);
	}
}

void gate_pass(struct call *call, void (*enter)(struct call *call))
{
	call->enter = enter;
	if (call->endpoint->operation->role == PUBLIC) {
		call->caller.role = PUBLIC;
		if (may_spend(call))
			call->enter(call);
	} else if (apikey_is_given(call)) {
		apikey_pass(call, on_key);
	} else if (strcmp(call->api->config->api_key_required, "yes") == 0) {
		call_refuse(call, PROBLEM_API_KEY_NEEDED, NULL);
	} else {
		judge_token(call);
	}
}
