/* auth.c: sign-in with anonymous and regular accounts.
 *
 * Authentication creates or updates the user for any valid token (api.provision_caller). These
 * operations return the result. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_profile, .description = "Your profile." },
	{ "is_anonymous", FIELD_BOOLEAN, READ_ONLY, .description = "Whether you signed in anonymously." },
	{ "created", FIELD_BOOLEAN, READ_ONLY, .description = "Whether this request created the account." },
	{ "was_promoted", FIELD_BOOLEAN, READ_ONLY,
	  .description = "Whether the account was once anonymous or an anonymous account was merged "
	          "into it." },
	{ 0 },
};

static const struct shape sign_in_result = {
	"SignInResult", fields, .description = "Result of signing in.",
};

static const struct field promote_fields[] = {
	{ "anonymous_firebase_uuid", FIELD_LINE, REQUIRED, 1, 128,
	  .description = "Firebase UID of the anonymous account. If your token has a different UID, "
	          "`anonymous_token` is required.", .example = "dev|carla.reuss@marina.example" },
	{ "anonymous_token", FIELD_LINE, 0, 1, 8192,
	  .description = "Valid token of the anonymous account.",
	  .example = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm9uIn0.c2lnbmF0dXJl" },
	{ 0 },
};

static const struct operation operations[] = {
	{ POST, "/anonymous-login", VISITOR, SQL_AUTH_LOGIN_ANONYMOUSLY, "login_anonymously",
	  .response = &sign_in_result, .summary = "Sign in with any account",
	  .description = "Accepts tokens of anonymous and of regular accounts. The first sign-in "
	                 "creates a user." },
	{ GET, "/login", VISITOR, SQL_AUTH_LOGIN, "login", .response = &sign_in_result,
	  .summary = "Sign in with a regular account",
	  .description = "Rejects tokens of anonymous accounts. The first sign-in creates a "
	                 "user." },
	{ POST, "/anonymous-promote", VISITOR, SQL_AUTH_PROMOTE, "promote_anonymous",
	  .body = promote_fields, .response = &sign_in_result, .rules = HEAVY,
	  .second_token = "anonymous_token", .summary = "Merge an anonymous account",
	  .description = "An anonymous account that was linked with a regular sign-in keeps its "
	                 "UID and its notes. If the UIDs differ, `anonymous_token` proves that "
	                 "the anonymous account is yours: its notes and comments are moved to "
	                 "your account, and it is archived. Emits `user.archived` and "
	                 "`user.promoted` if an account was merged.",
	  .example = JSON({"anonymous_firebase_uuid": "dev|carla.reuss@marina.example"}) },
	{ 0 },
};

const struct resource auth = {
	.path = "/auth",
	.name = "Sign-in",
	.domain = NOTES,
	.operations = operations,
	.description = "Sign-in with anonymous and regular accounts.",
};
