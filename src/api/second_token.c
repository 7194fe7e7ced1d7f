/* second_token.c: verifies a second token, which proves that the caller owns an anonymous account.
 *
 * An account ID proves nothing. If the operation's row names a field for it, the body may contain
 * that account's token, which is verified like the caller's: issuer, lifetime, key and signature.
 *
 * Failures: 403 with the reason if the token is invalid or its account is not anonymous; 503 if it
 * cannot be verified now. Invalid signatures count as failed attempts of the client's address. */

#include "call.h"

static void take_verdict(struct call *call, enum auth_verdict verdict, const struct identity *identity)
{
	struct arena *arena = &call->request->arena;

	if (verdict != AUTH_TRUE) {
		gate_refuse_proof(call->request, verdict, call->bearer.auth.hint);
	} else if (!identity->is_anonymous) {
		call_refuse(call, PROBLEM_INVALID_PROMOTION,
		            "The second token does not belong to an anonymous account.");
	} else {
		call->proven_issuer = arena_copy(arena, str_of(identity->issuer));
		call->proven_subject = arena_copy(arena, str_of(identity->subject));
		call->on(call);
	}
}

static void on_verdict(struct auth_query *query, enum auth_verdict verdict, struct identity *identity)
{
	struct call *call = container_of(query, struct call, bearer.auth);

	take_verdict(call, verdict, identity);
	request_release(call->request);
}

void proof_pass(struct call *call, void (*on)(struct call *call))
{
	struct identity *identity;
	enum auth_verdict verdict;

	call->on = on;
	if (!auth_remembered(call->api->auth, call->proof) && !gate_may_look(call->request))
		return;
	/* The caller's claims are valid for this loop turn only. */
	if (call->caller.email)
		call->caller.email = arena_copy(&call->request->arena, str_of(call->caller.email));
	verdict = auth_check(call->api->auth, &call->bearer.auth, call->proof, on_verdict, &identity);
	if (verdict == AUTH_LATER)
		request_hold(call->request); /* until on_verdict() */
	else
		take_verdict(call, verdict, identity);
}
