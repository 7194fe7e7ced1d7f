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
static const enum problem problems[AUTH_RESULTS] = {
#define TOKEN_ERROR(name, problem, ...) [AUTH_##name] = PROBLEM_##problem,
#include "table/token_errors.def"
#undef TOKEN_ERROR
};

/* Failures that cost a signature or a fetch of keys. Others are cheap and often innocent, such
 * as an expired token of a page left open overnight, whose address other users share. */
static bool is_expensive(enum auth_result result)
{
	return result == AUTH_SIGNATURE || result == AUTH_UNKNOWN_KEY;
}

static void note_failure(struct request *request, enum auth_result result, const char *hint)
{
	request->why = hint;
	if (is_expensive(result))
		rate_limit_charge(request, LIMIT_FAILURES, request->gateway_user);
}

void authorize_reject_token(struct request *request, enum auth_result result, const char *hint)
{
	enum problem problem = problems[result];
	const char *message = auth_result_text(result);
	bool unauthorized = problem_rows[problem].status == 401;

	note_failure(request, result, hint);
	request_problem(request, &(struct problem_reply){
		.problem = problem,
		.detail = message,
		.retry_after = unauthorized ? 0 : 1,
		.authenticate = unauthorized ? arena_print(&request->arena,
		                                           "Bearer error=\"invalid_token\", error_description=\"%s\"", message)
		                             : NULL,
	});
}

void authorize_reject_second_token(struct request *request, enum auth_result result, const char *hint)
{
	if (problem_rows[problems[result]].status != 401) {
		authorize_reject_token(request, result, hint);
		return;
	}
	note_failure(request, result, hint);
	request_problem(request, &(struct problem_reply){
		.problem = PROBLEM_INVALID_PROMOTION,
		.detail = arena_print(&request->arena, "Second token: %s", auth_result_text(result)),
	});
}

bool authorize_check_failures(struct request *request)
{
	return rate_limit_check(request, LIMIT_FAILURES, request->gateway_user);
}

/* Rate-limit before authorizing, so that rejected callers count too. Authenticated callers are
 * counted by user or API key, never by address. */
static bool within_limits(struct call *call)
{
	struct str who = str_of(*call->caller.id ? call->caller.id : call->caller.key_id);

	if (!*call->caller.id && call->request->gateway_user.length)
		who = call->request->gateway_user;
	return rate_limit_take(call->request, LIMIT_DEFAULT, who)
	       && (!(call->endpoint->operation->rules & HEAVY) || rate_limit_take(call->request, LIMIT_HEAVY, who));
}

static void check_role(struct call *call, const struct cached_user *user)
{
	enum role needed = call->endpoint->operation->role;

	if (!within_limits(call))
		return;
	if (user->archived)
		error_reply(call, PROBLEM_ACCOUNT_ARCHIVED, NULL);
	else if (user->role < needed)
		error_reply_role(call, needed);
	else
		call->on_authorized(call);
}

/* Operations that affect other users, or outlive the caller's session, re-read the caller's row:
 * the cached role may be some seconds old, and a demoted admin could use it to promote someone. */
static bool must_reread(const struct operation *operation)
{
	return operation->method != GET && (operation->role >= ADMIN || operation->alt_role >= ADMIN);
}

/* Lookups of users who are not cached are rate-limited by the token's subject. */
static bool may_query(struct authentication *authentication, struct str subject)
{
	struct call *call = container_of(authentication, struct call, authentication);

	if (rate_limit_take(call->request, LIMIT_DEFAULT, subject))
		return true;
	request_release(call->request);
	return false;
}

static void on_user(struct call *call, const struct authentication_outcome *outcome)
{
	memcpy(call->caller.id, outcome->user->id, sizeof(call->caller.id));
	call->caller.role = outcome->user->role;
	call->caller.email = outcome->identity->email;
	call->caller.is_new = outcome->is_new;
	call->request->user_id = call->caller.id;
	check_role(call, outcome->user);
}

static void on_authenticated(struct authentication *authentication, const struct authentication_outcome *outcome)
{
	struct call *call = container_of(authentication, struct call, authentication);

	if (call->disconnected) /* ends the request; nothing is executed */
		error_reply(call, PROBLEM_INTERNAL, NULL);
	else if (outcome->result != AUTH_OK)
		authorize_reject_token(call->request, outcome->result, call->authentication.auth.hint);
	else if (outcome->status != DB_OK)
		error_reply_db(call, outcome->status, outcome->rows);
	else if (!outcome->user)
		error_reply(call, PROBLEM_USER_NOT_FOUND,
		            "The token is valid, but no user matches it.");
	else
		on_user(call, outcome);
	request_release(call->request);
}

bool authorize_read_token(const struct request *request, struct str *token)
{
	struct str header = request->headers[HEADER_AUTHORIZATION], scheme;

	if (!str_cut(&header, ' ', &scheme) || !str_is_nocase(scheme, "Bearer"))
		return false;
	*token = str_trim(header);
	return token->length > 0;
}

static void check_token(struct call *call)
{
	struct request *request = call->request;
	struct identity *identity;
	struct str token;

	if (!authorize_read_token(request, &token)) {
		error_reply(call, PROBLEM_UNAUTHENTICATED, NULL);
		return;
	}
	call->authentication.api = call->api;
	call->authentication.arena = &request->arena;
	call->authentication.bypass_cache = must_reread(call->endpoint->operation);
	call->authentication.may_query = may_query;
	call->authentication.done = on_authenticated;
	identity = auth_cached(call->api->auth, token);
	if (!identity && !authorize_check_failures(call->request))
		return;
	request_hold(request); /* until on_authenticated() */
	if (identity)
		authenticate_identity(&call->authentication, identity);
	else
		authenticate_token(&call->authentication, token);
}

/* Does the API key suffice? Keys are issued for what they do, but anyone can become a user of a
 * gateway, so these can only read. */
static bool key_suffices(const struct call *call)
{
	const struct operation *operation = call->endpoint->operation;

	return operation->rules & API_KEY_ALLOWED && !call->request->headers[HEADER_AUTHORIZATION].at
	       && (operation->method == GET || uuid_is_valid(str_of(call->caller.key_id)));
}

/* The API key is valid. If it suffices, the call runs with the role VISITOR. */
static void on_key(struct call *call)
{
	if (key_suffices(call)) {
		call->caller.role = VISITOR;
		if (within_limits(call))
			call->on_authorized(call);
	} else {
		check_token(call);
	}
}

void authorize_call(struct call *call, void (*enter)(struct call *call))
{
	call->on_authorized = enter;
	if (call->endpoint->operation->role == PUBLIC) {
		call->caller.role = PUBLIC;
		if (within_limits(call))
			call->on_authorized(call);
	} else if (api_key_is_present(call)) {
		api_key_check(call, on_key);
	} else if (strcmp(call->api->config->api_key_required, "yes") == 0) {
		error_reply(call, PROBLEM_API_KEY_NEEDED, NULL);
	} else {
		check_token(call);
	}
}
