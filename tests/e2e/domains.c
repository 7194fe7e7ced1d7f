/* A process serves and documents only the domains listed in DOMAINS. */

#include "e2e.h"

TestSuite(domains, .timeout = 60);

Test(domains, listed_are_served_and_others_are_not)
{
	static const char *const settings[] = { "DOMAINS=places, people", NULL };
	struct server *server = server_dev(settings);
	struct client *admin = e2e_client_of(server, "admin");
	const struct answer *answer = client_get(admin, "/api/v1/locations?limit=1");
	const struct json *paths;

	expect_status(answer, 200);
	expect_status(client_get(admin, "/api/v1/users/me"), 200);
	expect_problem(client_get(admin, "/api/v1/logs"), "ROUTE_NOT_FOUND");
	expect_status(client_get(admin, "/health"), 200);
	paths = json_member(client_get(admin, "/openapi.json")->json, "paths");
	cr_expect(json_member(paths, "/api/v1/locations") != NULL);
	cr_expect(!json_member(paths, "/api/v1/logs"));
	expect_problem(client_get(admin, "/asyncapi.json"), "ROUTE_NOT_FOUND");
	expect_problem(client_get(admin, "/websocket/connections"), "ROUTE_NOT_FOUND");
	server_free(server);
}

Test(domains, unknown_are_reported)
{
	static const char *const settings[] = { "DOMAINS=places,harbour",
		                                "OIDC_ISSUERS=https://id.example.com api",
		                                "DATABASE_URL=postgresql://db/x", NULL };
	static const char *const arguments[] = { "check", NULL };
	struct program_result result;

	program_run(&result, settings, arguments);
	cr_expect_eq(result.status, 78);
	cr_expect(result_has_error(&result, "; choose from people, places, "));
	cr_expect(result_has_error(&result, "unknown domain \"harbour\""));
	result_finish(&result);
}
