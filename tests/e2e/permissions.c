/* Who may what: every operation, asked by everybody, for his own and for others' things.
 *
 * permissions.def says what each has to hear; whoever adds an operation adds a row there.
 * permissions_table.c reads it, and permissions_setup.c makes who asks, and what he asks for. */

#include <stdio.h>

#include "permissions.h"

static struct asker askers[ASKERS];

static void setup(void)
{
	for (int i = 0; i < ASKERS; i++) {
		if (i < FIRST_PERSON)
			askers[i].client = e2e_client(NULL);
		else
			asker_renew(&askers[i], columns[i].role, i == ARCHIVED);
	}
}

TestSuite(permissions, .timeout = 50);

static void expect_cell(const struct answer *answer, const struct row *row, int asker)
{
	struct cell cell = cell_of(row, asker);
	const char *wrong = NULL;

	if (cell.code)
		wrong = e2e_check_problem(answer, cell.code);
	else if (answer->status != cell.status)
		wrong = e2e_format("%d is another status", answer->status);
	cr_expect(!wrong, "%s: \"%.*s\" is expected, but %s: %.*s", name_of(row, asker), STR_ARGS(cell.text), wrong,
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
			client_set_header(client, "X-API-Key: %s",
			            key_for(e2e_format("'%s'", scope_needed(row->method, row->path))));
		client_send(client, head ? "HEAD" : method_name(row->method), url_of(path),
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
	bool is_refused = cell_of(row, asker).code, may_harm = *row->object && row->method != GET;
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

Test(permissions, is_what_everybody_meets, .init = setup)
{
	size_t cells = 0;

	for (const struct row *row = rows; row->method; row++) {
		for (int asker = 0; asker < ASKERS; asker++, cells++)
			walk(row, asker);
	}
	fprintf(stderr, "The matrix: %zu operations, %zu cells walked.\n", operations_count(), cells);
	cr_expect(cells >= operations_count() * ASKERS);
}

/* Whether there is such a thing, or what is wrong with what was sent, is not for all ears. */
static void ask_blindly(const struct row *row, int asker)
{
	expect_answer(row, asker, object_fill(row->path, e2e_id(), ""), row->body ? "{" : NULL);
}

Test(permissions, refuses_before_it_looks_at_anything_else, .init = setup)
{
	for (const struct row *row = rows; row->method; row++) {
		for (int asker = 0; asker < ASKERS; asker++) {
			if (cell_of(row, asker).at_once)
				ask_blindly(row, asker);
		}
	}
}

/* Nor is what he could do if he were not archived. */
Test(permissions, is_the_same_for_all_who_are_archived, .init = setup)
{
	for (enum role role = VISITOR; role < ROLES; role++) {
		asker_renew(&askers[ARCHIVED], role, true);
		for (const struct row *row = rows; row->method; row++) {
			if (cell_of(row, ARCHIVED).at_once)
				ask_blindly(row, ARCHIVED);
		}
	}
}

/* One with every scope but the one that is needed. */
Test(permissions, is_shut_to_keys_that_are_for_something_else, .init = setup)
{
	struct client *client = askers[KEY].client;

	for (const struct row *row = rows; row->method; row++) {
		const char *scope = scope_needed(row->method, row->path), *scopes = "", *path;

		if (is_public(row))
			continue;
		for (const char *const *name = scope_names; *name; name++) {
			if (strcmp(*name, scope) != 0)
				scopes = e2e_format("%s%s'%s'", scopes, *scopes ? "," : "", *name);
		}
		path = url_of(object_fill(row->path, e2e_id(), ""));
		client_set_header(client, "X-API-Key: %s", key_for(scopes));
		client_send(client, method_name(row->method), path, NULL);
		expect_problem(client_receive(client), "SCOPE_MISSING");
	}
}
