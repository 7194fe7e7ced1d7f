/* unauthenticated.c: tests requests without permission, and requests to no route. */

#include "e2e.h"

#define LOCATION "01900000-0000-7000-8000-000000000001" /* of the demo data */

static struct {
	struct client *guard, *without_token;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.without_token = e2e_client(NULL);
}

TestSuite(unauthenticated, .init = setup, .timeout = 30);

Test(unauthenticated, requests_get_401_with_a_challenge)
{
	static const char *const headers[] = {
		"X-No: token", "Authorization: Basic Z3VhcmQ6Z3VhcmQ=", "Authorization: Bearer",
		"Authorization: Bearer ", "Authorization: token"
	};

	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		const struct answer *answer;

		client_set_header(f.without_token, "%s", headers[i]);
		answer = client_get(f.without_token, "/api/v1/logs");
		expect_problem(answer, "UNAUTHENTICATED");
		expect_header(answer, "WWW-Authenticate", "Bearer");
	}
}

Test(unauthenticated, requests_with_an_invalid_token_get_its_error)
{
	const char *good = e2e_token(&(struct e2e_token){ .subject = "e2e|good" });
	const char *payload = strchr(good, '.') + 1;
	int signature = (int)(strrchr(good, '.') - good) + 1;
	const struct {
		const char *name, *token, *code;
	} rows[] = {
		{ "nonsense", "nonsense", "TOKEN_MALFORMED" },
		{ "dots", "..", "TOKEN_MALFORMED" },
		{ "no signature", e2e_format("%.*s", signature, good), "TOKEN_MALFORMED" },
		{ "another signature",
		  e2e_format("%.*sAAAA%s", signature, good, good + signature + 4),
		  "TOKEN_SIGNATURE" },
		{ "unsigned",
		  e2e_format("eyJhbGciOiJub25lIn0.%.*s", (int)(strchr(payload, '.') - payload) + 1,
		             payload),
		  "TOKEN_ALGORITHM" },
		{ "expired", e2e_token(&(struct e2e_token){ .subject = "e2e|late", .ttl = -60 }),
		  "TOKEN_EXPIRED" },
		{ "another audience",
		  e2e_token(
			  &(struct e2e_token){ .subject = "e2e|else", .audience = "another-app" }),
		  "TOKEN_AUDIENCE" },
		{ "another issuer",
		  e2e_token(&(struct e2e_token){ .subject = "e2e|else",
		                                 .issuer = "https://else.example" }),
		  "TOKEN_ISSUER" },
		{ "no subject", e2e_token(&(struct e2e_token){ .first_name = "Nobody" }),
		  "TOKEN_MALFORMED" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer;
		const char *error;

		client_set_token(f.without_token, rows[i].token);
		answer = client_get(f.without_token, "/api/v1/users/me");
		error = e2e_check_problem(answer, rows[i].code);
		cr_expect(!error, "%s: %s: %.*s", rows[i].name, error, STR_ARGS(answer->body));
		cr_expect(answer_header(answer, "WWW-Authenticate")
		                  && strstr(answer_header(answer, "WWW-Authenticate"),
		                            "invalid_token"),
		          "%s", rows[i].name);
		cr_expect(!strstr(answer->body.at, rows[i].token) || strlen(rows[i].token) < 9,
		          "%s: the answer repeats the token", rows[i].name);
	}
	client_set_token(f.without_token, good);
	expect_status(client_get(f.without_token, "/api/v1/users/me"), 200);
}

Test(unauthenticated, requests_with_two_tokens_are_malformed)
{
	client_set_header(f.guard, "Authorization: Bearer another");
	expect_problem(client_get(f.guard, "/api/v1/users/me"), "BAD_REQUEST");
}

Test(unauthenticated, requests_with_too_low_a_role_get_the_required_one)
{
	struct client *visitor = e2e_sign_up("VISITOR"), *supervisor = e2e_client("supervisor");
	const struct {
		struct client *client;
		const char *method, *path, *role;
	} rows[] = {
		{ visitor, "GET", "/api/v1/logs", "GUARD" },
		{ visitor, "GET", "/api/v1/logs/count", "GUARD" },
		{ visitor, "POST", "/api/v1/logs", "GUARD" },
		{ visitor, "GET", "/api/v1/locations", "GUARD" },
		{ visitor, "GET", "/api/v1/locations/active", "GUARD" },
		{ visitor, "DELETE", "/api/v1/logs/" LOCATION, "GUARD" },
		{ f.guard, "POST", "/api/v1/locations", "ADMIN" },
		{ supervisor, "POST", "/api/v1/locations", "ADMIN" },
		{ supervisor, "PATCH", "/api/v1/locations/" LOCATION, "ADMIN" },
		{ supervisor, "POST", "/api/v1/locations/" LOCATION "/toggle-active", "ADMIN" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer = client_request(rows[i].client, rows[i].method,
		                                             rows[i].path, NULL, (struct str){ 0 });

		expect_problem(answer, "FORBIDDEN");
		cr_expect(strstr(answer_at(answer, "detail"), rows[i].role) != NULL, "%s %s: %s",
		          rows[i].method, rows[i].path, answer_at(answer, "detail"));
	}
}

Test(unauthenticated, requests_with_a_wrong_method_get_the_allowed_ones)
{
	static const struct {
		const char *method, *path, *allow;
	} rows[] = {
		{ "PUT", "/api/v1/logs", "GET, HEAD, POST, OPTIONS" },
		{ "DELETE", "/api/v1/logs", "GET, HEAD, POST, OPTIONS" },
		{ "POST", "/api/v1/logs/" LOCATION, "GET, HEAD, PATCH, DELETE, OPTIONS" },
		{ "POST", "/api/v1/logs/count", "GET, HEAD, OPTIONS" },
		{ "DELETE", "/api/v1/users/me", "GET, HEAD, PATCH, OPTIONS" },
		{ "GET", "/api/v1/locations/" LOCATION "/toggle-active", "POST, OPTIONS" },
		{ "POST", "/health", "GET, HEAD, OPTIONS" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer = client_request(f.without_token, rows[i].method,
		                                             rows[i].path, NULL, (struct str){ 0 });

		expect_problem(answer, "METHOD_NOT_ALLOWED");
		expect_header(answer, "Allow", rows[i].allow);
		answer = client_request(f.without_token, "OPTIONS", rows[i].path, NULL,
		                        (struct str){ 0 });
		expect_status(answer, 204);
		expect_header(answer, "Allow", rows[i].allow);
	}
	expect_problem(
		client_request(f.without_token, "BREW", "/api/v1/logs", NULL, (struct str){ 0 }),
		"NOT_IMPLEMENTED");
}

Test(unauthenticated, requests_to_unknown_paths_get_404)
{
	static const char *const paths[] = { "/api/v1/log",
		                             "/api/v1/logs/",
		                             "/api/v1/logs/" LOCATION "/",
		                             "/api/v1/logs/" LOCATION "/edit",
		                             "/api/v3/logs",
		                             "/api/v1/Logs",
		                             "/api",
		                             "/logs",
		                             "/health/",
		                             "/openapi.yaml",
		                             "/problems/none",
		                             "/dev/keys" };

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		expect_problem(client_get(f.guard, "%s", paths[i]), "ROUTE_NOT_FOUND");
	expect_problem(client_get(f.guard, "/api/v1//logs"), "BAD_REQUEST");
	expect_problem(client_get(f.guard, "/api/v1/../v1/logs"), "BAD_REQUEST");
	expect_problem(client_get(f.guard, "/api/v1%%2flogs"), "BAD_REQUEST");
}

Test(unauthenticated, request_bodies_must_be_json_and_limited_in_size)
{
	static const char *const types[] = { NULL,
		                             "text/plain",
		                             "application/xml",
		                             "application/jsonx",
		                             "application/merge-patch+json",
		                             "application/x-www-form-urlencoded" };
	enum { MAX_BODY = 256 * 1024 };
	char *large = malloc(MAX_BODY + 1);

	for (size_t i = 0; i < COUNT_OF(types); i++)
		expect_problem(client_request(f.guard, "POST", "/api/v1/logs", types[i], STR("{}")),
		               "UNSUPPORTED_MEDIA_TYPE");
	expect_problem(client_request(f.guard, "POST", "/api/v1/logs",
	                              "application/json; charset=utf-8", STR("{}")),
	               "VALIDATION_FAILED");
	expect_problem(
		client_request(f.guard, "POST", "/api/v1/logs", "Application/JSON", STR("{}")),
		"VALIDATION_FAILED");

	memset(large, ' ', MAX_BODY + 1);
	memcpy(large, "{}", 2);
	expect_problem(client_request(f.guard, "POST", "/api/v1/logs", "application/json",
	                              (struct str){ large, MAX_BODY }),
	               "VALIDATION_FAILED");
	expect_problem(client_request(f.guard, "POST", "/api/v1/logs", "application/json",
	                              (struct str){ large, MAX_BODY + 1 }),
	               "BODY_TOO_LARGE");
	free(large);
}

Test(unauthenticated, requests_that_do_not_accept_json_get_406)
{
	static const struct {
		const char *accept;
		bool accepted;
	} rows[] = {
		{ "application/json", true },
		{ "*/*", true },
		{ "application/*", true },
		{ "text/html, application/json;q=0.1", true },
		{ "text/html, */*;q=0.1", true },
		{ "APPLICATION/JSON", true },
		{ ", application/json", true },
		{ "text/html", false },
		{ ",", false },
		{ ", ;q=1", false },
		{ "application/xml, text/csv", false },
		{ "application/json;q=0", false },
		{ "*/*, application/json;q=0.0", false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		client_set_header(f.guard, "Accept: %s", rows[i].accept);
		if (rows[i].accepted)
			expect_status(client_get(f.guard, "/api/v1/users/me"), 200);
		else
			expect_problem(client_get(f.guard, "/api/v1/users/me"), "NOT_ACCEPTABLE");
	}
}

Test(unauthenticated, requests_from_a_web_page_get_no_token)
{
	static const char *const headers[] = { "Origin: https://evil.example", "Origin: null" };

	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		client_set_header(f.without_token, "%s", headers[i]);
		expect_problem(client_post(f.without_token, "/dev/token", "{'who':'guard'}"),
		               "FORBIDDEN");
	}
	expect_problem(client_post(f.without_token, "/dev/token", "{"), "BAD_JSON");
}
