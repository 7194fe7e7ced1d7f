/* permissions.c: tests every operation with every kind of caller, on the caller's own and on other
 * users' objects.
 *
 * permissions.def has the expected results: a new operation needs a row there.
 * permissions_table.c reads them; permissions_setup.c creates the callers and the objects. */

#include <stdio.h>

#include "permissions.h"

static struct caller callers[CALLERS];

static void setup(void)
{
	for (int i = 0; i < CALLERS; i++) {
		if (i < FIRST_USER)
			callers[i].client = e2e_client(NULL);
		else
			caller_renew(&callers[i], columns[i].role, i == ARCHIVED);
	}
}

TestSuite(permissions, .timeout = 50);

static void expect_cell(const struct answer *answer, const struct row *row, int caller)
{
	struct cell cell = cell_of(row, caller);
	const char *error = NULL;

	if (cell.code)
		error = e2e_check_problem(answer, cell.code);
	else if (answer->status != cell.status)
		error = e2e_format("the status is %d", answer->status);
	cr_expect(!error, "%s: expected \"%.*s\", but %s: %.*s", describe(row, caller),
	          STR_ARGS(cell.text), error, STR_ARGS(answer->body));
	if (answer->status == 401)
		cr_expect(str_begins(str_of(answer_header(answer, "WWW-Authenticate")), "Bearer"),
		          "%s: no WWW-Authenticate", describe(row, caller));
}

/* Sends the request and compares the response with the table. HEAD has the status of GET. */
static void expect_answer(const struct row *row, int caller, const char *path, const char *body)
{
	struct client *client = callers[caller].client;
	const struct answer *answer;
	int status = 0;

	for (int head = 0; head <= (row->method == GET); head++) {
		if (caller == KEY)
			client_set_header(client, "X-API-Key: %s",
			                  key_for(e2e_format(
						  "'%s'", required_scope(row->method, row->path))));
		client_send(client, head ? "HEAD" : method_name(row->method), url_of(path),
		            body ? "%s" : NULL, body);
		answer = client_receive(client);
		if (head)
			cr_expect_eq(answer->status, status, "%s: the status of HEAD is %d",
			             describe(row, caller), answer->status);
		else
			expect_cell(answer, row, caller);
		status = answer->status;
	}
}

static const char *revision_of(const struct row *row, const char *id)
{
	const char *table = kind_of(row->object)->table;
	const char *revision = matrix_query("select revision from %s where id = '%s'", table, id);

	return revision ? revision : "none";
}

static void expect_row(const struct row *row, int caller)
{
	struct caller *c = &callers[caller];
	bool is_rejected = cell_of(row, caller).code,
	     may_change = *row->object && row->method != GET;
	const char *id = "", *path, *body, *before = NULL;

	/* These requests change the caller, so it gets a new account. */
	if (caller >= FIRST_USER && strcmp(row->object, "own account") == 0)
		caller_renew(c, columns[caller].role, caller == ARCHIVED);
	if (*row->object)
		id = object_new(row->object, c->id);
	path = fill_placeholders(row->path, id, c->id);
	body = row->body ? fill_placeholders(row->body, id, c->id) : NULL;
	if (is_rejected && may_change)
		before = revision_of(row, id);
	expect_answer(row, caller, path, body);
	if (before)
		cr_expect_str_eq(revision_of(row, id), before,
		                 "%s: the object was changed all the same", describe(row, caller));
}

Test(permissions, match_the_table, .init = setup)
{
	size_t cells = 0;

	for (const struct row *row = rows; row->method; row++) {
		for (int caller = 0; caller < CALLERS; caller++, cells++)
			expect_row(row, caller);
	}
	fprintf(stderr, "Permissions: %zu operations, %zu cells tested.\n", operations_count(),
	        cells);
	cr_expect(cells >= operations_count() * CALLERS);
}

/* Whether an object exists or a body is valid is not revealed to callers without permission. */
static void expect_rejection(const struct row *row, int caller)
{
	expect_answer(row, caller, fill_placeholders(row->path, e2e_id(), ""),
	              row->body ? "{" : NULL);
}

Test(permissions, are_checked_before_the_object_and_the_body, .init = setup)
{
	for (const struct row *row = rows; row->method; row++) {
		for (int caller = 0; caller < CALLERS; caller++) {
			if (cell_of(row, caller).before_lookup)
				expect_rejection(row, caller);
		}
	}
}

/* Nor is what an archived user's role would permit. */
Test(permissions, of_archived_users_do_not_depend_on_the_role, .init = setup)
{
	for (enum role role = VISITOR; role < ROLES; role++) {
		caller_renew(&callers[ARCHIVED], role, true);
		for (const struct row *row = rows; row->method; row++) {
			if (cell_of(row, ARCHIVED).before_lookup)
				expect_rejection(row, ARCHIVED);
		}
	}
}

/* The key has every scope except the required one. */
Test(permissions, of_api_keys_require_the_scope, .init = setup)
{
	struct client *client = callers[KEY].client;

	for (const struct row *row = rows; row->method; row++) {
		const char *scope = required_scope(row->method, row->path), *scopes = "", *path;

		if (is_public(row))
			continue;
		for (const char *const *name = scope_names; *name; name++) {
			if (strcmp(*name, scope) != 0)
				scopes = e2e_format("%s%s'%s'", scopes, *scopes ? "," : "", *name);
		}
		path = url_of(fill_placeholders(row->path, e2e_id(), ""));
		client_set_header(client, "X-API-Key: %s", key_for(scopes));
		client_send(client, method_name(row->method), path, NULL);
		expect_problem(client_receive(client), "SCOPE_MISSING");
	}
}
