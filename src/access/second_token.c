/* second_token.c: verifies a second token, which proves that the caller owns an anonymous account.
 *
 * An account ID proves nothing. If the operation's row names a field for a second token, the body
 * may contain a token of that account. It is verified like the caller's: issuer, lifetime, key and
 * signature.
 *
 * Failures: 403 with the reason if the token is invalid or its account is not anonymous; 503 if it
 * cannot be verified now. Invalid signatures count as failed attempts from the client's address. */

#include "reject.h"
#include "state.h"

static void use_result(struct second_token *token, enum auth_result result,
                       const struct identity *identity)
{
	struct arena *arena = &token->request->arena;

	if (result != AUTH_OK) {
		reject_second_token(token->request, result, token->query.hint);
	} else if (!identity->is_anonymous) {
		reject(token->request, PROBLEM_INVALID_PROMOTION,
		       "The second token does not belong to an anonymous account.");
	} else {
		token->issuer = arena_copy(arena, str_of(identity->issuer));
		token->subject = arena_copy(arena, str_of(identity->subject));
		token->on_accepted(token);
	}
}

static void on_token_checked(struct auth_query *query, enum auth_result result,
                             struct identity *identity)
{
	struct second_token *token = container_of(query, struct second_token, query);

	use_result(token, result, identity);
	request_release(token->request);
}

void second_token_check(struct second_token *token)
{
	struct auth *auth = token->access->auth;
	struct identity *identity;
	enum auth_result result;

	if (!access_check_failures(token->access, token->request, token->text))
		return;
	result = auth_check(auth, &token->query, token->text, on_token_checked, &identity);
	if (result == AUTH_PENDING)
		request_hold(token->request); /* until on_token_checked() */
	else
		use_result(token, result, identity);
}

bool second_token_cancel(struct second_token *token)
{
	if (!token->query.waiting)
		return false;
	auth_cancel(&token->query);
	return true;
}
