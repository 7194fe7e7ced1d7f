/* api_keys.c: keys of programs that call us. */

#include <stddef.h>

#include "shapes.h"

#define SHOWN                                                                                          \
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the key, yours to choose; it is not the key." },\
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "Whose it is, or what for." },                 \
	{ "scopes", FIELD_CHOICE, REQUIRED | MANY, .most = 2 * DOMAINS, .choices = scope_names,        \
	  .choice_name = "Scope", .says = "What it may be used for." },                                \
	{ "expires_at", FIELD_TIME, NULLABLE, .says = "When it stops being valid; null: never." },     \
	{ "beginning", FIELD_NAME, GIVEN, .says = "Its first letters, to tell keys apart." },          \
	{ "revoked_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When it was revoked." },                \
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was made." },                              \
	{ "creator", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &user_brief,                              \
	  .says = "By whom; null: from the command line." }

static const struct field fields[] = { SHOWN, { 0 } };

static const struct field fresh[] = {
	{ "key", FIELD_NAME, GIVEN | SOMETIMES,
	  .says = "The key itself, shown this once: send it as X-API-Key. Not there when the answer is a "
	          "replayed one: whoever has lost it revokes the key, and makes another." },
	{ 0 },
};

static const struct shape api_key = { "ApiKey", fields, .says = "A program's key." };
static const struct shape api_key_made = { "ApiKeyMade", fields, fresh, .says = "A program's key, just made." };

static const char *const create_refuses[] = { "VALIDATION_FAILED", "ID_TAKEN", NULL };
static const char *const revoke_refuses[] = { "NOT_FOUND", NULL };

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_API_KEYS_LIST, "list_api_keys", .answers = LIST_OF(api_key), .rules = PAGED,
	  .says = "The keys of programs, newest first, revoked ones too." },
	{ POST, "", ADMIN, SQL_API_KEYS_CREATE, "create_api_key", .body = fields, .answers = &api_key_made,
	  .status = 201, .refuses = create_refuses, .says = "Make a key for a program." },
	{ GET, "/{id}", ADMIN, SQL_API_KEYS_READ, "get_api_key", .answers = &api_key, .says = "One of them." },
	{ DELETE, "/{id}", ADMIN, SQL_API_KEYS_REVOKE, "revoke_api_key", .status = 204,
	  .refuses = revoke_refuses, .says = "Revoke a key, for good; from then on it is refused everywhere." },
	{ 0 },
};

const struct resource api_keys = {
	.path = "/api-keys",
	.name = "API keys",
	.domain = PEOPLE,
	.operations = operations,
	.says = "Keys of programs that call this API.",
};
