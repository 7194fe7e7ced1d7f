/* contract_reader.h: /openapi.json, for tests that compare the server with it. */

#ifndef CONTRACT_READER_H
#define CONTRACT_READER_H

#include "e2e.h"

/* The state of a test; contract_setup() sets it. */
extern struct contract {
	const struct json *document;
	struct client *admin, *reader; /* `reader` holds the document: send nothing with it */
} contract;

void contract_setup(void);

const struct json *contract_member(const struct json *object,
                                   const char *name);                        /* NULL if absent */
const struct json *contract_operation(const char *method, const char *path); /* likewise */
/* The response of an operation with this status; NULL if it is not described. */
const struct json *contract_response(const struct json *operation, int status);
/* The schema of a requestBody or a response for this media type. */
const struct json *contract_content(const struct json *body, const char *type);
const struct json *contract_schema(const struct json *operation, int status, const char *type);
/* Whether x-problem-codes of the operation or of that response have the code. */
bool contract_lists_code(const struct json *operation, int status, const char *code);

/* Replaces every parameter in "/api/v1/logs/{id}" by this ID. */
const char *contract_path(const char *path, const char *id);

/* Fails the test if the value does not match the schema; `about` names the value. */
void contract_expect(const struct json *schema, const struct json *value, const char *about);

#endif
