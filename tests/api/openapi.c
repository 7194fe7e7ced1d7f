/* The OpenAPI document contains what the tables declare. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "spec.h"

static struct buf out;
static struct json *document;

static void tear_down(void)
{
	json_free(document);
	buf_finish(&out);
}

TestSuite(contract, .fini = tear_down);

Test(contract, commas_stand_between_parts_and_nowhere_else)
{
	const char *fault;

	contract_open(&out, NULL, '{');
	contract_open(&out, "empty", '{');
	contract_close(&out, '}');
	contract_open(&out, "none", '[');
	contract_close(&out, ']');
	contract_open(&out, "list", '[');
	contract_open(&out, NULL, '{');
	contract_text(&out, "a", "quote \" and \\ and \xff");
	contract_raw(&out, "b", "7");
	contract_close(&out, '}');
	contract_open(&out, NULL, '{');
	contract_close(&out, '}');
	contract_close(&out, ']');
	contract_close(&out, '}');
	if (out.length && out.at[out.length - 1] == ',')
		out.length--;
	document = json_parse(buf_as_str(&out), &fault, NULL);
	cr_assert(document != NULL, "%s: %s", buf_cstr(&out), fault);
	cr_expect_str_eq(buf_cstr(&out), "{\"empty\":{},\"none\":[],\"list\":[{\"a\":\"quote \\\" and \\\\ and "
	                                 "\\ufffd\",\"b\":7},{}]}");
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
		value = json_kind(value) == JSON_ARRAY && str_number(part, &index) ? json_at(value, (size_t)index)
		                                                                   : json_member(value, name);
	}
	return value;
}

static void expect(const char *path, const char *wanted)
{
	struct buf text = { 0 };

	if (at(path))
		buf_json_value(&text, at(path));
	cr_expect_str_eq(buf_cstr(&text), wanted, "%s must not be %s", path, buf_cstr(&text));
	buf_finish(&text);
}

static const char *const colours[] = { "red", "green", NULL };
static const struct field thing_fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity." },
	{ "title", FIELD_NAME, REQUIRED, 1, 120, .says = "Its \"title\"." },
	{ "size", FIELD_INTEGER, NULLABLE, 1, 50, .says = "How large." },
	{ "colour", FIELD_CHOICE, REQUIRED, .choices = colours, .choice_name = "Colour", .says = "Which." },
	{ "tags", FIELD_NAME, MANY, 1, 10, 3, .says = "Words." },
	{ "made_at", FIELD_TIME, GIVEN, .says = "When." },
	{ 0 },
};
static const struct field mending[] = {
	{ "title", FIELD_NAME, REQUIRED, 1, 120, .says = "Its title." },
	{ "why", FIELD_TEXT, REQUIRED | ALWAYS, 1, 100, .says = "Why." },
	{ 0 },
};
static const struct field filters[] = {
	{ "colour", FIELD_CHOICE, MANY, .choices = colours, .choice_name = "Colour", .says = "Only these." },
	{ "day", FIELD_DAY, REQUIRED, .says = "Of this day." },
	{ 0 },
};
static const struct shape thing = { "Thing", thing_fields, .says = "A thing." };
static const char *const refuses[] = { "ID_TAKEN", NULL };
static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_LOGS_LIST, "list_things", .query = filters, .answers = LIST_OF(thing),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List things" },
	{ POST, "", ADMIN, SQL_LOGS_CREATE, "create_thing", .body = thing_fields, .answers = &thing,
	  .status = 201, .refuses = refuses, .summary = "Create a thing" },
	{ PATCH, "/{id}", ADMIN, SQL_LOGS_CHANGE, "change_thing", .body = thing_fields, .answers = &thing,
	  .rules = CONDITIONAL, .summary = "Update a thing" },
	{ PATCH, "/broken/{id}", ADMIN, SQL_LOGS_CHANGE, "mend_thing", .body = mending, .answers = &thing,
	  .summary = "Repair a thing" },
	{ DELETE, "/{id}", PUBLIC, SQL_LOGS_REMOVE, "remove_thing", .status = 204, .summary = "Delete a thing" },
	{ 0 },
};
static const struct resource things = { .path = "/things", .name = "Things", .operations = operations,
	                                .says = "What there is." };
static const struct resource *const all[] = { &things, NULL };

static void write_down(void)
{
	const char *fault;

	api_openapi(all, &out);
	document = json_parse(buf_as_str(&out), &fault, NULL);
	cr_assert(document != NULL, "%s", fault);
}

Test(contract, names_each_operation_below_its_path)
{
	write_down();
	expect("openapi", "\"3.1.0\"");
	expect("paths.~api~v1~things.get.operationId", "\"list_things\"");
	expect("paths.~api~v1~things.get.summary", "\"List things\"");
	expect("paths.~api~v1~things.get.tags", "[\"Things\"]");
	expect("paths.~api~v1~things.post.operationId", "\"create_thing\"");
	expect("paths.~api~v1~things~{id}.patch.operationId", "\"change_thing\"");
	expect("paths.~api~v1~things~{id}.delete.operationId", "\"remove_thing\"");
	expect("paths.~api~v1~things~{id}.get", "");
}

Test(contract, tells_who_may)
{
	write_down();
	cr_expect(at("paths.~api~v1~things~{id}.delete.security") != NULL);
	expect("paths.~api~v1~things~{id}.delete.security", "[]");
	expect("paths.~api~v1~things~{id}.delete.responses.401", "");
	cr_expect(at("paths.~api~v1~things.get.responses.401") != NULL);
	expect("paths.~api~v1~things.post.description", "\"Requires ADMIN.\"");
}

Test(contract, tells_what_is_asked_and_answered)
{
	write_down();
	expect("paths.~api~v1~things.get.parameters.0.name", "\"colour\"");
	expect("paths.~api~v1~things.get.parameters.0.explode", "false");
	expect("paths.~api~v1~things.get.parameters.1.required", "true");
	expect("paths.~api~v1~things.get.parameters.2.name", "\"limit\"");
	expect("paths.~api~v1~things.get.parameters.4.name", "\"cursor\"");
	expect("paths.~api~v1~things.get.parameters.5.name", "\"Prefer\"");
	cr_expect(at("paths.~api~v1~things.get.responses.200.headers.Link") != NULL);
	cr_expect(at("paths.~api~v1~things.post.responses.201.headers.Location") != NULL);
	cr_expect(at("paths.~api~v1~things.post.responses.200") == NULL);
	cr_expect(at("paths.~api~v1~things~{id}.delete.responses.204.content") == NULL);
	expect("paths.~api~v1~things~{id}.patch.parameters.0.in", "\"path\"");
	cr_expect(at("paths.~api~v1~things~{id}.patch.requestBody.content.application~merge-patch+json") != NULL);
	expect("paths.~api~v1~things.post.responses.409.description", "\"ID_TAKEN, IDEMPOTENCY_IN_PROGRESS\"");
	expect("paths.~api~v1~things.get.responses.409", "");
}

Test(contract, tells_of_each_field)
{
	write_down();
	expect("components.schemas.Thing.properties.title.maxLength", "120");
	expect("components.schemas.Thing.properties.title.description", "\"Its \\\"title\\\".\"");
	expect("components.schemas.Thing.properties.id.format", "\"uuid\"");
	expect("components.schemas.Thing.properties.size.type", "[\"integer\",\"null\"]");
	expect("components.schemas.Colour.enum", "[\"red\",\"green\"]");
	/* The body of a create has the required fields and omits the read-only ones. */
	expect("components.schemas.CreateThingBody.required", "[\"title\",\"colour\"]");
	cr_expect(at("components.schemas.CreateThingBody.properties.made_at") == NULL);
	expect("components.schemas.CreateThingBody.additionalProperties", "false");
	cr_expect(at("components.schemas.ChangeThingBody.required") == NULL);
	expect("components.schemas.MendThingBody.required", "[\"why\"]");
	cr_expect(at("components.schemas.ChangeThingBody.properties.id") == NULL);
}
