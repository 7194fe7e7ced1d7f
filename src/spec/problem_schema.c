/* problem_schema.c: the shapes of problems. */

#include "json_schema.h"
#include "problem_schema.h"
#include "writer.h"

/* clang-format off */
static const struct field field_error[] = {
	{ "pointer", FIELD_TEXT, OPTIONAL_IN_RESPONSE,
	  .description = "JSON Pointer to a field of the body.", .example = "/title" },
	{ "parameter", FIELD_TEXT, OPTIONAL_IN_RESPONSE,
	  .description = "Name of a query or path parameter.", .example = "limit" },
	{ "header", FIELD_TEXT, OPTIONAL_IN_RESPONSE,
	  .description = "Name of a request header.", .example = "Idempotency-Key" },
	{ "code", FIELD_TEXT, .description = "Machine-readable code.", .example = "required" },
	{ "detail", FIELD_TEXT,
	  .description = "Human-readable error, to be shown after the name of the field.",
	  .example = "is required" },
	{ 0 },
};
static const struct shape field_error_shape = {
	"FieldError", field_error,
	.description = "One error in a request, with either `pointer`, `parameter` or `header`.",
};

static const char *const codes[] = {
#define PROBLEM(name, ...) #name,
#include "table/http_problems.def"
#include "table/problems.def"
#undef PROBLEM
	NULL,
};

#define PROBLEM_FIELDS(optional)                                                                   \
	{ "type", FIELD_TEXT, .description = "Path of the page that describes this problem.",      \
	  .example = "/problems/validation-failed" },                                              \
	{ "title", FIELD_TEXT, .description = "What happened.", .example = "Validation failed" },  \
	{ "status", FIELD_INTEGER, 0, 400, 599, .description = "HTTP status.", .example = "422" }, \
	{ "detail", FIELD_TEXT, OPTIONAL_IN_RESPONSE,                                              \
	  .description = "What happened in this request.",                                         \
	  .example = "One field or parameter is invalid." },                                       \
	{ "code", FIELD_CHOICE, .choices = codes, .choice_name = "ProblemCode",                    \
	  .description = "Machine-readable code.", .example = "VALIDATION_FAILED" },               \
	{ "request_id", FIELD_TEXT,                                                                \
	  .description = "Request ID. Quote it in support requests.",                              \
	  .example = "019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72" },                                     \
	{ "errors", FIELD_SHAPE, MULTIPLE | (optional), .max_items = 50,                           \
	  .shape = &field_error_shape, .description = "All errors, in the order of the request." }

static const struct field problem_fields[] = { PROBLEM_FIELDS(OPTIONAL_IN_RESPONSE), { 0 } };
static const struct field validation_problem_fields[] = { PROBLEM_FIELDS(REQUIRED), { 0 } };
/* clang-format on */

const struct shape problem_shape = {
	"Problem",
	problem_fields,
	.description = "An error response (RFC 9457).",
};
const struct shape validation_problem_shape = {
	"ValidationProblem",
	validation_problem_fields,
	.description = "A problem with status 422, which lists all errors of the request.",
};

void problem_schema_example(struct buf *out, enum problem problem)
{
	const struct problem_row *row = &problem_rows[problem];

	buf_text(out, "{\"type\":\"/problems/");
	problem_write_slug(out, row);
	buf_text(out, "\",\"title\":");
	buf_json(out, str_of(row->title));
	buf_print(out, ",\"status\":%d,\"detail\":", row->status);
	buf_json(out, str_of(row->title));
	buf_print(out, ",\"code\":\"%s\",\"request_id\":\"019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72\"",
	          row->code);
	if (row->status == 422)
		buf_text(out, ",\"errors\":[{\"pointer\":\"/title\",\"code\":\"required\","
		              "\"detail\":\"is required\"}]");
	buf_text(out, "},");
}
