/* contract_check.c: checks each answer of an operation against the API description.
 *
 * The status must be described, the body must match the schema of that status, and the headers
 * must be declared. The code of a problem must be in x-problem-codes of the operation or of the
 * response, except those that are returned before the operation is known. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "program.h"
#include "contract_check.h"
#include "json_schema.h"

/* Depend on the path and the method, not on the operation. BODY_TOO_LARGE is listed for operations
 * that have a body. */
static const char *const before_routing[] = {
	"METHOD_NOT_ALLOWED",
	"ROUTE_NOT_FOUND",
	"BODY_TOO_LARGE",
};

static const struct json *contract(void)
{
	static struct json *parsed;
	struct buf text = { 0 };
	const char *error;
	size_t got, offset;
	FILE *file;

	if (parsed)
		return parsed;
	file = fopen(CONTRACT_PATH, "r");
	if (!file)
		fatal(CONTRACT_PATH
		      " is missing. Run `ninja tests/support/contract.json` in the build"
		      " directory.");
	while ((got = fread(buf_reserve(&text, 64 * 1024), 1, 64 * 1024, file)))
		text.length += got;
	fclose(file);
	parsed = json_parse(str_trim(buf_as_str(&text)), &error, &offset);
	if (!parsed)
		fatal(CONTRACT_PATH " is not JSON: %s at %zu", error, offset);
	buf_finish(&text);
	return parsed;
}

/* The number of literal segments of a matching pattern such as "/api/v1/logs/{id}"; -1: the path
 * does not match. */
static int match_segments(const char *pattern, struct str path)
{
	struct str rest = str_of(pattern), expected, segment;
	int literal = 0;

	while (str_cut(&rest, '/', &expected)) {
		if (!str_cut(&path, '/', &segment))
			return -1;
		if (str_equal(expected, segment))
			literal++;
		else if (!str_begins(expected, "{") || !segment.length)
			return -1;
	}
	return path.length ? -1 : literal;
}

/* NULL: no such operation. */
static const struct json *operation_of(struct str method, struct str path)
{
	struct json_cursor each = json_begin(json_member(contract(), "paths"));
	const struct json *found = NULL;
	char lower[16] = "", first[512];
	int best = -1;

	/* All versions share their operations; those removed in a version get 404 or 405 there. */
	if (str_begins(path, "/api/v2/")) {
		snprintf(first, sizeof(first), "/api/v1/%.*s", (int)path.length - 8, path.at + 8);
		path = str_of(first);
	}

	for (size_t i = 0; i < method.length && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower(method.at[i]);
	while (json_next(&each)) {
		int literal = match_segments(each.name, path);

		if (literal > best) {
			best = literal;
			found = each.value;
		}
	}
	return found ? json_member(found, lower) : NULL;
}

static char error_text[800];

static const char *error(const char *what, const char *detail)
{
	snprintf(error_text, sizeof(error_text), "%s: %s", what, detail);
	return error_text;
}

static const struct json *member(const struct json *object, const char *name)
{
	return object ? json_member(object, name) : NULL;
}

static bool is_problem(const struct answer *answer)
{
	const char *type = answer_header(answer, "Content-Type");

	return type && str_begins(str_of(type), "application/problem+json");
}

static bool lists(const struct json *described, const char *code)
{
	const struct json *codes = member(described, "x-problem-codes");

	for (size_t i = 0; i < json_count(codes); i++) {
		if (str_is(json_string(json_at(codes, i)), code))
			return true;
	}
	return false;
}

static const char *check_code(const struct answer *answer, const struct json *operation,
                              const struct json *described)
{
	const char *code = answer_at(answer, "code");

	for (size_t i = 0; i < COUNT_OF(before_routing); i++) {
		if (strcmp(before_routing[i], code) == 0)
			return NULL;
	}
	return lists(operation, code) || lists(described, code) ? NULL
	                                                        : error("code not described", code);
}

static const char *check_headers(const struct answer *answer, const struct json *described)
{
	static const char *const declared[] = {
		"ETag",          "Link",         "Location",
		"X-Total-Count", "Retry-After",  "Idempotent-Replayed",
		"RateLimit",     "X-Request-Id", "WWW-Authenticate",
		"Deprecation",   "Sunset"
	};

	for (size_t i = 0; i < COUNT_OF(declared); i++) {
		if (answer_header(answer, declared[i])
		    && !member(member(described, "headers"), declared[i]))
			return error("header not declared", declared[i]);
	}
	return NULL;
}

/* Browsers get a page from the root, which is not part of the contract. */
static bool is_page(const struct answer *answer)
{
	const char *type = answer_header(answer, "Content-Type");

	return type && str_begins(str_of(type), "text/html");
}

/* Text, and JSON of other media types, has no schema to check. */
static bool is_json(const struct answer *answer)
{
	const char *type = answer_header(answer, "Content-Type");

	return type && str_begins(str_of(type), "application/")
	       && !str_begins(str_of(type), "application/linkset");
}

static const char *check_body(const struct answer *answer, const struct json *schema)
{
	const char *wrong;

	if (!answer->body.length)
		return schema ? "a body is required" : NULL;
	if (!schema)
		return is_page(answer) ? NULL : "no body is allowed";
	if (!is_json(answer))
		return NULL;
	if (!answer->json)
		return "the body is not JSON";
	wrong = json_schema_check(contract(), schema, answer->json);
	return wrong ? error("body", wrong) : NULL;
}

/* The schema of a media type, without its parameters. */
static const struct json *schema_in(const struct json *described, const char *type)
{
	char media_type[64] = "";

	if (type)
		snprintf(media_type, sizeof(media_type), "%.*s", (int)strcspn(type, ";"), type);
	return member(member(member(described, "content"), media_type), "schema");
}

/* `Prefer: return=minimal` replaces 200 by 204. */
static bool is_minimal(const struct answer *answer)
{
	const char *applied = answer_header(answer, "Preference-Applied");

	return answer->status == 204 && applied && strcmp(applied, "return=minimal") == 0;
}

/* Every 422 lists its errors, each with exactly one location. */
static const char *check_errors(const struct answer *answer)
{
	static const char *const places[] = { "pointer", "parameter", "header" };
	const struct json *errors = answer->json ? json_member(answer->json, "errors") : NULL;
	size_t count = errors ? json_count(errors) : 0;

	for (size_t i = 0; i < count; i++) {
		int named = 0;

		for (size_t j = 0; j < COUNT_OF(places); j++)
			named += json_member(json_at(errors, i), places[j]) != NULL;
		if (named != 1)
			return "an entry of errors must have exactly one location";
	}
	return count ? NULL : "a 422 without errors";
}

const char *contract_check(const struct answer *answer)
{
	const char *wrong;
	struct str path = str_of(answer->about), method;
	const struct json *operation, *responses, *described;
	char status[8];

	str_cut(&path, ' ', &method);
	str_cut(&(struct str){ path.at, path.length }, '?', &path);
	operation = operation_of(method, path);
	if (!operation)
		return NULL;
	wrong = answer->status == 422 ? check_errors(answer) : NULL;
	if (wrong)
		return wrong;
	snprintf(status, sizeof(status), "%d", is_minimal(answer) ? 200 : answer->status);
	responses = json_member(operation, "responses");
	described = json_member(responses, status);
	if (!described && answer->status >= 400)
		described = json_member(responses, "default");
	described = json_schema_resolve(contract(), described);
	if (!described)
		return error("status not described", status);
	wrong = answer->status >= 400 && is_problem(answer)
	                ? check_code(answer, operation, described)
	                : NULL;
	if (!wrong)
		wrong = check_headers(answer, described);
	if (wrong)
		return wrong;
	return check_body(answer, schema_in(described, answer_header(answer, "Content-Type")));
}
