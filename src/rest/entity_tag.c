/* entity_tag.c: computes the entity tag of a response.
 *
 * The tag of a single object is strong: its revision, for If-Match, and a hash of the body, because
 * embedded data of other objects can change without a new revision. The tag of a list is weak.
 *
 * The response to a change has the same tag as the response to GET, so that clients can cache it.
 * Members that only the former has, such as warnings, have the rule TRANSIENT: they come last in
 * the body and are excluded from the hash. If the response to a change has no revision, it does not
 * represent the changed resource and has no tag. */

#include "call.h"
#include "entity_tag.h"

/* The end of the JSON string that begins at `i`. */
static size_t string_end(struct str text, size_t i)
{
	for (i++; i < text.length && text.at[i] != '"'; i++)
		i += text.at[i] == '\\';
	return i + 1;
}

static bool is_transient(const struct field *field, struct str name)
{
	for (; field && field->name; field++) {
		if (field->rules & TRANSIENT && str_is(name, field->name))
			return true;
	}
	return false;
}

/* Whether the string that ends there is the name of a member. */
static bool is_name(struct str text, size_t end)
{
	while (end < text.length && text.at[end] == ' ')
		end++;
	return end < text.length && text.at[end] == ':';
}

/* The position of the comma before the first transient member of a valid object; 0: none. */
static size_t transient_at(const struct field *fields, struct str object)
{
	size_t comma = 0, end;
	int depth = 0;

	for (size_t i = 0; i < object.length; i++) {
		char c = object.at[i];

		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (c == ',' && depth == 1)
			comma = i;
		if (c != '"')
			continue;
		end = string_end(object, i);
		if (depth == 1 && is_name(object, end)
		    && is_transient(fields, (struct str){ object.at + i + 1, end - i - 2 }))
			return comma;
		i = end - 1;
	}
	return 0;
}

/* The body as GET would return it. */
static struct str lasting(struct call *call, struct str body)
{
	const struct shape *shape = call->endpoint->operation->response;
	size_t length = shape && shape->more ? transient_at(shape->more, body) : 0;
	char *copy;

	if (!length)
		return body;
	copy = arena_alloc(&call->request->arena, length + 1);
	memcpy(copy, body.at, length);
	copy[length] = '}';
	return (struct str){ copy, length + 1 };
}

const char *entity_tag(struct call *call, struct str revision, struct str body)
{
	struct arena *arena = &call->request->arena;
	bool is_read = call->endpoint->operation->method == GET;

	if (!revision.at && !is_read)
		return NULL;
	if (!revision.at)
		return arena_print(arena, "W/\"%016llx\"", (unsigned long long)str_hash(body, 0));
	if (!is_read)
		body = lasting(call, body);
	return arena_print(arena, "\"%.*s.%016llx\"", STR_ARGS(revision),
	                   (unsigned long long)str_hash(body, 0));
}
