/* Both API documents can be written without a database, and are valid JSON. */

#include <criterion/criterion.h>

#include "json.h"
#include "resources.h"
#include "spec.h"

static struct json *written(void (*write)(const struct resource *const *, struct buf *))
{
	struct buf out = { 0 };
	struct json *document;
	const char *error = "";
	size_t offset = 0;

	write(resources, &out);
	document = json_parse(buf_as_str(&out), &error, &offset);
	cr_assert(document, "at byte %zu: %s", offset, error);
	buf_finish(&out);
	return document;
}

Test(documents, describe_all_operations)
{
	struct json *document = written(spec_openapi);
	size_t operations = 0, described = 0;

	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++)
			operations++;
	}
	for (struct json_cursor path = json_begin(json_member(document, "paths")); json_next(&path);) {
		for (struct json_cursor method = json_begin(path.value); json_next(&method);)
			described++;
	}
	cr_expect_eq(described, operations);
	json_free(document);
}

Test(documents, describe_all_channels)
{
	struct json *document = written(spec_asyncapi);

	cr_expect(json_member(json_member(document, "channels"), "duty"));
	cr_expect(json_member(json_member(document, "channels"), "note"));
	json_free(document);
}
