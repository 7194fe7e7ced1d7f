/* authorize.c: authenticates the caller and authorizes the call by the role in the operation's row.
 *
 * Normal sequence:
 *
 * - the API key, if there is one or one is required, has the operation's scope;
 * - the token has been verified before, and its user is cached;
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

#include "api_key.h"
#include "config.h"
#include "failures.h"
#include "reject.h"
#include "state.h"
#include "statement.h"

/* Rate-limit before authorizing, so that rejected callers count too. Authenticated callers are
 * counted by user or API key, never by address. */
static bool within_limits(struct authorization *auth)
{
	struct str counted = str_of(*auth->caller.id ? auth->caller.id : auth->caller.key_id);

	if (!*auth->caller.id && auth->request->gateway_user.length)
		counted = auth->request->gateway_user;
	return rate_limit_take(auth->request, LIMIT_DEFAULT, counted)
	       && (!(auth->operation->rules & HEAVY)
	           || rate_limit_take(auth->request, LIMIT_HEAVY, counted));
}

static void check_role(struct authorization *auth, const struct cached_user *user)
{
	enum role required = auth->operation->role;

	if (!within_limits(auth))
		return;
	if (user->archived)
		reject(auth->request, PROBLEM_ACCOUNT_ARCHIVED, NULL);
	else if (user->role < required)
		reject_role(auth->request, required, user->role);
	else
		auth->on_authorized(auth);
}

/* Operations that affect other users, or outlive the caller's session, re-read the caller's row:
 * the cached role may be some seconds old, and a demoted admin could use it to promote someone. */
static bool must_reread(const struct operation *operation)
{
	return operation->method != GET
	       && (operation->role >= ADMIN || operation->alt_role >= ADMIN);
}

/* Lookups of users who are not cached are rate-limited by the token's subject. */
static bool may_query(struct authentication *authentication, struct str subject)
{
	struct authorization *auth =
		container_of(authentication, struct authorization, authentication);

	if (rate_limit_take(auth->request, LIMIT_DEFAULT, subject))
		return true;
	request_release(auth->request);
	return false;
}

static void on_user(struct authorization *auth, const struct authentication_outcome *outcome)
{
	memcpy(auth->caller.id, outcome->user->id, sizeof(auth->caller.id));
	auth->caller.role = outcome->user->role;
	auth->caller.email = outcome->identity->email;
	auth->caller.is_new = outcome->is_new;
	request_log(auth->request, kv_text("enduser.id", auth->caller.id));
	check_role(auth, outcome->user);
}

static void on_authenticated(struct authentication *authentication,
                             const struct authentication_outcome *outcome)
{
	struct authorization *auth =
		container_of(authentication, struct authorization, authentication);

	if (auth->disconnected) /* ends the request; nothing is executed */
		reject(auth->request, PROBLEM_INTERNAL, NULL);
	else if (outcome->result != AUTH_OK)
		reject_token(auth->request, outcome->result, auth->authentication.auth.hint);
	else if (outcome->status != DB_OK)
		reject_db(auth->request, outcome->sql, outcome->status, outcome->rows);
	else if (!outcome->user)
		reject(auth->request, PROBLEM_USER_NOT_FOUND,
		       "The token is valid, but no user matches it.");
	else
		on_user(auth, outcome);
	request_release(auth->request);
}

static void check_token(struct authorization *auth)
{
	struct request *request = auth->request;
	struct identity *identity;
	struct str token;

	if (!access_read_token(request, &token)) {
		reject(auth->request, PROBLEM_UNAUTHENTICATED, NULL);
		return;
	}
	auth->authentication.access = auth->access;
	auth->authentication.arena = &request->arena;
	auth->authentication.bypass_cache = must_reread(auth->operation);
	auth->authentication.request_id = request->id;
	auth->authentication.may_query = may_query;
	auth->authentication.done = on_authenticated;
	identity = auth_cached(auth->access->auth, token);
	if (!identity && !failures_check(request))
		return;
	request_hold(request); /* until on_authenticated() */
	if (identity)
		authenticate_identity(&auth->authentication, identity);
	else
		authenticate_token(&auth->authentication, token);
}

/* Whether the API key suffices. A key is issued for a purpose, but anyone can become a user of the
 * gateway, so gateway users can only read. */
static bool key_suffices(const struct authorization *auth)
{
	const struct operation *operation = auth->operation;

	return operation->rules & API_KEY_ALLOWED
	       && !auth->request->headers[HEADER_AUTHORIZATION].at
	       && (operation->method == GET || uuid_is_valid(str_of(auth->caller.key_id)));
}

/* The API key is valid. If it suffices, the call runs with the role VISITOR. */
static void on_key(struct authorization *auth)
{
	if (key_suffices(auth)) {
		auth->caller.role = VISITOR;
		if (within_limits(auth))
			auth->on_authorized(auth);
	} else {
		check_token(auth);
	}
}

void authorize(struct authorization *auth)
{
	if (auth->operation->role == PUBLIC) {
		auth->caller.role = PUBLIC;
		if (within_limits(auth))
			auth->on_authorized(auth);
	} else if (api_key_is_present(auth)) {
		auth->on_key_accepted = on_key;
		api_key_check(auth);
	} else if (strcmp(auth->access->config->api_key_required, "yes") == 0) {
		reject(auth->request, PROBLEM_API_KEY_NEEDED, NULL);
	} else {
		check_token(auth);
	}
}

/* Whether a read is pending. */
static bool is_reading(const struct db_query *query)
{
	return query->waiting && sql_statements[query->statement].lane == SQL_READ;
}

bool authorize_disconnected(struct authorization *auth)
{
	auth->disconnected = true;
	if (authenticate_can_cancel(&auth->authentication))
		authenticate_cancel(&auth->authentication);
	else if (is_reading(&auth->query))
		db_cancel(&auth->query);
	else
		return false;
	return true;
}
