/* Every operation accepts the request bodies and sends the responses that /openapi.json describes:
 * sends the requests of contract_responses.def, one after the other. */

#include "contract_reader.h"
#include "contract_events.h"

#define JONAS_ON_DUTY "01900000-0000-7000-8000-000000000202" /* a duty session of the demo data */

TestSuite(contract_responses, .init = contract_setup, .timeout = 30);

static const struct row {
	const char *method, *path, *id_name;
	int status;
	const char *body, *save_as;
} rows[] = {
#define REQUEST(...) { __VA_ARGS__ },
#include "contract_responses.def"
#undef REQUEST
};

static int compared; /* responses to changes that were compared with that of GET */

/* ---- Variables: $name ---- */

static struct {
	const char *name, *value;
} variables[32];
static size_t variable_count;

static void set_variable(const char *name, const char *value)
{
	cr_assert(variable_count < COUNT_OF(variables));
	variables[variable_count].name = name;
	variables[variable_count++].value = e2e_format("%s", value);
}

static const char *value_of(struct str name);

/* The digest of the report, to be signed. */
static const char *report_digest(void)
{
	return e2e_format("%s", answer_at(client_get(contract.admin, "/api/v1/incident-reports/%s",
	                                             value_of(str_of("report"))),
	                                  "digest"));
}

static const char *value_of(struct str name)
{
	if (str_is(name, "digest"))
		return report_digest();
	if (str_is(name, "id"))
		return e2e_id();
	if (str_is(name, "name"))
		return e2e_name();
	for (size_t i = 0; i < variable_count; i++) {
		if (str_is(name, variables[i].name))
			return variables[i].value;
	}
	cr_assert_fail(
		"$%.*s is not set: a row of contract_responses.def must set it before it is used",
		STR_ARGS(name));
	return NULL;
}

static const char *substitute(const char *text)
{
	const char *dollar;

	while ((dollar = strchr(text, '$'))) {
		size_t length = strspn(dollar + 1, "abcdefghijklmnopqrstuvwxyz");

		text = e2e_format("%.*s%s%s", (int)(dollar - text), text,
		                  value_of((struct str){ dollar + 1, length }),
		                  dollar + 1 + length);
	}
	return text;
}

/* ---- Requests ---- */

/* Parses a body with ' for ". */
static struct json *parse_body(const char *body)
{
	struct buf text = { 0 };
	const char *error;
	struct json *value;
	size_t offset;

	buf_text(&text, body);
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] == '\'')
			text.at[i] = '"';
	}
	value = json_parse(buf_as_str(&text), &error, &offset);
	cr_assert(value != NULL, "%s", body);
	buf_finish(&text);
	return value;
}

/* The path as in the contract: without the query. */
static const char *template_of(const struct row *row)
{
	return e2e_format("%.*s", (int)strcspn(row->path, "?"), row->path);
}

/* ---- The same as GET ---- */

/* The path whose GET returns what the request has created or changed: its Location, its own path,
 * or that of the resource whose action it is. NULL: there is none. */
static const char *changed_path(const struct row *row, const struct answer *answer)
{
	const char *location = answer_header(answer, "Location"), *path = template_of(row);

	if (location)
		return location;
	if (!contract_operation("GET", path))
		path = e2e_format("%.*s", (int)(strrchr(path, '/') - path), path);
	if (!contract_operation("GET", path))
		return NULL;
	return contract_path(path, *row->id_name ? value_of(str_of(row->id_name)) : "");
}

/* The response to a change and its ETag are those of GET, so that clients can cache them. */
static void expect_same_as_get(const struct row *row, const struct answer *answer)
{
	const char *etag = answer_header(answer, "ETag"), *path = changed_path(row, answer),
		   *created_at, *about;

	if (strcmp(row->method, "GET") == 0 || !etag || !path || strchr(path, '?'))
		return;
	about = e2e_format("%s", answer->about);
	etag = e2e_format("%s", etag);
	created_at = e2e_format("%s", answer_at(answer, "created_at"));
	answer = client_get(contract.admin, "%s", path);
	if (strcmp(answer_at(answer, "created_at"), created_at) != 0)
		return; /* Location is the path of the containing resource */
	cr_expect_str_eq(answer_header(answer, "ETag") ?: "absent", etag, "%s, then GET %s", about,
	                 path);
	compared++;
}

/* The caller can read the Location of a creation. If it is a list, it is not empty. */
static void expect_location(const struct row *row, const char *location)
{
	const struct answer *read;

	cr_assert(location != NULL, "%s %s: no Location", row->method, row->path);
	read = client_get(contract.admin, "%s", location);
	expect_status(read, 200);
	cr_expect(json_kind(read->json) != JSON_ARRAY || json_count(read->json),
	          "%s: the list is empty", location);
}

static void send_request(const struct row *row)
{
	const struct json *operation = contract_operation(row->method, template_of(row)), *schema;
	const char *path = contract_path(substitute(row->path),
	                                 *row->id_name ? value_of(str_of(row->id_name)) : "");
	const char *body = row->body ? substitute(row->body) : NULL,
		   *about = e2e_format("%s %s", row->method, path);
	const char *type = strcmp(row->method, "PATCH") == 0 ? "application/merge-patch+json"
	                                                     : "application/json";
	const struct answer *answer;
	const char *location;

	cr_assert(operation != NULL, "%s %s is not in the contract", row->method, row->path);
	if (body) {
		struct json *value = parse_body(body);

		contract_expect(contract_content(json_member(operation, "requestBody"), type),
		                value, about);
		json_free(value);
	}
	client_send(contract.admin, row->method, path, body ? "%s" : NULL, body);
	answer = client_receive(contract.admin);
	assert_status(answer, row->status);
	schema = contract_schema(operation, row->status, "application/json");
	if (answer->body.length)
		contract_expect(schema, answer->json, about);
	else
		cr_expect(!schema, "%s: the response has no body", about);
	cr_expect(contract_response(operation, row->status) != NULL, "%s", about);
	if (row->save_as)
		set_variable(row->save_as, answer_at(answer, "id"));
	location = answer_header(answer, "Location");
	if (location)
		location = e2e_format("%s", location);
	expect_same_as_get(row, answer);
	if (row->status == 201)
		expect_location(row, location);
}

static void expect_row_of(const char *method, const char *path)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (str_is_nocase(str_of(rows[i].method), method)
		    && strcmp(template_of(&rows[i]), path) == 0)
			return;
	}
	cr_expect_fail("%s %s was not requested: add a row to contract_responses.def", method,
	               path);
}

/* A guard with duty sessions in two weeks and no timesheets. */
static const char *create_worker(void)
{
	const char *worker = e2e_format(
		"%s", answer_at(client_get(e2e_sign_up("GUARD"), "/api/v1/users/me"), "id"));

	server_query(
		e2e_server(),
		"insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
		" select '%s', t, t + interval '8 hours' from unnest(array['2026-03-02 22:00Z',"
		" '2026-03-09 22:00Z']::timestamptz[]) t",
		worker);
	return worker;
}

Test(contract_responses, match_the_contract)
{
	static const char *const new_ids[] = { "session", "note", "shared", "other" };
	struct json_cursor path = json_begin(json_member(contract.document, "paths"));

	set_variable("me", answer_at(client_get(contract.admin, "/api/v1/users/me"), "id"));
	set_variable("jonas", JONAS_ON_DUTY);
	set_variable("location", e2e_new_location());
	set_variable("worker", create_worker());
	for (size_t i = 0; i < COUNT_OF(new_ids); i++)
		set_variable(new_ids[i], e2e_id());

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		send_request(&rows[i]);
	expect_events_match_contract();
	cr_expect(compared >= 60, "only %d", compared);

	while (json_next(&path)) {
		struct json_cursor each = json_begin(path.value);

		while (json_next(&each)) {
			if (json_member(each.value, "x-required-role"))
				expect_row_of(each.name, path.name);
		}
	}
}
