/* versions.c: tests that all versions of the API are served from the same operations, and that an
 * operation that a version removed is deprecated in the versions before. */

#include "e2e.h"
#include "resources.h"

#define DISMISS "notifications/%s/dismiss"

static struct {
	struct client *guard, *admin;
} f;

static void setup(void)
{
	f.guard = e2e_client("guard");
	f.admin = e2e_client("admin");
}

TestSuite(versions, .init = setup, .timeout = 30);

static const char *new_notification(void)
{
	return e2e_format("%s", answer_at(client_post(f.admin, "/api/v1/notifications",
	                                              "{'title':'x','message':'x'}"),
	                                  "id"));
}

static const char *path_in(enum version version, const char *path)
{
	return e2e_format("%s%s", version_rows[version].mount, path);
}

static void expect_deprecated(const struct answer *answer, const char *id)
{
	expect_header(answer, "Deprecation", "@1793491200");
	expect_header(answer, "Sunset", "Mon, 01 Nov 2027 00:00:00 GMT");
	expect_header(answer, "Link",
	              e2e_format("</api/v2/notifications/%s/dismiss>; rel=\"successor-version\", "
	                         "</docs#/Notifications/dismiss_notification_by_patch>; "
	                         "rel=\"deprecation\"; type=\"text/html\"",
	                         id));
}

static const char *path_of(const struct resource *resource, const struct operation *operation,
                           enum version version)
{
	const char *path = e2e_format("%s%s%s", resource_root(resource, version),
	                              operation_parent(resource, operation), operation->path),
		   *open;

	while ((open = strchr(path, '{')))
		path = e2e_format("%.*sx%s", (int)(open - path), path, strchr(open, '}') + 1);
	return path;
}

Test(versions, serve_every_operation_that_they_have)
{
	struct client *nobody = e2e_client(NULL);

	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++) {
			for (enum version v = 0; v < VERSIONS; v++) {
				const char *path = path_of(*r, o, v);
				const struct answer *answer;

				client_send(nobody, method_name(o->method), path, NULL);
				answer = client_receive(nobody);
				if (operation_is_in(o, v))
					cr_expect(answer->status != 404 && answer->status != 405,
					          "%s %s: %d", method_name(o->method), path,
					          answer->status);
				else
					expect_problem(answer, "METHOD_NOT_ALLOWED");
			}
		}
	}
}

Test(versions, are_part_of_locations_and_links)
{
	for (enum version v = 0; v < VERSIONS; v++) {
		const char *mount = version_rows[v].mount, *location;
		const struct answer *answer =
			client_post(f.admin, path_in(v, "/locations"), "{'name':'%s'}", e2e_name());

		assert_status(answer, 201);
		location = e2e_format("%s", answer_header(answer, "Location"));
		cr_expect(strncmp(location, mount, strlen(mount)) == 0, "%s", location);
		expect_status(client_get(f.admin, "%s", location), 200);
		answer = client_get(f.admin, "%s", path_in(v, "/locations?limit=1"));
		cr_expect(strncmp(answer_header(answer, "Link") + 1, mount, strlen(mount)) == 0,
		          "%s", answer_header(answer, "Link"));
	}
}

Test(versions, serve_event_streams)
{
	for (enum version v = 0; v < VERSIONS; v++)
		expect_problem(client_get(f.guard, "%s", path_in(v, "/events?channels=x")),
		               "VALIDATION_FAILED");
}

Test(versions, deprecate_operations_that_the_next_one_removes)
{
	const char *id = new_notification(), *path = e2e_format("/api/v1/" DISMISS, id);
	const struct answer *answer = client_patch(f.guard, path, "{}");

	expect_status(answer, 200);
	expect_deprecated(answer, id);
	/* Errors have the headers as well. The link escapes a path parameter that is not an ID. */
	answer = client_patch(e2e_client(NULL), path, "{}");
	expect_problem(answer, "UNAUTHENTICATED");
	expect_deprecated(answer, id);
	answer = client_patch(f.guard, "/api/v1/notifications/a%20%3Eb/dismiss", "{}");
	expect_problem(answer, "VALIDATION_FAILED");
	expect_deprecated(answer, "a%20%3Eb");
	/* The successor is not deprecated. */
	answer = client_post(f.guard, e2e_format("/api/v2/" DISMISS, id), NULL);
	expect_status(answer, 200);
	cr_expect(answer_header(answer, "Deprecation") == NULL);
	answer = client_patch(f.guard, e2e_format("/api/v2/" DISMISS, id), "{}");
	expect_problem(answer, "METHOD_NOT_ALLOWED");
	expect_header(answer, "Allow", "POST, OPTIONS");
}
