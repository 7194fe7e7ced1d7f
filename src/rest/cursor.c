/* cursor.c: encodes and decodes positions in lists.
 *
 * A cursor is base64url of a version, a hash of the filters, and the sort keys of the last item as
 * the statement returned them. It grants no access and is not signed; it is validated like all
 * input. */

#include <stdio.h>

#include "call.h"
#include "cursor.h"
#include "field.h"

enum { VERSION = '1', PREFIX = 1 + 16, MAX_CURSOR = 1024 };

/* Covers everything that determines the items of the list, but not the position in it. */
static uint64_t filters_hash(const struct call *call)
{
	const struct endpoint *endpoint = call->endpoint;
	uint64_t hash = str_hash(str_of(call->endpoint->operation->name), 0);

	for (int i = 0; i < endpoint->query_count; i++) {
		bool position = endpoint->query[i]->rules & POSITION;

		if (call->query_values[i] && !position)
			hash = str_hash(str_of(call->query_values[i]), hash + (uint64_t)i);
	}
	for (int i = 0; i < endpoint->path_count; i++)
		hash = str_hash(call->request->params[i], hash);
	return hash;
}

void cursor_write(struct call *call, struct str keys, struct buf *out)
{
	struct buf plain = { 0 };

	buf_print(&plain, "%c%016llx", VERSION, (unsigned long long)filters_hash(call));
	buf_str(&plain, keys);
	base64url_encode(out, plain.at, plain.length);
	buf_finish(&plain);
}

/* NULL: it is invalid. */
static char *read_key(struct call *call, enum field_type type, const struct json *key)
{
	struct arena *arena = &call->request->arena;

	if (type == FIELD_INTEGER)
		return json_kind(key) == JSON_INTEGER
		               ? arena_print(arena, "%lld", json_integer(key))
		               : NULL;
	if (json_kind(key) != JSON_STRING || field_check(&(struct field){ .type = type }, key).code)
		return NULL;
	return arena_copy(arena, json_string(key));
}

static bool read_keys(struct call *call, const struct json *keys)
{
	const enum field_type *sort = call->endpoint->operation->sort;
	size_t count = 0;

	while (count < SORT_KEYS && sort[count])
		count++;
	if (json_count(keys) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		call->cursor[i] = read_key(call, sort[i], json_at(keys, i));
		if (!call->cursor[i])
			return false;
	}
	return true;
}

bool cursor_read(struct call *call, struct str text)
{
	char plain[MAX_CURSOR], hash[17];
	long length = base64url_decode(text, (unsigned char *)plain, sizeof(plain));
	struct json *keys;
	bool valid;

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)filters_hash(call));
	if (length <= PREFIX || plain[0] != VERSION || memcmp(plain + 1, hash, 16) != 0)
		return false;
	keys = json_parse((struct str){ plain + PREFIX, (size_t)length - PREFIX }, NULL, NULL);
	valid = keys && read_keys(call, keys);
	json_free(keys);
	return valid;
}
