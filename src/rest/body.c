/* body.c: reads and validates the body of a request. */

#include "body.h"
#include "call.h"
#include "json.h"
#include "object.h"
#include "reject.h"
#include "uuid.h"
#include "validation_errors.h"

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
	const char *error;
	struct json *body;
	size_t where;

	body = json_parse(request->body, &error, &where);
	if (!body) {
		reject(call->request, PROBLEM_BAD_JSON,
		       arena_print(&request->arena, "At byte %zu of the body: %s.", where, error));
		return false;
	}
	object_check(operation->body ? operation->body : none, body, operation->method == PATCH,
	             call->errors);
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
