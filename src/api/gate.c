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
		.detail = arena_print(&request->arena, "Of the second token: %s", auth_says(verdict)),
	});
}

bool gate_may_look(struct request *request)
{
	return request_may_spend(request, LIMIT_FAILURES, request->behalf);
}

/* Whoever it is does not come too often; be he let in or not. Nobody is counted by his address. */
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

/* What decides about others, or lasts beyond the caller's own time, is not done from memory:
 * for some seconds that may hold a role which another process has taken away, and whoever had
 * it could give it to somebody else meanwhile. */
static bool is_weighty(const struct operation *operation)
{
	return operation->method != GET && (operation->role >= ADMIN || operation->otherwise_role >= ADMIN);
}

/* What is asked of the database for nobody is limited, too. */
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

	if (call->gone)
		call_refuse(call, PROBLEM_INTERNAL, NULL); /* nobody hears it, and nothing is begun */
	else if (outcome->verdict != AUTH_TRUE)
		gate_refuse_token(call->request, outcome->verdict, call->bearer.auth.hint);
	else if (outcome->status != DB_OK)
		call_refuse_db(call, outcome->status, outcome->rows);
	else if (!outcome->member)
		call_refuse(call, PROBLEM_USER_NOT_FOUND, "The token is valid, but nobody here belongs to it.");
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

/* Is its key enough? Who has one was given it for what it does; but anybody may be among a gateway's
 * programs, so that they only read. */
static bool is_open(const struct call *call)
{
	const struct operation *operation = call->endpoint->operation;

	return operation->rules & OPEN && !call->request->headers[HEADER_AUTHORIZATION].at
	       && (operation->method == GET || uuid_is(str_of(call->caller.key_id)));
}

/* Its API key is a good one. Where that is enough, it sees what a stranger would. */
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
