/* failures.c: limits failed attempts to authenticate. */

#include "failures.h"
#include "state.h"

bool failures_check(struct request *request)
{
	return rate_limit_check(request, LIMIT_FAILURES, request->gateway_user);
}

bool access_check_failures(struct access *access, struct request *request, struct str token)
{
	return auth_cached(access->auth, token) || failures_check(request);
}
