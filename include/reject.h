/* reject.h: error responses that several modules send. */

#ifndef REJECT_H
#define REJECT_H

#include "auth.h"
#include "db.h"
#include "schema.h"

/* Replies with a problem, and with Retry-After if a retry may succeed. `detail` may be NULL. */
void reject(struct request *request, enum problem problem, const char *detail);

/* Replies with the problem for a failed statement, chosen by its status or its SQL error. */
void reject_db(struct request *request, enum sql sql, enum db_status status,
               const struct db_rows *rows);

/* Replies with the code and the detail that a statement returned. */
void reject_row(struct request *request, const struct db_rows *rows);

/* The caller's role is too low. */
void reject_role(struct request *request, enum role needed, enum role actual);

/* The token was rejected. */
void reject_token(struct request *request, enum auth_result result, const char *hint);
/* The same for a second token, but never 401: clients would renew the first token. */
void reject_second_token(struct request *request, enum auth_result result, const char *hint);

#endif
