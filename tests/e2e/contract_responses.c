/* Every operation answers as /openapi.json promises, and takes what it says it takes: those of
 * contract_responses.def, one after the other. */

#include "contract_reader.h"
#include "contract_events.h"

#define JONAS_ON_DUTY "01900000-0000-7000-8000-000000000202" /* of the demo data */

TestSuite(contract_responses, .init = contract_setup, .timeout = 30);

static const struct row {
	const char *method, *path, *of;
	int status;
	const char *body, *kept;
} rows[] = {
#define ASK(...) { __VA_ARGS__ },
#include "contract_responses.def"
#undef ASK
};

/* ---- What $name stands for ---- */

static struct {
	const char *name, *value;
} known[32];
static size_t known_count;

static void know(const char *name, const char *value)
{
	cr_assert(known_count < COUNT_OF(known));
	known[known_count].name = name;
	known[known_count++].value = e2e_format("%s", value);
}

static const char *value_of(struct str name)
{
	if (str_is(name, "id"))
		return e2e_id();
	if (str_is(name, "name"))
		return e2e_name();
	for (size_t i = 0; i < known_count; i++) {
		if (str_is(name, known[i].name))
			return known[i].value;
	}
	cr_assert_fail("nothing is known of $%.*s", STR_ARGS(name));
	return NULL;
}

static const char *filled(const char *text)
{
	const char *dollar;

	while ((dollar = strchr(text, '$'))) {
		size_t length = strspn(dollar + 1, "abcdefghijklmnopqrstuvwxyz");

		text = e2e_format("%.*s%s%s", (int)(dollar - text), text,
		                   value_of((struct str){ dollar + 1, length }), dollar + 1 + length);
	}
	return text;
}

/* ---- Asking ---- */

/* A body as they are written here, with ' for ". */
static struct json *read_body(const char *body)
{
	struct buf text = { 0 };
	const char *fault;
	struct json *value;
	size_t where;

	buf_text(&text, body);
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] == '\'')
			text.at[i] = '"';
	}
	value = json_parse(buf_as_str(&text), &fault, &where);
	cr_assert(value != NULL, "%s", body);
	buf_finish(&text);
	return value;
}

/* The path as the contract has it: without the query. */
static const char *template_of(const struct row *row)
{
	return e2e_format("%.*s", (int)strcspn(row->path, "?"), row->path);
}

static void ask(const struct row *row)
{
	const struct json *operation = contract_operation(row->method, template_of(row)), *responses, *schema;
	const char *path = contract_path(filled(row->path), *row->of ? value_of(str_of(row->of)) : "");
	const char *body = row->body ? filled(row->body) : NULL, *about = e2e_format("%s %s", row->method, path);
	const char *type = strcmp(row->method, "PATCH") == 0 ? "application/merge-patch+json" : "application/json";
	const struct answer *answer;

	cr_assert(operation != NULL, "%s %s is not in the contract", row->method, row->path);
	if (body) {
		struct json *value = read_body(body);

		contract_expect(contract_content(json_member(operation, "requestBody"), type), value, about);
		json_free(value);
	}
	client_send(contract.admin, row->method, path, body ? "%s" : NULL, body);
	answer = client_receive(contract.admin);
	assert_status(answer, row->status);
	responses = json_member(operation, "responses");
	schema = contract_schema(responses, row->status, "application/json");
	if (answer->body.length)
		contract_expect(schema, answer->json, about);
	else
		cr_expect(!schema, "%s: nothing came", about);
	cr_expect(contract_member(responses, e2e_format("%d", row->status)) != NULL, "%s", about);
	if (row->kept)
		know(row->kept, answer_at(answer, "id"));
}

/* Whoever adds an operation adds a row. */
static void expect_row_of(const char *method, const char *path)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (str_is_nocase(str_of(rows[i].method), method) && strcmp(template_of(&rows[i]), path) == 0)
			return;
	}
	cr_expect_fail("%s %s was not asked", method, path);
}

/* A guard who has worked in two weeks of which he has no timesheet. */
static const char *make_worker(void)
{
	const char *worker = e2e_format("%s", answer_at(client_get(e2e_new_person("GUARD"), "/api/v1/users/me"), "id"));

	server_query(e2e_server(), "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	                           " select '%s', t, t + interval '8 hours' from unnest(array['2026-03-02 22:00Z',"
	                           " '2026-03-09 22:00Z']::timestamptz[]) t", worker);
	return worker;
}

Test(contract_responses, are_those_that_are_promised)
{
	static const char *const fresh[] = { "session", "note", "made", "other" };
	struct json_cursor path = json_begin(json_member(contract.document, "paths"));

	know("me", answer_at(client_get(contract.admin, "/api/v1/users/me"), "id"));
	know("jonas", JONAS_ON_DUTY);
	know("place", e2e_location());
	know("worker", make_worker());
	for (size_t i = 0; i < COUNT_OF(fresh); i++)
		know(fresh[i], e2e_id());

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ask(&rows[i]);
	expect_events_as_promised();

	while (json_next(&path)) {
		struct json_cursor each = json_begin(path.value);

		while (json_next(&each))
			expect_row_of(each.name, path.name);
	}
}
