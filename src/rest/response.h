/* response.h: turns the rows of a statement into a response. */

#ifndef RESPONSE_H
#define RESPONSE_H

#include "db.h"

struct call;

/* Answers with the rows of a statement. */
void response_send(struct call *call, const struct db_rows *rows);

#endif
