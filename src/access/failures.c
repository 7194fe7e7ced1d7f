/* failures.c: reads tokens from requests and limits failed attempts to authenticate. */

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

bool access_read_token(const struct request *request, struct str *token)
{
	struct str header = request->headers[HEADER_AUTHORIZATION], scheme;

	if (!str_cut(&header, ' ', &scheme) || !str_is_nocase(scheme, "Bearer"))
		return false;
	*token = str_trim(header);
	return token->length > 0;
}
