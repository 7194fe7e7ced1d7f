/* contract_check.c: each answer of an operation, held against the contract.
 *
 * Its status must be announced, its body satisfy the schema of that status, its headers
 * be declared; and the code of a refusal must be among those that are listed, unless it
 * is one of the front's, which refuses before it knows for whom. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "program.h"
#include "contract_check.h"
#include "json_schema.h"

static const char *const of_the_front[] = {
	"BAD_REQUEST", "METHOD_NOT_ALLOWED", "ROUTE_NOT_FOUND", "REQUEST_TIMEOUT", "URI_TOO_LONG",
	"HEADERS_TOO_LARGE", "BODY_TOO_LARGE", "EXPECTATION_FAILED", "NOT_IMPLEMENTED", "SHUTTING_DOWN",
	"HTTP_VERSION_NOT_SUPPORTED",
};

static const struct json *contract(void)
{
	static struct json *read;
	struct buf text = { 0 };
	const char *fault;
	size_t got, where;
	FILE *file;

	if (read)
		return read;
	file = fopen(CONTRACT_PATH, "r");
	if (!file)
		give_up(CONTRACT_PATH " is missing: it is made by the build");
	while ((got = fread(buf_reserve(&text, 64 * 1024), 1, 64 * 1024, file)))
		text.length += got;
	fclose(file);
	read = json_parse(str_trim(buf_as_str(&text)), &fault, &where);
	if (!read)
		give_up(CONTRACT_PATH " is no JSON");
	buf_finish(&text);
	return read;
}

/* "/api/v1/logs/{id}": how many of its steps are as they stand; -1: the path is another. */
static int steps_alike(const char *pattern, struct str path)
{
	struct str wanted = str_of(pattern), want, is;
	int alike = 0;

	while (str_cut(&wanted, '/', &want)) {
		if (!str_cut(&path, '/', &is))
			return -1;
		if (str_equal(want, is))
			alike++;
		else if (!str_begins(want, "{") || !is.length)
			return -1;
	}
	return path.length ? -1 : alike;
}

/* NULL: there is none. */
static const struct json *operation_of(struct str method, struct str path)
{
	struct json_cursor each = json_begin(json_member(contract(), "paths"));
	const struct json *found = NULL;
	char lower[16] = "";
	int best = -1;

	for (size_t i = 0; i < method.length && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower(method.at[i]);
	while (json_next(&each)) {
		int alike = steps_alike(each.name, path);

		if (alike > best) {
			best = alike;
			found = each.value;
		}
	}
	return found ? json_member(found, lower) : NULL;
}

static char complaint[800];

static const char *complain(const char *what, const char *more)
{
	snprintf(complaint, sizeof(complaint), "%s%s%s", what, *more ? ": " : "", more);
	return complaint;
}

static const struct json *member(const struct json *object, const char *name)
{
	return object ? json_member(object, name) : NULL;
}

static const char *code_not(const struct answer *answer, const struct json *says)
{
	const char *code = answer_at(answer, "code");

	for (size_t i = 0; i < COUNT_OF(of_the_front); i++) {
		if (strcmp(of_the_front[i], code) == 0)
			return NULL;
	}
	if (!says || !strstr(json_member_string(says, "description").at, code))
		return complain("a code that is not announced", code);
	return NULL;
}

static const char *headers_not(const struct answer *answer, const struct json *says)
{
	static const char *const declared[] = { "ETag", "Link", "Location", "X-Total-Count", "Idempotent-Replayed" };

	for (size_t i = 0; i < COUNT_OF(declared); i++) {
		if (answer_header(answer, declared[i]) && !member(member(says, "headers"), declared[i]))
			return complain("a header that is not declared", declared[i]);
	}
	return NULL;
}

static const char *body_not(const struct answer *answer, const struct json *schema)
{
	const char *wrong;

	if (!answer->body.length)
		return schema ? "a body is promised" : NULL;
	if (!schema)
		return "no body is promised";
	if (!answer->json)
		return "the body is no JSON";
	wrong = json_schema_check(contract(), schema, answer->json);
	return wrong ? complain("the body", wrong) : NULL;
}

/* Of the body's media type; its parameters say nothing of it. */
static const struct json *schema_in(const struct json *says, const char *type)
{
	char essence[64] = "";

	if (type)
		snprintf(essence, sizeof(essence), "%.*s", (int)strcspn(type, ";"), type);
	return member(member(member(says, "content"), essence), "schema");
}

const char *contract_check(const struct answer *answer)
{
	const char *wrong;
	struct str path = str_of(answer->about), method;
	const struct json *operation, *says;
	char status[8];

	str_cut(&path, ' ', &method);
	str_cut(&(struct str){ path.at, path.length }, '?', &path);
	operation = operation_of(method, path);
	if (!operation)
		return NULL;
	snprintf(status, sizeof(status), "%d", answer->status);
	says = json_member(json_member(operation, "responses"), status);
	if (answer->status >= 400) {
		wrong = code_not(answer, says);
		if (!says)
			says = json_in(contract(), "components.responses.Problem");
	} else {
		wrong = says ? headers_not(answer, says) : complain("a status that is not announced", status);
	}
	if (wrong)
		return wrong;
	return body_not(answer, schema_in(says, answer_header(answer, "Content-Type")));
}
