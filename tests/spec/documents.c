/* documents.c: tests that both API documents are valid JSON and need no database. */

#include <criterion/criterion.h>

#include "json.h"
#include "resources.h"
#include "spec.h"

static struct json *parsed(struct buf *text)
{
	const char *error = "";
	size_t offset = 0;
	struct json *document = json_parse(buf_as_str(text), &error, &offset);

	cr_assert(document, "at byte %zu: %s", offset, error);
	buf_finish(text);
	return document;
}

Test(documents, describe_all_operations)
{
	struct buf text = { 0 };
	struct json *document;
	size_t operations = 0, described = 0;

	spec_openapi(resources, V1, &text);
	document = parsed(&text);

	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++)
			operations++;
	}
	for (struct json_cursor path = json_begin(json_member(document, "paths"));
	     json_next(&path);) {
		for (struct json_cursor method = json_begin(path.value); json_next(&method);)
			described += json_member(method.value, "x-required-role") != NULL;
	}
	cr_expect_eq(described, operations);
	json_free(document);
}

Test(documents, describe_all_channels)
{
	struct buf text = { 0 };
	struct json *document;

	spec_asyncapi(all_events, &text);
	document = parsed(&text);
	cr_expect(json_member(json_member(document, "channels"), "duty"));
	cr_expect(json_member(json_member(document, "channels"), "note"));
	json_free(document);
}
