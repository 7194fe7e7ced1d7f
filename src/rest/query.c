/* query.c: validates the query parameters of a request.
 *
 * A MULTIPLE parameter may be repeated, have values separated by commas, or both. Repeated values
 * count once, and the values are sorted, so that a cursor does not depend on how they were sent. */

#include "call.h"
#include "field.h"
#include "query.h"
#include "validation_errors.h"

/* The values of a MULTIPLE parameter, sorted. */
struct values {
	struct str at[QUERY_VALUES];
	int count, sent; /* `sent` includes invalid and repeated ones */
};

struct query {
	struct call *call;
	struct values *values[QUERY_FIELDS];
};

static void add_error(struct call *call, const char *name, const char *code, const char *detail)
{
	validation_errors_add(call->errors, "parameter", str_of(name), code, detail);
}

static int compare(struct str one, struct str other)
{
	size_t length = one.length < other.length ? one.length : other.length;
	int order = memcmp(one.at, other.at, length);

	return order ? order : (one.length > other.length) - (one.length < other.length);
}

static void insert(struct values *values, struct str value)
{
	int at = 0, order = 1;

	while (at < values->count && (order = compare(value, values->at[at])) > 0)
		at++;
	if (at < values->count && order == 0)
		return;
	memmove(values->at + at + 1, values->at + at,
	        (size_t)(values->count++ - at) * sizeof(value));
	values->at[at] = value;
}

static void add_value(struct call *call, const struct field *field, struct values *values,
                      struct str value)
{
	struct field_error error = { "malformed", "must not be empty" };

	if (++values->sent > QUERY_VALUES) {
		if (values->sent == QUERY_VALUES + 1)
			add_error(call, field->name, "too_long",
			          arena_print(&call->request->arena, "must have at most %d values",
			                      QUERY_VALUES));
		return;
	}
	if (value.length)
		error = field_check_text(field, value);
	if (error.code)
		add_error(call, field->name, error.code,
		          arena_print(&call->request->arena, "value %d %s", values->sent,
		                      error.detail));
	else
		insert(values, value);
}

/* Also adds the empty value after a trailing comma. */
static void add_values(struct query *query, int i, struct str text)
{
	const char *comma;

	if (!query->values[i])
		query->values[i] = arena_alloc(&query->call->request->arena, sizeof(struct values));
	do {
		struct str value = text;

		comma = text.length ? memchr(text.at, ',', text.length) : NULL;
		if (comma) {
			value.length = (size_t)(comma - text.at);
			text = (struct str){ comma + 1, text.length - value.length - 1 };
		}
		add_value(query->call, query->call->endpoint->query[i], query->values[i], value);
	} while (comma);
}

static void add_parameter(struct query *query, struct str name, struct str value)
{
	struct call *call = query->call;
	int i = endpoint_find_query(call->endpoint, name);
	struct field_error error;

	if (i < 0) {
		validation_errors_add(call->errors, "parameter", name, "unknown",
		                      "is not a parameter of this operation");
		return;
	}
	if (call->endpoint->query[i]->rules & MULTIPLE) {
		add_values(query, i, value);
		return;
	}
	if (call->query_values[i]) {
		validation_errors_add(call->errors, "parameter", name, "duplicate",
		                      "must not be repeated");
		return;
	}
	error = field_check_text(call->endpoint->query[i], value);
	call->query_values[i] = arena_copy(&call->request->arena, value);
	if (error.code)
		validation_errors_add(call->errors, "parameter", name, error.code, error.detail);
}

/* PostgreSQL's '{A,B}'. The values are choices or UUIDs, so none needs quotes. */
static const char *array_of(struct call *call, const struct values *values)
{
	struct buf out = { 0 };
	const char *text;

	buf_char(&out, '{');
	for (int i = 0; i < values->count; i++) {
		if (i)
			buf_char(&out, ',');
		buf_str(&out, values->at[i]);
	}
	buf_char(&out, '}');
	text = arena_copy(&call->request->arena, buf_as_str(&out));
	buf_finish(&out);
	return text;
}

bool query_has(const struct call *call, int i, const char *expected)
{
	struct str rest = str_of(call->query_values[i]), value;

	if (!rest.at)
		return false;
	if (!(call->endpoint->query[i]->rules & MULTIPLE))
		return str_is(rest, expected);
	rest = (struct str){ rest.at + 1, rest.length - 2 }; /* without array_of()'s braces */
	while (str_cut(&rest, ',', &value)) {
		if (str_is(value, expected))
			return true;
	}
	return false;
}

static void check_presence(struct call *call)
{
	const struct endpoint *endpoint = call->endpoint;

	for (int i = 0; i < endpoint->query_count; i++) {
		if (!call->query_values[i] && endpoint->query[i]->rules & REQUIRED)
			add_error(call, endpoint->query[i]->name, "required", "is required");
	}
	if (endpoint->cursor_at >= 0 && call->query_values[endpoint->cursor_at]
	    && call->query_values[endpoint->skip_at])
		add_error(call, "skip", "conflict", "cannot be combined with cursor");
	for (int i = 0; i < endpoint->query_count; i++) {
		if (!call->query_values[i])
			call->query_values[i] = endpoint->query[i]->default_value;
	}
}

void query_check(struct call *call)
{
	struct query query = { .call = call };
	struct str rest = call->request->query, name, value;

	while (request_query_next(call->request, &rest, &name, &value)) {
		if (name.at)
			add_parameter(&query, name, value);
		else
			validation_errors_add(call->errors, "parameter", value, "malformed",
			                      "cannot be decoded");
	}
	for (int i = 0; i < call->endpoint->query_count; i++) {
		if (query.values[i])
			call->query_values[i] = array_of(call, query.values[i]);
	}
	check_presence(call);
}
