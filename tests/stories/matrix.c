/* Who may what: every operation, asked by everybody, for his own and for others' things.
 *
 * matrix.def says what each has to hear; whoever adds an operation adds a row there.
 * matrix_makers.c makes who asks, and what he asks for. */

#include <stdio.h>

#include "matrix.h"
#include "resources.h"

/* The columns of the table. */
enum { NOBODY, KEY, FIRST_PERSON, ARCHIVED = 7, ASKERS };

static const struct {
	const char *name;
	enum role role;
} columns[ASKERS] = {
	{ "nobody" },
	{ "an API key" },
	{ "a VISITOR", VISITOR },
	{ "a GUARD", GUARD },
	{ "a SUPERVISOR", SUPERVISOR },
	{ "an ADMIN", ADMIN },
	{ "a SUPER_ADMIN", SUPER_ADMIN },
	{ "an archived SUPER_ADMIN", SUPER_ADMIN },
};

/* And its rows. */
static const struct row {
	enum method method;
	const char *path, *object, *cells, *body;
} rows[] = {
#define MAY(method, path, object, cells, ...) { method, path, object, cells, __VA_ARGS__ },
#include "matrix.def"
#undef MAY
};

/* The words of its cells that are no numbers. */
static const struct word {
	const char *text, *code;
	bool at_once; /* whether the object exists, and whose it is, makes no difference */
} words[] = {
	{ "401", "UNAUTHENTICATED", true },
	{ "low", "FORBIDDEN", true },
	{ "arch", "ACCOUNT_ARCHIVED", true },
	{ "not", "FORBIDDEN" },
	{ "self", "OWN_ACCOUNT" },
};

static struct asker askers[ASKERS];

static void setup(void)
{
	for (int i = 0; i < ASKERS; i++) {
		if (i < FIRST_PERSON)
			askers[i].client = story_client(NULL);
		else
			asker_renew(&askers[i], columns[i].role, i == ARCHIVED);
	}
}

TestSuite(matrix, .timeout = 50);

static struct str cell_of(const struct row *row, int asker)
{
	struct str rest = str_of(row->cells), cell = { 0 };

	for (int i = -1; i < asker; rest = str_trim(rest), i++)
		str_cut(&rest, ' ', &cell);
	return cell;
}

/* NULL: it is a number. */
static const struct word *word_of(struct str cell)
{
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (str_is(cell, words[i].text))
			return &words[i];
	}
	return NULL;
}

static bool is_public(const struct row *row)
{
	return word_of(cell_of(row, NOBODY)) == NULL;
}

static const char *name_of(const struct row *row, int asker)
{
	return story_print("%s %s%s%s%s%s, asked by %s", method_name(row->method), row->path,
	                   *row->object ? " of " : "", row->object, row->body ? " with " : "",
	                   row->body ? row->body : "", columns[asker].name);
}

/* ---- A cell ---- */

static void expect_cell(const struct answer *answer, const struct row *row, int asker)
{
	struct str cell = cell_of(row, asker);
	const struct word *word = word_of(cell);
	const char *wrong = NULL;
	long long status = 0;

	if (word)
		wrong = story_is_not_problem(answer, word->code);
	else if (!str_number(cell, &status) || answer->status != status)
		wrong = story_print("%d is another status", answer->status);
	cr_expect(!wrong, "%s: \"%.*s\" is expected, but %s: %.*s", name_of(row, asker), STR_ARGS(cell), wrong,
	          STR_ARGS(answer->body));
	if (answer->status == 401)
		cr_expect(str_begins(str_of(answer_header(answer, "WWW-Authenticate")), "Bearer"),
		          "%s: no WWW-Authenticate", name_of(row, asker));
}

/* Asks, and holds the answer against the table. HEAD is answered as GET is. */
static void expect_answer(const struct row *row, int asker, const char *path, const char *body)
{
	struct client *client = askers[asker].client;
	const struct answer *answer;
	int status = 0;

	for (int head = 0; head <= (row->method == GET); head++) {
		if (asker == KEY)
			client_with(client, "X-API-Key: %s",
			            key_for(story_print("'%s'", scope_needed(row->method, row->path))));
		client_send(client, head ? "HEAD" : method_name(row->method), story_print("/api/v1%s", path),
		            body ? "%s" : NULL, body);
		answer = client_receive(client);
		if (head)
			cr_expect_eq(answer->status, status, "%s: HEAD has %d", name_of(row, asker), answer->status);
		else
			expect_cell(answer, row, asker);
		status = answer->status;
	}
}

static const char *revision_of(const struct row *row, const char *id)
{
	const char *table = kind_of(row->object)->table;
	const char *revision = matrix_ask("select revision from %s where id = '%s'", table, id);

	return revision ? revision : "none";
}

static void walk(const struct row *row, int asker)
{
	struct asker *who = &askers[asker];
	bool is_refused = word_of(cell_of(row, asker)) != NULL, may_harm = *row->object && row->method != GET;
	const char *id = "", *path, *body, *before = NULL;

	/* What is done to one's own account is done to who asks. */
	if (asker >= FIRST_PERSON && strcmp(row->object, "own account") == 0)
		asker_renew(who, columns[asker].role, asker == ARCHIVED);
	if (*row->object)
		id = object_new(row->object, who->id);
	path = object_fill(row->path, id, who->id);
	body = row->body ? object_fill(row->body, id, who->id) : NULL;
	if (is_refused && may_harm)
		before = revision_of(row, id);
	expect_answer(row, asker, path, body);
	if (before)
		cr_expect_str_eq(revision_of(row, id), before, "%s: it was changed all the same", name_of(row, asker));
}

Test(matrix, is_what_everybody_meets, .init = setup)
{
	size_t cells = 0, operations = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (int asker = 0; asker < ASKERS; asker++, cells++)
			walk(&rows[i], asker);
	}
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++)
			operations++;
	}
	fprintf(stderr, "The matrix: %zu operations, %zu rows, %zu cells walked.\n", operations, COUNT_OF(rows),
	        cells);
	cr_expect(cells >= operations * ASKERS);
}

/* Whether there is such a thing, or what is wrong with what was sent, is not for all ears. */
Test(matrix, refuses_before_it_looks_at_anything_else, .init = setup)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (int asker = 0; asker < ASKERS; asker++) {
			const struct word *word = word_of(cell_of(&rows[i], asker));

			if (word && word->at_once)
				expect_answer(&rows[i], asker, object_fill(rows[i].path, story_id(), ""),
				              rows[i].body ? "{" : NULL);
		}
	}
}

/* One with every scope but the one that is needed. */
Test(matrix, is_shut_to_keys_that_are_for_something_else, .init = setup)
{
	struct client *client = askers[KEY].client;

	for (const struct row *row = rows; row < rows + COUNT_OF(rows); row++) {
		const char *scope = scope_needed(row->method, row->path), *scopes = "", *path;

		for (const char *const *name = scope_names; *name; name++) {
			if (strcmp(*name, scope) != 0)
				scopes = story_print("%s%s'%s'", scopes, *scopes ? "," : "", *name);
		}
		if (is_public(row))
			continue;
		path = story_print("/api/v1%s", object_fill(row->path, story_id(), ""));
		client_with(client, "X-API-Key: %s", key_for(scopes));
		client_send(client, method_name(row->method), path, NULL);
		expect_problem(client_receive(client), "SCOPE_MISSING");
	}
}

/* ---- The table itself ---- */

static bool is_of(const struct row *row, const struct resource *resource, const struct operation *operation)
{
	struct str rest = str_of(row->path), path;

	str_cut(&rest, '?', &path);
	return row->method == operation->method
	       && str_is(path, story_print("%s%s", resource->path, operation->path));
}

/* Its rows: all; for one's own things, for others'; and said in the other way. */
struct tally {
	size_t rows, own, others, otherwise;
};

static struct tally tally_of(const struct resource *resource, const struct operation *operation)
{
	const char *otherwise = operation->when ? story_print("?%s=true", operation->when) : "?";
	struct tally tally = { 0 };

	for (const struct row *row = rows; row < rows + COUNT_OF(rows); row++) {
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

Test(matrix, knows_every_operation_and_its_ways)
{
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			struct tally tally = tally_of(*r, o);

			cr_expect(tally.rows > 0, "%s has no row", o->name);
			cr_expect_eq(tally.own > 0, tally.others > 0, "%s has rows for %s things alone", o->name,
			             tally.own ? "one's own" : "others'");
			cr_expect(!o->others || tally.others, "%s has no row for others' things", o->name);
			cr_expect(!o->when || (tally.otherwise && tally.otherwise < tally.rows),
			          "%s has no row with, or none without ?%s=true", o->name, o->when);
		}
	}
}

Test(matrix, knows_nothing_else)
{
	for (const struct row *row = rows; row < rows + COUNT_OF(rows); row++) {
		size_t found = 0;

		for (const struct resource *const *r = resources; *r; r++) {
			for (const struct operation *o = (*r)->operations; o->method; o++)
				found += is_of(row, *r, o);
		}
		cr_expect_eq(found, 1, "%s %s is no operation", method_name(row->method), row->path);
	}
}

Test(matrix, keeps_the_rules_of_all_rows)
{
	for (const struct row *row = rows; row < rows + COUNT_OF(rows); row++) {
		const struct kind *kind = kind_of(row->object);
		bool has_owner = kind && strstr(kind->make, "whose");

		for (int asker = 0; asker < ASKERS; asker++) {
			struct str cell = cell_of(row, asker);
			long long status;

			cr_expect(word_of(cell) || (str_number(cell, &status) && status / 100 == 2),
			          "%s: what is \"%.*s\"?", name_of(row, asker), STR_ARGS(cell));
		}
		cr_expect_eq(cell_of(row, ASKERS).length, 0, "%s: more cells", name_of(row, NOBODY));
		cr_expect(is_public(row) || str_is(cell_of(row, NOBODY), "401"), "%s", name_of(row, NOBODY));
		cr_expect(is_public(row) || str_is(cell_of(row, ARCHIVED), "arch"), "%s", name_of(row, ARCHIVED));
		cr_expect_eq(strstr(row->path, "{id}") != NULL, kind != NULL, "%s: of what?", row->path);
		cr_expect(!kind || has_owner == (strncmp(row->object, "a ", 2) != 0), "%s: whose?", row->object);
	}
}
