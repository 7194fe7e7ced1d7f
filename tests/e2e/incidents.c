/* incidents.c: tests listing and reviewing incidents. */

#include <stdlib.h>

#include "e2e.h"

enum { CLIENTS = 50 };

static struct {
	struct client *guard, *supervisor;
	const char *location;
} f;

static void setup(void)
{
	f.location = e2e_new_location();
	f.guard = e2e_guard_on_duty("Clara", f.location);
	f.supervisor = e2e_client("supervisor");
}

TestSuite(incidents, .init = setup, .timeout = 40);

static const char *create_incident(const char *members)
{
	const struct answer *answer =
		client_post(f.guard, "/api/v1/logs",
	                    "{'title':'Lamp out','description':'Dark.','location_id':'%s',%s}",
	                    f.location, members);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const struct answer *review(struct client *client, const char *id, const char *extra)
{
	return client_post(client, e2e_format("/api/v1/incidents/%s/review", id),
	                   "{'review_notes':'Seen.'%s}", extra);
}

static const char *log_path(const char *id)
{
	return e2e_format("/api/v1/logs/%s", id);
}

/* Expects the IDs before the first NULL in this order, with those of other tests between them,
 * and none of the IDs after it. A second NULL ends `ids`. */
static void expect_listed(const char *status, const char *const *ids)
{
	const struct answer *answer =
		client_get(f.supervisor, "/api/v1/incidents?limit=500&status=%s", status);
	int last = -1;

	assert_status(answer, 200);
	for (int absent = 0; absent < 2; absent++, ids++) {
		for (; *ids; ids++) {
			int at = -1;

			for (size_t i = 0; i < json_count(answer->json); i++) {
				if (strcmp(answer_at(answer, e2e_format("%zu.id", i)), *ids) == 0)
					at = (int)i;
			}
			cr_expect(absent ? at < 0 : at > last, "%s: %s is at %d, after %d", status,
			          *ids, at, last);
			last = at;
		}
	}
}

/* Expects that the pages of the list contain each ID once and in this order. */
static void expect_pages(const char *status, const char *const *ids)
{
	const char *path = e2e_format("/api/v1/incidents?limit=2&status=%s", status);
	size_t seen = 0;

	while (path) {
		const struct answer *answer = client_get(f.supervisor, "%s", path);
		const char *link = answer_header(answer, "Link");

		assert_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json); i++) {
			const char *id = answer_at(answer, e2e_format("%zu.id", i));

			for (size_t j = 0; ids[j]; j++) {
				if (strcmp(id, ids[j]) == 0)
					cr_expect_eq(j, seen++, "%s: %s comes after %zu others",
					             status, id, seen - 1);
			}
		}
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect_eq(seen, 4, "%s: %zu of 4 are listed", status, seen);
}

Test(incidents, lists_pages_and_totals)
{
	const char *a = create_incident("'type':'INCIDENT','severity':'MEDIUM'"),
		   *b = create_incident("'type':'INCIDENT','severity':'HIGH'");
	const char *c = create_incident("'type':'INCIDENT','severity':'MEDIUM'"),
		   *d = create_incident("'type':'INCIDENT','severity':'CRITICAL'");
	const struct answer *answer;
	const char *cursor;

	/* With equal times, the ID decides the order. */
	server_query(e2e_server(),
	             "update app.logs set created_at = '2026-01-01' where location_id = '%s'",
	             f.location);
	expect_pages("UNREVIEWED", (const char *[]){ d, b, strcmp(a, c) > 0 ? a : c,
	                                             strcmp(a, c) > 0 ? c : a, NULL });
	expect_pages("LIVE", (const char *[]){ d, c, b, a, NULL });
	expect_pages("ALL", (const char *[]){ d, c, b, a, NULL });

	client_set_header(f.supervisor, "Prefer: count=exact");
	answer = client_get(f.supervisor, "/api/v1/incidents?status=UNREVIEWED&limit=1");
	cr_expect(atoi(answer_header(answer, "X-Total-Count") ?: "0") >= 4);
	client_set_header(f.supervisor, "Prefer: count=exact");
	answer = client_get(f.supervisor, "/api/v1/incidents?limit=1");
	cr_expect(atoi(answer_header(answer, "X-Total-Count") ?: "0") >= 4);
	/* A cursor is valid only for its own list. */
	cursor = strstr(answer_header(answer, "Link"), "cursor=");
	expect_problem(client_get(f.supervisor, "/api/v1/incidents?status=LIVE&%.*s",
	                          (int)strcspn(cursor, ">"), cursor),
	               "BAD_CURSOR");
}

Test(incidents, reviews_an_incident_once)
{
	const char *id = create_incident("'type':'INCIDENT','severity':'LOW'");
	const struct answer *answer = review(f.supervisor, id, "");

	assert_status(answer, 200);
	expect_at(answer, "id", id);
	expect_at(answer, "status", "UPDATED");
	expect_at(answer, "review_notes", "Seen.");
	expect_at(answer, "reviewer.first_name", "Marek");
	expect_at(answer, "author.first_name", "Clara");
	expect_at(answer, "location.id", f.location);
	cr_expect_str_neq(answer_at(answer, "reviewed_at"), "null");
	cr_expect(str_begins(str_of(answer_header(answer, "ETag")), "\"2."));
	expect_problem(review(f.supervisor, id, ""), "ALREADY_REVIEWED");
	expect_problem(review(e2e_client("admin"), id, ""), "ALREADY_REVIEWED");

	/* A row of history for each field, and one event on each channel. */
	answer = client_get(f.guard, "%s/edits", log_path(id));
	cr_expect_eq(json_count(answer->json), 4, "%.*s", STR_ARGS(answer->body));
	expect_at(answer, "3.field_changed", "status");
	expect_at(answer, "3.old_value", "LIVE");
	expect_at(answer, "3.editor.first_name", "Marek");
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select string_agg(split_part(channel, ':', 1),"
	                              " ' ' order by channel) from live.events"
	                              " where type = 'incident.reviewed' and data ->> 'id' = '%s'",
	                              id),
	                 "location log user");
}

Test(incidents, sets_the_status_given_in_the_review)
{
	static const char *const statuses[] = { "LIVE", "UPDATED", "ARCHIVED" };

	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		const char *id = create_incident("'type':'INCIDENT'");
		const struct answer *answer =
			review(f.supervisor, id, e2e_format(",'status':'%s'", statuses[i]));

		assert_status(answer, 200);
		expect_at(answer, "status", statuses[i]);
		cr_expect_eq(strcmp(answer_at(answer, "archived_at"), "null") != 0, i == 2);
	}
	expect_problem(
		review(f.supervisor, create_incident("'type':'INCIDENT'"), ",'status':'DRAFT'"),
		"VALIDATION_FAILED");
}

Test(incidents, rejects_reviews_of_other_logs_and_archived_incidents)
{
	const char *id = create_incident("'type':'INCIDENT'");

	expect_problem(review(f.guard, id, ""), "FORBIDDEN");
	expect_problem(review(f.supervisor, e2e_id(), ""), "NOT_FOUND");
	expect_problem(review(f.supervisor, e2e_new_log(f.guard, f.location, "Round"), ""),
	               "NOT_AN_INCIDENT");
	expect_problem(client_post(f.supervisor, e2e_format("/api/v1/incidents/%s/review", id),
	                           "{'review_notes':''}"),
	               "VALIDATION_FAILED");
	client_set_header(f.supervisor, "If-Match: \"5.5\"");
	expect_problem(review(f.supervisor, id, ""), "PRECONDITION_FAILED");
	assert_status(client_delete(f.guard, "%s", log_path(id)), 204);
	expect_problem(review(f.supervisor, id, ""), "LOG_ARCHIVED");
	expect_at(client_get(f.guard, "%s", log_path(id)), "reviewed_by", "null");
}

Test(incidents, keeps_guards_from_archiving_what_awaits_review_or_changing_what_was_reviewed)
{
	const char *id = create_incident("'type':'INCIDENT','severity':'MEDIUM'");

	expect_problem(client_delete(f.guard, "%s", log_path(id)), "REVIEW_PENDING");
	assert_status(review(f.supervisor, id, ""), 200);
	expect_problem(client_patch(f.guard, log_path(id), "{'title':'Nothing'}"),
	               "INCIDENT_REVIEWED");
	expect_problem(client_delete(f.guard, "%s", log_path(id)), "INCIDENT_REVIEWED");
	assert_status(client_patch(f.supervisor, log_path(id), "{'title':'Smoke'}"), 200);
	assert_status(client_delete(f.supervisor, "%s", log_path(id)), 204);

	id = create_incident("'type':'INCIDENT'");
	server_query(e2e_server(),
	             "update app.logs set type = 'ON_DUTY_CHECKLIST' where id = '%s' returning id",
	             id);
	expect_problem(client_patch(f.guard, log_path(id), "{'title':'Nothing'}"), "LOG_BY_SERVER");
	expect_problem(client_delete(f.guard, "%s", log_path(id)), "LOG_BY_SERVER");
}

/* Before, a guard lowered the severity or changed the type, and archived the incident then. */
Test(incidents, await_review_also_after_they_were_lowered)
{
	static const char *const changes[] = { "{'severity':'LOW'}", "{'severity':null}",
		                               "{'type':'PATROL'}",
		                               "{'type':'OTHER','severity':null}" };

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		const char *id = create_incident("'type':'INCIDENT','severity':'CRITICAL'");

		assert_status(client_patch(f.guard, log_path(id), "%s", changes[i]), 200);
		expect_problem(client_delete(f.guard, "%s", log_path(id)), "REVIEW_PENDING");
		expect_status(client_delete(f.supervisor, "%s", log_path(id)), 204);
	}
}

/* What only a draft said awaits no review. */
Test(incidents, of_low_severity_can_be_archived_by_their_author)
{
	const char *id = create_incident("'type':'INCIDENT','severity':'HIGH','status':'DRAFT'");

	assert_status(client_patch(f.guard, log_path(id), "{'severity':'LOW','status':'LIVE'}"),
	              200);
	expect_status(client_delete(f.guard, "%s", log_path(id)), 204);
	id = create_incident("'type':'PATROL','severity':'CRITICAL'");
	expect_status(client_delete(f.guard, "%s", log_path(id)), 204);
}

/* Before, a guard could change it once its type was another. */
Test(incidents, stay_reviewed_when_their_type_is_corrected)
{
	const char *id = create_incident("'type':'INCIDENT','severity':'HIGH'");

	assert_status(review(f.supervisor, id, ""), 200);
	assert_status(client_patch(f.supervisor, log_path(id), "{'type':'MAINTENANCE'}"), 200);
	expect_problem(client_patch(f.guard, log_path(id), "{'title':'Nothing'}"),
	               "INCIDENT_REVIEWED");
	expect_problem(client_delete(f.guard, "%s", log_path(id)), "INCIDENT_REVIEWED");
}

Test(incidents, reviews_once_in_parallel)
{
	const char *id = create_incident("'type':'INCIDENT','severity':'MEDIUM'");

	cr_expect_eq(e2e_in_parallel(CLIENTS, "supervisor", "POST",
	                             e2e_format("/api/v1/incidents/%s/review", id),
	                             "{'review_notes':'Mine.'}", 200, "ALREADY_REVIEWED"),
	             1);
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from live.events where type = 'incident.reviewed'"
	                     " and channel = 'log:%s'",
	                     id),
		"1");
	expect_at(client_get(f.guard, "%s", log_path(id)), "status", "UPDATED");
}

Test(incidents, filters_by_status)
{
	const char *low = create_incident("'type':'INCIDENT','severity':'LOW'"),
		   *none = create_incident("'type':'INCIDENT'");
	const char *medium = create_incident("'type':'INCIDENT','severity':'MEDIUM'");
	const char *high = create_incident("'type':'INCIDENT','severity':'HIGH'");
	const char *critical = create_incident("'type':'INCIDENT','severity':'CRITICAL'");
	const char *later = create_incident("'type':'INCIDENT','severity':'MEDIUM'");
	const char *patrol = create_incident("'type':'PATROL','severity':'CRITICAL'");
	const struct answer *answer;

	/* Unreviewed: the most severe first, then the newest; MEDIUM and above only. */
	expect_listed("UNREVIEWED", (const char *[]){ critical, high, later, medium, NULL, low,
	                                              none, patrol, NULL });
	expect_listed("ALL", (const char *[]){ later, critical, high, medium, none, low, NULL,
	                                       patrol, NULL });
	assert_status(review(f.supervisor, high, ""), 200);
	assert_status(client_delete(f.supervisor, "%s", log_path(critical)), 204);
	expect_listed("UNREVIEWED", (const char *[]){ later, medium, NULL, critical, high, NULL });
	expect_listed("LIVE", (const char *[]){ later, medium, none, low, NULL, critical, high,
	                                        patrol, NULL });
	expect_listed("UPDATED", (const char *[]){ high, NULL, critical, low, NULL });
	expect_listed("ARCHIVED", (const char *[]){ critical, NULL, high, low, NULL });
	expect_listed("ALL",
	              (const char *[]){ later, critical, high, medium, none, low, NULL, NULL });

	answer = client_get(f.supervisor, "/api/v1/incidents?limit=2&skip=1");
	cr_expect_eq(json_count(answer->json), 2);
	cr_expect(json_in(answer->json, "0.author.email")
	          && json_in(answer->json, "0.location.address"));
	expect_problem(client_get(f.supervisor, "/api/v1/incidents?status=open"),
	               "VALIDATION_FAILED");
	expect_problem(client_get(f.guard, "/api/v1/incidents"), "FORBIDDEN");
}
