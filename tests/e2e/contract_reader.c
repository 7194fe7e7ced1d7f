/* contract_reader.c: reads operations, schemas and responses from /openapi.json. */

#include <ctype.h>

#include "contract_reader.h"
#include "json_schema.h"

struct contract contract;

void contract_setup(void)
{
	contract.reader = e2e_client(NULL);
	contract.admin = e2e_client("super_admin");
	/* The document is valid until the next request of this client. */
	contract.document = client_get(contract.reader, "/openapi.json")->json;
	cr_assert(contract.document != NULL);
}

const struct json *contract_member(const struct json *object, const char *name)
{
	return object ? json_member(object, name) : NULL;
}

const struct json *contract_operation(const char *method, const char *path)
{
	char lower[16] = "";

	for (size_t i = 0; method[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower(method[i]);
	return contract_member(contract_member(json_member(contract.document, "paths"), path),
	                       lower);
}

const struct json *contract_content(const struct json *body, const char *type)
{
	return contract_member(contract_member(contract_member(body, "content"), type), "schema");
}

const struct json *contract_response(const struct json *operation, int status)
{
	const struct json *responses = contract_member(operation, "responses"),
			  *response = contract_member(responses, e2e_format("%d", status));

	if (!response && status >= 400)
		response = contract_member(responses, "default");
	return json_schema_resolve(contract.document, response);
}

const struct json *contract_schema(const struct json *operation, int status, const char *type)
{
	return contract_content(contract_response(operation, status), type);
}

static bool lists(const struct json *described, const char *code)
{
	const struct json *codes = contract_member(described, "x-problem-codes");

	for (size_t i = 0; i < json_count(codes); i++) {
		if (str_is(json_string(json_at(codes, i)), code))
			return true;
	}
	return false;
}

bool contract_lists_code(const struct json *operation, int status, const char *code)
{
	return lists(operation, code) || lists(contract_response(operation, status), code);
}

const char *contract_path(const char *path, const char *id)
{
	const char *open;

	while ((open = strchr(path, '{')))
		path = e2e_format("%.*s%s%s", (int)(open - path), path, id, strchr(open, '}') + 1);
	return path;
}

void contract_expect(const struct json *schema, const struct json *value, const char *about)
{
	const char *error =
		schema ? json_schema_check(contract.document, schema, value) : "there is no schema";

	cr_expect(!error, "%s: %s", about, error);
}
