/* bind.c: binds the parameters of statements by name.
 *
 * Names are resolved once at startup; an unknown name is an error in the tables. */

#include <stdio.h>

#include "bind.h"
#include "call.h"
#include "config.h"
#include "state.h"

static const struct {
	const char *name;
	enum source source;
	int index;
} sources[] = {
	{ "caller_id", FROM_CALLER_ID },
	{ "actor_id", FROM_ACTOR_ID },
	{ "caller_role", FROM_CALLER_ROLE },
	{ "context", FROM_CONTEXT },
	{ "caller_email", FROM_CALLER_EMAIL },
	{ "caller_is_new", FROM_CALLER_IS_NEW },
	{ "second_token_issuer", FROM_SECOND_ISSUER },
	{ "second_token_subject", FROM_SECOND_SUBJECT },
	{ "may_access_others", FROM_MAY_ACCESS_OTHERS },
	{ "caller_only", FROM_CALLER_ONLY },
	{ "body", FROM_BODY },
	{ "new_id", FROM_NEW_ID },
	{ "if_match", FROM_IF_MATCH },
	{ "with_total", FROM_COUNTED },
	{ "client_address", FROM_CLIENT_ADDRESS },
	{ "hq_location_name", FROM_HQ_LOCATION },
	{ "operation", FROM_OPERATION },
	{ "idempotency_key", FROM_IDEMPOTENCY_KEY },
	{ "cursor_1", FROM_CURSOR, 0 },
	{ "cursor_2", FROM_CURSOR, 1 },
	{ "cursor_3", FROM_CURSOR, 2 },
};

static bool resolve(const struct endpoint *endpoint, const char *name, struct binding *binding)
{
	for (int i = 0; i < endpoint->path_count; i++) {
		if (strcmp(endpoint->path_names[i], name) == 0) {
			*binding = (struct binding){ FROM_PATH, i };
			return true;
		}
	}
	for (int i = 0; i < endpoint->query_count; i++) {
		if (strcmp(endpoint->query[i]->name, name) == 0) {
			*binding = (struct binding){ FROM_QUERY, i };
			return true;
		}
	}
	for (size_t i = 0; i < COUNT_OF(sources); i++) {
		if (strcmp(sources[i].name, name) == 0) {
			*binding = (struct binding){ sources[i].source, sources[i].index };
			return true;
		}
	}
	return false;
}

static bool uses(const struct plan *plan, enum source source)
{
	for (int i = 0; i < sql_statements[plan->sql].param_count; i++) {
		if (plan->bindings[i].source == source)
			return true;
	}
	return false;
}

void bind_plan(struct endpoint *endpoint, enum sql sql, struct plan *plan, struct buf *errors)
{
	const struct sql_statement *statement = &sql_statements[sql];
	const struct operation *operation = endpoint->operation;
	bool enforced;

	plan->sql = sql;
	for (int i = 0; i < statement->param_count; i++) {
		if (!resolve(endpoint, statement->params[i], &plan->bindings[i]))
			buf_print(errors, "%s: unknown parameter :%s in statement %s.\n",
			          operation->name, statement->params[i], statement->name);
	}
	/* .others_role has no effect unless the statement enforces it. */
	enforced = uses(plan, FROM_MAY_ACCESS_OTHERS) || uses(plan, FROM_CALLER_ONLY);
	if (plan == &endpoint->plan && enforced != (operation->others_role != ROLE_UNSET))
		buf_print(
			errors,
			"%s: .others_role requires :may_access_others or :caller_only, and vice versa.\n",
			operation->name);
	if (uses(plan, FROM_SECOND_ISSUER) != uses(plan, FROM_SECOND_SUBJECT)
	    || uses(plan, FROM_SECOND_SUBJECT) != (operation->second_token != NULL))
		buf_print(
			errors,
			"%s: .second_token requires :second_token_issuer and :second_token_subject, and vice versa.\n",
			operation->name);
	if (operation->rules & API_KEY_ALLOWED && operation->method != GET
	    && uses(plan, FROM_CALLER_ID))
		buf_print(
			errors,
			"%s: a write with API_KEY_ALLOWED must not read :caller_id; an API key has no user.\n",
			operation->name);
}

static bool may_access_others(const struct call *call)
{
	return call->authorization.caller.role >= call->endpoint->operation->others_role;
}

static const char *value(struct call *call, const struct binding *binding)
{
	struct arena *arena = &call->request->arena;

	switch (binding->source) {
	case FROM_CALLER_ID:
		return call->authorization.caller.id[0] ? call->authorization.caller.id : NULL;
	case FROM_ACTOR_ID:
		return call_actor(call);
	case FROM_CALLER_ROLE:
		return role_name(call->authorization.caller.role);
	case FROM_CONTEXT:
		return access_context(arena, call->authorization.caller.id,
		                      call->authorization.caller.key_id, call->request->id);
	case FROM_CALLER_EMAIL:
		return call->authorization.caller.email
		               ? arena_copy(arena, str_of(call->authorization.caller.email))
		               : NULL;
	case FROM_CALLER_IS_NEW:
		return call->authorization.caller.is_new ? "true" : "false";
	case FROM_SECOND_ISSUER:
		return call->second_token.issuer;
	case FROM_SECOND_SUBJECT:
		return call->second_token.subject;
	case FROM_MAY_ACCESS_OTHERS:
		return may_access_others(call) ? "true" : "false";
	case FROM_CALLER_ONLY:
		return may_access_others(call) ? NULL : call->authorization.caller.id;
	case FROM_PATH:
		return arena_copy(arena, call->request->params[binding->index]);
	case FROM_QUERY:
		return call->query_values[binding->index];
	case FROM_CURSOR:
		return call->cursor[binding->index];
	case FROM_BODY:
		return arena_copy(arena, call->body);
	case FROM_NEW_ID:
		return call->new_id;
	case FROM_IF_MATCH:
		return call->if_match;
	case FROM_CLIENT_ADDRESS:
		return arena_copy(arena, call->request->client);
	case FROM_HQ_LOCATION:
		return call->rest->config->hq_location_name;
	case FROM_OPERATION:
		return call->endpoint->operation->name;
	case FROM_IDEMPOTENCY_KEY:
		return call->idempotency_key;
	case FROM_COUNTED:
		return call->counted ? "true" : NULL;
	}
	return NULL;
}

void bind_values(struct call *call)
{
	const struct sql_statement *statement = &sql_statements[call->plan->sql];

	for (int i = 0; i < statement->param_count; i++)
		call->values[i] = value(call, &call->plan->bindings[i]);
}
