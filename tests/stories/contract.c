/* What /openapi.json promises is what is served; no more, no less. */

#include <ctype.h>
#include <stdio.h>

#include "contract_reader.h"
#include "resources.h"

TestSuite(contract, .init = contract_setup, .timeout = 30);

Test(contract, is_the_one_that_is_printed)
{
	static const char *const names[] = { "openapi", "asyncapi" };
	struct client *client = story_client(NULL);

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *const words[] = { names[i], NULL };
		const struct answer *answer = client_get(client, "/%s.json", names[i]);
		struct said said;

		program_run(&said, NULL, words);
		cr_expect_eq(said.status, 0);
		cr_expect(str_equal(said_line(&said), answer->body), "%s", names[i]);
		said_finish(&said);
	}
	cr_expect(str_begins(str_of(json_text_in(contract.document, "openapi")), "3.1"));
}

Test(contract, has_every_operation_there_is)
{
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			const char *path = story_print("%s%s%s", (*r)->at_root ? "" : "/api/v1", (*r)->path, o->path);
			const struct json *operation = contract_operation(method_name(o->method), path);

			cr_expect(operation != NULL, "%s %s", method_name(o->method), path);
			if (operation)
				cr_expect_str_eq(json_text_in(operation, "operationId"), o->name);
		}
	}
}

Test(contract, has_no_operation_that_is_not_served)
{
	struct json_cursor path = json_begin(json_member(contract.document, "paths"));
	struct client *client = story_client(NULL);

	while (json_next(&path)) {
		const struct answer *answer =
			client_ask(client, "OPTIONS", contract_path(path.name, story_id()), NULL, (struct str){ 0 });
		const char *allow = answer_header(answer, "Allow");
		struct json_cursor each = json_begin(path.value);
		size_t promised = 0, served = 1;

		expect_status(answer, 204);
		cr_assert(allow != NULL, "%s", path.name);
		for (; json_next(&each); promised++) {
			char upper[16] = "";

			for (size_t i = 0; each.name[i] && i < sizeof(upper) - 1; i++)
				upper[i] = (char)toupper(each.name[i]);
			cr_expect(strstr(allow, upper) != NULL, "%s %s: %s", upper, path.name, allow);
			promised += strcmp(upper, "GET") == 0; /* HEAD comes with it */
		}
		for (const char *comma = allow; (comma = strchr(comma, ',')); comma++)
			served++;
		cr_expect_eq(served, promised + 1, "%s: %s", path.name, allow); /* and OPTIONS */
	}
}

Test(contract, names_each_operation_once_and_no_schema_so)
{
	struct json_cursor path = json_begin(json_member(contract.document, "paths"));
	const char *names[256];
	size_t count = 0;

	while (json_next(&path)) {
		struct json_cursor each = json_begin(path.value);

		while (json_next(&each)) {
			const char *name = story_print("%s", json_text_in(each.value, "operationId"));

			for (size_t i = 0; i < count; i++)
				cr_expect_str_neq(names[i], name);
			cr_expect(!contract_member(json_in(contract.document, "components.schemas"), name), "%s", name);
			cr_expect(json_in(each.value, "responses.default") != NULL, "%s", name);
			names[count++] = name;
		}
	}
	cr_expect(count > 10);
}

Test(contract, is_kept_by_refusals)
{
	const char *nobody = story_id();
	struct client *stranger = story_client(NULL), *guard = story_client("guard");
	const struct {
		struct client *client;
		const char *method, *template, *path, *body;
		int status;
	} rows[] = {
		{ stranger, "GET", "/api/v1/logs", "/api/v1/logs", NULL, 401 },
		{ guard, "POST", "/api/v1/locations", "/api/v1/locations", "{}", 403 },
		{ guard, "GET", "/api/v1/logs/{id}", story_print("/api/v1/logs/%s", nobody), NULL, 404 },
		{ guard, "GET", "/api/v1/logs/{id}/edits", story_print("/api/v1/logs/%s/edits", nobody), NULL, 404 },
		{ guard, "PATCH", "/api/v1/logs/{id}", story_print("/api/v1/logs/%s", nobody), "{}", 404 },
		{ guard, "DELETE", "/api/v1/logs/{id}", story_print("/api/v1/logs/%s", nobody), NULL, 404 },
		{ contract.admin, "PATCH", "/api/v1/locations/{id}", story_print("/api/v1/locations/%s", nobody), "{}", 404 },
		{ contract.admin, "POST", "/api/v1/locations/{id}/toggle-active",
		  story_print("/api/v1/locations/%s/toggle-active", nobody), NULL, 404 },
		{ contract.admin, "POST", "/api/v1/locations", "/api/v1/locations", "{'name':'Bay Shore Marina'}", 409 },
		{ contract.admin, "GET", "/api/v1/users/{id}", story_print("/api/v1/users/%s", nobody), NULL, 404 },
		{ contract.admin, "PATCH", "/api/v1/users/{id}/role", story_print("/api/v1/users/%s/role", nobody), "{}", 404 },
		{ contract.admin, "POST", "/api/v1/users/{id}/archive", story_print("/api/v1/users/%s/archive", nobody), NULL,
		  404 },
		{ contract.admin, "POST", "/api/v1/users", "/api/v1/users",
		  "{'email':'rosa.brandt@marina.example','first_name':'A','last_name':'B','role':'GUARD'}", 409 },
		{ guard, "POST", "/api/v1/logs/{id}/comments", story_print("/api/v1/logs/%s/comments", nobody),
		  "{'content':'x'}", 404 },
		{ contract.admin, "POST", "/api/v1/notifications", "/api/v1/notifications",
		  "{'title':'x','message':'x','action_url':'//x'}", 422 },
		{ guard, "POST", "/api/v1/visitors/{id}/check-out", story_print("/api/v1/visitors/%s/check-out", nobody),
		  NULL, 404 },
		{ stranger, "GET", "/api/v1/notes/{id}", story_print("/api/v1/notes/%s", nobody), NULL, 404 },
		{ stranger, "GET", "/api/v1/notes", "/api/v1/notes?page=2", NULL, 422 },
		{ guard, "PATCH", "/api/v1/me/notes/{id}", story_print("/api/v1/me/notes/%s", nobody), "{}", 404 },
		{ guard, "POST", "/api/v1/auth/anonymous-promote", "/api/v1/auth/anonymous-promote",
		  "{'anonymous_firebase_uuid':'another'}", 403 },
		{ guard, "GET", "/api/v1/duty-sessions/{id}", story_print("/api/v1/duty-sessions/%s", nobody), NULL, 404 },
		{ guard, "GET", "/api/v1/duty-sessions", story_print("/api/v1/duty-sessions?user_id=%s", nobody), NULL, 403 },
		{ guard, "POST", "/api/v1/duty-sessions", "/api/v1/duty-sessions", NULL, 422 },
		{ guard, "POST", "/api/v1/duty-sessions/{id}/clock-out",
		  story_print("/api/v1/duty-sessions/%s/clock-out", nobody), NULL, 404 },
		{ guard, "GET", "/api/v1/location-check-ins/{id}", story_print("/api/v1/location-check-ins/%s", nobody), NULL,
		  404 },
		{ contract.admin, "POST", "/api/v1/incidents/{id}/review", story_print("/api/v1/incidents/%s/review", nobody),
		  "{'review_notes':'?'}", 404 },
		{ guard, "GET", "/api/v1/tours/{id}", story_print("/api/v1/tours/%s", nobody), NULL, 404 },
		{ contract.admin, "POST", "/api/v1/tours/{id}/cancel", story_print("/api/v1/tours/%s/cancel", nobody), NULL, 404 },
		{ guard, "POST", "/api/v1/tours", "/api/v1/tours", "{}", 403 },
		{ guard, "GET", "/api/v1/safety-checklist",
		  story_print("/api/v1/safety-checklist?duty_session_id=%s", nobody), NULL, 404 },
		{ contract.admin, "POST", "/api/v1/equipment/check-in", "/api/v1/equipment/check-in",
		  story_print("{'duty_session_id':'%s','checkin_mileage':1}", nobody), 404 },
		{ contract.admin, "POST", "/api/v1/vehicles", "/api/v1/vehicles",
		  "{'name':'x','make':'x','model':'x','year':2199}", 422 },
		{ contract.admin, "DELETE", "/api/v1/radios/{id}", story_print("/api/v1/radios/%s", nobody), NULL, 404 },
		{ contract.admin, "POST", "/websocket/broadcast", "/websocket/broadcast", "{'type':'A drill','data':{}}", 422 },
		{ guard, "GET", "/api/v1/logs", "/api/v1/logs?cursor=x", NULL, 400 },
		{ guard, "POST", "/api/v1/logs", "/api/v1/logs", "{", 400 },
		{ guard, "POST", "/api/v1/logs", "/api/v1/logs", "{}", 422 },
		{ guard, "GET", "/api/v1/logs", "/api/v1/logs?limit=501", NULL, 422 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct json *operation = contract_operation(rows[i].method, rows[i].template);
		const char *about = story_print("%s %s", rows[i].method, rows[i].path);
		const struct json *says;
		const struct answer *answer;

		client_send(rows[i].client, rows[i].method, rows[i].path, rows[i].body ? "%s" : NULL, rows[i].body);
		answer = client_receive(rows[i].client);
		expect_status(answer, rows[i].status);
		contract_expect(contract_schema(contract_member(operation, "responses"), rows[i].status, "application/problem+json"),
		                 answer->json, about);
		/* The description lists the codes. */
		says = contract_member(contract_member(contract_member(operation, "responses"), story_print("%d", rows[i].status)),
		              "description");
		cr_expect(says && strstr(json_string(says).at, answer_at(answer, "code")), "%s: %s is not announced",
		          about, answer_at(answer, "code"));
	}
}
