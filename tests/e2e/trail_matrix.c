/* trail_matrix.c: tests that each operation that changes something leaves one entry in the trail for
 * each object that it changed, and that no other request leaves any.
 *
 * The requests, callers and objects are those of the permission matrix. A new operation that changes
 * no object of the trail needs a row in `untracked`. */

#include <stdio.h>

#include "permissions.h"
#include "trail.h"

/* Requests that change nothing that the trail records. */
static const struct {
	enum method method;
	const char *path, *object; /* NULL: any object */
} untracked[] = {
	{ POST, "/messages/{id}/read" },         /* a read mark */
	{ POST, "/notifications/{id}/dismiss" }, /* a dismissal */
	{ PATCH, "/notifications/{id}/dismiss" },
	{ POST, "/websocket/broadcast" }, /* an event */
	{ POST, "/websocket/connect" },   /* connections */
	{ POST, "/websocket/disconnect" },
	/* Nothing has changed since the account signed in. */
	{ POST, "/users/sync" },
	{ POST, "/auth/anonymous-login" },
	{ POST, "/auth/anonymous-promote" },
	{ POST, "/users/{id}/unarchive", "own account" }, /* which is not archived */
};

/* Operations that change neither the object in their path nor the one in their response, and the kind
 * of those that they do change. */
static const struct {
	enum method method;
	const char *path, *kind;
} elsewhere[] = {
	{ DELETE, "/shifts/{id}/assignments?user_id={id}", "shift_assignment" },
	{ POST, "/recurring-shifts/{id}/generate", "shift" },
	{ POST, "/timesheets/bulk-approve", "timesheet" },
	{ POST, "/safety-checklist/responses", "checklist_response" },
	{ POST, "/safety-checklist/items/batch", "checklist_item" },
	{ PUT, "/safety-checklist/items/order", "checklist_item" },
	/* An item that is checked, not changed. */
	{ PATCH, "/safety-checklist/items/{id}", "checklist_check" },
};

/* The entries of a request. */
struct entries {
	int count, objects, by_others;
	bool has_object;
	const char *text;
};

TestSuite(trail_matrix, .timeout = 150);

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

static bool is_untracked(const struct row *row)
{
	for (size_t i = 0; i < COUNT_OF(untracked); i++) {
		if (row->method == untracked[i].method && strcmp(row->path, untracked[i].path) == 0
		    && (!untracked[i].object || strcmp(row->object, untracked[i].object) == 0))
			return true;
	}
	return false;
}

static const char *kind_elsewhere(const struct row *row)
{
	for (size_t i = 0; i < COUNT_OF(elsewhere); i++) {
		if (row->method == elsewhere[i].method && strcmp(row->path, elsewhere[i].path) == 0)
			return elsewhere[i].kind;
	}
	return "";
}

/* Those of a request by `actor` that changes the object with this ID, or one of this kind. */
static struct entries entries_of(const char *request_id, const char *actor, const char *object,
                                 const char *kind)
{
	struct entries entries = { 0 };
	const char *found = matrix_query(
		"select format('%%s %%s %%s %%s %%s', count(*), count(distinct (e.kind, e.object_id)),"
		" count(*) filter (where e.actor_id is distinct from nullif('%s', '')::uuid"
		"  or e.api_key_id is not null or e.origin not like 'server/%%'),"
		" count(*) filter (where e.object_id::text = '%s' or e.kind = '%s'),"
		" string_agg(format('%%s %%s %%s', e.action, e.kind, e.object_id), ', '))"
		" from audit.entries e"
		" where e.request_id = '%s' and e.at > now() - interval '1 minute'",
		actor, object, kind, request_id);
	int changed, length = 0;

	cr_assert_eq(sscanf(found, "%d %d %d %d %n", &entries.count, &entries.objects,
	                    &entries.by_others, &changed, &length),
	             4, "%s", found);
	entries.has_object = changed > 0;
	entries.text = found + length;
	return entries;
}

static void expect_entries(const struct row *row, int caller, const struct entries *entries,
                           const char *object)
{
	const char *about = e2e_format("%s: %s", describe(row, caller), entries->text);

	cr_expect(entries->count > 0, "%s: no entry in the trail", about);
	cr_expect_eq(entries->count, entries->objects, "%s: several entries of an object", about);
	cr_expect_eq(entries->by_others, 0, "%s: not by the caller, or not by the server", about);
	cr_expect(entries->has_object, "%s: no entry of %s", about, object);
}

static const struct answer *send_request(const struct row *row, int caller, const char *id)
{
	struct caller *c = &callers[caller];
	const char *body = row->body ? fill_placeholders(row->body, id, c->id) : NULL;

	if (caller == KEY)
		client_set_header(
			c->client, "X-API-Key: %s",
			key_for(e2e_format("'%s'", required_scope(row->method, row->path))));
	client_send(c->client, method_name(row->method),
	            url_of(fill_placeholders(row->path, id, c->id)), body ? "%s" : NULL, body);
	return client_receive(c->client);
}

static void expect_trail(const struct row *row, int caller)
{
	struct caller *c = &callers[caller];
	const char *id = "", *object;
	const struct answer *answer;
	struct entries entries;

	if (caller >= FIRST_USER && strcmp(row->object, "own account") == 0)
		caller_renew(c, columns[caller].role, caller == ARCHIVED);
	if (*row->object)
		id = object_new(row->object, c->id);
	answer = send_request(row, caller, id);
	object = strcmp(answer_at(answer, "id"), "absent") == 0 ? id : answer_at(answer, "id");
	entries = entries_of(answer_header(answer, "X-Request-Id"), c->id, object,
	                     kind_elsewhere(row));
	if (answer->status < 300 && !is_untracked(row))
		expect_entries(row, caller, &entries, object);
	else
		cr_expect_eq(entries.count, 0, "%s: %d, but entries: %s", describe(row, caller),
		             answer->status, entries.text);
}

Test(trail_matrix, has_one_entry_for_each_changed_object, .init = setup)
{
	for (const struct row *row = rows; row->method; row++) {
		for (int caller = 0; caller < CALLERS && row->method != GET; caller++)
			expect_trail(row, caller);
	}
	expect_verified();
}
