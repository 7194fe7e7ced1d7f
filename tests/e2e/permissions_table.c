/* permissions_table.c: permissions.def, read, and held against the operations there are. */

#include "permissions.h"
#include "resources.h"

const struct column columns[ASKERS] = {
	{ "nobody" },
	{ "an API key" },
	{ "a VISITOR", VISITOR },
	{ "a GUARD", GUARD },
	{ "a SUPERVISOR", SUPERVISOR },
	{ "an ADMIN", ADMIN },
	{ "a SUPER_ADMIN", SUPER_ADMIN },
	{ "one who is archived", SUPER_ADMIN },
};

const struct row rows[] = {
#define MAY(method, path, object, cells, ...) { method, path, object, cells, __VA_ARGS__ },
#include "permissions.def"
#undef MAY
	{ METHOD_NONE },
};

/* What is no number in a cell. */
static const struct {
	const char *text, *code;
	bool at_once;
} words[] = {
	{ "401", "UNAUTHENTICATED", true },
	{ "low", "FORBIDDEN", true },
	{ "arch", "ACCOUNT_ARCHIVED", true },
	{ "not", "FORBIDDEN" },
	{ "404", "NOT_FOUND" },
	{ "self", "OWN_ACCOUNT" },
	{ "post", "LOCATION_MISMATCH" },
};

struct cell cell_of(const struct row *row, int asker)
{
	struct str rest = str_of(row->cells);
	struct cell cell = { 0 };

	for (int i = -1; i < asker; rest = str_trim(rest), i++)
		str_cut(&rest, ' ', &cell.text);
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (str_is(cell.text, words[i].text)) {
			cell.code = words[i].code;
			cell.at_once = words[i].at_once;
			return cell;
		}
	}
	str_number(cell.text, &cell.status);
	return cell;
}

bool is_public(const struct row *row)
{
	return !cell_of(row, NOBODY).at_once;
}

const char *name_of(const struct row *row, int asker)
{
	return e2e_format("%s %s%s%s%s%s, asked by %s", method_name(row->method), row->path,
	                   *row->object ? " of " : "", row->object, row->body ? " with " : "",
	                   row->body ? row->body : "", columns[asker].name);
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

static bool is_of(const struct row *row, const struct resource *resource, const struct operation *operation)
{
	struct str rest = str_of(row->path), path;

	str_cut(&rest, '?', &path);
	return row->method == operation->method
	       && str_is(path, e2e_format("%s%s", resource->path, operation->path));
}

/* Its rows: all; for one's own things, for others'; and said in the other way. */
struct tally {
	size_t rows, own, others, otherwise;
};

static struct tally tally_of(const struct resource *resource, const struct operation *operation)
{
	const char *otherwise = operation->alt_when ? e2e_format("?%s=true", operation->alt_when) : "?";
	struct tally tally = { 0 };

	for (const struct row *row = rows; row->method; row++) {
		if (!is_of(row, resource, operation))
			continue;
		tally.rows++;
		tally.own += strncmp(row->object, "own ", 4) == 0;
		tally.others += strstr(row->object, "'s ") != NULL;
		tally.otherwise += strstr(row->path, otherwise) != NULL;
		cr_expect_eq(is_public(row), operation->role == PUBLIC, "%s is %s", operation->name,
		             operation->role == PUBLIC ? "public, and should not be" : "not public, and should be");
	}
	return tally;
}

Test(matrix_table, knows_every_operation_and_its_ways)
{
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			struct tally tally = tally_of(*r, o);

			cr_expect(tally.rows > 0, "%s has no row", o->name);
			cr_expect_eq(tally.own > 0, tally.others > 0, "%s has rows for %s things alone", o->name,
			             tally.own ? "one's own" : "others'");
			cr_expect(!o->others_role || tally.others, "%s has no row for others' things", o->name);
			cr_expect(!o->alt_when || (tally.otherwise && tally.otherwise < tally.rows),
			          "%s has no row with, or none without ?%s=true", o->name, o->alt_when);
		}
	}
}

Test(matrix_table, knows_nothing_else)
{
	for (const struct row *row = rows; row->method; row++) {
		size_t found = 0;

		for (const struct resource *const *r = resources; *r; r++) {
			for (const struct operation *o = (*r)->operations; o->method; o++)
				found += is_of(row, *r, o);
		}
		cr_expect_eq(found, 1, "%s %s is no operation", method_name(row->method), row->path);
	}
}

Test(matrix_table, keeps_the_rules_of_all_rows)
{
	for (const struct row *row = rows; row->method; row++) {
		const struct kind *kind = kind_of(row->object);
		bool has_owner = kind && strstr(kind->make, "whose");

		for (int asker = 0; asker < ASKERS; asker++) {
			struct cell cell = cell_of(row, asker);

			cr_expect(cell.code || cell.status / 100 == 2, "%s: what is \"%.*s\"?", name_of(row, asker),
			          STR_ARGS(cell.text));
		}
		cr_expect_eq(cell_of(row, ASKERS).text.length, 0, "%s: more cells", name_of(row, NOBODY));
		if (!is_public(row)) {
			cr_expect(str_is(cell_of(row, NOBODY).text, "401"), "%s", name_of(row, NOBODY));
			cr_expect(str_is(cell_of(row, ARCHIVED).text, "arch"), "%s", name_of(row, ARCHIVED));
		}
		cr_expect_eq(strstr(row->path, "{id}") != NULL, kind != NULL, "%s: of what?", row->path);
		cr_expect(!kind || has_owner == (strncmp(row->object, "a ", 2) != 0), "%s: whose?", row->object);
	}
}
