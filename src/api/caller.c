/* caller.c: whose token is it?
 *
 * The happy path: the bearer's row is remembered (members.c), and nobody is asked.
 *
 * On the way there may be a wait: his row is read; when there is none, or his issuer says
 * something new of him, api.admit_caller() makes it right: finds, adopts or makes it.
 *
 * When it goes wrong: 404 when nobody here belongs to the token and nobody is made of it,
 * and what the database has to say. */

#include "call.h"
#include "config.h"

static void take(struct call *call, const struct identity *identity, const struct member *member)
{
	memcpy(call->caller.id, member->id, sizeof(call->caller.id));
	call->caller.role = member->role;
	call->caller.email = identity->email;
	call->request->user_id = call->caller.id;
	call->found(call, member);
}

/* A row of callers_find or callers_enter. */
static void take_row(struct call *call, const struct db_rows *rows)
{
	struct str id = db_rows_value(rows, 0, "id");
	struct member member = {
		.role = role_find(db_rows_value(rows, 0, "role")),
		.archived = str_is(db_rows_value(rows, 0, "archived"), "t"),
	};

	call->caller.is_new = str_is(db_rows_value(rows, 0, "is_new"), "t");
	memcpy(member.id, id.at, id.length < UUID_TEXT ? id.length : UUID_TEXT - 1);
	members_keep(call->api->members, call->identity, &member, call->looked_at);
	take(call, call->identity, &member);
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

/* The longer a token lasts, the later was it said. */
static const char *until_of(struct call *call)
{
	return arena_print(&call->request->arena, "%lld", call->identity->expires_ms);
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
		{ "claims_until_ms", until_of(call) },
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
	return operation->method != GET && (operation->role >= ADMIN || operation->otherwise_role >= ADMIN);
}

void caller_find(struct call *call, struct identity *identity, caller_found_fn *found)
{
	const struct member *member =
		is_weighty(call->endpoint->operation) ? NULL : members_find(call->api->members, identity);

	call->found = found;
	if (member) {
		take(call, identity, member);
		return;
	}
	/* What is asked of the database for nobody is limited, too. */
	if (!request_spend(call->request, LIMIT_DEFAULT, str_of(identity->subject)))
		return;
	call->identity = identity_hold(identity);
	call->looked_at = members_generation(call->api->members);
	set_value(call, SQL_CALLERS_FIND, "issuer", identity->issuer);
	set_value(call, SQL_CALLERS_FIND, "subject", identity->subject);
	set_value(call, SQL_CALLERS_FIND, "claims", claims_of(call));
	set_value(call, SQL_CALLERS_FIND, "claims_until_ms", until_of(call));
	call_query(call, SQL_CALLERS_FIND, on_found);
}
