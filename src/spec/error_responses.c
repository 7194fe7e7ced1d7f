/* error_responses.c: writes the error responses of operations and routes. */

#include "error_responses.h"
#include "problem_schema.h"
#include "response_headers.h"
#include "writer.h"

/* clang-format off */
/* One row for each status that clients handle specifically; the last row is for all others. `codes`
 * are the problems that the response lists if the operation can return them. */
static const struct error_response {
	int status;
	const char *component, *description, *codes;
	enum problem example;
	const char *headers[2];
	bool of_routes; /* also a response of routes; their other errors are in the last */
} error_responses[] = {
	{ 401, "Unauthorized", "The token or the API key is missing or invalid.",
	  "UNAUTHENTICATED TOKEN_MALFORMED TOKEN_ALGORITHM TOKEN_ISSUER TOKEN_AUDIENCE TOKEN_PARTY "
	  "TOKEN_USE TOKEN_KEY TOKEN_SIGNATURE TOKEN_EXPIRED TOKEN_NOT_YET API_KEY_NEEDED "
	  "API_KEY_INVALID",
	  PROBLEM_UNAUTHENTICATED, { "WWW-Authenticate" } },
	{ 403, "Forbidden", "The caller does not have permission.",
	  "SCOPE_MISSING ACCOUNT_ARCHIVED", PROBLEM_FORBIDDEN },
	{ 404, "NotFound", "The resource, or a resource that it refers to, does not exist.",
	  "USER_NOT_FOUND", PROBLEM_NOT_FOUND },
	{ 409, "Conflict", "The current state does not permit the change.", "",
	  PROBLEM_IDEMPOTENCY_IN_PROGRESS, { "Retry-After" } },
	{ 412, "Changed", "The resource has changed since the version in If-Match.",
	  "PRECONDITION_FAILED", PROBLEM_PRECONDITION_FAILED },
	{ 422, "Invalid", "Fields, parameters or headers are invalid; `errors` lists them.",
	  "VALIDATION_FAILED", PROBLEM_VALIDATION_FAILED, .of_routes = true },
	{ 426, "UpgradeRequired", "The request is not a WebSocket handshake.", "UPGRADE_REQUIRED",
	  PROBLEM_UPGRADE_REQUIRED, .of_routes = true },
	{ 429, "Limited", "The rate limit is exceeded.", "TOO_MANY_REQUESTS",
	  PROBLEM_TOO_MANY_REQUESTS, { "Retry-After" }, .of_routes = true },
	{ 0, "Error", "Any other error: the server cannot read or process the request.",
	  "BAD_REQUEST BAD_JSON NOT_ACCEPTABLE BODY_TOO_LARGE UNSUPPORTED_MEDIA_TYPE INTERNAL BUSY "
	  "KEYS_UNAVAILABLE DATABASE_DOWN DATABASE_TIMEOUT OUTCOME_UNKNOWN "
	  "REQUEST_TIMEOUT URI_TOO_LONG EXPECTATION_FAILED HEADERS_TOO_LARGE NOT_IMPLEMENTED "
	  "HTTP_VERSION_NOT_SUPPORTED SHUTTING_DOWN",
	  PROBLEM_BUSY, { "Retry-After" } },
};
/* clang-format on */

static bool lists(const struct error_response *response, enum problem problem)
{
	struct str rest = str_of(response->codes), code;

	while (str_cut(&rest, ' ', &code)) {
		if (str_is(code, problem_rows[problem].code))
			return true;
	}
	return false;
}

enum responder responder_of(const struct operation *operation)
{
	if (operation->role == PUBLIC)
		return PUBLIC_OPERATION;
	if (operation->method == DELETE)
		return DELETION;
	return operation->method == GET ? READ : CHANGE;
}

/* Whether every route can return the problem. */
static bool is_of_every_route(enum problem problem)
{
	return problems_of_route("").has[problem];
}

static struct problem_set listed(const struct error_response *response,
                                 const struct problem_set *problems, enum responder responder)
{
	struct problem_set result = { 0 };

	for (int i = 0; i < PROBLEMS; i++)
		result.has[i] = problems->has[i] && lists(response, (enum problem)i)
		                && (responder != ROUTE || is_of_every_route((enum problem)i)
		                    || response->status);
	return result;
}

static bool has_response(const struct error_response *response, const struct problem_set *problems,
                         enum responder responder)
{
	return !response->status
	       || (problem_set_has_status(problems, response->status)
	           && (responder != ROUTE || response->of_routes));
}

static void content(struct buf *out, const struct error_response *response)
{
	writer_open(out, "content", '{');
	writer_open(out, "application/problem+json", '{');
	buf_print(out, "\"schema\":{\"$ref\":\"#/components/schemas/%s\"},\"example\":",
	          response->status == 422 ? "ValidationProblem" : "Problem");
	problem_schema_example(out, response->example);
	writer_close(out, '}');
	writer_close(out, '}');
}

static void part(struct buf *out, const struct error_response *response,
                 const struct problem_set *codes)
{
	writer_open(out, NULL, '{');
	writer_text(out, "description", response->description);
	writer_open(out, "headers", '{');
	response_headers_common(out);
	response_header(out, "RateLimit-Policy");
	for (size_t i = 0; i < COUNT_OF(response->headers) && response->headers[i]; i++)
		response_header(out, response->headers[i]);
	response_headers_deprecated(out); /* shared with deprecated operations */
	writer_close(out, '}');
	content(out, response);
	problem_set_write(out, "x-problem-codes", codes);
	writer_close(out, '}');
	out->length--; /* trailing comma */
}

static void response(struct document *document, const struct error_response *response,
                     const struct problem_set *codes, enum responder responder)
{
	static const char *const qualifiers[] = {
		[READ] = "",
		[CHANGE] = "Change",
		[DELETION] = "Deletion",
		[PUBLIC_OPERATION] = "Public",
		[ROUTE] = "Route",
	};
	struct buf text = { 0 };

	part(&text, response, codes);
	if (response->status)
		buf_print(document->out, "\"%d\":", response->status);
	else
		buf_text(document->out, "\"default\":");
	components_add(&document->responses, document->out, response->component,
	               qualifiers[responder], buf_as_str(&text));
	buf_finish(&text);
}

struct problem_set error_responses_write(struct document *document,
                                         const struct problem_set *problems,
                                         enum responder responder)
{
	struct problem_set unlisted = *problems;

	for (size_t i = 0; i < COUNT_OF(error_responses); i++) {
		struct problem_set codes = listed(&error_responses[i], problems, responder);

		if (!has_response(&error_responses[i], problems, responder))
			continue;
		response(document, &error_responses[i], &codes, responder);
		for (int j = 0; j < PROBLEMS; j++)
			unlisted.has[j] = unlisted.has[j] && !codes.has[j];
	}
	return unlisted;
}
