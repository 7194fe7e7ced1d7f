/* gate.c: who is calling, and may he? The role in the operation's row decides.
 *
 * The happy path:
 *
 * - an API key, where one was sent or is asked for, is for this operation;
 * - the token is one that was verified before, and its bearer is remembered;
 * - his role is high enough, he does not come too often, and the call goes on in
 *   the same breath.
 *
 * What is public is for everybody: no key is looked at, and no token.
 *
 * On the way there may be a wait:
 *
 * - the key is not remembered: it is looked up (apikey.c);
 * - the token names a key that is not known yet: its issuer is asked (auth);
 * - its bearer is not remembered, or decides about others: his row is read; when there
 *   is none, or his issuer says something new of him, api.enter() makes it right.
 *
 * When it goes wrong: 401 with the reason when the token or the key is not true, 503
 * when there are no keys yet, 403 when the account is archived or the role too low,
 * 429 when he comes too often. Whoever brought many tokens or keys in vain is told so
 * before the next one costs a signature or a query; what is known by now still passes,
 * since others may share his address. */

#include "call.h"
#include "config.h"

/* What each verdict becomes on the wire. */
static const enum problem problems[AUTH_VERDICTS] = {
#define VERDICT(name, problem, ...) [AUTH_##name] = PROBLEM_##problem,
#include "table/verdicts.def"
#undef VERDICT
};

/* What made us reckon a signature, or ask the issuer. The others cost next to nothing, and
 * come of honest mistakes: of a page left open over night, whose neighbours share its address. */
static bool costs(enum auth_verdict verdict)
{
	return verdict == AUTH_SIGNATURE || verdict == AUTH_UNKNOWN_KEY;
}

static void refuse_token(struct call *call, enum auth_verdict verdict)
{
	struct request *request = call->request;
	const char *says = auth_says(verdict);

	request->why = call->auth.hint;
	if (problem_rows[problems[verdict]].status != 401) {
		call_refuse(call, problems[verdict], says);
		return;
	}
	if (costs(verdict))
		request_charge(request, LIMIT_FAILURES, STR(""));
	request_refuse(request, &(struct refusal){
		.problem = problems[verdict],
		.detail = says,
		.authenticate = arena_print(&request->arena,
		                            "Bearer error=\"invalid_token\", error_description=\"%s\"", says),
	});
}

bool gate_may_look(struct call *call)
{
	return request_may_spend(call->request, LIMIT_FAILURES, STR(""));
}

/* Whoever it is does not come too often; be he let in or not. Nobody is counted by his address. */
static bool may_spend(struct call *call)
{
	struct str who = str_of(*call->caller.id ? call->caller.id : call->caller.key_id);

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

static void on_verdict(struct auth_query *query, enum auth_verdict verdict, struct identity *identity)
{
	struct call *call = container_of(query, struct call, auth);

	if (verdict == AUTH_TRUE)
		caller_find(call, identity, admit);
	else
		refuse_token(call, verdict);
	request_release(call->request);
}

/* "Bearer", one blank or more, the token. */
static bool bearer(struct str header, struct str *token)
{
	struct str scheme;

	if (!str_cut(&header, ' ', &scheme) || !str_is_nocase(scheme, "Bearer"))
		return false;
	*token = str_trim(header);
	return token->length > 0;
}

static void judge_token(struct call *call)
{
	struct request *request = call->request;
	struct identity *identity;
	enum auth_verdict verdict;
	struct str token;

	if (!bearer(request->headers[HEADER_AUTHORIZATION], &token)) {
		call_refuse(call, PROBLEM_UNAUTHENTICATED, NULL);
		return;
	}
	identity = auth_remembered(call->api->auth, token);
	if (identity) {
		caller_find(call, identity, admit);
		return;
	}
	if (!gate_may_look(call))
		return;
	verdict = auth_check(call->api->auth, &call->auth, token, on_verdict, &identity);
	if (verdict == AUTH_TRUE)
		caller_find(call, identity, admit);
	else if (verdict == AUTH_LATER)
		request_hold(request);
	else
		refuse_token(call, verdict);
}

/* Its API key is a good one. Where that is enough, it sees what a stranger would. */
static void on_key(struct call *call)
{
	if (call->endpoint->operation->rules & OPEN && !call->request->headers[HEADER_AUTHORIZATION].at) {
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
