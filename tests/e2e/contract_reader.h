/* contract_reader.h: the document that the server gives, for those who hold it to its word. */

#ifndef CONTRACT_READER_H
#define CONTRACT_READER_H

#include "e2e.h"

/* What a test begins with: contract_setup() fetches it. */
extern struct contract {
	const struct json *document;
	struct client *admin, *reader;
} contract;

void contract_setup(void);

const struct json *contract_member(const struct json *object, const char *name); /* NULL: none */
const struct json *contract_operation(const char *method, const char *path);	 /* likewise */
/* The schema of what a requestBody, or a response, has in this media type. */
const struct json *contract_content(const struct json *body, const char *type);
const struct json *contract_schema(const struct json *responses, int status, const char *type);

/* "/api/v1/logs/{id}" with an id; where there are two of them, they are the same. */
const char *contract_path(const char *path, const char *id);

/* The value is as the schema says. */
void contract_expect(const struct json *schema, const struct json *value, const char *about);

#endif
