/* request_check.c: validates a request against the fields of its operation.
 *
 * Path, query, headers and body are checked in this order and all errors are reported. The database
 * is queried only if there are none. */

#include "body.h"
#include "call.h"
#include "cursor.h"
#include "field.h"
#include "prefer.h"
#include "query.h"
#include "reject.h"
#include "request_check.h"
#include "validation_errors.h"

static void check_path(struct call *call)
{
	/* All path parameters are UUIDs. */
	static const struct field id = { .type = FIELD_UUID };

	for (int i = 0; i < call->endpoint->path_count; i++) {
		struct field_error field_error = field_check_text(&id, call->request->params[i]);

		if (field_error.code)
			validation_errors_add(call->errors, "parameter",
			                      str_of(call->endpoint->path_names[i]),
			                      field_error.code, field_error.detail);
	}
}

/* Our entity tags are "<revision>.<hash>". Returns -1 for any other. */
static long long revision_of(struct str tag)
{
	struct str number;
	long long revision;

	if (tag.length < 2 || tag.at[0] != '"' || tag.at[tag.length - 1] != '"')
		return -1;
	tag = (struct str){ tag.at + 1, tag.length - 2 };
	if (!str_cut(&tag, '.', &number) || !str_number(number, &revision))
		return -1;
	return revision;
}

static void check_if_match(struct call *call)
{
	struct str rest = call->request->headers[HEADER_IF_MATCH], tag;
	struct buf revisions = { 0 };

	if (!rest.at || !(call->endpoint->operation->rules & CONDITIONAL)
	    || str_is(str_trim(rest), "*"))
		return;
	while (str_cut(&rest, ',', &tag)) {
		buf_char(&revisions, revisions.length ? ',' : '{');
		buf_number(&revisions, revision_of(str_trim(tag)));
	}
	buf_text(&revisions, revisions.length ? "}" : "{-1}");
	call->if_match = arena_copy(&call->request->arena, buf_as_str(&revisions));
	buf_finish(&revisions);
}

/* A Structured Field string, or without quotes, as most clients send it. */
static void check_idempotency(struct call *call)
{
	enum { MAX_LENGTH = 255 };
	struct str key = call->request->headers[HEADER_IDEMPOTENCY_KEY];
	bool valid;

	if (!key.at || call->endpoint->operation->method != POST)
		return;
	if (key.length >= 2 && key.at[0] == '"' && key.at[key.length - 1] == '"')
		key = (struct str){ key.at + 1, key.length - 2 };
	valid = key.length >= 1 && key.length <= MAX_LENGTH;
	for (size_t i = 0; valid && i < key.length; i++)
		valid = key.at[i] > ' ' && key.at[i] < 0x7f && key.at[i] != '"'
		        && key.at[i] != '\\';
	if (valid)
		call->idempotency_key = arena_copy(&call->request->arena, key);
	else
		validation_errors_add(call->errors, "header", STR("Idempotency-Key"), "malformed",
		                      "must be 1 to 255 visible ASCII characters, such as a UUID");
}

/* A client that expects no body except for errors accepts only problems, as Swagger UI does. */
static bool is_acceptable(struct str accept)
{
	struct acceptance problems;

	if (str_trim(accept).length == 0
	    || accept_media_type(accept, "application/json").weight > 0)
		return true;
	problems = accept_media_type(accept, "application/problem+json");
	return problems.range == RANGE_EXACT && problems.weight > 0;
}

bool request_check(struct call *call)
{
	struct validation_errors errors = { 0 };
	bool valid;

	call->errors = &errors;
	if (!is_acceptable(call->request->headers[HEADER_ACCEPT])) {
		reject(call->request, PROBLEM_NOT_ACCEPTABLE, NULL);
		return false;
	}
	check_path(call);
	query_check(call);
	check_if_match(call);
	prefer_read(call);
	check_idempotency(call);
	valid = body_check(call);
	if (valid && errors.count) {
		validation_errors_reject(&errors, call->request, PROBLEM_VALIDATION_FAILED,
		                         errors.count == 1
		                                 ? "One field or parameter is invalid."
		                                 : "Several fields or parameters are invalid.");
		valid = false;
	}
	validation_errors_finish(&errors);
	call->errors = NULL;
	if (valid && call->endpoint->cursor_at >= 0 && call->query_values[call->endpoint->cursor_at]
	    && !cursor_read(call, str_of(call->query_values[call->endpoint->cursor_at]))) {
		reject(call->request, PROBLEM_BAD_CURSOR, NULL);
		valid = false;
	}
	return valid;
}
