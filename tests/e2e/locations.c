/* locations.c: tests creating, changing, listing and activating locations. */

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

Test(locations, creating_returns_location_and_etag_headers)
{
	const char *name = e2e_name(), *id;
	const struct answer *answer = client_post(
		f.admin, "/api/v1/locations",
		"{'name':'%s','description':'Guest berths.','address':'1 Quay','max_capacity':4}",
		name);

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

Test(locations, accepts_a_client_generated_id_once)
{
	const char *id = e2e_id();
	const struct answer *answer = client_post(f.admin, "/api/v1/locations",
	                                          "{'id':'%s','name':'%s'}", id, e2e_name());

	assert_status(answer, 201);
	expect_at(answer, "id", id);
	answer = client_post(f.admin, "/api/v1/locations", "{'id':'%s','name':'%s'}", id,
	                     e2e_name());
	expect_problem(answer, "ID_TAKEN");
}

Test(locations, requires_unique_names)
{
	const char *name = e2e_name(), *other = e2e_new_location();
	const struct answer *answer =
		client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", name);

	assert_status(answer, 201);
	answer = client_post(f.admin, "/api/v1/locations", "{'name':'%s'}", name);
	expect_problem(answer, "LOCATION_NAME_TAKEN");
	answer = client_patch(f.admin, e2e_format("/api/v1/locations/%s", other), "{'name':'%s'}",
	                      name);
	expect_problem(answer, "LOCATION_NAME_TAKEN");
	answer = client_get(f.admin, "/api/v1/locations/%s", other);
	cr_expect_str_neq(answer_at(answer, "name"), name);
}

Test(locations, compares_names_without_case_and_surrounding_spaces)
{
	const char *name = e2e_name() + 4, *other = e2e_new_location();
	const struct answer *answer =
		client_post(f.admin, "/api/v1/locations", "{'name':'  North %s '}", name);

	assert_status(answer, 201);
	expect_at(answer, "name", e2e_format("North %s", name));
	expect_problem(client_post(f.admin, "/api/v1/locations", "{'name':'NORTH %s'}", name),
	               "LOCATION_NAME_TAKEN");
	expect_problem(client_patch(f.admin, e2e_format("/api/v1/locations/%s", other),
	                            "{'name':' north %s'}", name),
	               "LOCATION_NAME_TAKEN");
}

Test(locations, shows_administrative_fields_only_to_admins)
{
	static const char *const hidden[] = { "max_capacity", "created_at", "updated_at" };
	const char *id = e2e_new_location();
	struct client *const others[] = { f.guard, f.supervisor };

	for (size_t i = 0; i < COUNT_OF(hidden); i++) {
		const struct answer *answer = client_get(f.admin, "/api/v1/locations/%s", id);

		cr_expect(json_in(answer->json, hidden[i]) != NULL, "%s", hidden[i]);
		for (size_t j = 0; j < COUNT_OF(others); j++) {
			answer = client_get(others[j], "/api/v1/locations/%s", id);
			expect_status(answer, 200);
			expect_at(answer, hidden[i], "absent");
			answer = client_get(others[j], "/api/v1/locations");
			expect_at(answer, e2e_format("0.%s", hidden[i]), "absent");
			cr_expect(json_in(answer->json, "0.name") != NULL);
		}
	}
}

Test(locations, patches_single_fields_and_clears_them_with_null)
{
	const char *path = e2e_format("/api/v1/locations/%s", e2e_new_location()), *name;
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

Test(locations, lets_only_admins_create_and_change)
{
	const char *path = e2e_format("/api/v1/locations/%s", e2e_new_location());
	struct client *const others[] = { f.guard, f.supervisor };

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		expect_problem(
			client_post(others[i], "/api/v1/locations", "{'name':'%s'}", e2e_name()),
			"FORBIDDEN");
		expect_problem(client_patch(others[i], path, "{'description':'Mine.'}"),
		               "FORBIDDEN");
		expect_problem(client_post(others[i], e2e_format("%s/toggle-active", path), "{}"),
		               "FORBIDDEN");
	}
}

Test(locations, toggles_is_active)
{
	const char *id = e2e_new_location(),
		   *path = e2e_format("/api/v1/locations/%s/toggle-active", id);
	const struct answer *answer = client_post(f.admin, path, NULL);

	expect_status(answer, 200);
	expect_at(answer, "is_active", "false");
	answer = client_post(f.admin, path, "{'is_active':false}");
	expect_at(answer, "is_active", "false");
	answer = client_get(f.guard, "/api/v1/locations/active");
	cr_expect(memmem(answer->body.at, answer->body.length, id, 36) == NULL,
	          "an inactive location is listed");

	answer = client_post(f.admin, path, "{}");
	expect_at(answer, "is_active", "true");
	answer = client_get(f.guard, "/api/v1/locations/active");
	expect_status(answer, 200);
	cr_expect(memmem(answer->body.at, answer->body.length, id, 36) != NULL,
	          "an active location is not listed");
	expect_at(answer, "0.is_active", "absent");
}

Test(locations, rejects_unknown_ids)
{
	const char *path = e2e_format("/api/v1/locations/%s", e2e_id());

	expect_problem(client_get(f.guard, "%s", path), "NOT_FOUND");
	expect_problem(client_patch(f.admin, path, "{'description':'?'}"), "LOCATION_NOT_FOUND");
	expect_problem(client_post(f.admin, e2e_format("%s/toggle-active", path), "{}"),
	               "LOCATION_NOT_FOUND");
	expect_problem(client_get(f.guard, "%s/logs", path), "NOT_FOUND");
}

Test(locations, lists_pages_by_name)
{
	const char *last = NULL, *path = "/api/v1/locations?limit=4";
	int pages = 0, seen = 0;

	for (int i = 0; i < 3; i++)
		e2e_new_location();
	for (; path; pages++) {
		const struct answer *answer = client_get(f.guard, "%s", path);
		const char *link = answer_header(answer, "Link");

		assert_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json); i++) {
			const char *name =
				e2e_format("%s", answer_at(answer, e2e_format("%zu.name", i)));

			cr_expect(!last || strcmp(last, name) < 0, "%s comes after %s", name, last);
			last = name;
			seen++;
		}
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect(pages >= 4);
	cr_expect(seen >= 15);
}

/* Of conflicting parallel requests, exactly one succeeds. */
Test(locations, accepts_one_of_twenty_parallel_requests_for_a_name)
{
	enum { CLIENTS = 20 };
	struct client *clients[CLIENTS];
	const char *name = e2e_name();
	int created = 0, rejected = 0;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("admin");
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", "/api/v1/locations", "{'name':'%s'}", name);
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		created += answer->status == 201;
		rejected += !e2e_check_problem(answer, "LOCATION_NAME_TAKEN");
	}
	cr_expect_eq(created, 1);
	cr_expect_eq(rejected, CLIENTS - 1);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.locations where name = '%s'", name),
	                 "1");
}

Test(locations, accepts_one_of_twenty_parallel_changes_to_a_revision)
{
	enum { CLIENTS = 20 };
	struct client *clients[CLIENTS];
	const char *path = e2e_format("/api/v1/locations/%s", e2e_new_location());
	const char *tag = e2e_format("%s", answer_header(client_get(f.admin, "%s", path), "ETag"));
	int changed = 0, rejected = 0;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("admin");
	for (int i = 0; i < CLIENTS; i++) {
		client_set_header(clients[i], "If-Match: %s", tag);
		client_send(clients[i], "PATCH", path, "{'max_capacity':%d}", i + 1);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		changed += answer->status == 200;
		rejected += !e2e_check_problem(answer, "PRECONDITION_FAILED");
	}
	cr_expect_eq(changed, 1);
	cr_expect_eq(rejected, CLIENTS - 1);
}
