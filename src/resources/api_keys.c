/* api_keys.c: API keys of programs. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
#define API_KEY_FIELDS                                                                             \
	{ "id", FIELD_UUID, CREATE_ONLY,                                                           \
	  .description = "ID of the API key, not the key itself. Generated if omitted.",           \
	  .example = DEMO_ID("761") },                                                             \
	{ "name", FIELD_LINE, REQUIRED, 1, 100, .description = "Owner or purpose of the key.",     \
	  .example = "Harbour display" },                                                          \
	{ "scopes", FIELD_CHOICE, REQUIRED | MULTIPLE, .max_items = 2 * DOMAINS,                   \
	  .choices = scope_names, .choice_name = "Scope",                                          \
	  .description = "Operations that the key can be used for.", .example = "places:read" },   \
	{ "expires_at", FIELD_TIME, NULLABLE,                                                      \
	  .description = "Time of expiry; null if the key does not expire.",                       \
	  .example = "2099-12-31T23:59:59+00:00" },                                                \
	{ "beginning", FIELD_LINE, READ_ONLY,                                                      \
	  .description = "First characters of the key, for identification.",                       \
	  .example = "bnk_0f3a61" },                                                               \
	{ "revoked_at", FIELD_TIME, READ_ONLY | NULLABLE, .description = "Time of revocation." },  \
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },               \
	{ "creator", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_brief,                      \
	  .description = "User who created the key; null if it was created on the command line.",  \
	  .example = JSON({"id": "01900000-0000-7000-8000-000000000102", "first_name": "Greta",    \
	                  "last_name": "Lindqvist"}) }

static const struct field fields[] = { API_KEY_FIELDS, { 0 } };

static const struct field secret_fields[] = {
	{ "key", FIELD_LINE, READ_ONLY | OPTIONAL_IN_RESPONSE | TRANSIENT,
	  .description = "The key itself, to be sent as `X-API-Key`. It is returned only once and is "
	          "omitted when the response is replayed. If you lose it, revoke it and create "
	          "another.",
	  .example = "bnk_0f3a61c2d84e4b0f9a7d5c1e8b2f603741d9e6a8c05b4f7290e3d1a6b8c4f5e2" },
	{ 0 },
};

static const struct shape api_key = { "ApiKey", fields, .description = "An API key." };
static const struct shape api_key_created = {
	"ApiKeyCreated", fields, secret_fields, .description = "A newly created API key.",
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_API_KEYS_LIST, "list_api_keys", .response = LIST_OF(api_key),
	  .rules = PAGED, .summary = "List API keys",
	  .description = "Newest first, including revoked keys." },
	{ POST, "", ADMIN, SQL_API_KEYS_CREATE, "create_api_key", .body = fields,
	  .response = &api_key_created, .status = 201, .rules = SECRET_RESPONSE,
	  .summary = "Create an API key",
	  .description = "Only this response contains the key itself.",
	  .example = JSON({"name": "Tide gauge", "scopes": ["places:read", "live:write"]}) },
	{ GET, "/{id}", ADMIN, SQL_API_KEYS_READ, "get_api_key", .response = &api_key,
	  .summary = "Get an API key", .path_example = DEMO_ID("761") },
	{ DELETE, "/{id}", ADMIN, SQL_API_KEYS_REVOKE, "revoke_api_key", .status = 204,
	  .summary = "Revoke an API key",
	  .description = "Takes effect immediately and cannot be undone. Revoking a key again has "
	                 "no effect.", .path_example = DEMO_ID("761") },
	HISTORY("", ADMIN, SQL_API_KEYS_HISTORY, "list_api_key_history", "an API key",
	        .path_example = DEMO_ID("761")),
	{ 0 },
};

const struct resource api_keys = {
	.path = "/api-keys",
	.name = "API keys",
	.domain = PEOPLE,
	.operations = operations,
	.description = "API keys for programs.",
};
