/* bind.h: binds the parameters of statements by name. */

#ifndef BIND_H
#define BIND_H

#include "sql.h"
#include "statement.h"
#include "str.h"

struct call;
struct endpoint;

/* Where a statement parameter comes from. */
enum source {
	FROM_CALLER_ID,
	FROM_ACTOR_ID, /* the caller's ID, or the API key's if there is no user */
	FROM_CALLER_ROLE,
	FROM_CONTEXT,      /* for the trail */
	FROM_CALLER_EMAIL, /* from the token */
	FROM_CALLER_IS_NEW,
	FROM_SECOND_ISSUER, /* of the second token, if there is one */
	FROM_SECOND_SUBJECT,
	FROM_MAY_ACCESS_OTHERS, /* whether the caller may access other users' resources */
	FROM_CALLER_ONLY,       /* the caller's ID if they may not; otherwise absent */
	FROM_PATH,              /* index: path parameter */
	FROM_QUERY,             /* index: query field */
	FROM_CURSOR,            /* index: sort key */
	FROM_BODY,              /* the whole validated body */
	FROM_NEW_ID,            /* the body's ID, or a generated one */
	FROM_IF_MATCH,
	FROM_COUNTED,
	FROM_OPERATION, /* the operation's name */
	FROM_IDEMPOTENCY_KEY,
	FROM_CLIENT_ADDRESS,
	FROM_HQ_LOCATION, /* the setting HQ_LOCATION_NAME */
};

struct binding {
	enum source source;
	int index;
};

/* A statement whose parameters are resolved. */
struct plan {
	enum sql sql;
	struct binding bindings[SQL_PARAMS];
};

/* Appends a line to `errors` for each parameter without a source. */
void bind_plan(struct endpoint *endpoint, enum sql sql, struct plan *plan, struct buf *errors);

/* Sets the values of the parameters of the call's plan. */
void bind_values(struct call *call);

#endif
