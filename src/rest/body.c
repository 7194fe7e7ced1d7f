/* body.c: validates the body of a request against the fields of its operation.
 *
 * Nested objects and lists of objects are validated recursively; each error names its JSON Pointer
 * ("/items/3/notes"). */

#include "body.h"
#include "call.h"
#include "field.h"
#include "reject.h"
#include "uuid.h"
#include "validation_errors.h"

static void add_error(struct call *call, const struct buf *pointer, const char *code,
                      const char *detail)
{
	validation_errors_add(call->errors, "pointer", buf_as_str(pointer), code, detail);
}

/* RFC 6901: ~ and / in a name are escaped as ~0 and ~1. */
static void append_name(struct buf *pointer, const char *name)
{
	buf_char(pointer, '/');
	for (; *name; name++) {
		if (*name == '~' || *name == '/')
			buf_text(pointer, *name == '~' ? "~0" : "~1");
		else
			buf_char(pointer, *name);
	}
}

static const struct field *field_find(const struct field *fields, const char *name)
{
	for (; fields->name; fields++) {
		if (strcmp(fields->name, name) == 0)
			return fields;
	}
	return NULL;
}

/* `is_update`: absent fields keep their values, so only REQUIRED_ON_UPDATE fields are required. */
static void check_object(struct call *call, const struct field *fields, const struct json *object,
                         bool is_update, struct buf *pointer);

static void check_objects(struct call *call, const struct field *field, const struct json *array,
                          struct buf *pointer)
{
	size_t before = pointer->length;

	for (size_t i = 0; i < json_count(array); i++) {
		buf_print(pointer, "/%zu", i);
		check_object(call, field->shape->fields, json_at(array, i), false, pointer);
		pointer->length = before;
	}
}

static void check_value(struct call *call, const struct field *field, const struct json *value,
                        struct buf *pointer)
{
	struct field_error field_error = field_check(field, value);

	if (field_error.code)
		add_error(call, pointer, field_error.code, field_error.detail);
	else if (field->type != FIELD_SHAPE || json_kind(value) == JSON_NULL)
		return;
	else if (field->rules & MULTIPLE)
		check_objects(call, field, value, pointer);
	else
		check_object(call, field->shape->fields, value, false, pointer);
}

static void check_member(struct call *call, const struct field *fields,
                         const struct json_cursor *member, bool is_update, struct buf *pointer)
{
	const struct field *field = field_find(fields, member->name);

	if (!field)
		add_error(call, pointer, "unknown", "is not a field of this object");
	else if (field->rules & READ_ONLY)
		add_error(call, pointer, "read_only", "is set by the server");
	else if (field->rules & CREATE_ONLY && is_update)
		add_error(call, pointer, "read_only", "cannot be changed after creation");
	else
		check_value(call, field, member->value, pointer);
}

static void check_object(struct call *call, const struct field *fields, const struct json *object,
                         bool is_update, struct buf *pointer)
{
	struct json_cursor c = json_begin(object);
	size_t before = pointer->length;

	if (json_kind(object) != JSON_OBJECT) {
		add_error(call, pointer, "wrong_type", "must be an object");
		return;
	}
	while (json_next(&c)) {
		append_name(pointer, c.name);
		check_member(call, fields, &c, is_update, pointer);
		pointer->length = before;
	}
	for (const struct field *field = fields; field->name; field++) {
		if (!(field->rules & (is_update ? REQUIRED_ON_UPDATE : REQUIRED))
		    || json_member(object, field->name))
			continue;
		append_name(pointer, field->name);
		add_error(call, pointer, "required", "is required");
		pointer->length = before;
	}
}

/* Removes the second token from the body, because the database may log its parameters. */
static void take_second_token(struct call *call, const struct json *body)
{
	struct arena *arena = &call->request->arena;
	const char *name = call->endpoint->operation->second_token;
	struct json_cursor c = json_begin(body);
	struct buf rest = { 0 };

	if (!name || !json_member(body, name))
		return;
	call->second_token.text = json_member_string(body, name);
	call->second_token.text.at = arena_copy(arena, call->second_token.text);
	while (json_next(&c)) {
		if (strcmp(c.name, name) == 0)
			continue;
		buf_char(&rest, rest.length ? ',' : '{');
		buf_json(&rest, str_of(c.name));
		buf_char(&rest, ':');
		buf_json_value(&rest, c.value);
	}
	buf_text(&rest, rest.length ? "}" : "{}");
	call->body = (struct str){ arena_copy(arena, buf_as_str(&rest)), rest.length };
	buf_finish(&rest);
}

/* The ID of a new resource: the client's, or a generated one. */
static void choose_id(struct call *call, const struct json *body)
{
	const struct json *id = body ? json_member(body, "id") : NULL;
	char *generated;

	if (id) {
		call->new_id = arena_copy(&call->request->arena, json_string(id));
		return;
	}
	generated = arena_alloc(&call->request->arena, UUID_SIZE);
	uuid_make(generated);
	call->new_id = generated;
}

static bool is_media_type(struct call *call, struct str type)
{
	struct str essence = { 0 };

	str_cut(&type, ';', &essence);
	essence = str_trim(essence);
	return str_is_nocase(essence, "application/json")
	       || (call->endpoint->operation->method == PATCH
	           && str_is_nocase(essence, "application/merge-patch+json"));
}

/* False: the body is not JSON, and the request has been answered with an error. */
static bool read_body(struct call *call)
{
	static const struct field none[] = { { 0 } };
	const struct operation *operation = call->endpoint->operation;
	struct request *request = call->request;
	struct buf pointer = { 0 };
	const char *error;
	struct json *body;
	size_t where;

	body = json_parse(request->body, &error, &where);
	if (!body) {
		reject(call->request, PROBLEM_BAD_JSON,
		       arena_print(&request->arena, "At byte %zu of the body: %s.", where, error));
		return false;
	}
	check_object(call, operation->body ? operation->body : none, body,
	             operation->method == PATCH, &pointer);
	buf_finish(&pointer);
	if (call->errors->count == 0) {
		choose_id(call, body);
		call->body = request->body;
		take_second_token(call, body);
	}
	json_free(body);
	return true;
}

bool body_check(struct call *call)
{
	const struct operation *operation = call->endpoint->operation;
	struct request *request = call->request;
	bool takes_body =
		operation->method == POST || operation->method == PATCH || operation->method == PUT;

	call->body = STR("{}");
	if (!takes_body)
		return true;
	if (request->body.length == 0) {
		if (operation->body && !(operation->rules & BODY_OPTIONAL))
			validation_errors_add(call->errors, "pointer", STR(""), "required",
			                      "a body is required");
		choose_id(call, NULL);
		return true;
	}
	if (!is_media_type(call, request->headers[HEADER_CONTENT_TYPE])) {
		reject(call->request, PROBLEM_UNSUPPORTED_MEDIA_TYPE, NULL);
		return false;
	}
	return read_body(call);
}
