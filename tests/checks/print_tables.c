/* print_tables.c: prints the tables of the program as JSON, for the checks and the generated pages. */

#include <stdio.h>

#include "channels.h"
#include "resources.h"
#include "statement.h"

static struct buf out;

static void open(const char *key, char bracket)
{
	if (key) {
		buf_json(&out, str_of(key));
		buf_char(&out, ':');
	}
	buf_char(&out, bracket);
}

static void close(char bracket)
{
	if (out.at[out.length - 1] == ',')
		out.length--;
	buf_char(&out, bracket);
	buf_char(&out, ',');
}

static void text(const char *key, const char *value)
{
	if (key) {
		buf_json(&out, str_of(key));
		buf_char(&out, ':');
	}
	if (value)
		buf_json(&out, str_of(value));
	else
		buf_text(&out, "null");
	buf_char(&out, ',');
}

static void number(const char *key, long long value)
{
	buf_json(&out, str_of(key));
	buf_print(&out, ":%lld,", value);
}

/* ---- Settings ---- */

static void setting(const char *kind, const char *member, const char *variable,
                    const char *default_value, const char *choices, long long min, long long max,
                    const char *description)
{
	open(NULL, '{');
	text("kind", kind);
	text("member", member);
	text("variable", variable);
	text("default", default_value);
	text("choices", choices);
	number("min", min);
	number("max", max);
	text("description", description);
	close('}');
}

#define RANGE_TEXT(min, max, description)   NULL, min, max, description
#define RANGE_SECRET(min, max, description) NULL, min, max, description
#define RANGE_LIST(min, max, description)   NULL, min, max, description
#define RANGE_NUMBER(min, max, description) NULL, min, max, description
#define RANGE_CHOICE(choices, description)  choices, 0, 0, description

static void settings(void)
{
	open("settings", '[');
#define SETTING(kind, member, variable, default_value, ...)                                        \
	setting(#kind, #member, variable, default_value, RANGE_##kind(__VA_ARGS__));
#include "table/settings.def"
#undef SETTING
	close(']');
}

/* ---- Tables of names and texts ---- */

static void metric(const char *type, const char *name, const char *exposed, const char *help)
{
	open(NULL, '{');
	text("type", type);
	text("name", name);
	text("exposed", exposed);
	text("help", help);
	close('}');
}

static void metrics(void)
{
	open("metrics", '[');
#define COUNTER(name, exposed, help)   metric("counter", #name, exposed, help);
#define GAUGE(name, exposed, help)     metric("gauge", #name, exposed, help);
#define HISTOGRAM(name, exposed, help) metric("histogram", #name, exposed, help);
#include "table/metrics.def"
	close(']');
}

static void problems(void)
{
	open("problems", '[');
	for (int i = 0; i < PROBLEMS; i++) {
		open(NULL, '{');
		text("code", problem_rows[i].code);
		number("status", problem_rows[i].status);
		text("title", problem_rows[i].title);
		text("cause", problem_rows[i].cause);
		text("remedy", problem_rows[i].remedy);
		close('}');
	}
	close(']');
}

static void constraint(const char *name, const char *code, const char *member)
{
	open(NULL, '{');
	text("name", name);
	text("code", code);
	text("member", member);
	close('}');
}

static void constraints(void)
{
	open("constraints", '[');
#define CONSTRAINT(name, problem, member) constraint(name, #problem, member);
#include "table/constraints.def"
#undef CONSTRAINT
	close(']');
}

/* Tables whose readers need only the names, as arrays of strings. */
static void names(void)
{
	open("headers", '[');
#define HEADER(name, ...) text(NULL, #name);
#include "table/headers.def"
#undef HEADER
	close(']');
	open("token_problems", '[');
#define TOKEN_ERROR(name, problem, ...) text(NULL, #problem);
#include "table/token_errors.def"
#undef TOKEN_ERROR
	close(']');
	open("limit_settings", '[');
#define RATE_LIMIT(name, wire, member, ...) text(NULL, #member);
#include "table/limits.def"
#undef RATE_LIMIT
	close(']');
}

/* ---- Channels and events ---- */

static void channels(void)
{
	open("channels", '[');
	for (int i = 0; i < CHANNELS; i++) {
		open(NULL, '{');
		text("pattern", channel_rows[i].pattern);
		text("role", role_name(channel_rows[i].role));
		text("revokes", channel_rows[i].revokes);
		text("description", channel_rows[i].description);
		close('}');
	}
	close(']');
}

static void events(void)
{
	open("events", '[');
	for (const struct event *event = all_events; event->type; event++) {
		open(NULL, '{');
		text("type", event->type);
		text("channels", event->channels);
		open("data", '[');
		for (const struct field *field = event->data; field && field->name; field++)
			text(NULL, field->name);
		close(']');
		text("summary", event->summary);
		close('}');
	}
	close(']');
}

/* ---- Operations and shapes ---- */

static void fields(const struct shape *shape)
{
	const struct field *const parts[] = { shape->fields, shape->more };

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		for (const struct field *field = parts[i]; field && field->name; field++) {
			open(NULL, '{');
			text("name", field->name);
			text("shape", field->shape ? field->shape->name : NULL);
			number("optional", field->rules & OPTIONAL_IN_RESPONSE ? 1 : 0);
			number("list", field->rules & MULTIPLE ? 1 : 0);
			close('}');
		}
	}
}

static void response(const struct shape *shape)
{
	open("response", '{');
	if (shape) {
		number("list", shape->list);
		shape = shape->list ? shape->item : shape;
		text("shape", shape->name);
		open("fields", '[');
		fields(shape);
		close(']');
	}
	close('}');
}

static void operation(const struct resource *resource, const struct operation *o)
{
	open(NULL, '{');
	text("name", o->name);
	text("method", method_name(o->method));
	buf_print(&out, "\"path\":\"%s%s%s\",", resource_root(resource, V1),
	          operation_parent(resource, o), o->path);
	text("role", role_name(o->role));
	open("statements", '[');
	text(NULL, sql_statements[o->sql].name);
	if (o->alt_when)
		text(NULL, sql_statements[o->alt_sql].name);
	close(']');
	response(o->response);
	close('}');
}

static void operations(void)
{
	open("operations", '[');
	for (const struct resource *const *r = resources; *r; r++) {
		for (const struct operation *o = (*r)->operations; o->method; o++)
			operation(*r, o);
	}
	close(']');
}

int main(void)
{
	open(NULL, '{');
	settings();
	metrics();
	problems();
	constraints();
	names();
	channels();
	events();
	operations();
	close('}');
	out.length--; /* the last comma */
	buf_char(&out, '\n');
	fwrite(out.at, 1, out.length, stdout);
	buf_finish(&out);
	return 0;
}
