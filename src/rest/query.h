/* query.h: validates the query parameters of a request. */

#ifndef QUERY_H
#define QUERY_H

struct call;

/* Sets call->query_values, and appends errors to call->errors. */
void query_check(struct call *call);

#endif
