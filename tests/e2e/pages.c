/* Pages, API documents and /.well-known, as requested by browsers and other clients. */

#include "e2e.h"

TestSuite(pages, .timeout = 60);

#define BROWSER "Accept: text/html,application/xhtml+xml,*/*;q=0.8"

static const struct {
	const char *path, *type, *text;
} files[] = {
	{ "/docs", "text/html; charset=utf-8", "Try the API" },
	{ "/redoc", "text/html; charset=utf-8", "API" },
	{ "/asyncapi", "text/html; charset=utf-8", "<section class=\"item\" id=\"duty.started\">" },
	{ "/problems", "text/html; charset=utf-8", "href=\"/problems/log-archived\"" },
	{ "/problems/token-audience", "text/html; charset=utf-8", "<code>client_id</code>" },
	{ "/dev", "text/html; charset=utf-8", "data-who=\"rosa.brandt@marina.example\"" },
	{ "/docs/oauth2-redirect", "text/html; charset=utf-8", "You can close this window." },
	{ "/", "application/json; charset=utf-8", "\"app\":\"binnacle\"" },
	{ "/api/v1", "application/json; charset=utf-8", "\"version\":\"v1\"" },
	{ "/api/v1/", "application/json; charset=utf-8",
	  "\"openapi_url\":\"/api/v1/openapi.json\"" },
	{ "/openapi.json", "application/json; charset=utf-8", "\"openapi\":\"3.1" },
	{ "/api/v1/openapi.json", "application/json; charset=utf-8", "\"/api/v1/logs\"" },
	{ "/api/v2/openapi.json", "application/json; charset=utf-8", "\"/api/v2/logs\"" },
	{ "/asyncapi.json", "application/json; charset=utf-8", "\"asyncapi\":\"3.0.0\"" },
	{ "/.well-known/security.txt", "text/plain; charset=utf-8",
	  "Contact: mailto:security@marina.example\nExpires: 20" },
	{ "/.well-known/api-catalog",
	  "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"",
	  "/api/v2/openapi.json\"" },
};

Test(pages, are_served_with_an_etag)
{
	struct client *client = e2e_client(NULL);

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		const struct answer *answer = client_get(client, "%s", files[i].path);
		const char *etag;

		expect_status(answer, 200);
		expect_header(answer, "Content-Type", files[i].type);
		cr_expect(strstr(answer->body.at, files[i].text), "%s has no %s", files[i].path,
		          files[i].text);
		cr_assert(answer_header(answer, "ETag"), "%s", files[i].path);
		etag = e2e_format("%s", answer_header(answer, "ETag"));
		client_set_header(client, "If-None-Match: %s", etag);
		answer = client_get(client, "%s", files[i].path);
		expect_status(answer, 304);
		expect_header(answer, "ETag", etag);
		expect_status(client_request(client, "HEAD", files[i].path, NULL, STR("")), 200);
	}
}

Test(pages, refer_only_to_files_that_exist_and_are_immutable)
{
	struct client *client = e2e_client(NULL);
	const char *page = e2e_format("%s", client_get(client, "/docs")->body.at), *at = page;
	int count = 0;

	while ((at = strstr(at, "/assets/"))) {
		const char *path = e2e_format("%.*s", (int)strcspn(at, "\""), at);
		const struct answer *answer = client_get(client, "%s", path);

		expect_status(answer, 200);
		expect_header(answer, "Cache-Control", "public, max-age=31536000, immutable");
		expect_header(answer, "X-Content-Type-Options", "nosniff");
		at++;
		count++;
	}
	cr_expect_geq(count, 2);
	expect_problem(client_get(client, "/assets/style.css"), "ROUTE_NOT_FOUND");
	expect_problem(client_get(client, "/problems/none"), "ROUTE_NOT_FOUND");
}

Test(pages, start_with_html_for_browsers_and_json_for_other_clients)
{
	struct client *client = e2e_client(NULL);
	const struct answer *answer = client_get(client, "/");

	expect_header(answer, "Content-Type", "application/json; charset=utf-8");
	expect_header(answer, "Vary", "Origin, Accept");
	expect_at(answer, "app", "binnacle");
	cr_expect(strstr(answer_header(answer, "Link"), "</openapi.json>; rel=\"service-desc\""));
	cr_expect(strstr(answer_header(answer, "Link"), "</docs>; rel=\"service-doc\""));
	cr_expect(strstr(answer_header(answer, "Link"), "</health>; rel=\"status\""));

	client_set_header(client, BROWSER);
	answer = client_get(client, "/");
	expect_header(answer, "Content-Type", "text/html; charset=utf-8");
	expect_header(answer, "Vary", "Origin, Accept-Encoding, Accept");
	cr_expect(strstr(answer_header(answer, "Link"), "</docs>; rel=\"service-doc\""));
	cr_expect(strstr(answer->body.at, "<a href=\"/docs\">"));

	answer = client_get(client, "/api/v1");
	expect_at(answer, "version", "v1");
	cr_expect(strstr(answer_header(answer, "Link"), "</openapi.json>; rel=\"service-desc\""));
	expect_at(client_get(client, "/api/v2"), "version", "v2");
}

Test(pages, name_the_documents_of_each_version)
{
	static const char *const versions[] = { "v1", "v2" };
	static const char *const names[] = { "openapi_url", "asyncapi_url", "docs_url",
		                             "reference_url", "problems_url" };
	struct client *client = e2e_client(NULL);

	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		const char *mount = e2e_format("/api/%s", versions[i]);
		const char *root =
			e2e_format("%.*s", STR_ARGS(client_get(client, "%s", mount)->body));
		const struct answer *answer = client_get(client, "%s/", mount);

		assert_status(answer, 200);
		cr_expect(str_is(answer->body, root), "%s", root);
		expect_at(answer, "version", versions[i]);
		expect_at(answer, "openapi_url", e2e_format("%s/openapi.json", mount));
		for (size_t n = 0; n < COUNT_OF(names); n++) {
			const char *path = e2e_format(
				"%s", answer_at(client_get(client, "%s/", mount), names[n]));

			expect_status(client_get(client, "%s", path), 200);
		}
	}
	expect_problem(client_get(client, "/api/v1/users/"), "ROUTE_NOT_FOUND");
}

/* The documents and the pages of problems, to which other responses refer, stay. */
Test(pages, of_the_documentation_can_be_switched_off)
{
	static const char *const off[] = { "/docs", "/redoc", "/asyncapi",
		                           "/docs/oauth2-redirect" };
	static const char *const on[] = { "/openapi.json", "/asyncapi.json", "/problems",
		                          "/problems/log-archived" };
	struct server *server = server_dev((const char *const[]){ "DOCS=off", NULL });
	struct client *client = e2e_client_of(server, NULL);
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(off); i++)
		expect_problem(client_get(client, "%s", off[i]), "ROUTE_NOT_FOUND");
	for (size_t i = 0; i < COUNT_OF(on); i++)
		expect_status(client_get(client, "%s", on[i]), 200);

	/* Nothing refers to them. */
	answer = client_get(client, "/");
	expect_at(answer, "docs_url", "null");
	cr_expect(!strstr(answer_header(answer, "Link"), "service-doc"));
	answer = client_get(client, "/api/v1");
	expect_at(answer, "docs_url", "null");
	expect_at(answer, "reference_url", "null");
	expect_at(client_get(client, "/.well-known/api-catalog"), "linkset.0.service-doc",
	          "absent");
	client_set_header(client, BROWSER);
	answer = client_get(client, "/");
	for (size_t i = 0; i < COUNT_OF(off); i++)
		cr_expect(!strstr(answer->body.at, e2e_format("href=\"%s\"", off[i])), "%s",
		          off[i]);
	cr_expect_eq(server_stop(server), 0);
	server_free(server);
}

Test(pages, offer_the_demo_users_in_the_viewer)
{
	const char *page = client_get(e2e_client(NULL), "/docs")->body.at;

	if (!strstr(page, "id=\"swagger-ui\""))
		cr_skip_test("this build has no viewer");
	cr_expect(strstr(page, "<option value=\"rosa.brandt@marina.example\">"));
}

static const struct {
	const char *path, *policy;
} policies[] = {
	{ "/problems", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
	               "form-action 'none'; frame-ancestors 'none'" },
	{ "/dev", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
	          "form-action 'none'; frame-ancestors 'none'; script-src 'self'; "
	          "connect-src 'self'" },
	{ "/redoc", "default-src 'none'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "
	            "form-action 'none'; frame-ancestors 'none'; style-src 'self' 'unsafe-inline'; "
	            "connect-src 'self'; worker-src 'self'" },
};

Test(pages, have_restrictive_security_policies)
{
	struct client *client = e2e_client(NULL);
	const char *docs;

	for (size_t i = 0; i < COUNT_OF(policies); i++)
		expect_header(client_get(client, "%s", policies[i].path), "Content-Security-Policy",
		              policies[i].policy);
	docs = answer_header(client_get(client, "/docs"), "Content-Security-Policy");
	cr_expect(strstr(docs, "script-src 'self';") && strstr(docs, "; style-src 'self'; "), "%s",
	          docs);
	cr_expect(strstr(docs, "; connect-src 'self' http://127.0.0.1:"), "%s", docs);
	cr_expect(!strstr(docs, "unsafe"), "%s", docs);
}

Test(pages, redirect_to_the_discovery_document_of_the_issuer)
{
	struct client *client = e2e_client(NULL);
	const struct answer *answer = client_get(client, "/.well-known/openid-configuration");
	const char *location;

	expect_status(answer, 307);
	location = answer_header(answer, "Location");
	cr_assert(location != NULL);
	cr_expect(str_begins(str_of(location), "http"), "%s", location);
	cr_expect(strstr(location, "/.well-known/openid-configuration"), "%s", location);
	cr_expect(!strstr(location, "//.well-known"), "%s", location);
}
