/* openapi.c: tests that the OpenAPI document contains what the tables declare. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "json.h"
#include "spec.h"
#include "writer.h"

static struct buf out;
static struct json *document;

static void tear_down(void)
{
	json_free(document);
	buf_finish(&out);
}

TestSuite(openapi, .fini = tear_down);

Test(openapi, commas_are_only_between_values)
{
	const char *error;

	writer_open(&out, NULL, '{');
	writer_open(&out, "empty", '{');
	writer_close(&out, '}');
	writer_open(&out, "none", '[');
	writer_close(&out, ']');
	writer_open(&out, "list", '[');
	writer_open(&out, NULL, '{');
	writer_text(&out, "a", "quote \" and \\ and \xff");
	writer_raw(&out, "b", "7");
	writer_close(&out, '}');
	writer_open(&out, NULL, '{');
	writer_close(&out, '}');
	writer_close(&out, ']');
	writer_close(&out, '}');
	if (out.length && out.at[out.length - 1] == ',')
		out.length--;
	document = json_parse(buf_as_str(&out), &error, NULL);
	cr_assert(document != NULL, "%s: %s", buf_cstr(&out), error);
	cr_expect_str_eq(buf_cstr(&out),
	                 "{\"empty\":{},\"none\":[],\"list\":[{\"a\":\"quote \\\" and \\\\ and "
	                 "\\ufffd\",\"b\":7},{}]}");
}

/* Follows a reference, such as "#/components/parameters/Limit". */
static const struct json *resolved(const struct json *value)
{
	const struct json *found = document, *reference = json_member(value, "$ref");
	struct str rest = json_string(reference), part;

	if (!reference || json_member(value, "description"))
		return value;
	str_cut(&rest, '/', &part);
	while (found && str_cut(&rest, '/', &part)) {
		char name[128];

		snprintf(name, sizeof(name), "%.*s", STR_ARGS(part));
		found = json_member(found, name);
	}
	return found;
}

/* Finds "a.b.0.c" in the document; a / in a name is written as ~. */
static const struct json *at(const char *path)
{
	const struct json *value = document;
	struct str rest = str_of(path), part;

	while (value && str_cut(&rest, '.', &part)) {
		char name[128];
		long long index;

		cr_assert(part.length < sizeof(name));
		memcpy(name, part.at, part.length);
		name[part.length] = '\0';
		for (char *c = name; *c; c++)
			*c = *c == '~' ? '/' : *c;
		value = json_kind(value) == JSON_ARRAY && str_number(part, &index)
		                ? json_at(value, (size_t)index)
		                : json_member(value, name);
		value = value ? resolved(value) : NULL;
	}
	return value;
}

static void expect(const char *path, const char *expected)
{
	struct buf text = { 0 };

	if (at(path))
		buf_json_value(&text, at(path));
	cr_expect_str_eq(buf_cstr(&text), expected, "%s must not be %s", path, buf_cstr(&text));
	buf_finish(&text);
}

static const char *const colours[] = { "red", "green", NULL };
static const struct field thing_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Identity." },
	{ "title", FIELD_LINE, REQUIRED, 1, 120, .description = "Its \"title\"." },
	{ "size", FIELD_INTEGER, NULLABLE, 1, 50, .description = "How large." },
	{ "colour", FIELD_CHOICE, REQUIRED, .choices = colours, .choice_name = "Colour",
	  .description = "Which." },
	{ "tags", FIELD_LINE, MULTIPLE, 1, 10, 3, .description = "Words." },
	{ "made_at", FIELD_TIME, READ_ONLY, .description = "When." },
	{ 0 },
};
static const struct field repair[] = {
	{ "title", FIELD_LINE, REQUIRED, 1, 120, .description = "Its title." },
	{ "why", FIELD_TEXT, REQUIRED | REQUIRED_ON_UPDATE, 1, 100, .description = "Why." },
	{ 0 },
};
static const struct field filters[] = {
	{ "colour", FIELD_CHOICE, MULTIPLE, .choices = colours, .choice_name = "Colour",
	  .description = "Only these." },
	{ "day", FIELD_DATE_OR_TIME, REQUIRED, .description = "Of this day." },
	{ 0 },
};
static const struct shape thing = { "Thing", thing_fields, .description = "A thing." };
static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_LOGS_LIST, "list_things", .query = filters,
	  .response = LIST_OF(thing), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List things" },
	{ POST, "", ADMIN, SQL_LOGS_CREATE, "create_thing", .body = thing_fields,
	  .response = &thing, .status = 201, .summary = "Create a thing" },
	{ PATCH, "/{id}", ADMIN, SQL_LOGS_UPDATE, "change_thing", .body = thing_fields,
	  .response = &thing, .rules = CONDITIONAL, .summary = "Update a thing" },
	{ PATCH, "/broken/{id}", ADMIN, SQL_LOGS_UPDATE, "repair_thing", .body = repair,
	  .response = &thing, .summary = "Repair a thing" },
	{ DELETE, "/{id}", PUBLIC, SQL_LOGS_DELETE, "remove_thing", .status = 204,
	  .summary = "Delete a thing" },
	{ 0 },
};
static const struct resource things = { .path = "/things",
	                                .name = "Things",
	                                .operations = operations,
	                                .description = "What there is." };
static const struct resource *const all[] = { &things, NULL };

static void write_document(void)
{
	const char *error;

	spec_openapi(all, V1, &out);
	document = json_parse(buf_as_str(&out), &error, NULL);
	cr_assert(document != NULL, "%s", error);
}

Test(openapi, lists_each_operation_under_its_path)
{
	write_document();
	expect("openapi", "\"3.1.0\"");
	expect("paths.~api~v1~things.get.operationId", "\"list_things\"");
	expect("paths.~api~v1~things.get.summary", "\"List things\"");
	expect("paths.~api~v1~things.get.tags", "[\"Things\"]");
	expect("paths.~api~v1~things.post.operationId", "\"create_thing\"");
	expect("paths.~api~v1~things~{id}.patch.operationId", "\"change_thing\"");
	expect("paths.~api~v1~things~{id}.delete.operationId", "\"remove_thing\"");
	expect("paths.~api~v1~things~{id}.get", "");
}

Test(openapi, describes_who_is_authorized)
{
	write_document();
	cr_expect(at("paths.~api~v1~things~{id}.delete.security") != NULL);
	expect("paths.~api~v1~things~{id}.delete.security", "[]");
	expect("paths.~api~v1~things~{id}.delete.responses.401", "");
	cr_expect(at("paths.~api~v1~things.get.responses.401") != NULL);
	expect("paths.~api~v1~things.post.description", "\"Requires ADMIN.\"");
}

Test(openapi, describes_parameters_and_responses)
{
	write_document();
	expect("paths.~api~v1~things.get.parameters.0.name", "\"colour\"");
	expect("paths.~api~v1~things.get.parameters.1.required", "true");
	expect("paths.~api~v1~things.get.parameters.2.name", "\"limit\"");
	expect("paths.~api~v1~things.get.parameters.4.name", "\"cursor\"");
	expect("paths.~api~v1~things.get.parameters.5.name", "\"Prefer\"");
	cr_expect(at("paths.~api~v1~things.get.responses.200.headers.Link") != NULL);
	cr_expect(at("paths.~api~v1~things.post.responses.201.headers.Location") != NULL);
	cr_expect(at("paths.~api~v1~things.post.responses.200") == NULL);
	cr_expect(at("paths.~api~v1~things~{id}.delete.responses.204.content") == NULL);
	expect("paths.~api~v1~things~{id}.patch.parameters.0.in", "\"path\"");
	cr_expect(
		at("paths.~api~v1~things~{id}.patch.requestBody.content.application~merge-patch+json")
		!= NULL);
}

Test(openapi, lists_the_codes_of_each_operation)
{
	write_document();
	/* Those that differ between operations … */
	expect("paths.~api~v1~things.get.x-problem-codes", "[\"BAD_CURSOR\",\"FORBIDDEN\"]");
	expect("paths.~api~v1~things.post.responses.409.x-problem-codes", "");
	cr_expect(strstr(buf_cstr(&out), "\"ID_TAKEN\",\"IDEMPOTENCY_IN_PROGRESS\"") != NULL);
	/* … and those that all operations with this response have. */
	expect("paths.~api~v1~things.get.responses.429.x-problem-codes", "[\"TOO_MANY_REQUESTS\"]");
	expect("paths.~api~v1~things~{id}.patch.responses.412.x-problem-codes",
	       "[\"PRECONDITION_FAILED\"]");
	cr_expect(at("paths.~api~v1~things.get.responses.401.headers.WWW-Authenticate") != NULL);
	cr_expect(at("paths.~api~v1~things.get.responses.default.headers.Retry-After") != NULL);
	expect("paths.~api~v1~things.get.responses.409", "");
}

Test(openapi, describes_each_field)
{
	write_document();
	/* Limits and patterns are for requests only. */
	expect("components.schemas.Thing.properties.title",
	       "{\"type\":\"string\",\"description\":\"Its \\\"title\\\".\","
	       "\"examples\":[\"Title\"]}");
	expect("components.schemas.Thing.properties.id.$ref", "\"#/components/schemas/Id\"");
	expect("components.schemas.Id.format", "\"uuid\"");
	expect("components.schemas.CreateThingBody.properties.title",
	       "{\"$ref\":\"#/components/schemas/Line\",\"minLength\":1,\"maxLength\":120,"
	       "\"description\":\"Its \\\"title\\\".\"}");
	expect("components.schemas.Thing.properties.size.type", "[\"integer\",\"null\"]");
	expect("components.schemas.Colour.enum", "[\"red\",\"green\"]");
	/* The body of a create has the required fields and omits the read-only ones. */
	expect("components.schemas.CreateThingBody.required", "[\"title\",\"colour\"]");
	cr_expect(at("components.schemas.CreateThingBody.properties.made_at") == NULL);
	expect("components.schemas.CreateThingBody.additionalProperties", "false");
	expect("components.schemas.ChangeThingBody.required", "[]");
	expect("components.schemas.RepairThingBody.required", "[\"why\"]");
	cr_expect(at("components.schemas.ChangeThingBody.properties.id") == NULL);
}

Test(openapi, has_an_example_for_each_body_and_parameter)
{
	write_document();
	expect("paths.~api~v1~things.post.requestBody.content.application~json.example",
	       "{\"title\":\"Title\",\"colour\":\"red\"}");
	expect("paths.~api~v1~broken~{id}.get", "");
	/* A required parameter is sent; the example of an optional one is only shown. */
	expect("paths.~api~v1~things.get.parameters.1.example", "\"2026-11-21\"");
	expect("paths.~api~v1~things.get.parameters.0.example", "");
	expect("paths.~api~v1~things.get.parameters.2.schema.default", "100");
	expect("paths.~api~v1~things~{id}.patch.parameters.0.example",
	       "\"019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72\"");
}

static const struct field incident[] = {
	{ "type", FIELD_CHOICE, REQUIRED, .choices = colours, .choice_name = "Colour",
	  .description = "Which.", .example = "green" },
	{ "depth", FIELD_INTEGER, 0, 1, 9, .meant_for = "red", .description = "How deep." },
	{ 0 },
};
static const struct operation reports[] = {
	{ POST, "", GUARD, SQL_LOGS_CREATE, "create_report", .body = incident, .response = &thing,
	  .status = 201, .summary = "Create a report", .example_user = "rosa" },
	{ PATCH, "/{id}/close", GUARD, SQL_LOGS_UPDATE, "close_report", .summary = "Close a report",
	  .status = 204, .removed_in = V2, .successor = "/reports/{id}" },
	{ 0 },
};
static const struct resource report_resource = { .path = "/reports",
	                                         .name = "Reports",
	                                         .domain = LIVE,
	                                         .operations = reports,
	                                         .description = "Reports." };

static void write_reports(enum version version)
{
	const char *error;

	spec_openapi((const struct resource *const[]){ &report_resource, NULL }, version, &out);
	document = json_parse(buf_as_str(&out), &error, NULL);
	cr_assert(document != NULL, "%s", error);
}

Test(openapi, documents_what_fields_are_meant_for)
{
	write_reports(V1);
	expect("components.schemas.CreateReportBody.if",
	       "{\"properties\":{\"type\":{\"const\":\"red\"}},\"required\":[\"type\"]}");
	expect("components.schemas.CreateReportBody.then.description",
	       "\"Fields of this type: `depth`.\"");
	expect("paths.~api~v1~reports.post.x-example-user", "\"rosa\"");
}

Test(openapi, marks_deprecated_operations_and_omits_removed_ones)
{
	write_reports(V1);
	expect("paths.~api~v1~reports~{id}~close.patch.deprecated", "true");
	cr_expect(at("paths.~api~v1~reports~{id}~close.patch.responses.204.headers.Sunset")
	          != NULL);
	json_free(document);
	buf_clear(&out);
	write_reports(V2);
	cr_expect(at("paths.~api~v2~reports.post") != NULL);
	cr_expect(at("paths.~api~v2~events.get") != NULL);
	expect("paths.~api~v1", "");
	expect("paths.~api~v2~reports~{id}~close", "");
}

Test(openapi, has_the_routes_that_are_served)
{
	write_document();
	cr_expect(at("paths.~health.get") != NULL);
	expect("paths.~ws", "");
	json_free(document);
	buf_clear(&out);
	write_reports(V1);
	cr_expect(at("paths.~ws.get.responses.101") != NULL);
	cr_expect(at("paths.~api~v1~events.get.responses.200.content.text~event-stream") != NULL);
	expect("paths.~connection~http_stream.post.requestBody.required", "true");
}
