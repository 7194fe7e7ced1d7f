/* request_check.c: tests that valid requests are converted for PostgreSQL, and that all errors of
 * invalid ones are reported. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "call.h"
#include "json.h"
#include "request_check.h"

/* The linker replaces request_problem() with this (--wrap). */
void __wrap_request_problem(struct request *request, const struct problem_reply *reply);

static const char *const colours[] = { "red", "green", "blue", NULL };

static const struct field query[] = {
	{ "colour", FIELD_CHOICE, MULTIPLE, .choices = colours },
	{ "size", FIELD_INTEGER, 0, 1, 50 },
	{ "year", FIELD_INTEGER, 0, 1970, 2200 },
	{ "month", FIELD_INTEGER, 0, 1, 12 },
	{ "search", FIELD_LINE, 0, 1, 20 },
	{ "limit", FIELD_INTEGER, POSITION, 1, 500, .default_value = "100" },
	{ "skip", FIELD_INTEGER, POSITION, 0, 1000, .default_value = "0" },
	{ "cursor", FIELD_LINE, POSITION, 1, 1500 },
};

static const struct field part_fields[] = {
	{ "name", FIELD_LINE, REQUIRED, 1, 5 },
	{ "note", FIELD_TEXT, NULLABLE, 0, 10 },
	{ 0 },
};
static const struct shape part = { "Part", part_fields, .is_input = true };

static const struct field body[] = {
	{ "id", FIELD_UUID, CREATE_ONLY },
	{ "title", FIELD_LINE, REQUIRED, 1, 10 },
	{ "colour", FIELD_CHOICE, REQUIRED, .choices = colours },
	{ "note", FIELD_TEXT, NULLABLE, 0, 100 },
	{ "made_at", FIELD_TIME, READ_ONLY },
	{ "parts", FIELD_SHAPE, MULTIPLE, .shape = &part, .max_items = 3 },
	{ "lid", FIELD_SHAPE, NULLABLE, .shape = &part },
	{ "colours", FIELD_CHOICE, MULTIPLE, .choices = colours, .max_items = 3 },
	{ "sizes", FIELD_INTEGER, MULTIPLE | UNIQUE_ITEMS, 1, 50, .max_items = 4 },
	{ 0 },
};

static struct {
	struct operation operation;
	struct endpoint endpoint;
	struct request request;
	struct call call;
	enum problem problem; /* PROBLEMS: no error */
	struct buf errors, detail;
} f;

void __wrap_request_problem(struct request *request, const struct problem_reply *reply)
{
	cr_assert(f.problem == PROBLEMS, "a request must be answered only once");
	f.problem = (enum problem)(reply->problem - problem_rows);
	buf_str(&f.errors, reply->errors);
	buf_text(&f.detail, reply->detail ? reply->detail : "");
}

static void tear_down(void)
{
	arena_finish(&f.request.arena);
	buf_finish(&f.errors);
	buf_finish(&f.detail);
}

static void reset(enum method method)
{
	tear_down();
	f.operation = (struct operation){ .method = method,
		                          .name = "things",
		                          .body = body,
		                          .rules = CONDITIONAL | COUNTED,
		                          .sort = { FIELD_TIME, FIELD_UUID } };
	f.endpoint = (struct endpoint){ .operation = &f.operation,
		                        .query_count = COUNT_OF(query),
		                        .cursor_at = 7,
		                        .skip_at = 6,
		                        .alt_when_at = -1 };
	for (size_t i = 0; i < COUNT_OF(query); i++)
		f.endpoint.query[i] = &query[i];
	f.request = (struct request){ .method = method };
	f.call = (struct call){ .endpoint = &f.endpoint, .request = &f.request };
	f.problem = PROBLEMS;
}

static const char *value_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(query); i++) {
		if (strcmp(query[i].name, name) == 0)
			return f.call.query_values[i] ? f.call.query_values[i] : "absent";
	}
	return "unknown";
}

/* The errors as "location name code, …". */
static const char *errors(void)
{
	struct buf out = { 0 };
	const char *error, *text;
	struct json *all = json_parse(buf_as_str(&f.errors), &error, NULL);

	cr_assert(all != NULL, "%s: %s", buf_cstr(&f.errors), error);
	for (size_t i = 0; i < json_count(all); i++) {
		struct json_cursor c = json_begin(json_at(all, i));

		while (json_next(&c)) {
			if (strcmp(c.name, "detail") == 0) {
				cr_expect(json_string(c.value).length > 5);
				continue;
			}
			if (strcmp(c.name, "code") != 0)
				buf_print(&out, "%s%s ", out.length ? ", " : "", c.name);
			buf_print(&out, "%.*s%s", STR_ARGS(json_string(c.value)),
			          strcmp(c.name, "code") ? " " : "");
		}
	}
	json_free(all);
	text = arena_copy(&f.request.arena, buf_as_str(&out));
	buf_finish(&out);
	return text;
}

TestSuite(request_check, .fini = tear_down);

Test(request_check, query_values_are_converted_for_postgresql)
{
	static const struct {
		const char *query, *name, *value;
	} rows[] = {
		{ "", "limit", "100" },
		{ "", "skip", "0" },
		{ "", "colour", "absent" },
		{ "limit=7", "limit", "7" },
		{ "limit=7", "skip", "0" },
		{ "colour=red", "colour", "{red}" },
		{ "colour=red,blue", "colour", "{blue,red}" },
		{ "colour=red%2Cblue", "colour", "{blue,red}" },
		{ "colour=red&colour=blue", "colour", "{blue,red}" },
		{ "colour=red&size=7&colour=blue,green", "colour", "{blue,green,red}" },
		{ "colour=red&size=7&colour=blue,green", "size", "7" },
		{ "colour=red,red&colour=red", "colour", "{red}" },
		{ "search=a+b%20c", "search", "a b c" },
		{ "search=%C3%A4%26%3D", "search", "\xc3\xa4&=" },
		{ "search='%20or%201=1", "search", "' or 1=1" },
		{ "year=2025&month=3", "month", "3" },
		{ "month=3&year=2025", "year", "2025" },
		{ "size=007", "size", "007" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset(GET);
		f.request.query = str_of(rows[i].query);
		cr_expect(request_check(&f.call), "%s: %s", rows[i].query, buf_cstr(&f.errors));
		cr_expect_str_eq(value_of(rows[i].name), rows[i].value, "%s: %s must not be %s",
		                 rows[i].query, rows[i].name, value_of(rows[i].name));
	}
}

Test(request_check, all_errors_of_a_query_are_reported)
{
	static const struct {
		const char *query, *errors;
	} rows[] = {
		{ "color=red", "parameter color unknown" },
		{ "Size=1", "parameter Size unknown" },
		{ "size=1&size=1", "parameter size duplicate" },
		{ "size=x", "parameter size wrong_type" },
		{ "size=", "parameter size wrong_type" },
		{ "size=51", "parameter size out_of_range" },
		{ "limit=501", "parameter limit out_of_range" },
		{ "limit=0", "parameter limit out_of_range" },
		{ "colour=", "parameter colour malformed" },
		{ "colour=red,", "parameter colour malformed" },
		{ "colour=red,,blue", "parameter colour malformed" },
		{ "colour=red&colour=", "parameter colour malformed" },
		{ "colour=red&colour=pink", "parameter colour not_a_choice" },
		{ "colour=pink,red,&colour=mauve",
		  "parameter colour not_a_choice, parameter colour malformed, "
		  "parameter colour not_a_choice" },
		{ "colour={red}", "parameter colour not_a_choice" },
		{ "colour=red}", "parameter colour not_a_choice" },
		{ "search=%00", "parameter search=%00 malformed" },
		{ "search=%ff", "parameter search=%ff malformed" },
		{ "search=%4", "parameter search=%4 malformed" },
		{ "x=1&size=0&month=13", "parameter x unknown, parameter size out_of_range, "
		                         "parameter month out_of_range" },
		{ "cursor=abc&skip=1", "parameter skip conflict" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset(GET);
		f.request.query = str_of(rows[i].query);
		cr_expect_not(request_check(&f.call), "%s", rows[i].query);
		cr_expect(f.problem == PROBLEM_VALIDATION_FAILED, "%s", rows[i].query);
		if (f.problem == PROBLEM_VALIDATION_FAILED)
			cr_expect_str_eq(errors(), rows[i].errors, "%s: %s", rows[i].query,
			                 errors());
	}
}

Test(request_check, the_number_of_values_is_limited)
{
	struct buf text = { 0 };

	for (int i = 0; i < QUERY_VALUES; i++)
		buf_text(&text, i % 2 ? "colour=red&" : "colour=blue&");
	reset(GET);
	f.request.query = buf_as_str(&text);
	cr_expect(request_check(&f.call), "%s", buf_cstr(&f.errors));
	cr_expect_str_eq(value_of("colour"), "{blue,red}");
	buf_text(&text, "colour=red,red,red");
	reset(GET);
	f.request.query = buf_as_str(&text);
	cr_expect_not(request_check(&f.call));
	cr_expect_str_eq(errors(), "parameter colour too_long");
	buf_finish(&text);
}

Test(request_check, an_invalid_cursor_has_its_own_problem)
{
	reset(GET);
	f.request.query = STR("cursor=abc");
	cr_expect_not(request_check(&f.call));
	cr_expect(eq(int, f.problem, PROBLEM_BAD_CURSOR));
}

Test(request_check, path_parameters_are_uuids)
{
	reset(GET);
	f.endpoint.path_count = 1;
	f.endpoint.path_names[0] = (char[]){ "id" };
	f.request.params[0] = STR("seven");
	cr_expect_not(request_check(&f.call));
	cr_expect_str_eq(errors(), "parameter id malformed");
	reset(GET);
	f.endpoint.path_count = 1;
	f.endpoint.path_names[0] = (char[]){ "id" };
	f.request.params[0] = STR("01900000-0000-7000-8000-000000000001");
	cr_expect(request_check(&f.call));
}

static bool check_with_body(enum method method, const char *text)
{
	reset(method);
	f.request.headers[HEADER_CONTENT_TYPE] = STR("application/json");
	f.request.body = str_of(text);
	return request_check(&f.call);
}

Test(request_check, all_errors_of_a_body_are_reported)
{
	static const struct {
		enum method method;
		const char *body, *errors; /* "" if valid */
	} rows[] = {
		{ POST, "{\"title\":\"a\",\"colour\":\"red\"}", "" },
		{ POST, "{\"title\":\"a\",\"colour\":\"red\",\"note\":null}", "" },
		{ POST, "{}", "pointer /title required, pointer /colour required" },
		{ POST, "[]", "pointer  wrong_type" },
		{ POST, "null", "pointer  wrong_type" },
		{ POST, "7", "pointer  wrong_type" },
		{ POST, "", "pointer  required" },
		{ POST, "{\"title\":null,\"colour\":\"red\"}", "pointer /title null" },
		{ POST, "{\"title\":\"a\",\"colour\":\"pink\",\"size\":1}",
		  "pointer /colour not_a_choice, pointer /size unknown" },
		{ POST, "{\"title\":\"a\",\"colour\":\"red\",\"made_at\":\"2026-11-21T05:47:00Z\"}",
		  "pointer /made_at read_only" },
		{ POST, "{\"title\":\"a\",\"colour\":\"red\",\"a/b~c\":1}",
		  "pointer /a~1b~0c unknown" },
		{ PATCH, "{}", "" },
		{ PATCH, "{\"note\":null}", "" },
		{ PATCH, "{\"title\":null}", "pointer /title null" },
		/* Errors in nested objects have their pointers; nested objects must be complete
		 * in updates, too. */
		{ PATCH, "{\"parts\":[]}", "" },
		{ PATCH,
		  "{\"parts\":[{\"name\":\"a\"},{\"name\":\"b\",\"note\":null}],\"lid\":null}",
		  "" },
		{ PATCH,
		  "{\"parts\":[{\"name\":\"a\"},{},{\"name\":\"toolong\",\"x\":1}],\"lid\":{\"note\":1}}",
		  "pointer /parts/1/name required, pointer /parts/2/name too_long, pointer /parts/2/x unknown, "
		  "pointer /lid/note wrong_type, pointer /lid/name required" },
		{ PATCH, "{\"parts\":[7,null,[]]}",
		  "pointer /parts/0 wrong_type, pointer /parts/1 wrong_type, pointer /parts/2 wrong_type" },
		{ PATCH, "{\"colours\":[\"red\",7,null],\"sizes\":[1,2,1,99]}",
		  "pointer /colours/1 wrong_type, pointer /colours/2 null, "
		  "pointer /sizes/2 duplicate, pointer /sizes/3 out_of_range" },
		{ PATCH, "{\"colours\":[\"red\",\"red\"],\"sizes\":[2,1]}", "" },
		{ PATCH, "{\"colours\":[7,7,7,7]}", "pointer /colours too_long" },
		{ PATCH, "{\"parts\":{\"name\":\"a\"}}", "pointer /parts wrong_type" },
		{ PATCH, "{\"parts\":[{},{},{},{}]}", "pointer /parts too_long" },
		{ PATCH, "{\"parts\":null,\"lid\":[]}",
		  "pointer /parts null, pointer /lid wrong_type" },
		{ PATCH, "{\"id\":\"01900000-0000-7000-8000-000000000001\"}",
		  "pointer /id read_only" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool valid = check_with_body(rows[i].method, rows[i].body);

		cr_expect(eq(int, valid, rows[i].errors[0] == 0), "%s", rows[i].body);
		if (f.problem == PROBLEM_VALIDATION_FAILED)
			cr_expect_str_eq(errors(), rows[i].errors, "%s: %s", rows[i].body,
			                 errors());
	}
}

Test(request_check, an_update_requires_the_fields_marked_for_it)
{
	static const struct field edited[] = {
		{ "title", FIELD_LINE, REQUIRED, 1, 10 },
		{ "reason", FIELD_TEXT, REQUIRED | REQUIRED_ON_UPDATE, 1, 100 },
		{ 0 },
	};

	reset(PATCH);
	f.operation.body = edited;
	f.request.headers[HEADER_CONTENT_TYPE] = STR("application/json");
	f.request.body = STR("{\"title\":\"a\"}");
	cr_expect_not(request_check(&f.call));
	cr_expect_str_eq(errors(), "pointer /reason required");
	reset(PATCH);
	f.operation.body = edited;
	f.request.headers[HEADER_CONTENT_TYPE] = STR("application/json");
	f.request.body = STR("{\"reason\":\"a\"}");
	cr_expect(request_check(&f.call));
}

Test(request_check, invalid_json_is_reported_with_its_position)
{
	cr_expect_not(check_with_body(POST, "{\"title\":\"a\",\"title\":\"b\"}"));
	cr_expect(eq(int, f.problem, PROBLEM_BAD_JSON));
	cr_expect_str_eq(buf_cstr(&f.detail), "At byte 20 of the body: a member name is repeated.");
}

Test(request_check, only_json_media_types_are_accepted)
{
	static const struct {
		enum method method;
		const char *type;
		bool valid;
	} rows[] = {
		{ POST, "application/json", true },
		{ POST, "Application/JSON; charset=utf-8", true },
		{ POST, "application/json;charset=utf-8", true },
		{ POST, "application/merge-patch+json", false },
		{ PATCH, "application/merge-patch+json", true },
		{ PATCH, "application/json", true },
		{ PATCH, "application/json-patch+json", false },
		{ POST, "text/plain", false },
		{ POST, "application/jsonx", false },
		{ POST, "", false },
		{ POST, NULL, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset(rows[i].method);
		f.request.headers[HEADER_CONTENT_TYPE] = str_of(rows[i].type);
		f.request.body = STR("{\"title\":\"a\",\"colour\":\"red\"}");
		cr_expect(eq(int, request_check(&f.call), rows[i].valid), "%s",
		          rows[i].type ? rows[i].type : "none");
		cr_expect(rows[i].valid || f.problem == PROBLEM_UNSUPPORTED_MEDIA_TYPE);
	}
}

/* The database may log its parameters. */
Test(request_check, the_second_token_is_removed_from_the_body)
{
	static const struct {
		const char *sent, *kept, *second_token;
	} rows[] = {
		{ "{\"colour\":\"red\", \"note\":\"e30.e30.\\u0041\", \"title\":\"\\\"a\"}",
		  "{\"colour\":\"red\",\"title\":\"\\\"a\"}", "e30.e30.A" },
		{ "{\"title\":\"a\", \"colour\":\"red\"}", "{\"title\":\"a\", \"colour\":\"red\"}",
		  NULL },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset(POST);
		f.operation.second_token = "note";
		f.request.headers[HEADER_CONTENT_TYPE] = STR("application/json");
		f.request.body = str_of(rows[i].sent);
		cr_assert(request_check(&f.call));
		cr_expect(str_is(f.call.body, rows[i].kept), "%.*s", STR_ARGS(f.call.body));
		cr_expect(rows[i].second_token
		                  ? str_is(f.call.second_token.text, rows[i].second_token)
		                  : !f.call.second_token.text.at);
	}
}

Test(request_check, a_new_resource_gets_the_id_in_the_body_or_a_generated_one)
{
	char first[UUID_SIZE];

	cr_assert(check_with_body(POST, "{\"title\":\"a\",\"colour\":\"red\","
	                                "\"id\":\"01900000-0000-7000-8000-000000000001\"}"));
	cr_expect_str_eq(f.call.new_id, "01900000-0000-7000-8000-000000000001");
	cr_assert(check_with_body(POST, "{\"title\":\"a\",\"colour\":\"red\"}"));
	cr_expect(uuid_is_valid(str_of(f.call.new_id)));
	strcpy(first, f.call.new_id);
	cr_assert(check_with_body(POST, "{\"title\":\"a\",\"colour\":\"red\"}"));
	cr_expect(strcmp(first, f.call.new_id) != 0);
}

Test(request_check, if_match_yields_revisions)
{
	static const struct {
		const char *header, *revisions; /* NULL: any */
	} rows[] = {
		{ NULL, NULL },
		{ "*", NULL },
		{ " * ", NULL },
		{ "\"7.abc\"", "{7}" },
		{ "\"7.abc\", \"8.def\"", "{7,8}" },
		{ "W/\"7.abc\"", "{-1}" },
		{ "\"abc\"", "{-1}" },
		{ "7.abc", "{-1}" },
		{ "\"\"", "{-1}" },
		{ "\"7}.abc\"", "{-1}" },
		{ "\"7.abc\",", "{7}" },
		{ "", "{-1}" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset(PATCH);
		f.request.headers[HEADER_IF_MATCH] = str_of(rows[i].header);
		f.request.headers[HEADER_CONTENT_TYPE] = STR("application/json");
		f.request.body = STR("{}");
		cr_assert(request_check(&f.call), "%s", buf_cstr(&f.errors));
		cr_expect(rows[i].revisions
		                  ? f.call.if_match
		                            && strcmp(f.call.if_match, rows[i].revisions) == 0
		                  : f.call.if_match == NULL,
		          "%s gives %s", rows[i].header ? rows[i].header : "nothing",
		          f.call.if_match ? f.call.if_match : "nothing");
	}
}

Test(request_check, accept_must_allow_json)
{
	static const struct {
		const char *accept;
		bool valid;
	} rows[] = {
		{ NULL, true },
		{ "", true },
		{ "*/*", true },
		{ "application/*", true },
		{ "application/json", true },
		{ "Application/JSON", true },
		{ "text/html, application/json;q=0.9", true },
		{ "text/html, */*;q=0.1", true },
		{ "application/problem+json", true },
		{ "application/problem+json;q=0", false },
		{ "text/html", false },
		{ "application/json;q=0", false },
		{ "application/json;q=0.000", false },
		{ "application/json; q=0, */*", false },
		{ "application/json, */*;q=0", true },
		{ "*/*;q=0", false },
		{ "application/xml", false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		reset(GET);
		f.request.headers[HEADER_ACCEPT] = str_of(rows[i].accept);
		cr_expect(eq(int, request_check(&f.call), rows[i].valid), "%s",
		          rows[i].accept ? rows[i].accept : "none");
		cr_expect(rows[i].valid || f.problem == PROBLEM_NOT_ACCEPTABLE);
	}
}
