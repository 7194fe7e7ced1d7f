/* query.h: validates the query parameters of a request. */

#ifndef QUERY_H
#define QUERY_H

struct call;

/* Sets call->query_values, and appends errors to call->errors. */
void query_check(struct call *call);

/* Whether the i-th parameter is, or contains, this value. */
bool query_has(const struct call *call, int i, const char *expected);

#endif
