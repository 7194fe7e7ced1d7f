/* once.c: a write that carries an Idempotency-Key is done once, whatever comes between.
 *
 * The happy path: the key is taken ahead of the write, in the same transaction; the
 * write keeps its answer beside the key; both commit together.
 *
 * When it was done before:
 *
 * - taking the key violates idempotency_once, and nothing happens: the kept answer is
 *   read and given again, to the letter, but for secrets, which are not kept;
 * - it was another request (its digest differs): 422;
 * - a request with this key is just being answered: 409.
 *
 * Only what succeeded is kept: a refusal gives the key back. When the connection was lost
 * behind the write nobody knows; but whoever asks again with the key will. */

#include "call.h"

/* In the order of both statements' parameters, which api_new() has seen to. */
static const char *const params[] = { "asker_id", "operation", "idempotency_key", "idempotency_digest" };

/* Of everything that makes it this request. */
static const char *digest_of(struct call *call)
{
	struct request *request = call->request;
	char *digest = arena_alloc(&request->arena, DIGEST_TEXT);
	struct buf text = { 0 };

	buf_str(&text, request->target);
	buf_char(&text, '\n');
	buf_str(&text, request->headers[HEADER_IF_MATCH]);
	buf_char(&text, '\n');
	buf_str(&text, request->body);
	auth_digest(buf_as_str(&text), digest);
	buf_finish(&text);
	return digest;
}

bool once_fits(enum sql sql)
{
	for (size_t i = 0; i < COUNT_OF(params); i++) {
		if (sql_statements[sql].param_count != COUNT_OF(params)
		    || strcmp(sql_statements[sql].params[i], params[i]) != 0)
			return false;
	}
	return true;
}

const char *once_asker(const struct call *call)
{
	return call->caller.id[0] ? call->caller.id : call->caller.key_id;
}

void once_prepare(struct call *call)
{
	if (!call->idempotency_key)
		return;
	call->once_values[0] = once_asker(call);
	call->once_values[1] = call->endpoint->operation->name;
	call->once_values[2] = call->idempotency_key;
	call->once_values[3] = digest_of(call);
	call->once = (struct db_ahead){ SQL_ONCE_TAKE, call->once_values };
	call->ahead = &call->once;
}

static void on_recalled(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	call->replayed = true;
	if (status != DB_OK)
		call_refuse_db(call, status, rows);
	else if (db_rows_count(rows) == 0) /* it was let go of between the two questions */
		call_refuse(call, PROBLEM_IDEMPOTENCY_IN_PROGRESS, NULL);
	else
		answer(call, rows);
	request_release(call->request);
}

bool once_recalls(struct call *call, enum db_status status, const struct db_rows *rows)
{
	if (status != DB_REFUSED || !call->ahead || strcmp(db_rows_constraint(rows), "idempotency_once") != 0)
		return false;
	call->ahead = NULL;
	memcpy(call->values, call->once_values, sizeof(call->once_values));
	call_query(call, SQL_ONCE_RECALL, on_recalled);
	return true;
}
