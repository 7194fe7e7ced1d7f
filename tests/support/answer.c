/* answer.c: headers and JSON values of an answer by name. */

#include <stdio.h>
#include <strings.h>

#include "client.h"

enum { TEXTS = 64 };

const char *answer_header(const struct answer *answer, const char *name)
{
	for (int i = 0; i < answer->header_count; i++) {
		if (strcasecmp(answer->names[i], name) == 0)
			return answer->values[i];
	}
	return NULL;
}

const struct json *json_in(const struct json *value, const char *path)
{
	struct str rest = str_of(path), part;

	while (value && str_cut(&rest, '.', &part)) {
		char name[128];
		long long index;

		snprintf(name, sizeof(name), "%.*s", STR_ARGS(part));
		if (json_kind(value) == JSON_OBJECT)
			value = json_member(value, name);
		else if (json_kind(value) == JSON_ARRAY && str_number(part, &index)
		         && (size_t)index < json_count(value))
			value = json_at(value, (size_t)index);
		else
			value = NULL;
	}
	return value;
}

/* The results of json_text_in(), reused in turn. */
static struct buf *next_text(void)
{
	static struct buf texts[TEXTS];
	static int next;
	struct buf *text = &texts[next++ % TEXTS];

	buf_clear(text);
	return text;
}

const char *json_text_in(const struct json *value, const char *path)
{
	const struct json *found = json_in(value, path);
	struct buf *text = next_text();

	if (!found)
		return "absent";
	if (json_kind(found) == JSON_STRING)
		buf_str(text, json_string(found));
	else
		buf_json_value(text, found);
	return buf_cstr(text);
}

const char *answer_at(const struct answer *answer, const char *path)
{
	return json_text_in(answer->json, path);
}
