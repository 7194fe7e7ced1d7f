/* resource.c: what operations and resources have in common: paging parameters, preferences, paths,
 * versions. */

#include "schema.h"

static const struct field limit = {
	"limit",
	FIELD_INTEGER,
	POSITION,
	1,
	500,
	.default_value = "100",
	.description = "Maximum number of items to return.",
};
static const struct field skip = {
	"skip",
	FIELD_INTEGER,
	POSITION,
	0,
	1000000,
	.default_value = "0",
	.description = "Number of items to skip. Cannot be combined with `cursor`.",
};
static const struct field cursor = {
	"cursor",
	FIELD_LINE,
	POSITION,
	1,
	1500,
	.description = "Cursor from the Link header of the previous page.",
	.example = "eyJrIjpbIjIwMjYtMTEtMjEiXX0",
};

size_t paging_fields(const struct operation *operation, const struct field *out[PAGING_FIELDS])
{
	size_t count = 0;

	if (!(operation->rules & PAGED))
		return 0;
	out[count++] = &limit;
	out[count++] = &skip;
	if (operation->sort[0])
		out[count++] = &cursor;
	return count;
}

bool operation_has_minimal(const struct operation *operation)
{
	return operation->method != GET && operation->response
	       && !(operation->rules & SECRET_RESPONSE);
}

const struct version_row version_rows[VERSIONS] = {
#define API_VERSION(name, ...) [name] = { __VA_ARGS__ },
#include "table/versions.def"
#undef API_VERSION
};

const char *resource_root(const struct resource *resource, enum version version)
{
	return resource->at_root ? "" : version_rows[version].mount;
}

const char *operation_parent(const struct resource *resource, const struct operation *operation)
{
	return operation->rules & OWN_PATH ? "" : resource->path;
}

bool operation_is_in(const struct operation *operation, enum version version)
{
	return version >= operation->added_in
	       && (!operation->removed_in || version < operation->removed_in);
}

bool operation_is_deprecated(const struct operation *operation)
{
	return operation->removed_in != 0;
}
