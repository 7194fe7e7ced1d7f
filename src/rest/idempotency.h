/* idempotency.h: requests with an Idempotency-Key. */

#ifndef IDEMPOTENCY_H
#define IDEMPOTENCY_H

#include "db.h"

struct call;

/* Whether its statements have the expected parameters. */
bool idempotency_check_statements(void);

/* Adds a statement that claims the key, if there is one, before the statement of the call. */
void idempotency_prepare(struct call *call);

/* If the statement failed because the key was used before, sends the stored response and returns
 * true. */
bool idempotency_replay(struct call *call, enum db_status status, const struct db_rows *rows);

#endif
