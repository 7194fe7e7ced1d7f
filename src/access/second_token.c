/* second_token.c: verifies a second token, which proves that the caller owns an anonymous account.
 *
 * An account ID proves nothing. If the operation's row names a field for it, the body may contain
 * that account's token, which is verified like the caller's: issuer, lifetime, key and signature.
 *
 * Failures: 403 with the reason if the token is invalid or its account is not anonymous; 503 if it
 * cannot be verified now. Invalid signatures count as failed attempts of the client's address. */

#include "call.h"

static void use_result(struct call *call, enum auth_result result, const struct identity *identity)
{
	struct arena *arena = &call->request->arena;

	if (result != AUTH_OK) {
		authorize_reject_second_token(call->request, result, call->authentication.auth.hint);
	} else if (!identity->is_anonymous) {
		error_reply(call, PROBLEM_INVALID_PROMOTION,
		            "The second token does not belong to an anonymous account.");
	} else {
		call->second_token_issuer = arena_copy(arena, str_of(identity->issuer));
		call->second_token_subject = arena_copy(arena, str_of(identity->subject));
		call->on_accepted(call);
	}
}

static void on_token_checked(struct auth_query *query, enum auth_result result, struct identity *identity)
{
	struct call *call = container_of(query, struct call, authentication.auth);

	use_result(call, result, identity);
	request_release(call->request);
}

void second_token_check(struct call *call, void (*on)(struct call *call))
{
	struct identity *identity;
	enum auth_result result;

	call->on_accepted = on;
	if (!auth_cached(call->api->auth, call->second_token) && !authorize_check_failures(call->request))
		return;
	/* The caller's claims are valid for this loop turn only. */
	if (call->caller.email)
		call->caller.email = arena_copy(&call->request->arena, str_of(call->caller.email));
	result = auth_check(call->api->auth, &call->authentication.auth, call->second_token, on_token_checked, &identity);
	if (result == AUTH_PENDING)
		request_hold(call->request); /* until on_token_checked() */
	else
		use_result(call, result, identity);
}
