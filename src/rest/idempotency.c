/* idempotency.c: executes a write with an Idempotency-Key at most once.
 *
 * Normal sequence: the key is inserted before the write, in the same transaction; the write
 * stores its response with the key; both commit together.
 *
 * If the key exists:
 *
 * - the insert violates idempotency_keys_unique, and the transaction is rolled back; the stored
 *   response is read and sent again unchanged, except for secrets, which are not stored;
 * - the stored request is a different one (its digest differs): 422;
 * - a request with this key is still in progress: 409.
 *
 * Only successful responses are stored; an error releases the key. If the connection to the
 * database is lost after the write was sent, its outcome is unknown, but a retry with the key is
 * safe. */

#include "call.h"
#include "idempotency.h"
#include "reject.h"
#include "response.h"

/* The parameters of both statements, in this order (see idempotency_check_statements()). */
static const char *const params[] = { "actor_id", "operation", "idempotency_key",
	                              "idempotency_digest" };

/* Digest of everything that identifies the request. */
static const char *request_digest(struct call *call)
{
	struct request *request = call->request;
	char *digest = arena_alloc(&request->arena, SHA256_HEX_SIZE);
	struct buf text = { 0 };

	buf_str(&text, request->target);
	buf_char(&text, '\n');
	buf_str(&text, request->headers[HEADER_IF_MATCH]);
	buf_char(&text, '\n');
	buf_str(&text, request->body);
	auth_sha256_hex(buf_as_str(&text), digest);
	buf_finish(&text);
	return digest;
}

static bool check_statement(enum sql sql)
{
	for (size_t i = 0; i < COUNT_OF(params); i++) {
		if (sql_statements[sql].param_count != COUNT_OF(params)
		    || strcmp(sql_statements[sql].params[i], params[i]) != 0)
			return false;
	}
	return true;
}

bool idempotency_check_statements(void)
{
	return check_statement(SQL_IDEMPOTENCY_BEGIN) && check_statement(SQL_IDEMPOTENCY_REPLAY);
}

void idempotency_prepare(struct call *call)
{
	if (!call->idempotency_key)
		return;
	call->idempotency_values[0] = call_actor(call);
	call->idempotency_values[1] = call->endpoint->operation->name;
	call->idempotency_values[2] = call->idempotency_key;
	call->idempotency_values[3] = request_digest(call);
	call->idempotency = (struct db_prelude){ SQL_IDEMPOTENCY_BEGIN, call->idempotency_values };
	call->prelude = &call->idempotency;
}

static void on_stored(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	call->replayed = true;
	if (status != DB_OK)
		call_reject_db(call, status, rows);
	else if (db_rows_count(rows) == 0) /* the key was released in the meantime */
		reject(call->request, PROBLEM_IDEMPOTENCY_IN_PROGRESS, NULL);
	else
		response_send(call, rows);
	request_release(call->request);
}

bool idempotency_replay(struct call *call, enum db_status status, const struct db_rows *rows)
{
	if (status != DB_SQL_ERROR || !call->prelude
	    || strcmp(db_rows_constraint(rows), "idempotency_keys_unique") != 0)
		return false;
	call->prelude = NULL;
	memcpy(call->values, call->idempotency_values, sizeof(call->idempotency_values));
	call_query(call, SQL_IDEMPOTENCY_REPLAY, on_stored);
	return true;
}
