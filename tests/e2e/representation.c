/* The forms of a response: without a body (Prefer), compressed (Accept-Encoding), and 304 if the
 * client has the current one (If-None-Match). */

#include "e2e.h"

#define LOCATIONS "/api/v1/locations"
#define MINIMAL   "Prefer: return=minimal"

static struct {
	struct client *admin;
} f;

static void set_up(void)
{
	f.admin = e2e_client("admin");
}

TestSuite(representation, .init = set_up, .timeout = 60);

static const char *header(const struct answer *answer, const char *name)
{
	return e2e_format("%s", answer_header(answer, name) ?: "absent");
}

/* ---- Prefer: return=minimal ---- */

static void expect_no_body(const struct answer *answer, int status)
{
	expect_status(answer, status);
	cr_expect_eq(answer->body.length, 0, "%s", answer->about);
	expect_header(answer, "Content-Type", "absent");
	expect_header(answer, "Preference-Applied", "return=minimal");
	cr_expect(strstr(header(answer, "Vary"), "Prefer"), "%s", answer->about);
}

Test(representation, a_creation_can_respond_without_a_body)
{
	const struct answer *answer;
	const char *location, *etag;

	client_set_header(f.admin, MINIMAL);
	answer = client_post(f.admin, LOCATIONS, "{'name':'%s'}", e2e_name());
	expect_no_body(answer, 201);
	expect_header(answer, "Content-Length", "0");
	location = header(answer, "Location");
	etag = header(answer, "ETag");
	expect_header(client_get(f.admin, "%s", location), "ETag", etag);

	client_set_header(f.admin, MINIMAL);
	client_set_header(f.admin, "If-Match: %s", etag);
	answer = client_patch(f.admin, location, "{'description':'x'}");
	expect_no_body(answer, 204);
	etag = header(answer, "ETag");
	answer = client_get(f.admin, "%s", location);
	expect_header(answer, "ETag", etag);
	expect_at(answer, "description", "x");
}

Test(representation, a_rejection_has_its_body)
{
	client_set_header(f.admin, MINIMAL);
	expect_problem(client_post(f.admin, LOCATIONS, "{}"), "VALIDATION_FAILED");
}

Test(representation, a_retry_has_its_own_preference)
{
	const char *key = e2e_id(), *body = e2e_format("{'name':'%s'}", e2e_name()), *etag;
	const struct answer *answer;

	client_set_header(f.admin, "Idempotency-Key: %s", key);
	client_set_header(f.admin, MINIMAL);
	answer = client_post(f.admin, LOCATIONS, "%s", body);
	expect_no_body(answer, 201);
	expect_header(answer, "Idempotent-Replayed", "absent");
	etag = header(answer, "ETag");

	client_set_header(f.admin, "Idempotency-Key: %s", key);
	answer = client_post(f.admin, LOCATIONS, "%s", body);
	expect_status(answer, 201);
	expect_header(answer, "Idempotent-Replayed", "true");
	expect_header(answer, "Preference-Applied", "absent");
	expect_header(answer, "ETag", etag);
	cr_expect(strcmp(answer_at(answer, "id"), "absent") != 0, "the whole response is stored");

	client_set_header(f.admin, "Idempotency-Key: %s", key);
	client_set_header(f.admin, "Prefer: respond-async, return=\"minimal\"");
	answer = client_post(f.admin, LOCATIONS, "%s", body);
	expect_no_body(answer, 201);
	expect_header(answer, "Idempotent-Replayed", "true");
}

Test(representation, reads_and_secrets_are_always_returned)
{
	const struct answer *answer;

	client_set_header(f.admin, MINIMAL);
	client_set_header(f.admin, "Prefer: count=exact");
	answer = client_get(f.admin, "/api/v1/users?limit=1");
	expect_status(answer, 200);
	expect_header(answer, "Preference-Applied", "count=exact");
	cr_expect_eq(json_count(answer->json), 1);

	client_set_header(f.admin, MINIMAL);
	answer = client_post(f.admin, "/api/v1/api-keys", "{'name':'x','scopes':['places:read']}");
	expect_status(answer, 201);
	expect_header(answer, "Preference-Applied", "absent");
	cr_expect(str_begins(str_of(answer_at(answer, "key")), "bnk_"));
}

/* ---- Compression ---- */

/* HEAD has the headers of GET; the client reads no compressed bodies. */
static const struct answer *head(const char *path, const char *condition)
{
	client_set_header(f.admin, "Accept-Encoding: gzip");
	if (condition)
		client_set_header(f.admin, "If-None-Match: %s", condition);
	client_send(f.admin, "HEAD", path, NULL);
	return client_receive(f.admin);
}

Test(representation, a_list_is_compressed)
{
	const struct answer *answer = client_get(f.admin, "/api/v1/users");
	const char *plain = header(answer, "ETag"), *compressed;

	expect_header(answer, "Content-Encoding", "absent");
	expect_header(answer, "Vary", "Origin, Accept-Encoding, Prefer");
	cr_expect(answer->body.length > 4096);
	answer = head("/api/v1/users", NULL);
	expect_status(answer, 200);
	expect_header(answer, "Content-Encoding", "gzip");
	compressed = header(answer, "ETag");
	cr_expect_str_eq(compressed, e2e_format("%.*s-gzip\"", (int)strlen(plain) - 1, plain));
	/* The tag of either form is current. */
	answer = head("/api/v1/users", compressed);
	expect_status(answer, 304);
	expect_header(answer, "ETag", compressed);
	expect_header(answer, "Vary", "Origin, Accept-Encoding, Prefer");
	expect_status(head("/api/v1/users", plain), 304);
	client_set_header(f.admin, "If-None-Match: %s", compressed);
	expect_status(client_get(f.admin, "/api/v1/users"), 304);
}

/* Compressed at build time. */
Test(representation, the_api_documents_are_compressed)
{
	static const char *const paths[] = { "/openapi.json", "/asyncapi.json" };

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		const struct answer *answer = client_get(f.admin, "%s", paths[i]);
		const char *plain = header(answer, "ETag");

		expect_header(answer, "Content-Encoding", "absent");
		expect_header(answer, "Vary", "Origin, Accept-Encoding");
		expect_header(answer, "Cache-Control", "public, no-cache");
		answer = head(paths[i], NULL);
		expect_header(answer, "Content-Encoding", "gzip");
		expect_header(answer, "ETag",
		              e2e_format("%.*s-gzip\"", (int)strlen(plain) - 1, plain));
		expect_status(head(paths[i], header(answer, "ETag")), 304);
	}
}

/* If-Match compares only the revision, so the tag of either form matches. */
Test(representation, if_match_accepts_the_tag_of_a_compressed_body)
{
	const char *path = e2e_format("%s/%s", LOCATIONS, e2e_new_location());
	const struct answer *answer = client_get(f.admin, "%s", path);
	const char *plain = header(answer, "ETag");
	const char *tag = e2e_format("%.*s-gzip\"", (int)strlen(plain) - 1, plain);

	client_set_header(f.admin, "If-Match: %s", tag);
	expect_status(client_patch(f.admin, path, "{'description':'x'}"), 200);
	client_set_header(f.admin, "If-Match: %s", tag);
	expect_problem(client_patch(f.admin, path, "{'description':'y'}"), "PRECONDITION_FAILED");
}

Test(representation, small_and_secret_bodies_are_not_compressed)
{
	const struct answer *answer;

	answer = head("/health", NULL);
	expect_header(answer, "Content-Encoding", "absent");
	expect_header(answer, "Vary", "Origin");
	client_set_header(f.admin, "Accept-Encoding: gzip");
	answer = client_post(f.admin, "/api/v1/api-keys", "{'name':'x','scopes':['places:read']}");
	expect_status(answer, 201);
	expect_header(answer, "Content-Encoding", "absent");
	expect_header(answer, "Vary", "Origin");
}
