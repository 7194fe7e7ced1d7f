/* visitors.c: tests checking visitors in and out, changing and listing them. */

#include "e2e.h"

static struct {
	struct client *guard, *other, *admin;
	const char *location;
} f;

static void setup(void)
{
	f.guard = e2e_client("rosa.brandt@marina.example");
	f.other = e2e_client("jonas.whitlow@marina.example");
	f.admin = e2e_client("admin");
	f.location = e2e_new_location();
}

TestSuite(visitors, .init = setup, .timeout = 30);

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/visitors/%s", id);
}

static const char *check_in(const char *first_name, const char *more)
{
	const struct answer *answer =
		client_post(f.guard, "/api/v1/visitors",
	                    "{'first_name':'%s','last_name':'Guest','location_id':'%s'%s}",
	                    first_name, f.location, more);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const struct answer *check_out(struct client *client, const char *id, const char *body)
{
	return client_post(client, e2e_format("/api/v1/visitors/%s/check-out", id), body);
}

static const char *event_types(const char *id)
{
	return e2e_format(
		"%s",
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = 'location:%s' and data ->> 'id' = '%s'",
	                     f.location, id));
}

Test(visitors, can_be_checked_in_with_all_fields)
{
	static const char *const fields[][2] = {
		{ "first_name", "Ida" },         { "last_name", "Berg" },
		{ "email", "ida@berg.example" }, { "phone", "+1 631 555 0142" },
		{ "company", "Fuel & Co" },      { "purpose", "Pump inspection" },
		{ "vehicle_make", "Volvo" },     { "vehicle_model", "V70" },
		{ "license_plate", "NY 4711" },  { "badge_number", "V-17" },
		{ "notes", "Has a dog." },
	};
	struct buf body = { 0 };
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		buf_print(&body, "'%s':'%s',", fields[i][0], fields[i][1]);
	answer = client_post(f.guard, "/api/v1/visitors",
	                     "{%s'expected_duration':90,'location_id':'%s'}", buf_cstr(&body),
	                     f.location);
	buf_finish(&body);
	assert_status(answer, 201);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		expect_at(answer, fields[i][0], fields[i][1]);
	expect_at(answer, "expected_duration", "90");
	expect_at(answer, "is_present", "true");
	expect_at(answer, "check_out_time", "null");
	expect_at(answer, "checked_out_by", "null");
	expect_at(answer, "checked_in_by.first_name", "Rosa");
	expect_at(answer, "location.id", f.location);
	expect_header(answer, "Location", path_of(answer_at(answer, "id")));
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"1."));
	expect_at(client_get(f.other, "%s", path_of(e2e_format("%s", answer_at(answer, "id")))),
	          "badge_number", "V-17");
}

Test(visitors, are_checked_out_once)
{
	const char *id = check_in("Ida", ",'notes':'Has a dog.'");
	const struct answer *answer = check_out(f.other, id, NULL);

	assert_status(answer, 200);
	expect_at(answer, "is_present", "false");
	expect_at(answer, "checked_out_by.first_name", "Jonas");
	expect_at(answer, "notes", "Has a dog.");
	expect_problem(check_out(f.guard, id, NULL), "VISITOR_CHECKED_OUT");
	expect_at(client_get(f.guard, "%s", path_of(id)), "checked_out_by.first_name", "Jonas");
	expect_at(check_out(f.guard, check_in("Ada", ""), "{'notes':'Left a coat.'}"), "notes",
	          "Left a coat.");
	cr_expect_str_eq(event_types(id), "visitor.checked_in, visitor.checked_out");
}

Test(visitors, can_be_updated)
{
	const char *id = check_in("Ida", ",'badge_number':'V-1','company':'Fuel'");
	const struct answer *answer =
		client_patch(f.other, path_of(id), "{'badge_number':'V-2','company':null}");

	expect_status(answer, 200);
	expect_at(answer, "badge_number", "V-2");
	expect_at(answer, "company", "null");
	expect_at(answer, "first_name", "Ida");
	expect_status(client_patch(f.other, path_of(id), "{'badge_number':'V-2'}"), 200);
	client_set_header(f.other, "If-Match: \"1.0\"");
	expect_problem(client_patch(f.other, path_of(id), "{'badge_number':'V-3'}"),
	               "PRECONDITION_FAILED");
	client_set_header(f.other, "If-Match: \"1.0\"");
	expect_problem(check_out(f.other, id, NULL), "PRECONDITION_FAILED");
	expect_problem(
		client_patch(f.other, path_of(id), "{'location_id':'%s'}", e2e_new_location()),
		"VALIDATION_FAILED");
	expect_problem(
		client_patch(f.other, path_of(id), "{'check_in_time':'2026-01-01T00:00:00Z'}"),
		"VALIDATION_FAILED");
	expect_at(client_get(f.guard, "%s", path_of(id)), "badge_number", "V-2");
	cr_expect_str_eq(event_types(id), "visitor.checked_in, visitor.updated");
}

static void expect_found(const char *query, const char *const *ids)
{
	const struct answer *answer =
		client_get(f.guard, "/api/v1/visitors?location_id=%s%s", f.location, query);
	size_t count = 0;

	expect_status(answer, 200);
	for (; ids[count]; count++)
		expect_at(answer, e2e_format("%zu.id", count), ids[count]);
	cr_expect_eq(json_count(answer->json), count, "%s: %zu instead of %zu", query,
	             json_count(answer->json), count);
}

Test(visitors, are_listed_by_check_in_newest_first)
{
	const char *a = check_in("Ada", ",'company':'Fuel 100%'"),
		   *b = check_in("Bert", ",'license_plate':'NY 4711'"),
		   *c = check_in("Carl", ",'badge_number':'V-9'"), *path, *link;
	const struct {
		const char *query, *found[4];
	} rows[] = {
		{ "", { c, b, a } },
		{ "&present=true", { c, a } },
		{ "&present=false", { b } },
		{ "&search=bert%20g", { b } },
		{ "&search=100%25", { a } },
		{ "&search=4711", { b } },
		{ "&search=v-9", { c } },
		{ "&search=nobody", { 0 } },
		{ "&start_date=2026-02-01", { c, b } },
		{ "&end_date=2026-02-01", { b, a } },
		{ "&start_date=2026-02-01&present=true", { c } },
		{ "&limit=1&skip=1", { b } },
	};
	const char *const rest[] = { a, NULL };
	const struct answer *answer;

	assert_status(check_out(f.guard, b, NULL), 200);
	server_query(e2e_server(),
	             "update app.visitors set check_in_time = case id when '%s' then"
	             " timestamptz '2026-01-31 12:00+00' when '%s' then '2026-02-01 12:00+00'"
	             " else '2026-03-01 12:00+00' end where location_id = '%s'",
	             a, b, f.location);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_found(rows[i].query, rows[i].found);
	client_set_header(f.guard, "Prefer: count=exact");
	answer = client_get(f.guard, "/api/v1/visitors?location_id=%s&limit=2", f.location);
	expect_header(answer, "X-Total-Count", "3");
	link = answer_header(answer, "Link");
	cr_assert(link != NULL);
	path = e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1);
	answer = client_get(f.guard, "%s", path);
	expect_at(answer, "0.id", rest[0]);
	expect_at(answer, "1", "absent");
}

Test(visitors, can_only_be_checked_in_at_an_active_location)
{
	const char *path = "/api/v1/visitors", *id = check_in("Ida", "");

	expect_problem(client_post(f.guard, path,
	                           "{'first_name':'A','last_name':'B','location_id':'%s'}",
	                           e2e_id()),
	               "LOCATION_NOT_FOUND");
	expect_problem(
		client_post(f.guard, path,
	                    "{'id':'%s','first_name':'A','last_name':'B','location_id':'%s'}", id,
	                    f.location),
		"ID_TAKEN");
	expect_problem(client_post(f.guard, path,
	                           "{'first_name':'A','location_id':'%s','expected_duration':0}",
	                           f.location),
	               "VALIDATION_FAILED");
	assert_status(client_post(f.admin,
	                          e2e_format("/api/v1/locations/%s/toggle-active", f.location),
	                          NULL),
	              200);
	expect_problem(client_post(f.guard, path,
	                           "{'first_name':'A','last_name':'B','location_id':'%s'}",
	                           f.location),
	               "LOCATION_INACTIVE");
	/* Checking out is still possible. */
	expect_status(check_out(f.guard, id, NULL), 200);
	expect_problem(client_get(f.guard, "%s", path_of(e2e_id())), "NOT_FOUND");
	expect_problem(client_patch(f.guard, path_of(e2e_id()), "{'notes':'x'}"), "NOT_FOUND");
	expect_problem(check_out(f.guard, e2e_id(), NULL), "NOT_FOUND");
}

Test(visitors, concurrent_requests_check_out_once)
{
	enum { MANY = 50 };
	struct client *clients[MANY];
	const char *id = check_in("Ida", ""),
		   *path = e2e_format("/api/v1/visitors/%s/check-out", id);
	int checked_out = 0, rejected = 0;

	for (int i = 0; i < MANY; i++)
		clients[i] = e2e_client("guard");
	for (int i = 0; i < MANY; i++)
		client_send(clients[i], "POST", path, NULL);
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(clients[i]);

		checked_out += answer->status == 200;
		rejected += !e2e_check_problem(answer, "VISITOR_CHECKED_OUT");
	}
	cr_expect_eq(checked_out, 1);
	cr_expect_eq(rejected, MANY - 1);
	cr_expect_str_eq(event_types(id), "visitor.checked_in, visitor.checked_out");
}
