/* gate.c: who is calling, and may he? The role in the operation's row decides.
 *
 * The happy path:
 *
 * - an API key, where one was sent or is asked for, is for this operation;
 * - the token is one that was verified before, and its bearer is remembered;
 * - his role is high enough, he does not come too often, and the call goes on in
 *   the same breath.
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

static void refuse_token(struct call *call, enum auth_verdict verdict)
{
	struct request *request = call->request;
	const char *says = auth_says(verdict);

	request->why = call->auth.hint;
	if (problem_rows[problems[verdict]].status != 401) {
		call_refuse(call, problems[verdict], says);
		return;
	}
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

/* He may; but not too often. */
static void go_on(struct call *call)
{
	struct request *request = call->request;
	struct str who = str_of(*call->caller.id ? call->caller.id : call->caller.key_id);

	if (request_spend(request, LIMIT_DEFAULT, who)
	    && (!(call->endpoint->operation->rules & HEAVY) || request_spend(request, LIMIT_HEAVY, who)))
		call->enter(call);
}

static void admit(struct call *call, const struct identity *identity, const struct member *member)
{
	enum role needed = call->endpoint->operation->role;

	memcpy(call->caller.id, member->id, sizeof(call->caller.id));
	call->caller.role = member->role;
	call->caller.email = identity->email;
	call->request->user_id = call->caller.id;
	if (member->archived)
		call_refuse(call, PROBLEM_ACCOUNT_ARCHIVED, NULL);
	else if (member->role < needed)
		call_refuse_role(call, needed);
	else
		go_on(call);
}

/* A row of callers_find or callers_enter. */
static void take_row(struct call *call, const struct db_rows *rows)
{
	struct str id = db_rows_value(rows, 0, "id");
	struct member member = {
		.role = role_find(db_rows_value(rows, 0, "role")),
		.archived = str_is(db_rows_value(rows, 0, "archived"), "t"),
	};

	memcpy(member.id, id.at, id.length < UUID_TEXT ? id.length : UUID_TEXT - 1);
	members_keep(call->api->members, call->identity, &member, call->looked_at);
	admit(call, call->identity, &member);
}

static void leave(struct call *call)
{
	identity_release(call->identity);
	call->identity = NULL;
	request_release(call->request);
}

static void on_entered(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	if (call->gone)
		call_refuse(call, PROBLEM_INTERNAL, NULL); /* nobody hears it, and nothing is begun */
	else if (status != DB_OK)
		call_refuse_db(call, status, rows);
	else if (db_rows_count(rows) == 0)
		call_refuse(call, PROBLEM_USER_NOT_FOUND, "The token is valid, but nobody here belongs to it.");
	else
		take_row(call, rows);
	leave(call);
}

/* What the issuer says, as one text: when it is another, the row is brought up to date. */
static const char *claims_of(struct call *call)
{
	const struct identity *who = call->identity;

	return arena_print(&call->request->arena, "%s\n%d\n%s\n%s\n%s\n%d", who->email ? who->email : "",
	                   who->email_verified, who->first_name ? who->first_name : "",
	                   who->last_name ? who->last_name : "", who->image_url ? who->image_url : "",
	                   who->is_anonymous);
}

static void set_value(struct call *call, enum sql sql, const char *name, const char *value)
{
	const struct sql_statement *statement = &sql_statements[sql];

	for (int i = 0; i < statement->param_count; i++) {
		if (strcmp(statement->params[i], name) == 0)
			call->values[i] = value;
	}
}

/* He is new here, or his issuer says something new of him. */
static void register_caller(struct call *call)
{
	const struct identity *who = call->identity;
	const struct {
		const char *name, *value;
	} values[] = {
		{ "issuer", who->issuer },
		{ "subject", who->subject },
		{ "claims", claims_of(call) },
		{ "email", who->email },
		{ "email_verified", who->email_verified ? "true" : "false" },
		{ "first_name", who->first_name },
		{ "last_name", who->last_name },
		{ "image_url", who->image_url },
		{ "is_anonymous", who->is_anonymous ? "true" : "false" },
		{ "new_user_role", call->api->config->new_user_role },
	};

	for (size_t i = 0; i < COUNT_OF(values); i++)
		set_value(call, SQL_CALLERS_ENTER, values[i].name, values[i].value);
	call_query(call, SQL_CALLERS_ENTER, on_entered);
}

static void on_found(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	if (status != DB_OK) {
		call_refuse_db(call, status, rows);
		leave(call);
	} else if (db_rows_count(rows) == 0
	           || (!str_is(db_rows_value(rows, 0, "known"), "t")
	               && !members_find(call->api->members, call->identity))) {
		/* Holds the request once more. */
		register_caller(call);
		request_release(call->request);
	} else {
		take_row(call, rows);
		leave(call);
	}
}

/* What decides about others, or lasts beyond the caller's own time, is not done from memory:
 * for some seconds that may hold a role which another process has taken away, and whoever had
 * it could give it to somebody else meanwhile. */
static bool is_weighty(const struct operation *operation)
{
	return operation->role >= ADMIN && operation->method != GET;
}

static void recognise(struct call *call, struct identity *identity)
{
	const struct member *member =
		is_weighty(call->endpoint->operation) ? NULL : members_find(call->api->members, identity);

	if (member) {
		admit(call, identity, member);
		return;
	}
	call->identity = identity_hold(identity);
	call->looked_at = members_generation(call->api->members);
	set_value(call, SQL_CALLERS_FIND, "issuer", identity->issuer);
	set_value(call, SQL_CALLERS_FIND, "subject", identity->subject);
	set_value(call, SQL_CALLERS_FIND, "claims", claims_of(call));
	call_query(call, SQL_CALLERS_FIND, on_found);
}

static void on_verdict(struct auth_query *query, enum auth_verdict verdict, struct identity *identity)
{
	struct call *call = container_of(query, struct call, auth);

	if (verdict == AUTH_TRUE)
		recognise(call, identity);
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
		recognise(call, identity);
		return;
	}
	if (!gate_may_look(call))
		return;
	verdict = auth_check(call->api->auth, &call->auth, token, on_verdict, &identity);
	if (verdict == AUTH_TRUE)
		recognise(call, identity);
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
		go_on(call);
	} else {
		judge_token(call);
	}
}

void gate_pass(struct call *call, void (*enter)(struct call *call))
{
	call->enter = enter;
	if (call->endpoint->operation->role == PUBLIC) {
		call->caller.role = PUBLIC;
		call->enter(call);
	} else if (apikey_is_given(call)) {
		apikey_pass(call, on_key);
	} else if (strcmp(call->api->config->api_key_required, "yes") == 0) {
		call_refuse(call, PROBLEM_API_KEY_NEEDED, NULL);
	} else {
		judge_token(call);
	}
}
