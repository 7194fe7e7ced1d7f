/* components.c: parts of the OpenAPI document that occur more than once. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "components.h"
#include "writer.h"

enum { MAX_NAME = 96 };

struct component {
	char preferred[MAX_NAME], qualified[MAX_NAME];
	char name[MAX_NAME]; /* empty: written in place */
	struct buf text;
	size_t uses;
};

static struct component *find(const struct components *components, struct str text)
{
	for (size_t i = 0; i < components->count; i++) {
		if (str_equal(buf_as_str(&components->rows[i].text), text))
			return &components->rows[i];
	}
	return NULL;
}

static struct component *append(struct components *components)
{
	components->rows =
		xrealloc(components->rows, (components->count + 1) * sizeof(*components->rows));
	components->rows[components->count] = (struct component){ 0 };
	return &components->rows[components->count++];
}

void components_add(struct components *components, struct buf *out, const char *name,
                    const char *qualifier, struct str text)
{
	struct component *component = find(components, text);

	if (!component) {
		component = append(components);
		snprintf(component->preferred, MAX_NAME, "%s", name);
		snprintf(component->qualified, MAX_NAME, "%.40s%s", qualifier, name);
		buf_str(&component->text, text);
	}
	component->uses++;
	if (*component->name)
		buf_print(out, "{\"$ref\":\"#/components/%s/%s\"},", components->kind,
		          component->name);
	else
		buf_print(out, "%.*s,", STR_ARGS(text));
}

static bool is_taken(const struct components *components, const char *name)
{
	for (size_t i = 0; i < components->count; i++) {
		if (strcmp(components->rows[i].name, name) == 0)
			return true;
	}
	return false;
}

static void choose_name(struct components *components, struct component *component)
{
	struct buf name = { 0 };

	buf_text(&name, component->preferred);
	for (int number = 1; is_taken(components, buf_cstr(&name)); number++) {
		buf_clear(&name);
		buf_text(&name, component->qualified);
		if (number > 1)
			buf_number(&name, number);
	}
	snprintf(component->name, MAX_NAME, "%s", buf_cstr(&name));
	buf_finish(&name);
}

void components_name(struct components *components)
{
	for (size_t i = 0; i < components->count; i++) {
		if (components->rows[i].uses > 1)
			choose_name(components, &components->rows[i]);
	}
}

void components_write(const struct components *components, struct buf *out)
{
	writer_open(out, components->kind, '{');
	for (size_t i = 0; i < components->count; i++) {
		const struct component *component = &components->rows[i];

		if (*component->name)
			buf_print(out, "\"%s\":%.*s,", component->name,
			          STR_ARGS(buf_as_str(&component->text)));
	}
	writer_close(out, '}');
}

void components_finish(struct components *components)
{
	for (size_t i = 0; i < components->count; i++)
		buf_finish(&components->rows[i].text);
	free(components->rows);
	*components = (struct components){ 0 };
}

void components_pascal(const char *text, char *out, size_t size)
{
	size_t length = 0;

	for (bool begin = true; *text && length < size - 1; text++) {
		bool is_letter = isalnum((unsigned char)*text);

		if (is_letter)
			out[length++] = begin ? (char)toupper((unsigned char)*text) : *text;
		begin = !is_letter;
	}
	out[length] = '\0';
}
