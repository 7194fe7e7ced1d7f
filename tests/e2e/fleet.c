/* Vehicles and radios are added, taken out of service, repaired, retired and removed. */

#include <time.h>

#include "e2e.h"

static struct {
	struct client *admin, *supervisor;
} f;

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.supervisor = e2e_client("supervisor");
}

TestSuite(fleet, .init = setup, .timeout = 30);

/* The two kinds of equipment. */
static const struct {
	const char *path, *table;
	const char *members; /* required for a new one, besides its name */
	const char *number;  /* the member that is unique */
	const char *code;    /* of the problem when it is not */
} kinds[] = {
	{ "/api/v1/vehicles", "app.vehicles", ",'make':'Ford','model':'Ranger','year':2024", "vin",
	  "VIN_TAKEN" },
	{ "/api/v1/radios", "app.radios", "", "serial_number", "SERIAL_NUMBER_TAKEN" },
};

static const char *path_of(size_t kind, const char *id)
{
	return e2e_format("%s/%s", kinds[kind].path, id);
}

static const char *create(size_t kind, const char *name)
{
	const struct answer *answer = client_post(f.admin, kinds[kind].path, "{'name':'%s'%s}",
	                                          name, kinds[kind].members);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static int next_year(void)
{
	time_t now = time(NULL);

	return gmtime(&now)->tm_year + 1901;
}

Test(fleet, stores_all_fields_of_vehicles)
{
	const char *location = e2e_new_location(), *vin = e2e_format("%.17s", e2e_id() + 19), *id;
	const struct answer *answer = client_post(
		f.admin, "/api/v1/vehicles",
		"{'name':'Truck 7','make':'Ford','model':'Ranger','year':%d,'vin':'%s',"
		"'license_plate':'MB 17',"
		"'mileage':1200,'status':'OUT_OF_SERVICE','location_id':'%s','notes':'Left lamp.'}",
		next_year(), vin, location);
	static const char *const fields[][2] = {
		{ "name", "Truck 7" },        { "make", "Ford" },    { "model", "Ranger" },
		{ "license_plate", "MB 17" }, { "mileage", "1200" }, { "status", "OUT_OF_SERVICE" },
		{ "notes", "Left lamp." },
	};

	assert_status(answer, 201);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		expect_at(answer, fields[i][0], fields[i][1]);
	expect_at(answer, "vin", vin);
	expect_at(answer, "location.id", location);
	cr_expect_str_neq(answer_at(answer, "mileage_updated_at"), "null");
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_header(answer, "Location", path_of(0, id));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	expect_at(client_get(f.admin, "%s", path_of(0, id)), "vin", vin);

	answer = client_get(f.admin, "%s", path_of(0, create(0, "Plain")));
	expect_at(answer, "status", "WORKING");
	expect_at(answer, "mileage", "0");
	expect_at(answer, "mileage_updated_at", "null");
	expect_at(answer, "location", "null");
}

Test(fleet, stores_all_fields_of_radios)
{
	const char *number = e2e_id(), *location = e2e_new_location();
	const struct answer *answer =
		client_post(f.admin, "/api/v1/radios",
	                    "{'name':'Handset 3','serial_number':'%s','model':'T6','channel':'16',"
	                    "'location_id':'%s','notes':'New battery.'}",
	                    number, location);
	static const char *const fields[][2] = {
		{ "name", "Handset 3" }, { "model", "T6" },           { "channel", "16" },
		{ "status", "WORKING" }, { "notes", "New battery." },
	};

	assert_status(answer, 201);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		expect_at(answer, fields[i][0], fields[i][1]);
	expect_at(answer, "serial_number", number);
	expect_at(answer, "location.id", location);
	expect_header(answer, "Location", path_of(1, answer_at(answer, "id")));
}

static const struct answer *post_vehicle_of_year(int year)
{
	return client_post(f.admin, "/api/v1/vehicles",
	                   "{'name':'Early','make':'F','model':'R','year':%d}", year);
}

Test(fleet, limits_the_year_of_vehicles)
{
	const struct answer *answer;

	expect_problem(post_vehicle_of_year(next_year() + 1), "VALIDATION_FAILED");
	expect_problem(post_vehicle_of_year(1899), "VALIDATION_FAILED");
	answer = post_vehicle_of_year(next_year());
	assert_status(answer, 201);
	expect_problem(client_patch(f.admin, path_of(0, e2e_format("%s", answer_at(answer, "id"))),
	                            "{'year':%d}", next_year() + 1),
	               "VALIDATION_FAILED");
}

Test(fleet, has_unique_numbers)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *one = path_of(i, create(i, "One")),
			   *other = path_of(i, create(i, "Other"));
		const char *number = e2e_id() + 24,
			   *body = e2e_format("{'%s':'%.12s'}", kinds[i].number, number);

		assert_status(client_patch(f.admin, one, "%s", body), 200);
		expect_problem(client_patch(f.admin, other, "%s", body), kinds[i].code);
		expect_status(client_patch(f.admin, one, "%s", body), 200);
		/* Case and surrounding spaces do not matter. */
		assert_status(
			client_patch(f.admin, one, "{'%s':' ab%.6s '}", kinds[i].number, number),
			200);
		expect_at(client_get(f.admin, "%s", one), kinds[i].number,
		          e2e_format("ab%.6s", number));
		body = e2e_format("{'%s':'AB%.6s'}", kinds[i].number, number);
		expect_problem(client_patch(f.admin, other, "%s", body), kinds[i].code);
		/* Removed equipment keeps its number. */
		assert_status(client_delete(f.admin, "%s", one), 204);
		expect_problem(client_patch(f.admin, other, "%s", body), kinds[i].code);
		/* The number is optional. */
		expect_status(client_patch(f.admin, other, "{'%s':null}", kinds[i].number), 200);
	}
}

Test(fleet, has_unique_numbers_under_concurrent_requests)
{
	enum { CLIENTS = 50 };
	struct client *clients[CLIENTS];
	const char *vin = e2e_format("%.17s", e2e_id() + 19);
	int created = 0;

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = e2e_client("admin");
	for (int i = 0; i < CLIENTS; i++)
		client_send(clients[i], "POST", "/api/v1/vehicles",
		            "{'name':'Same','make':'F','model':'R','year':2020,'vin':'%s'}", vin);
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(clients[i]);

		if (answer->status == 201)
			created++;
		else
			expect_problem(answer, "VIN_TAKEN");
	}
	cr_expect_eq(created, 1, "%d were created", created);
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.vehicles where vin = '%s'", vin),
	                 "1");
}

Test(fleet, can_be_changed_field_by_field)
{
	static const char *const changes[] = { "{'name':'New'}", "{'notes':'Scratched.'}",
		                               "{'notes':null}" };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *path = path_of(i, create(i, "Old")), *tag;
		const struct answer *answer = client_get(f.admin, "%s", path);

		tag = e2e_format("%s", answer_header(answer, "ETag"));
		for (size_t j = 0; j < COUNT_OF(changes); j++)
			assert_status(client_patch(f.admin, path, "%s", changes[j]), 200);
		answer = client_patch(f.admin, path, "{}");
		expect_at(answer, "name", "New");
		expect_at(answer, "notes", "null");
		cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"4."));
		client_set_header(f.admin, "If-Match: %s", tag);
		expect_problem(client_patch(f.admin, path, "{'name':'Late'}"),
		               "PRECONDITION_FAILED");
		client_set_header(f.admin, "If-Match: %s", tag);
		expect_problem(client_delete(f.admin, "%s", path), "PRECONDITION_FAILED");
		expect_problem(client_patch(f.admin, path, "{'location_id':'%s'}", e2e_id()),
		               "LOCATION_NOT_FOUND");
		expect_problem(client_patch(f.admin, path_of(i, e2e_id()), "{'name':'?'}"),
		               "NOT_FOUND");
		expect_problem(client_patch(f.admin, path, "{'name':null}"), "VALIDATION_FAILED");
	}
}

Test(fleet, records_when_the_mileage_was_updated)
{
	const char *path = path_of(0, create(0, "Counted")), *updated_at;
	const struct answer *answer = client_patch(f.admin, path, "{'mileage':500}");

	expect_at(answer, "mileage", "500");
	updated_at = e2e_format("%s", answer_at(answer, "mileage_updated_at"));
	cr_expect_str_neq(updated_at, "null");
	expect_at(client_patch(f.admin, path, "{'notes':'x','mileage':500}"), "mileage_updated_at",
	          updated_at);
	expect_problem(client_patch(f.admin, path, "{'mileage':-1}"), "VALIDATION_FAILED");
}

Test(fleet, allows_only_some_status_transitions)
{
	static const char *const statuses[] = { "WORKING", "OUT_OF_SERVICE", "RETIRED" };
	static const bool allowed[3][3] = { { true, true, false },
		                            { true, true, true },
		                            { false, false, true } };

	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		const char *id = create(kind, "Changing");

		for (size_t from = 0; from < 3; from++) {
			for (size_t to = 0; to < 3; to++) {
				const struct answer *answer;

				server_query(e2e_server(),
				             "update %s set status = '%s' where id = '%s'",
				             kinds[kind].table, statuses[from], id);
				answer = client_patch(f.admin, path_of(kind, id), "{'status':'%s'}",
				                      statuses[to]);
				if (allowed[from][to])
					expect_at(answer, "status", statuses[to]);
				else
					expect_problem(answer, "TRANSITION_NOT_ALLOWED");
			}
		}
	}
}

Test(fleet, hides_removed_equipment)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *id = create(i, e2e_name()), *path = path_of(i, id);

		expect_status(client_delete(f.admin, "%s", path), 204);
		expect_problem(client_delete(f.admin, "%s", path), "NOT_FOUND");
		expect_problem(client_get(f.admin, "%s", path), "NOT_FOUND");
		expect_problem(client_patch(f.admin, path, "{'name':'Back'}"), "NOT_FOUND");
		cr_expect_str_eq(
			server_query(e2e_server(),
		                     "select archived_at is not null from %s where id = '%s'",
		                     kinds[i].table, id),
			"t");
	}
}

/* The indexes in `ids` of those that the list contains, in its order: "021". */
static const char *order_in(const char *path, const char *const ids[], size_t count)
{
	const struct answer *answer = client_get(f.admin, "%s", path);
	const char *found = "";

	expect_status(answer, 200);
	for (size_t i = 0; i < json_count(answer->json); i++) {
		const char *id = answer_at(answer, e2e_format("%zu.id", i));

		for (size_t j = 0; j < count; j++) {
			if (strcmp(id, ids[j]) == 0)
				found = e2e_format("%s%zu", found, j);
		}
	}
	return found;
}

Test(fleet, is_listed_by_status_and_name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *const ids[] = { create(i, "bb"), create(i, "aa"), create(i, "cc"),
			                    create(i, "dd") };

		assert_status(
			client_patch(f.admin, path_of(i, ids[1]), "{'status':'OUT_OF_SERVICE'}"),
			200);
		assert_status(client_delete(f.admin, "%s", path_of(i, ids[3])), 204);
		cr_expect_str_eq(order_in(e2e_format("%s?limit=500", kinds[i].path), ids, 4),
		                 "021");
		cr_expect_str_eq(
			order_in(e2e_format("%s?limit=500&status=OUT_OF_SERVICE", kinds[i].path),
		                 ids, 4),
			"1");
		cr_expect_eq(
			json_count(client_get(f.admin, "%s?limit=2&skip=1", kinds[i].path)->json),
			2);
	}
}

Test(fleet, lists_equipment_in_the_shop_newest_first)
{
	const char *const ids[] = { create(0, "Car A"), create(1, "Radio A"), create(0, "Working"),
		                    create(1, "Removed") };

	for (size_t i = 0; i < 2; i++)
		assert_status(
			client_patch(f.admin, path_of(i, ids[i]), "{'status':'OUT_OF_SERVICE'}"),
			200);
	assert_status(client_patch(f.admin, path_of(1, ids[3]), "{'status':'OUT_OF_SERVICE'}"),
	              200);
	assert_status(client_delete(f.admin, "%s", path_of(1, ids[3])), 204);
	cr_expect_str_eq(order_in("/api/v1/fleet/in-shop?limit=500", ids, 4), "10");
	assert_status(client_patch(f.admin, path_of(0, ids[0]), "{'notes':'Waits for a part.'}"),
	              200);
	cr_expect_str_eq(order_in("/api/v1/fleet/in-shop?limit=500", ids, 4), "01");
	expect_at(client_get(f.admin, "/api/v1/fleet/in-shop?limit=1"), "0.status",
	          "OUT_OF_SERVICE");
}

Test(fleet, requires_an_administrator)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *path = path_of(i, create(i, "Ours"));

		expect_problem(client_get(f.supervisor, "%s", path), "FORBIDDEN");
		expect_problem(client_get(f.supervisor, "%s", kinds[i].path), "FORBIDDEN");
		expect_problem(client_post(f.supervisor, kinds[i].path, "{}"), "FORBIDDEN");
		expect_problem(client_patch(f.supervisor, path, "{'name':'Mine'}"), "FORBIDDEN");
		expect_problem(client_delete(f.supervisor, "%s", path), "FORBIDDEN");
	}
	expect_problem(client_get(f.supervisor, "/api/v1/fleet/in-shop"), "FORBIDDEN");
}

static const char *events_of(const char *channel, const char *id)
{
	const char *types =
		server_query(e2e_server(),
	                     "select string_agg(type || ' ' || (data ->> 'revision'), ', '"
	                     " order by \"offset\") from live.events"
	                     " where channel = '%s' and data ->> 'id' = '%s'",
	                     channel, id);

	return e2e_format("%s", types ? types : "nothing");
}

Test(fleet, publishes_its_changes_to_supervisors)
{
	static const char *const names[] = { "vehicle", "radio" };

	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		const char *id = create(kind, "Published");

		assert_status(client_patch(f.admin, path_of(kind, id), "{'notes':'x'}"), 200);
		assert_status(client_patch(f.admin, path_of(kind, id), "{'notes':'x'}"), 200);
		assert_status(client_delete(f.admin, "%s", path_of(kind, id)), 204);
		cr_expect_str_eq(events_of("duty", id),
		                 e2e_format("%s.created 1, %s.updated 2, %s.archived 3",
		                            names[kind], names[kind], names[kind]));
	}
}

Test(fleet, and_the_checklist_publish_their_changes)
{
	static const char items[] = "/api/v1/safety-checklist/items";
	const struct answer *answer = client_post(f.admin, items, "{'name':'%s'}", e2e_name());
	const char *id, *path;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	path = e2e_format("%s/%s", items, id);
	assert_status(client_patch(f.admin, path, "{'description':'x'}"), 200);
	assert_status(client_patch(f.admin, path, "{'description':'x'}"), 200);
	client_send(f.admin, "PUT", e2e_format("%s/order", items),
	            e2e_format("{\"items\":[{\"id\":\"%s\",\"order\":99999}]}", id));
	assert_status(client_receive(f.admin), 200);
	assert_status(client_delete(f.admin, "%s", path), 204);
	assert_status(client_delete(f.admin, "%s", path), 204);
	cr_expect_str_eq(events_of("org", id),
	                 "checklist_item.created 1, checklist_item.updated 2, "
	                 "checklist_item.updated 3, checklist_item.updated 4");
}
