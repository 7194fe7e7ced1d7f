/* fake_access.c: records the calls to the access module. */

#include <criterion/criterion.h>

#include "fake_access.h"

struct access fake_access;

void fake_access_open(void)
{
	fake_access = (struct access){ 0 };
}

void fake_access_close(void)
{
	buf_finish(&fake_access.token);
	buf_finish(&fake_access.invalidated);
}

void access_invalidate(struct access *access, struct str id)
{
	buf_print(&access->invalidated, "%.*s\n", STR_ARGS(id));
}

bool access_read_token(const struct request *, struct str *token)
{
	*token = STR("");
	return false;
}

bool access_check_failures(struct access *, struct request *, struct str)
{
	return true;
}

/* ---- Callers ---- */

void authorize(struct authorization *authorization)
{
	request_hold(authorization->request);
	authorization->access->authorization = authorization;
}

/* The hold passes to the caller, who answers the request and releases it. */
bool authorize_disconnected(struct authorization *authorization)
{
	if (!fake_access.authorization || !fake_access.can_cancel)
		return false;
	cr_assert(fake_access.authorization == authorization);
	fake_access.authorization = NULL;
	fake_access.cancel_count++;
	return true;
}

void fake_access_authorize(const struct caller *caller)
{
	struct authorization *authorization = fake_access.authorization;

	cr_assert_not_null(authorization, "a caller must be waiting");
	fake_access.authorization = NULL;
	authorization->caller = *caller;
	authorization->on_authorized(authorization);
	request_release(authorization->request);
}

/* ---- Second tokens ---- */

void second_token_check(struct second_token *token)
{
	request_hold(token->request);
	token->query.waiting = true;
	fake_access.second_token = token;
}

bool second_token_cancel(struct second_token *token)
{
	if (!token->query.waiting)
		return false;
	token->query.waiting = false;
	fake_access.second_token = NULL;
	fake_access.cancel_count++;
	return true;
}

void fake_access_accept_second_token(void)
{
	struct second_token *token = fake_access.second_token;

	cr_assert_not_null(token, "a second token must be waiting");
	fake_access.second_token = NULL;
	token->query.waiting = false;
	token->issuer = "https://issuer.example";
	token->subject = "anonymous-1";
	token->on_accepted(token);
	request_release(token->request);
}

/* ---- Users of tokens ---- */

void authenticate_token(struct authentication *authentication, struct str token)
{
	buf_clear(&fake_access.token);
	buf_str(&fake_access.token, token);
	fake_access.authentication = authentication;
}

bool authenticate_can_cancel(const struct authentication *authentication)
{
	return fake_access.authentication == authentication && fake_access.can_cancel;
}

void authenticate_cancel(struct authentication *authentication)
{
	if (fake_access.authentication != authentication)
		return;
	fake_access.authentication = NULL;
	fake_access.cancel_count++;
}

void fake_access_authenticate(const struct authentication_outcome *outcome)
{
	struct authentication *authentication = fake_access.authentication;

	cr_assert_not_null(authentication, "a lookup must be waiting");
	fake_access.authentication = NULL;
	authentication->done(authentication, outcome);
}
