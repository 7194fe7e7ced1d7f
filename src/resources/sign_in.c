/* sign_in.c: what a front end says when somebody has signed in, anonymously or not.
 *
 * The gate makes a person of any true token: these say what came of it. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "user", FIELD_SHAPE, GIVEN, .shape = &profile, .says = "Who you are here." },
	{ "is_anonymous", FIELD_BOOLEAN, GIVEN, .says = "Whether you have not said who you are." },
	{ "created", FIELD_BOOLEAN, GIVEN, .says = "Whether the account was made just now: nobody has seen you before." },
	{ "was_promoted", FIELD_BOOLEAN, GIVEN,
	  .says = "Whether an anonymous account became this one, or a part of it." },
	{ 0 },
};

static const struct shape sign_in_result = { "SignIn", fields, .says = "What came of a sign-in." };

static const struct field promotion[] = {
	{ "anonymous_firebase_uuid", FIELD_NAME, REQUIRED, 1, 128,
	  .says = "The uid of the anonymous account. When your token carries another, anonymous_token must prove that it is yours." },
	{ "anonymous_token", FIELD_NAME, 0, 1, 8192,
	  .says = "A token of the anonymous account, still valid: its notes and comments become yours, and it ends." },
	{ 0 },
};

static const char *const login_refuses[] = { "ANONYMOUS_ACCOUNT", NULL };
static const char *const promote_refuses[] = { "ANONYMOUS_ACCOUNT", "INVALID_PROMOTION", "EMAIL_EXISTS", NULL };

static const struct operation operations[] = {
	{ POST, "/anonymous-login", VISITOR, SQL_SIGN_IN_ANONYMOUSLY, "login_anonymously", .answers = &sign_in_result,
	  .says = "Begin, with any token: at first sight an account is made for it." },
	{ GET, "/login", VISITOR, SQL_SIGN_IN_REGULARLY, "login", .answers = &sign_in_result, .refuses = login_refuses,
	  .says = "The same with the token of a regular account." },
	{ POST, "/anonymous-promote", VISITOR, SQL_SIGN_IN_PROMOTE, "promote_anonymous", .body = promotion,
	  .answers = &sign_in_result, .rules = HEAVY, .proof = "anonymous_token", .refuses = promote_refuses,
	  .says = "Say that an anonymous account is yours: linked with your sign-in it is the same account, and keeps its notes; "
	          "another hands its notes and comments over to you, and ends." },
	{ 0 },
};

const struct resource sign_in = {
	.path = "/auth",
	.name = "Sign-in",
	.domain = NOTES,
	.operations = operations,
	.says = "Signing in, anonymously or not.",
};
