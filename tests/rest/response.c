/* response.c: tests how the row of a statement becomes a response. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "response.h"
#include "rest_fixture.h"

static const struct field query[] = {
	{ "colour", FIELD_LINE, .description = "Filter by colour." },
	{ "search", FIELD_LINE, .description = "Filter by text." },
	{ 0 },
};

static const struct shape thing = { "Thing", query, .description = "A thing." };

static const struct operation read = { GET,         "/{id}",
	                               GUARD,       SQL_API_KEYS_READ,
	                               "get_thing", .summary = "Get a thing" };
static const struct operation read_public = { GET,         "/{id}",
	                                      PUBLIC,      SQL_API_KEYS_READ,
	                                      "get_thing", .summary = "Get a thing" };
static const struct operation list = { GET,
	                               "",
	                               ADMIN,
	                               SQL_API_KEYS_LIST,
	                               "list_things",
	                               .query = query,
	                               .rules = PAGED,
	                               .sort = { FIELD_TIME, FIELD_UUID },
	                               .summary = "List things" };
static const struct operation revoke = { DELETE,
	                                 "/{id}",
	                                 ADMIN,
	                                 SQL_API_KEYS_REVOKE,
	                                 "revoke_thing",
	                                 .status = 204,
	                                 .summary = "Revoke a thing" };
static const struct operation create = { PATCH,          "/{id}",
	                                 GUARD,          SQL_API_KEYS_REVOKE,
	                                 "change_thing", .response = &thing,
	                                 .status = 202,  .summary = "Change a thing" };
static const struct operation create_secret = { POST,
	                                        "",
	                                        GUARD,
	                                        SQL_API_KEYS_CREATE,
	                                        "create_secret_thing",
	                                        .response = &thing,
	                                        .rules = SECRET_RESPONSE,
	                                        .summary = "Create a secret thing" };
static const struct operation counted = { GET,
	                                  "",
	                                  ADMIN,
	                                  SQL_API_KEYS_LIST,
	                                  "count_things",
	                                  .rules = PAGED | COUNTED,
	                                  .summary = "Count things" };
static const struct operation connections = { GET,
	                                      "",
	                                      ADMIN,
	                                      SQL_API_KEYS_LIST,
	                                      "list_things",
	                                      .rules = PAGED | ADD_CONNECTIONS,
	                                      .summary = "List things" };

static struct call call;
static bool is_open;

static void close_fixture(void)
{
	if (is_open)
		rest_fixture_close();
	is_open = false;
}

static void begin(const struct operation *operation)
{
	close_fixture();
	rest_fixture_open(operation);
	is_open = true;
	call = (struct call){
		.request = &fixture.request,
		.rest = &fixture.rest,
		.endpoint = &fixture.endpoint,
		.plan = &fixture.endpoint.plan,
	};
}

TestSuite(response, .fini = close_fixture);

/* ---- Status and body ---- */

Test(response, the_body_is_sent_unchanged)
{
	begin(&read);
	response_send(&call, ROWS({ { "etag", "7" }, { "body", "{\"a\": [1,\n2]}" } }));
	cr_expect(eq(int, fake_http.status, 200));
	cr_expect_str_eq(buf_cstr(&fake_http.body), "{\"a\": [1,\n2]}");
	cr_expect_str_eq(buf_cstr(&fake_http.type), "application/json; charset=utf-8");
	cr_expect_str_empty(buf_cstr(&fake_http.location));
	cr_expect_str_empty(buf_cstr(&fake_http.link));
	cr_expect_str_empty(buf_cstr(&fake_http.extra_headers));
	cr_expect(eq(int, (int)fake_http.total, NO_TOTAL));
}

Test(response, the_row_may_set_the_status)
{
	static const struct {
		const struct operation *operation;
		const char *status;
		int sent;
	} rows[] = {
		{ &read, NULL, 200 },
		{ &read, "201", 201 },
		{ &create, NULL, 202 },
		{ &create, "201", 201 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(rows[i].operation);
		response_send(&call, ROWS({ { "status", rows[i].status }, { "body", "{}" } }));
		cr_expect(fake_http.status == rows[i].sent, "row %zu", i);
	}
}

Test(response, a_response_without_a_body_has_no_type_and_no_etag)
{
	begin(&revoke);
	response_send(&call, ROWS({ { "etag", "7" }, { "body", NULL } }));
	cr_expect(eq(int, fake_http.status, 204));
	cr_expect_str_empty(buf_cstr(&fake_http.type));
	cr_expect_str_empty(buf_cstr(&fake_http.etag));
	cr_expect_str_empty(buf_cstr(&fake_http.cache_control));
}

Test(response, no_row_means_not_found)
{
	begin(&read);
	response_send(&call, NO_ROWS);
	cr_expect_str_eq(fake_http.code, "NOT_FOUND");
	cr_expect_str_empty(rest_fixture_hooks());
}

Test(response, a_code_rejects_the_request)
{
	begin(&revoke);
	response_send(&call, ROWS({ { "code", "LOG_ARCHIVED" },
	                            { "detail", "It is archived." },
	                            { "events", "[{}]" },
	                            { "invalidates", THING } }));
	cr_expect_str_eq(fake_http.code, "LOG_ARCHIVED");
	cr_expect_str_eq(buf_cstr(&fake_http.detail), "It is archived.");
	cr_expect_str_empty(rest_fixture_hooks());
	cr_expect_str_empty(buf_cstr(&fake_access.invalidated));
}

Test(response, a_created_resource_has_a_location)
{
	begin(&create);
	response_send(
		&call,
		ROWS({ { "status", "201" }, { "location", "/things/" THING }, { "body", "{}" } }));
	cr_expect_str_eq(buf_cstr(&fake_http.location), "/api/v1/things/" THING);
}

/* ---- Caching ---- */

static const char *etag_after(const char *revision, const char *body)
{
	static char etag[80];

	begin(&read);
	response_send(&call, ROWS({ { "etag", revision }, { "body", body } }));
	cr_assert(fake_http.etag.length < sizeof(etag));
	return strcpy(etag, buf_cstr(&fake_http.etag));
}

Test(response, the_etag_has_the_revision_and_a_hash_of_the_body)
{
	char etag[80];

	strcpy(etag, etag_after("7", "{}"));
	cr_expect(strlen(etag) == 20 && strncmp(etag, "\"7.", 3) == 0, "%s", etag);
	cr_expect_str_eq(etag_after("7", "{}"), etag);
	cr_expect_str_neq(etag_after("8", "{}"), etag);
	/* Embedded data can change without a new revision. */
	cr_expect_str_neq(etag_after("7", "{\"a\":1}"), etag);
	strcpy(etag, etag_after(NULL, "{}"));
	cr_expect(strncmp(etag, "W/\"", 3) == 0, "%s", etag);
}

Test(response, only_reads_may_be_cached)
{
	static const struct {
		const struct operation *operation;
		const char *cache_control;
	} rows[] = {
		{ &read, "private, no-cache" },
		{ &read_public, "public, no-cache" },
		{ &create, "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(rows[i].operation);
		response_send(&call, ROWS({ { "etag", "1" }, { "body", "{}" } }));
		cr_expect_str_eq(buf_cstr(&fake_http.cache_control), rows[i].cache_control,
		                 "row %zu", i);
	}
}

Test(response, only_reads_are_revalidated)
{
	begin(&read);
	response_send(&call, ROWS({ { "etag", "7" }, { "body", "{}" } }));
	cr_expect(fake_http.revalidate);
	begin(&create);
	response_send(&call, ROWS({ { "etag", "7" }, { "body", "{}" } }));
	cr_expect_not(fake_http.revalidate);
}

Test(response, secrets_are_not_compressed)
{
	begin(&create);
	response_send(&call, ROWS({ { "etag", "7" }, { "body", "{}" } }));
	cr_expect(fake_http.compress);
	begin(&create_secret);
	response_send(&call, ROWS({ { "etag", "7" }, { "body", "{}" } }));
	cr_expect_not(fake_http.compress);
}

/* ---- Preferences ---- */

Test(response, a_minimal_response_has_no_body)
{
	static const struct {
		const char *status;
		int sent;
	} rows[] = { { "200", 204 }, { "201", 201 }, { NULL, 204 } /* 202 */, { "204", 204 } };
	char etag[80];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(&create);
		call.minimal = true;
		response_send(&call, ROWS({ { "status", rows[i].status },
		                            { "location", "/things/" THING },
		                            { "etag", "7" },
		                            { "body", "{}" } }));
		cr_expect(fake_http.status == rows[i].sent, "row %zu", i);
		cr_expect_str_empty(buf_cstr(&fake_http.type));
		cr_expect_str_eq(buf_cstr(&fake_http.location), "/api/v1/things/" THING);
		cr_expect_str_eq(buf_cstr(&fake_http.extra_headers),
		                 "Preference-Applied: return=minimal\r\n");
		strcpy(etag, buf_cstr(&fake_http.etag));
		cr_expect_str_eq(etag_after("7", "{}"), etag, "the ETag of the whole body");
	}
}

Test(response, the_preferences_are_part_of_vary)
{
	static const struct {
		const struct operation *operation;
		const char *vary;
	} rows[] = {
		{ &create, "Prefer" }, { &counted, "Prefer" }, { &read, "" },
		{ &revoke, "" },       { &create_secret, "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(rows[i].operation);
		response_send(&call, ROWS({ { "body", "{}" } }));
		cr_expect_str_eq(buf_cstr(&fake_http.vary), rows[i].vary, "row %zu", i);
	}
}

/* ---- Lists ---- */

static const char keys[] = "[\"2026-11-21T05:47:00.123+00:00\",\"" THING "\"]";

/* The link without its cursor. */
static const char *link_of(const char *query_text)
{
	static char target[400];
	char *cursor;

	begin(&list);
	snprintf(target, sizeof(target), "/api/v1/things%s%s", query_text ? "?" : "",
	         query_text ? query_text : "");
	fixture.request.target = str_of(target);
	fixture.request.query = str_of(query_text);
	response_send(&call, ROWS({ { "next", keys }, { "body", "[]" } }));
	strcpy(target, buf_cstr(&fake_http.link));
	cursor = strstr(target, "cursor=");
	cr_assert_not_null(cursor, "%s", target);
	cr_expect(strspn(cursor + 7,
	                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
	          > 40);
	cr_expect_str_eq(cursor + 7 + strcspn(cursor + 7, ">"), ">; rel=\"next\"", "%s", target);
	cursor[7] = '\0';
	return target;
}

Test(response, a_next_page_has_a_link_with_the_same_filters)
{
	static const struct {
		const char *query, *link;
	} rows[] = {
		{ NULL, "</api/v1/things?cursor=" },
		{ "", "</api/v1/things?cursor=" },
		{ "colour=red", "</api/v1/things?colour=red&cursor=" },
		{ "colour=red&limit=5", "</api/v1/things?colour=red&limit=5&cursor=" },
		/* The new position replaces the old one. */
		{ "cursor=abc&colour=red", "</api/v1/things?colour=red&cursor=" },
		{ "skip=10&colour=red", "</api/v1/things?colour=red&cursor=" },
		/* Values are encoded again; a literal > would end the link. */
		{ "search=a+b", "</api/v1/things?search=a%20b&cursor=" },
		{ "search=%3e%22%26%3D%25", "</api/v1/things?search=%3E%22%26%3D%25&cursor=" },
		{ "search=a>b", "</api/v1/things?search=a%3Eb&cursor=" },
		{ "search=%C3%A4,-_.~", "</api/v1/things?search=%C3%A4,-_.%7E&cursor=" },
		{ "search=", "</api/v1/things?search=&cursor=" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *link = link_of(rows[i].query);

		cr_expect_str_eq(link, rows[i].link, "%s: %s",
		                 rows[i].query ? rows[i].query : "none", link);
	}
}

Test(response, a_total_is_sent_if_it_was_counted)
{
	static const struct {
		const char *total;
		long long sent;
		const char *headers;
	} rows[] = {
		{ NULL, NO_TOTAL, "" },
		{ "0", 0, "Preference-Applied: count=exact\r\n" },
		{ "12345678901", 12345678901, "Preference-Applied: count=exact\r\n" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(&list);
		response_send(&call, ROWS({ { "total", rows[i].total }, { "body", "[]" } }));
		cr_expect(fake_http.total == rows[i].sent, "row %zu", i);
		cr_expect_str_eq(buf_cstr(&fake_http.extra_headers), rows[i].headers, "row %zu", i);
	}
}

Test(response, connections_are_added_to_the_object_before_its_etag_is_computed)
{
	char etag[80];

	begin(&connections);
	call.query_values[endpoint_find_query(call.endpoint, STR("limit"))] = "5";
	call.query_values[endpoint_find_query(call.endpoint, STR("skip"))] = "10";
	response_send(&call, ROWS({ { "body", "{\"a\":1}" } }));
	cr_expect_str_eq(buf_cstr(&fake_http.body), "{\"a\":1,\"connections\":[]}");
	cr_expect_str_eq(rest_fixture_hooks(), "connections 10 5\n");
	strcpy(etag, buf_cstr(&fake_http.etag));
	cr_expect_str_eq(etag_after(NULL, "{\"a\":1,\"connections\":[]}"), etag);
}

/* ---- Hooks ---- */

#define CHANGED                                                                                    \
	ROWS({ { "body", "{}" }, { "events", "[{\"type\":\"x\"}]" }, { "invalidates", THING } })

Test(response, events_are_published_and_changed_rows_dropped_exactly_once)
{
	begin(&revoke);
	response_send(&call, CHANGED);
	cr_expect_str_eq(rest_fixture_hooks(), "changed " THING "\nevents [{\"type\":\"x\"}]\n");
	cr_expect_str_eq(buf_cstr(&fake_access.invalidated), THING "\n");
	cr_expect(eq(int, fake_http.status, 204));
}

Test(response, a_replay_is_marked_and_publishes_nothing)
{
	begin(&create);
	call.replayed = true;
	response_send(&call, ROWS({ { "body", "{}" }, { "events", "[{\"type\":\"x\"}]" } }));
	cr_expect_str_empty(rest_fixture_hooks());
	cr_expect_str_eq(buf_cstr(&fake_http.extra_headers), "Idempotent-Replayed: true\r\n");
}

/* The whole first response is stored; the retry's own preference counts. */
Test(response, a_replay_can_be_minimal)
{
	begin(&create);
	call.replayed = true;
	call.minimal = true;
	response_send(&call, ROWS({ { "status", "201" }, { "body", "{}" } }));
	cr_expect(eq(int, fake_http.status, 201));
	cr_expect_str_empty(buf_cstr(&fake_http.type));
	cr_expect_str_eq(buf_cstr(&fake_http.extra_headers),
	                 "Idempotent-Replayed: true\r\nPreference-Applied: return=minimal\r\n");
}
