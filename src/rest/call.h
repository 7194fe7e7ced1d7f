/* call.h: a call: one request that an operation serves.
 *
 * It is allocated in the request's arena. The request is held while a reply from the database or
 * an issuer is pending, so the call is still there when the reply arrives. */

#ifndef CALL_H
#define CALL_H

#include "access.h"
#include "endpoint.h"

struct call {
	struct request *request;
	struct rest *rest;
	const struct endpoint *endpoint;
	enum version version; /* in which the operation was called */
	const struct plan *plan;
	struct authorization authorization;
	struct second_token second_token;
	struct db_query query;
	const char *values[SQL_PARAMS];
	const struct db_prelude *prelude; /* runs before the statement, or NULL */
	struct db_prelude idempotency;
	const char *idempotency_values[4];
	long long db_us; /* time spent waiting for the database */
	bool replayed;   /* the response is a stored one */

	/* Validated input. */
	struct validation_errors *errors;
	const char *query_values[QUERY_FIELDS]; /* query values for PostgreSQL; NULL: absent */
	const char *cursor[SORT_KEYS];
	const char *if_match;
	const char *idempotency_key; /* NULL: none */
	bool counted;                /* Prefer: count=exact */
	bool minimal;                /* Prefer: return=minimal */
	struct str body;             /* without the second token */
	const char *new_id;
};

/* Runs a statement and holds the request; done() must release it. */
void call_query(struct call *call, enum sql sql, db_done_fn *done);

/* Answers with the problem for a failed statement. */
void call_reject_db(struct call *call, enum db_status status, const struct db_rows *rows);

/* The user ID, or the API key's ID if there is no user. */
const char *call_actor(const struct call *call);

#endif
