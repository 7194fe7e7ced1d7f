/* Places are added and changed by those who manage them, and seen by all members. */

#include "e2e.h"

static struct {
	struct client *guard, *supervisor, *admin;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.supervisor = e2e_client("supervisor");
	f.admin = e2e_client("admin");
}

TestSuite(locations, .init = setup, .timeout = 30);

Test(locations, are_created_with_their_place_and_their_tag)
{
	const char *name = e2e_name(), *id;
	const struct answer *answer = client_post(
		f.admin, "/api/v1/locations",
		"{'name':'%s','description':'Guest berths.','address':'1 Quay','max_capacity':4}", name);

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_header(answer, "Location", e2e_format("/api/v1/locations/%s", id));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	expect_at(answer, "name", name);
	expect_at(answer, "description", "Guest berths.");
	expect_at(answer, "address", "1 Quay");
	expect_at(answer, "is_active", "true");
	expect_at(answer, "max_capacity", "4");

	answer = client_get(f.admin, "/api/v1/locations/%s", id);
	expect_status(answer, 200);
	expect_at(answer, "name", name);
}

Test(locations, may_be_given_their_id_by_the_client_but_only_once)
{
	const char *id = e2e_id();
	const struct answer *answer =
		client_post(f.admin, "/api/v1/locations", "{'id':'%s','name':'%s'}", id, e2e_name());

	assert_status(answer, 201);
	expect_at(answer, "id", id);
	answer = client_post(f.admin, "/api/v1/locations", "{'id':'%s','name':'%s'}", id, e2e_name());
	expect_problem(answer, "ID_TAKEN");
}

Test(locations, have_names_of_their_own)
{
	const char *name = e2e_name(), *other = e2e_location();
	const struct answer *answer = client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", name);

	assert_status(answer, 201);
	answer = client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", name);
	expect_problem(answer, "LOCATION_NAME_TAKEN");
	answer = client_patch(f.admin, e2e_format("/api/v1/locations/%s", other), "{'name':'%s'}", name);
	expect_problem(answer, "LOCATION_NAME_TAKEN");
	answer = client_get(f.admin, "/api/v1/locations/%s", other);
	cr_expect_str_neq(answer_at(answer, "name"), name);
}

Test(locations, show_how_they_are_set_up_only_to_who_manages_them)
{
	static const char *const hidden[] = { "max_capacity", "created_at", "updated_at" };
	const char *id = e2e_location();
	struct client *const members[] = { f.guard, f.supervisor };

	for (size_t i = 0; i < COUNT_OF(hidden); i++) {
		const struct answer *answer = client_get(f.admin, "/api/v1/locations/%s", id);

		cr_expect(json_in(answer->json, hidden[i]) != NULL, "%s", hidden[i]);
		for (size_t j = 0; j < COUNT_OF(members); j++) {
			answer = client_get(members[j], "/api/v1/locations/%s", id);
			expect_status(answer, 200);
			expect_at(answer, hidden[i], "absent");
			answer = client_get(members[j], "/api/v1/locations");
			expect_at(answer, e2e_format("0.%s", hidden[i]), "absent");
			cr_expect(json_in(answer->json, "0.name") != NULL);
		}
	}
}

Test(locations, are_changed_field_by_field_and_cleared_by_null)
{
	const char *path = e2e_format("/api/v1/locations/%s", e2e_location()), *name;
	const struct answer *answer =
		client_patch(f.admin, path, "{'description':'Fuel dock.','max_capacity':3}");

	expect_status(answer, 200);
	expect_at(answer, "description", "Fuel dock.");
	expect_at(answer, "max_capacity", "3");
	name = e2e_format("%s", answer_at(answer, "name"));

	answer = client_patch(f.admin, path, "{'description':null}");
	expect_status(answer, 200);
	expect_at(answer, "description", "null");
	expect_at(answer, "max_capacity", "3");
	expect_at(answer, "name", name);
	answer = client_patch(f.admin, path, "{}");
	expect_status(answer, 200);
	expect_at(answer, "name", name);
}

Test(locations, are_managed_by_admins_alone)
{
	const char *path = e2e_format("/api/v1/locations/%s", e2e_location());
	struct client *const members[] = { f.guard, f.supervisor };

	for (size_t i = 0; i < COUNT_OF(members); i++) {
		expect_problem(client_post(members[i], "/api/v1/locations", "{'name':'%s'}", e2e_name()),
		               "FORBIDDEN");
		expect_problem(client_patch(members[i], path, "{'description':'Mine.'}"), "FORBIDDEN");
		expect_problem(client_post(members[i], e2e_format("%s/toggle-active", path), "{}"),
		               "FORBIDDEN");
	}
}

Test(locations, are_opened_and_closed)
{
	const char *id = e2e_location(), *path = e2e_format("/api/v1/locations/%s/toggle-active", id);
	const struct answer *answer = client_post(f.admin, path, NULL);

	expect_status(answer, 200);
	expect_at(answer, "is_active", "false");
	answer = client_post(f.admin, path, "{'is_active':false}");
	expect_at(answer, "is_active", "false");
	answer = client_get(f.guard, "/api/v1/locations/active");
	cr_expect(memmem(answer->body.at, answer->body.length, id, 36) == NULL, "a closed place is listed");

	answer = client_post(f.admin, path, "{}");
	expect_at(answer, "is_active", "true");
	answer = client_get(f.guard, "/api/v1/locations/active");
	expect_status(answer, 200);
	cr_expect(memmem(answer->body.at, answer->body.length, id, 36) != NULL, "an open place is not listed");
	expect_at(answer, "0.is_active", "absent");
}

Test(locations, that_nobody_knows_are_not_found)
{
	const char *path = e2e_format("/api/v1/locations/%s", e2e_id());

	expect_problem(client_get(f.guard, "%s", path), "NOT_FOUND");
	expect_problem(client_patch(f.admin, path, "{'description':'?'}"), "LOCATION_NOT_FOUND");
	expect_problem(client_post(f.admin, e2e_format("%s/toggle-active", path), "{}"),
	               "LOCATION_NOT_FOUND");
	expect_problem(client_get(f.guard, "%s/logs", path), "NOT_FOUND");
}

Test(locations, are_listed_by_name_page_by_page)
{
	const char *last = NULL, *path = "/api/v1/locations?limit=4";
	int pages = 0, seen = 0;

	for (int i = 0; i < 3; i++)
		e2e_location();
	for (; path; pages++) {
		const struct answer *answer = client_get(f.guard, "%s", path);
		const char *link = answer_header(answer, "Link");

		assert_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json); i++) {
			const char *name = e2e_format("%s", answer_at(answer, e2e_format("%zu.name", i)));

			cr_expect(!last || strcmp(last, name) < 0, "%s stands behind %s", name, last);
			last = name;
			seen++;
		}
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect(pages >= 4);
	cr_expect(seen >= 15);
}

/* Two who change the same thing at once: one is told. */
Test(locations, accept_exactly_one_of_twenty_who_want_the_same_name)
{
	enum { MANY = 20 };
	struct client *clients[MANY];
	const char *name = e2e_name();
	int created = 0, refused = 0;

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("admin");
	for (int i = 0; i < MANY; i++)
		client_send(clients[i], "POST", "/api/v1/locations", "{'name':'%s'}", name);
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		created += answer->status == 201;
		refused += !e2e_check_problem(answer, "LOCATION_NAME_TAKEN");
	}
	cr_expect_eq(created, 1);
	cr_expect_eq(refused, MANY - 1);
	cr_expect_str_eq(server_query(e2e_server(), "select count(*) from app.locations where name = '%s'", name),
	                 "1");
}

Test(locations, accept_exactly_one_of_twenty_changes_of_the_same_revision)
{
	enum { MANY = 20 };
	struct client *clients[MANY];
	const char *path = e2e_format("/api/v1/locations/%s", e2e_location());
	const char *tag = e2e_format("%s", answer_header(client_get(f.admin, "%s", path), "ETag"));
	int changed = 0, refused = 0;

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("admin");
	for (int i = 0; i < MANY; i++) {
		client_set_header(clients[i], "If-Match: %s", tag);
		client_send(clients[i], "PATCH", path, "{'max_capacity':%d}", i + 1);
	}
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		changed += answer->status == 200;
		refused += !e2e_check_problem(answer, "PRECONDITION_FAILED");
	}
	cr_expect_eq(changed, 1);
	cr_expect_eq(refused, MANY - 1);
}
