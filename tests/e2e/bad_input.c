/* Whatever is wrong with any field of any operation is named; nothing of it is written,
 * and nothing of it reaches PostgreSQL.
 *
 * The fields are read from the tables of the resources, so that a new operation is tried
 * from its first day. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bad_values.h"
#include "resources.h"

static struct {
	struct client *client;
	char *before; /* all there was */
	int tried;
} f;

/* All rows of all tables, as one word; but for what a process says of itself. */
static const char *all_there_is(void)
{
	return e2e_format(
		"%s",
		server_query(e2e_server(),
	                   "do $$ declare t record; n text; found text := ''; begin"
	                   " for t in select format('%%I.%%I', schemaname, tablename) as name from pg_tables"
	                   " where schemaname in ('app', 'live') and tablename <> 'processes' order by 1 loop"
	                   " execute format('select count(*) || '':'' || coalesce(sum(hashtext(t::text)::bigint), 0)"
	                   " from %%s t', t.name) into n; found := found || t.name || ' ' || n || E'\\n'; end loop;"
	                   " perform set_config('story.found', found, false); end $$;"
	                   " select current_setting('story.found')"));
}

/* Has PostgreSQL been given anything that it refused? */
static bool was_refused(void)
{
	const char *path = e2e_format("%s/postgres.log", server_data(e2e_server()));
	FILE *file = fopen(path, "r");
	char line[512];
	bool found = false;

	cr_assert(file != NULL, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		found = found || strstr(line, "ERROR:");
	fclose(file);
	return found || server_log_contains(e2e_server(), "statement.failed");
}

static void setup(void)
{
	f.client = e2e_client("super_admin");
	expect_status(client_get(f.client, "/api/v1/users/me"), 200);
	f.before = strdup(all_there_is());
}

/* (Criterion does not count what cr_expect() finds here.) */
static void teardown(void)
{
	const char *now = all_there_is();

	if (f.tried < 20)
		give_up("only %d were tried", f.tried);
	if (strcmp(now, f.before) != 0)
		give_up("Something was written. Before:\n%sNow:\n%s", f.before, now);
	if (was_refused())
		give_up("PostgreSQL was asked for something that it refused.");
	free(f.before);
}

TestSuite(bad_input, .init = setup, .fini = teardown, .timeout = 120);

static const char *path_of(const struct resource *resource, const struct operation *operation, const char *id)
{
	const char *root = resource->at_root ? "" : "/api/v1", *open;
	const char *path = e2e_format("%s%s%s", root, resource->path, operation->path);

	while ((open = strchr(path, '{')))
		path = e2e_format("%.*s%s%s", (int)(open - path), path, id, strchr(open, '}') + 1);
	return path;
}

static bool takes_body(const struct operation *operation)
{
	return operation->method == POST || operation->method == PATCH || operation->method == PUT;
}

#define EACH_OPERATION(r_, o_)                                                    \
	for (const struct resource *const *r_ = resources; *r_; r_++)             \
		for (const struct operation *o_ = (*r_)->operations; o_->method; o_++)

/* That fault, and no other; or, where the code is one of a problem's, that problem. */
static void expect_fault(const struct answer *answer, const char *place, const char *name, const char *code,
                         struct str given)
{
	bool is_problem = *code >= 'A' && *code <= 'Z';
	const char *wrong = e2e_check_problem(answer, is_problem ? code : "VALIDATION_FAILED");

	f.tried++;
	if (!wrong && !is_problem
	    && (json_count(json_in(answer->json, "errors")) != 1
	        || strcmp(answer_at(answer, e2e_format("errors.0.%s", place)), name) != 0
	        || strcmp(answer_at(answer, "errors.0.code"), code) != 0))
		wrong = "its fault is another";
	cr_expect(!wrong, "%s %s %.*s: %s: not %s, but %.*s", answer->about, name,
	          (int)(given.length < 80 ? given.length : 80), given.at, wrong, code, STR_ARGS(answer->body));
}

/* Text with ' for ", sent as it is otherwise. */
static const struct answer *sent(const struct resource *resource, const struct operation *operation, struct buf *body)
{
	for (size_t i = 0; i < body->length; i++) {
		if (body->at[i] == '\'')
			body->at[i] = '"';
	}
	return client_request(f.client, method_name(operation->method), path_of(resource, operation, e2e_id()),
	                  "application/json", buf_as_str(body));
}

/* An object that would do, but for this member. */
static void write_object(struct buf *out, const struct field *fields, const char *name, struct str value, bool changing)
{
	buf_print(out, "{'%s':", name);
	buf_str(out, value);
	for (; fields->name; fields++) {
		if (fields->rules & (changing ? REQUIRED_ON_UPDATE : REQUIRED) && strcmp(fields->name, name) != 0)
			buf_print(out, ",'%s':%s", fields->name, good_value(fields));
	}
	buf_char(out, '}');
}

/* ---- Bodies ---- */

/* Where a field is: in the body, or in the first of a list of objects in it. */
struct where {
	const struct resource *resource;
	const struct operation *operation;
	const struct field *in; /* NULL: in the body itself */
	const struct field *fields;
};

static void try_value(const struct where *where, const struct field *field, struct str value, const char *code)
{
	const struct operation *operation = where->operation;
	bool changing = operation->method == PATCH, many = where->in && where->in->rules & MULTIPLE;
	struct buf body = { 0 }, inside = { 0 };
	const char *pointer;

	write_object(&inside, where->fields, field->name, value, changing && !where->in);
	if (where->in) {
		struct buf around = { 0 };

		buf_print(&around, "%s", many ? "[" : "");
		buf_str(&around, buf_as_str(&inside));
		buf_print(&around, "%s", many ? "]" : "");
		write_object(&body, operation->body, where->in->name, buf_as_str(&around), changing);
		buf_finish(&around);
		pointer = e2e_format("/%s%s/%s", where->in->name, many ? "/0" : "", field->name);
	} else {
		buf_str(&body, buf_as_str(&inside));
		pointer = e2e_format("/%s", field->name);
	}
	expect_fault(sent(where->resource, operation, &body), "pointer", pointer, code, value);
	buf_finish(&body);
	buf_finish(&inside);
}

static void try_fields(const struct where *where)
{
	static const struct field stranger = { "no_such_field" };
	bool changing = where->operation->method == PATCH && !where->in;
	struct bad bads[BADS];

	try_value(where, &stranger, STR("7"), "unknown");
	for (const struct field *field = where->fields; field->name; field++) {
		size_t count;

		if (field->rules & READ_ONLY || (field->rules & CREATE_ONLY && changing)) {
			try_value(where, field, str_of(good_value(field)), "read_only");
			continue;
		}
		count = bad_values(field, bads);
		for (size_t i = 0; i < count; i++)
			try_value(where, field, bads[i].value, bads[i].code);
		if (field->type == FIELD_SHAPE && !where->in)
			try_fields(&(struct where){ where->resource, where->operation, field, field->shape->fields });
	}
}

Test(bad_input, of_every_field_is_named_by_its_pointer)
{
	EACH_OPERATION(r, o)
	{
		if (o->body)
			try_fields(&(struct where){ *r, o, NULL, o->body });
	}
	cr_expect(f.tried > 4000, "%d were tried", f.tried);
}

static void try_body(const struct resource *resource, const struct operation *operation, struct str text,
                     const char *code)
{
	struct buf body = { 0 };

	buf_str(&body, text);
	expect_fault(sent(resource, operation, &body), "pointer", "", code, text);
	buf_finish(&body);
}

/* What is no object of fields at all, whatever the fields are. */
Test(bad_input, of_every_body_is_told)
{
	static const struct field none[] = { { 0 } };
	static const char *const no_objects[] = { "[]", "[{}]", "7", "null", "true", "'x'", "''" };
	static const char *const broken[] = { "{", "{}}", "{} {}", "{'a':1,'a':1}", "{'a':1,}", "{a:1}", "/**/{}", "nul", " " };
	const char *deep = e2e_format("{'a':%s%s}", repeated(200, "["), repeated(200, "]"));
	const char *deeper = e2e_format("%s%s", repeated(50000, "{'a':"), "1");
	const char *large = e2e_format("{'a':'%s'}", repeated(1 << 20, "x"));

	EACH_OPERATION(r, o)
	{
		if (!takes_body(o))
			continue;
		if (!o->body)
			try_fields(&(struct where){ *r, o, NULL, none });
		for (size_t i = 0; i < COUNT_OF(no_objects); i++)
			try_body(*r, o, str_of(no_objects[i]), "wrong_type");
		for (size_t i = 0; i < COUNT_OF(broken); i++)
			try_body(*r, o, str_of(broken[i]), "BAD_JSON");
		try_body(*r, o, str_of(deep), "BAD_JSON");
		try_body(*r, o, str_of(deeper), "BAD_JSON");
		try_body(*r, o, str_of(large), "BODY_TOO_LARGE");
		expect_fault(client_request(f.client, method_name(o->method), path_of(*r, o, e2e_id()), "text/plain", STR("{}")),
		             "", "", "UNSUPPORTED_MEDIA_TYPE", STR("{}"));
		if (o->body && !(o->rules & BODY_OPTIONAL))
			expect_fault(client_request(f.client, method_name(o->method), path_of(*r, o, e2e_id()), NULL, STR("")),
			             "pointer", "", "required", STR(""));
	}
}

/* ---- Queries, paths and headers ---- */

static const char *encoded(struct str text)
{
	struct buf out = { 0 };
	const char *copy;

	for (size_t i = 0; i < text.length; i++)
		buf_print(&out, "%%%02x", (unsigned char)text.at[i]);
	copy = e2e_format("%s", buf_cstr(&out));
	buf_finish(&out);
	return copy;
}

/* What must be given besides, so that this one alone is at fault. */
static const char *needed_by(const struct field *field, const struct field *fields)
{
	const char *query = "";

	for (; fields && fields->name; fields++) {
		bool needed = field->requires && strcmp(field->requires, fields->name) == 0;

		if (strcmp(field->name, fields->name) != 0 && (needed || fields->rules & REQUIRED))
			query = e2e_format("%s%s=%s&", query, fields->name, good_parameter(fields));
	}
	return query;
}

static void ask(const struct resource *resource, const struct operation *operation, const char *query,
                const char *parameter, const char *code)
{
	const struct shape body = { .fields = operation->body };

	client_send(f.client, method_name(operation->method), e2e_format("%s?%s", path_of(resource, operation, e2e_id()), query),
	            operation->body ? "%s" : NULL,
	            operation->body ? good_object(&body, operation->method == PATCH ? REQUIRED_ON_UPDATE : REQUIRED) : "{}");
	expect_fault(client_receive(f.client), "parameter", parameter, code, str_of(query));
}

static void try_parameter(const struct resource *resource, const struct operation *operation, const struct field *field)
{
	const char *needed = needed_by(field, operation->query), *name = field->name;
	const char *good = e2e_format("%s=%s", name, good_parameter(field));
	static const char *const bytes[] = { "%00", "a%00b", "%ff", "%c0%af", "%ed%a0%80", "%", "%4", "%zz" };
	struct bad bads[BADS];
	size_t count = bad_parameters(field, bads);

	for (size_t i = 0; i < count; i++)
		ask(resource, operation, e2e_format("%s%s=%s", needed, name, encoded(bads[i].value)), name, bads[i].code);
	ask(resource, operation, e2e_format("%s%s&%s", needed, good, good), name, "duplicate");
	if (field->requires)
		ask(resource, operation, good, name, "missing_dependency");
	if (field->rules & REQUIRED)
		ask(resource, operation, needed, name, "required");
	/* They cannot be decoded, so what they stand for is not known. */
	for (size_t i = 0; i < COUNT_OF(bytes); i++) {
		const char *pair = e2e_format("%s=%s", name, bytes[i]);

		if (!(field->rules & REQUIRED))
			ask(resource, operation, e2e_format("%s%s", needed, pair), pair, "malformed");
	}
}

Test(bad_input, of_every_parameter_is_named)
{
	static const struct field paging[] = {
		{ "limit", FIELD_INTEGER, 0, 1, 500 },
		{ "skip", FIELD_INTEGER, 0, 0, 1000000 },
		{ "cursor", FIELD_LINE, 0, 1, 1500 },
		{ 0 },
	};
	static const struct field stranger = { "no_such_parameter" };

	EACH_OPERATION(r, o)
	{
		ask(*r, o, e2e_format("%s%s", needed_by(&stranger, o->query), "no_such_parameter=1"), stranger.name, "unknown");
		for (const struct field *field = o->query; field && field->name; field++)
			try_parameter(*r, o, field);
		for (const struct field *field = paging; field->name && o->rules & PAGED; field++) {
			if (o->sort[0] || strcmp(field->name, "cursor") != 0)
				try_parameter(*r, o, field);
		}
	}
}

Test(bad_input, of_every_path_and_key_is_named)
{
	static const char *const ids[] = {
		"x", "01900000-0000-7000-8000-00000000000g", "01900000-0000-7000-8000-0000000000011", "0", "-1", "null",
		"%27%20or%201=1--", "%e2%80%ae",
	};
	static const char *const keys[] = { "a b", "\"", "a\\b", "" };

	EACH_OPERATION(r, o)
	{
		const char *open = strchr(o->path, '{') ?: strchr((*r)->path, '{');
		const char *body = takes_body(o) && o->body && !(o->rules & BODY_OPTIONAL) ? "7" : NULL;

		for (size_t i = 0; open && i < COUNT_OF(ids); i++) {
			const struct answer *answer;

			client_send(f.client, method_name(o->method), path_of(*r, o, ids[i]), body ? "%s" : NULL, body);
			answer = client_receive(f.client);
			f.tried++;
			expect_problem(answer, "VALIDATION_FAILED");
			expect_at(answer, "errors.0.parameter", "id");
			expect_at(answer, "errors.0.code", "malformed");
		}
		for (size_t i = 0; o->method == POST && i < COUNT_OF(keys); i++) {
			client_set_header(f.client, "Idempotency-Key: %s", keys[i]);
			client_send(f.client, "POST", path_of(*r, o, e2e_id()), NULL);
			expect_at(client_receive(f.client), "errors.0.header", "Idempotency-Key");
			f.tried++;
		}
	}
}
