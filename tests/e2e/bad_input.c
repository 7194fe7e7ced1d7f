/* Every invalid field of every operation is reported, and no invalid value reaches PostgreSQL or
 * changes data.
 *
 * The fields come from the tables of the resources, so new operations are covered without a
 * change here. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bad_values.h"
#include "resources.h"

static struct {
	struct client *client;
	char *before; /* the checksums at the start of the test */
	int requests;
} f;

/* A row count and a checksum of every table, except the one with the servers' heartbeats. */
static const char *checksums(void)
{
	return e2e_format(
		"%s",
		server_query(
			e2e_server(),
			"do $$ declare t record; n text; found text := '';"
			" begin"
			" for t in select format('%%I.%%I', schemaname, tablename) as name"
			" from pg_tables where schemaname in ('app', 'live')"
			" and tablename <> 'processes' order by 1 loop"
			" execute format('select count(*) || '':'' ||"
			" coalesce(sum(hashtext(t::text)::bigint), 0) from %%s t', t.name) into n;"
			" found := found || t.name || ' ' || n || E'\\n';"
			" end loop;"
			" perform set_config('test.found', found, false); end $$;"
			" select current_setting('test.found')"));
}

/* True if PostgreSQL has reported an error. */
static bool has_database_errors(void)
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
	f.before = strdup(checksums());
}

/* Criterion ignores a failed cr_expect() in a teardown function. */
static void teardown(void)
{
	const char *now = checksums();

	if (f.requests < 20)
		fatal("only %d requests were sent", f.requests);
	if (strcmp(now, f.before) != 0)
		fatal("An invalid request changed data. Before:\n%sNow:\n%s", f.before, now);
	if (has_database_errors())
		fatal("An invalid value reached PostgreSQL; see its log for the error.");
	free(f.before);
}

TestSuite(bad_input, .init = setup, .fini = teardown, .timeout = 120);

static const char *path_of(const struct resource *resource, const struct operation *operation,
                           const char *id)
{
	const char *path = e2e_format("%s%s%s", resource_root(resource, V1),
	                              operation_parent(resource, operation), operation->path),
		   *open;

	while ((open = strchr(path, '{')))
		path = e2e_format("%.*s%s%s", (int)(open - path), path, id, strchr(open, '}') + 1);
	return path;
}

static bool has_body(const struct operation *operation)
{
	return operation->method == POST || operation->method == PATCH || operation->method == PUT;
}

#define EACH_OPERATION(r_, o_)                                                                     \
	for (const struct resource *const *r_ = resources; *r_; r_++)                              \
		for (const struct operation *o_ = (*r_)->operations; o_->method; o_++)

/* The only error is `code` at `name`, which is a pointer or a parameter (`kind`). A code in
 * capitals is that of a problem instead. */
static void expect_error(const struct answer *answer, const char *kind, const char *name,
                         const char *code, struct str value)
{
	bool is_problem = *code >= 'A' && *code <= 'Z';
	const char *wrong = e2e_check_problem(answer, is_problem ? code : "VALIDATION_FAILED");

	f.requests++;
	if (!wrong && !is_problem
	    && (json_count(json_in(answer->json, "errors")) != 1
	        || strcmp(answer_at(answer, e2e_format("errors.0.%s", kind)), name) != 0
	        || strcmp(answer_at(answer, "errors.0.code"), code) != 0))
		wrong = "it reports other errors";
	cr_expect(!wrong, "%s %s %.*s: %s: expected %s, got %.*s", answer->about, name,
	          (int)(value.length < 80 ? value.length : 80), value.at, wrong, code,
	          STR_ARGS(answer->body));
}

/* Sends the text with " for '. */
static const struct answer *send_body(const struct resource *resource,
                                      const struct operation *operation, struct buf *body)
{
	for (size_t i = 0; i < body->length; i++) {
		if (body->at[i] == '\'')
			body->at[i] = '"';
	}
	return client_request(f.client, method_name(operation->method),
	                      path_of(resource, operation, e2e_id()), "application/json",
	                      buf_as_str(body));
}

/* An object that is valid except for this member. */
static void write_object(struct buf *out, const struct field *fields, const char *name,
                         struct str value, bool is_update)
{
	buf_print(out, "{'%s':", name);
	buf_str(out, value);
	for (; fields->name; fields++) {
		if (fields->rules & (is_update ? REQUIRED_ON_UPDATE : REQUIRED)
		    && strcmp(fields->name, name) != 0)
			buf_print(out, ",'%s':%s", fields->name, valid_value(fields));
	}
	buf_char(out, '}');
}

/* ---- Bodies ---- */

/* Where the fields are: in the body, in an object in it, or in the first of a list of objects. */
struct location {
	const struct resource *resource;
	const struct operation *operation;
	const struct field *parent; /* NULL: the body */
	const struct field *fields;
};

static void try_value(const struct location *location, const struct field *field, struct str value,
                      const char *code, const char *entry)
{
	const struct operation *operation = location->operation;
	bool is_update = operation->method == PATCH,
	     is_list = location->parent && location->parent->rules & MULTIPLE;
	struct buf body = { 0 }, inner = { 0 };
	const char *pointer;

	write_object(&inner, location->fields, field->name, value, is_update && !location->parent);
	if (location->parent) {
		struct buf outer = { 0 };

		buf_print(&outer, "%s", is_list ? "[" : "");
		buf_str(&outer, buf_as_str(&inner));
		buf_print(&outer, "%s", is_list ? "]" : "");
		write_object(&body, operation->body, location->parent->name, buf_as_str(&outer),
		             is_update);
		buf_finish(&outer);
		pointer = e2e_format("/%s%s/%s%s", location->parent->name, is_list ? "/0" : "",
		                     field->name, entry);
	} else {
		buf_str(&body, buf_as_str(&inner));
		pointer = e2e_format("/%s%s", field->name, entry);
	}
	expect_error(send_body(location->resource, operation, &body), "pointer", pointer, code,
	             value);
	buf_finish(&body);
	buf_finish(&inner);
}

static void try_fields(const struct location *location)
{
	static const struct field unknown = { "no_such_field" };
	bool is_update = location->operation->method == PATCH && !location->parent;
	struct bad_value values[MAX_BAD_VALUES];

	try_value(location, &unknown, STR("7"), "unknown", "");
	for (const struct field *field = location->fields; field->name; field++) {
		size_t count;

		if (field->rules & READ_ONLY || (field->rules & CREATE_ONLY && is_update)) {
			try_value(location, field, str_of(valid_value(field)), "read_only", "");
			continue;
		}
		count = bad_values(field, values);
		for (size_t i = 0; i < count; i++)
			try_value(location, field, values[i].value, values[i].code,
			          values[i].entry);
		if (field->type == FIELD_SHAPE && !location->parent)
			try_fields(&(struct location){ location->resource, location->operation,
			                               field, field->shape->fields });
	}
}

Test(bad_input, in_fields_is_reported_by_pointer)
{
	EACH_OPERATION(r, o)
	{
		if (o->body)
			try_fields(&(struct location){ *r, o, NULL, o->body });
	}
	cr_expect(f.requests > 4000, "only %d requests were sent", f.requests);
}

static void try_body(const struct resource *resource, const struct operation *operation,
                     struct str text, const char *code)
{
	struct buf body = { 0 };

	buf_str(&body, text);
	expect_error(send_body(resource, operation, &body), "pointer", "", code, text);
	buf_finish(&body);
}

/* Bodies that are invalid whatever the fields are. */
Test(bad_input, in_bodies_is_reported)
{
	static const struct field none[] = { { 0 } };
	static const char *const not_objects[] = { "[]", "[{}]", "7", "null", "true", "'x'", "''" };
	/* clang-format off */
	static const char *const malformed[] = {
		"{", "{}}", "{} {}", "{'a':1,'a':1}", "{'a':1,}", "{a:1}", "/**/{}", "nul", " ",
	};
	/* clang-format on */
	const char *deep = e2e_format("{'a':%s%s}", repeat(200, "["), repeat(200, "]"));
	const char *deeper = e2e_format("%s%s", repeat(50000, "{'a':"), "1");
	const char *large = e2e_format("{'a':'%s'}", repeat(1 << 20, "x"));

	EACH_OPERATION(r, o)
	{
		if (!has_body(o))
			continue;
		if (!o->body)
			try_fields(&(struct location){ *r, o, NULL, none });
		for (size_t i = 0; i < COUNT_OF(not_objects); i++)
			try_body(*r, o, str_of(not_objects[i]), "wrong_type");
		for (size_t i = 0; i < COUNT_OF(malformed); i++)
			try_body(*r, o, str_of(malformed[i]), "BAD_JSON");
		try_body(*r, o, str_of(deep), "BAD_JSON");
		try_body(*r, o, str_of(deeper), "BAD_JSON");
		try_body(*r, o, str_of(large), "BODY_TOO_LARGE");
		expect_error(client_request(f.client, method_name(o->method),
		                            path_of(*r, o, e2e_id()), "text/plain", STR("{}")),
		             "", "", "UNSUPPORTED_MEDIA_TYPE", STR("{}"));
		if (o->body && !(o->rules & BODY_OPTIONAL))
			expect_error(client_request(f.client, method_name(o->method),
			                            path_of(*r, o, e2e_id()), NULL, STR("")),
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

/* Valid values of the other parameters that the operation requires. */
static const char *required_by(const struct field *field, const struct field *fields)
{
	const char *query = "";

	for (; fields && fields->name; fields++) {
		if (strcmp(field->name, fields->name) != 0 && fields->rules & REQUIRED)
			query = e2e_format("%s%s=%s&", query, fields->name,
			                   valid_parameter(fields));
	}
	return query;
}

static void try_query(const struct resource *resource, const struct operation *operation,
                      const char *query, const char *parameter, const char *code)
{
	const struct shape shape = { .fields = operation->body };
	enum field_rule required = operation->method == PATCH ? REQUIRED_ON_UPDATE : REQUIRED;
	const char *body = operation->body ? valid_object(&shape, required) : NULL;

	client_send(f.client, method_name(operation->method),
	            e2e_format("%s?%s", path_of(resource, operation, e2e_id()), query),
	            body ? "%s" : NULL, body);
	expect_error(client_receive(f.client), "parameter", parameter, code, str_of(query));
}

static void try_parameter(const struct resource *resource, const struct operation *operation,
                          const struct field *field)
{
	const char *required = required_by(field, operation->query), *name = field->name;
	const char *valid = e2e_format("%s=%s", name, valid_parameter(field));
	/* clang-format off */
	static const char *const bytes[] = {
		"%00", "a%00b", "%ff", "%c0%af", "%ed%a0%80", "%", "%4", "%zz",
	};
	/* clang-format on */
	struct bad_value values[MAX_BAD_VALUES];
	size_t count = bad_parameters(field, values);

	for (size_t i = 0; i < count; i++)
		try_query(resource, operation,
		          e2e_format("%s%s=%s", required, name, encoded(values[i].value)), name,
		          values[i].code);
	if (!(field->rules & MULTIPLE))
		try_query(resource, operation, e2e_format("%s%s&%s", required, valid, valid), name,
		          "duplicate");
	if (field->rules & REQUIRED)
		try_query(resource, operation, required, name, "required");
	/* Text that cannot be decoded is reported with its name and value. */
	for (size_t i = 0; i < COUNT_OF(bytes); i++) {
		const char *pair = e2e_format("%s=%s", name, bytes[i]);

		if (!(field->rules & REQUIRED))
			try_query(resource, operation, e2e_format("%s%s", required, pair), pair,
			          "malformed");
	}
}

Test(bad_input, in_parameters_is_reported_by_name)
{
	static const struct field paging[] = {
		{ "limit", FIELD_INTEGER, 0, 1, 500 },
		{ "skip", FIELD_INTEGER, 0, 0, 1000000 },
		{ "cursor", FIELD_LINE, 0, 1, 1500 },
		{ 0 },
	};
	static const struct field unknown = { "no_such_parameter" };

	EACH_OPERATION(r, o)
	{
		try_query(
			*r, o,
			e2e_format("%s%s", required_by(&unknown, o->query), "no_such_parameter=1"),
			unknown.name, "unknown");
		for (const struct field *field = o->query; field && field->name; field++)
			try_parameter(*r, o, field);
		for (const struct field *field = paging; field->name && o->rules & PAGED; field++) {
			if (o->sort[0] || strcmp(field->name, "cursor") != 0)
				try_parameter(*r, o, field);
		}
	}
}

Test(bad_input, in_paths_and_idempotency_keys_is_reported)
{
	static const char *const ids[] = {
		"x",
		"01900000-0000-7000-8000-00000000000g",
		"01900000-0000-7000-8000-0000000000011",
		"0",
		"-1",
		"null",
		"%27%20or%201=1--",
		"%e2%80%ae",
	};
	static const char *const keys[] = { "a b", "\"", "a\\b", "" };

	EACH_OPERATION(r, o)
	{
		const char *open = strchr(o->path, '{') ?: strchr(operation_parent(*r, o), '{');
		const char *body =
			has_body(o) && o->body && !(o->rules & BODY_OPTIONAL) ? "7" : NULL;

		for (size_t i = 0; open && i < COUNT_OF(ids); i++) {
			const struct answer *answer;

			client_send(f.client, method_name(o->method), path_of(*r, o, ids[i]),
			            body ? "%s" : NULL, body);
			answer = client_receive(f.client);
			f.requests++;
			expect_problem(answer, "VALIDATION_FAILED");
			expect_at(answer, "errors.0.parameter", "id");
			expect_at(answer, "errors.0.code", "malformed");
		}
		for (size_t i = 0; o->method == POST && i < COUNT_OF(keys); i++) {
			client_set_header(f.client, "Idempotency-Key: %s", keys[i]);
			client_send(f.client, "POST", path_of(*r, o, e2e_id()), NULL);
			expect_at(client_receive(f.client), "errors.0.header", "Idempotency-Key");
			f.requests++;
		}
	}
}
