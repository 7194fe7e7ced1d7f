/* permissions_table.c: reads permissions.def and compares it with the table of operations. */

#include "permissions.h"
#include "resources.h"

const struct column columns[CALLERS] = {
	{ "nobody" },
	{ "an API key" },
	{ "a VISITOR", VISITOR },
	{ "a GUARD", GUARD },
	{ "a SUPERVISOR", SUPERVISOR },
	{ "an ADMIN", ADMIN },
	{ "a SUPER_ADMIN", SUPER_ADMIN },
	{ "an archived SUPER_ADMIN", SUPER_ADMIN },
};

const struct row rows[] = {
#define CASE(method, path, object, cells, ...) { method, path, object, cells, __VA_ARGS__ },
#include "permissions.def"
#undef CASE
	{ METHOD_NONE },
};

/* Cells that are not a status of success. */
static const struct {
	const char *text, *code;
	bool before_lookup;
} rejections[] = {
	{ "401", "UNAUTHENTICATED", true },
	{ "low", "FORBIDDEN", true },
	{ "arch", "ACCOUNT_ARCHIVED", true },
	{ "obj", "FORBIDDEN" },
	{ "404", "NOT_FOUND" },
	{ "own", "OWN_ACCOUNT" },
	{ "loc", "LOCATION_MISMATCH" },
};

struct cell cell_of(const struct row *row, int caller)
{
	struct str rest = str_of(row->cells);
	struct cell cell = { 0 };

	for (int i = -1; i < caller; rest = str_trim(rest), i++)
		str_cut(&rest, ' ', &cell.text);
	for (size_t i = 0; i < COUNT_OF(rejections); i++) {
		if (str_is(cell.text, rejections[i].text)) {
			cell.code = rejections[i].code;
			cell.before_lookup = rejections[i].before_lookup;
			return cell;
		}
	}
	str_number(cell.text, &cell.status);
	return cell;
}

bool is_public(const struct row *row)
{
	return !cell_of(row, NOBODY).before_lookup;
}

const char *describe(const struct row *row, int caller)
{
	return e2e_format("%s %s%s%s%s%s by %s", method_name(row->method), row->path,
	                  *row->object ? " of " : "", row->object, row->body ? " with " : "",
	                  row->body ? row->body : "", columns[caller].name);
}

size_t operations_count(void)
{
	size_t count = 0;

	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++)
			count++;
	}
	return count;
}

const char *url_of(const char *path)
{
	for (const struct resource *const *r = resources; *r; r++) {
		if ((*r)->at_root && str_begins(str_of(path), (*r)->path))
			return path;
	}
	return e2e_format("/api/v1%s", path);
}

static bool is_of(const struct row *row, const struct resource *resource,
                  const struct operation *operation)
{
	struct str rest = str_of(row->path), path;

	str_cut(&rest, '?', &path);
	return row->method == operation->method
	       && str_is(path, e2e_format("%s%s", operation_parent(resource, operation),
	                                  operation->path));
}

/* Numbers of rows of an operation: all, with an own object, with another user's object, and with
 * the parameter that selects the alternative statement. */
struct row_counts {
	size_t all, own, others, alternative;
};

static struct row_counts count_rows(const struct resource *resource,
                                    const struct operation *operation)
{
	const char *alternative = operation->alt_when ? e2e_format("?%s=%s", operation->alt_when,
	                                                           operation->alt_value ?: "true")
	                                              : "?";
	struct row_counts counts = { 0 };

	for (const struct row *row = rows; row->method; row++) {
		if (!is_of(row, resource, operation))
			continue;
		counts.all++;
		counts.own += strncmp(row->object, "own ", 4) == 0;
		counts.others += strstr(row->object, "'s ") != NULL;
		counts.alternative += strstr(row->path, alternative) != NULL;
		cr_expect_eq(is_public(row), operation->role == PUBLIC, "permissions.def: %s is %s",
		             operation->name,
		             operation->role == PUBLIC ? "public, but some row is not"
		                                       : "not public, but some row is");
	}
	return counts;
}

Test(permissions_table, has_every_operation)
{
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			struct row_counts counts = count_rows(*r, o);

			cr_expect(counts.all > 0, "permissions.def: add a row for %s", o->name);
			cr_expect_eq(counts.own > 0, counts.others > 0,
			             "permissions.def: %s has rows for %s objects only", o->name,
			             counts.own ? "own" : "other users'");
			cr_expect(!o->others_role || counts.others,
			          "permissions.def: %s has no row for other users' objects",
			          o->name);
			cr_expect(
				!o->alt_when
					|| (counts.alternative && counts.alternative < counts.all),
				"permissions.def: %s needs rows with and without ?%s=true", o->name,
				o->alt_when);
		}
	}
}

Test(permissions_table, has_only_operations)
{
	for (const struct row *row = rows; row->method; row++) {
		size_t found = 0;

		for (const struct resource *const *r = resources; *r; r++) {
			for (const struct operation *o = (*r)->operations; o->method; o++)
				found += is_of(row, *r, o);
		}
		cr_expect_eq(found, 1, "permissions.def: %s %s is not an operation",
		             method_name(row->method), row->path);
	}
}

Test(permissions_table, has_only_valid_rows)
{
	for (const struct row *row = rows; row->method; row++) {
		const struct kind *kind = kind_of(row->object);
		bool has_owner = kind && strstr(kind->sql, "from owner");

		for (int caller = 0; caller < CALLERS; caller++) {
			struct cell cell = cell_of(row, caller);

			cr_expect(cell.code || cell.status / 100 == 2,
			          "permissions.def: %s: invalid cell \"%.*s\"",
			          describe(row, caller), STR_ARGS(cell.text));
		}
		cr_expect_eq(cell_of(row, CALLERS).text.length, 0,
		             "permissions.def: %s: too many cells", describe(row, NOBODY));
		if (!is_public(row)) {
			cr_expect(str_is(cell_of(row, NOBODY).text, "401"),
			          "permissions.def: %s: expected 401", describe(row, NOBODY));
			cr_expect(str_is(cell_of(row, ARCHIVED).text, "arch"),
			          "permissions.def: %s: expected arch", describe(row, ARCHIVED));
		}
		cr_expect_eq(strstr(row->path, "{id}") != NULL, kind != NULL,
		             "permissions.def: %s: {id} and an object need each other", row->path);
		cr_expect(!kind || has_owner == (strncmp(row->object, "a ", 2) != 0),
		          "permissions.def: \"%s\": an object has an owner or starts with \"a\"",
		          row->object);
	}
}
