/* /openapi.json describes exactly the operations that are served. */

#include <ctype.h>
#include <stdio.h>

#include "contract_reader.h"
#include "resources.h"

TestSuite(contract, .init = contract_setup, .timeout = 30);

Test(contract, equals_the_output_of_the_command)
{
	static const char *const names[] = { "openapi", "asyncapi" };
	struct client *client = e2e_client(NULL);

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *const arguments[] = { names[i], NULL };
		const struct answer *answer = client_get(client, "/%s.json", names[i]);
		struct program_result result;

		program_run(&result, NULL, arguments);
		cr_expect_eq(result.status, 0);
		cr_expect(str_equal(result_line(&result), answer->body), "%s", names[i]);
		result_finish(&result);
	}
	cr_expect(str_begins(str_of(json_text_in(contract.document, "openapi")), "3.1"));
}

Test(contract, has_every_operation)
{
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			const char *path = e2e_format("%s%s%s", resource_root(*r, V1),
			                              operation_parent(*r, o), o->path);
			const struct json *operation =
				contract_operation(method_name(o->method), path);

			cr_expect(operation != NULL, "%s %s", method_name(o->method), path);
			if (operation)
				cr_expect_str_eq(json_text_in(operation, "operationId"), o->name);
		}
	}
}

Test(contract, has_only_operations_that_are_served)
{
	struct json_cursor path = json_begin(json_member(contract.document, "paths"));
	struct client *client = e2e_client(NULL);

	while (json_next(&path)) {
		const struct answer *answer =
			client_request(client, "OPTIONS", contract_path(path.name, e2e_id()), NULL,
		                       (struct str){ 0 });
		const char *allow = answer_header(answer, "Allow");
		struct json_cursor each = json_begin(path.value);
		size_t documented = 0, served = 1;

		expect_status(answer, 204);
		cr_assert(allow != NULL, "%s", path.name);
		for (; json_next(&each); documented++) {
			char upper[16] = "";

			for (size_t i = 0; each.name[i] && i < sizeof(upper) - 1; i++)
				upper[i] = (char)toupper(each.name[i]);
			cr_expect(strstr(allow, upper) != NULL, "%s %s: %s", upper, path.name,
			          allow);
			documented += strcmp(upper, "GET") == 0; /* GET implies HEAD */
		}
		for (const char *comma = allow; (comma = strchr(comma, ',')); comma++)
			served++;
		/* OPTIONS is served, but not documented. */
		cr_expect_eq(served, documented + 1, "%s: %s", path.name, allow);
	}
}

Test(contract, operation_ids_differ_from_each_other_and_from_schemas)
{
	struct json_cursor path = json_begin(json_member(contract.document, "paths"));
	const char *names[256];
	size_t count = 0;

	while (json_next(&path)) {
		struct json_cursor each = json_begin(path.value);

		while (json_next(&each)) {
			const char *name =
				e2e_format("%s", json_text_in(each.value, "operationId"));

			for (size_t i = 0; i < count; i++)
				cr_expect_str_neq(names[i], name);
			cr_expect(!contract_member(json_in(contract.document, "components.schemas"),
			                           name),
			          "%s", name);
			cr_expect(json_in(each.value, "responses.default") != NULL, "%s", name);
			names[count++] = name;
		}
	}
	cr_expect(count > 10);
}

Test(contract, describes_errors)
{
	const char *missing = e2e_id();
	struct client *unauthenticated = e2e_client(NULL), *guard = e2e_client("guard");
	const struct {
		struct client *client;
		const char *method, *template, *path, *body;
		int status;
	} rows[] = {
		{ unauthenticated, "GET", "/api/v1/logs", "/api/v1/logs", NULL, 401 },
		{ guard, "POST", "/api/v1/locations", "/api/v1/locations", "{}", 403 },
		{ guard, "GET", "/api/v1/logs/{id}", e2e_format("/api/v1/logs/%s", missing), NULL,
		  404 },
		{ guard, "GET", "/api/v1/logs/{id}/edits",
		  e2e_format("/api/v1/logs/%s/edits", missing), NULL, 404 },
		{ guard, "PATCH", "/api/v1/logs/{id}", e2e_format("/api/v1/logs/%s", missing), "{}",
		  404 },
		{ guard, "DELETE", "/api/v1/logs/{id}", e2e_format("/api/v1/logs/%s", missing),
		  NULL, 404 },
		{ contract.admin, "PATCH", "/api/v1/locations/{id}",
		  e2e_format("/api/v1/locations/%s", missing), "{}", 404 },
		{ contract.admin, "POST", "/api/v1/locations/{id}/toggle-active",
		  e2e_format("/api/v1/locations/%s/toggle-active", missing), NULL, 404 },
		{ contract.admin, "POST", "/api/v1/locations", "/api/v1/locations",
		  "{'name':'Bay Shore Marina'}", 409 },
		{ contract.admin, "GET", "/api/v1/users/{id}",
		  e2e_format("/api/v1/users/%s", missing), NULL, 404 },
		{ contract.admin, "PATCH", "/api/v1/users/{id}/role",
		  e2e_format("/api/v1/users/%s/role", missing), "{}", 404 },
		{ contract.admin, "POST", "/api/v1/users/{id}/archive",
		  e2e_format("/api/v1/users/%s/archive", missing), NULL, 404 },
		{ contract.admin, "POST", "/api/v1/users", "/api/v1/users",
		  "{'email':'rosa.brandt@marina.example','first_name':'A','last_name':'B',"
		  "'role':'GUARD'}",
		  409 },
		{ guard, "POST", "/api/v1/logs/{id}/comments",
		  e2e_format("/api/v1/logs/%s/comments", missing), "{'content':'x'}", 404 },
		{ contract.admin, "POST", "/api/v1/notifications", "/api/v1/notifications",
		  "{'title':'x','message':'x','action_url':'//x'}", 422 },
		{ guard, "POST", "/api/v1/visitors/{id}/check-out",
		  e2e_format("/api/v1/visitors/%s/check-out", missing), NULL, 404 },
		{ unauthenticated, "GET", "/api/v1/notes/{id}",
		  e2e_format("/api/v1/notes/%s", missing), NULL, 404 },
		{ unauthenticated, "GET", "/api/v1/notes", "/api/v1/notes?page=2", NULL, 422 },
		{ guard, "PATCH", "/api/v1/me/notes/{id}",
		  e2e_format("/api/v1/me/notes/%s", missing), "{}", 404 },
		{ guard, "POST", "/api/v1/auth/anonymous-promote", "/api/v1/auth/anonymous-promote",
		  "{'anonymous_firebase_uuid':'another'}", 403 },
		{ guard, "GET", "/api/v1/duty-sessions/{id}",
		  e2e_format("/api/v1/duty-sessions/%s", missing), NULL, 404 },
		{ guard, "GET", "/api/v1/duty-sessions",
		  e2e_format("/api/v1/duty-sessions?user_id=%s", missing), NULL, 403 },
		{ guard, "POST", "/api/v1/duty-sessions", "/api/v1/duty-sessions", NULL, 422 },
		{ guard, "POST", "/api/v1/duty-sessions/{id}/clock-out",
		  e2e_format("/api/v1/duty-sessions/%s/clock-out", missing), NULL, 404 },
		{ guard, "GET", "/api/v1/location-check-ins/{id}",
		  e2e_format("/api/v1/location-check-ins/%s", missing), NULL, 404 },
		{ contract.admin, "POST", "/api/v1/incidents/{id}/review",
		  e2e_format("/api/v1/incidents/%s/review", missing), "{'review_notes':'?'}", 404 },
		{ guard, "GET", "/api/v1/tours/{id}", e2e_format("/api/v1/tours/%s", missing), NULL,
		  404 },
		{ contract.admin, "POST", "/api/v1/tours/{id}/cancel",
		  e2e_format("/api/v1/tours/%s/cancel", missing), NULL, 404 },
		{ guard, "POST", "/api/v1/tours", "/api/v1/tours", "{}", 403 },
		{ guard, "GET", "/api/v1/safety-checklist",
		  e2e_format("/api/v1/safety-checklist?duty_session_id=%s", missing), NULL, 404 },
		{ contract.admin, "POST", "/api/v1/equipment/check-in",
		  "/api/v1/equipment/check-in",
		  e2e_format("{'duty_session_id':'%s','checkin_mileage':1}", missing), 404 },
		{ contract.admin, "POST", "/api/v1/vehicles", "/api/v1/vehicles",
		  "{'name':'x','make':'x','model':'x','year':2199}", 422 },
		{ contract.admin, "DELETE", "/api/v1/radios/{id}",
		  e2e_format("/api/v1/radios/%s", missing), NULL, 404 },
		{ contract.admin, "POST", "/websocket/broadcast", "/websocket/broadcast",
		  "{'type':'A drill','data':{}}", 422 },
		{ guard, "GET", "/api/v1/logs", "/api/v1/logs?cursor=x", NULL, 400 },
		{ guard, "POST", "/api/v1/logs", "/api/v1/logs", "{", 400 },
		{ guard, "POST", "/api/v1/logs", "/api/v1/logs", "{}", 422 },
		{ guard, "GET", "/api/v1/logs", "/api/v1/logs?limit=501", NULL, 422 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct json *operation = contract_operation(rows[i].method, rows[i].template);
		const char *about = e2e_format("%s %s", rows[i].method, rows[i].path);
		const struct answer *answer;

		client_send(rows[i].client, rows[i].method, rows[i].path,
		            rows[i].body ? "%s" : NULL, rows[i].body);
		answer = client_receive(rows[i].client);
		expect_status(answer, rows[i].status);
		contract_expect(
			contract_schema(operation, rows[i].status, "application/problem+json"),
			answer->json, about);
		cr_expect(contract_lists_code(operation, rows[i].status, answer_at(answer, "code")),
		          "%s: x-problem-codes lacks %s: add it to the operation's `problems`",
		          about, answer_at(answer, "code"));
	}
}
