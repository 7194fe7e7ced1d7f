/* variant.c: generates the text of a statement without the lines whose parameters are absent.
 *
 * Each combination in use is a prepared statement, so that PostgreSQL plans for the filters that
 * are actually present. Their number is limited; further ones are parsed on each use. */

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "statement.h"
#include "variant.h"

enum { BUCKETS = 2 * MAX_VARIANTS };

static uint64_t absent_of(const struct sql_statement *row, const char *const *params)
{
	uint64_t absent = 0;

	for (uint64_t rest = row->optional; rest; rest &= rest - 1)
		if (!params[__builtin_ctzll(rest)])
			absent |= rest & -rest;
	return absent;
}

/* Renumbers the parameters: PostgreSQL requires that every parameter occurs in the text. */
static void write_text(struct variant *variant, const struct sql_statement *row)
{
	struct buf text = { 0 };
	int number[SQL_PARAMS] = { 0 };

	variant->in_order = true;
	for (const struct sql_line *line = row->lines; line->text; line++) {
		if (line->optional & variant->absent)
			continue;
		if (text.length)
			buf_char(&text, '\n');
		for (const char *at = line->text; *at; at++) {
			int param;

			if (*at != '\001') {
				buf_char(&text, *at);
				continue;
			}
			param = *++at - 'A';
			if (!number[param]) {
				variant->in_order &= param == variant->count;
				variant->params[variant->count++] = (unsigned char)param;
				number[param] = variant->count;
			}
			buf_print(&text, "$%d", number[param]);
		}
	}
	variant->text = xstrdup(buf_cstr(&text));
	buf_finish(&text);
}

static struct variant *variant_new(enum sql statement, uint64_t absent, int index)
{
	struct variant *variant = xcalloc(1, sizeof(*variant));

	variant->statement = statement;
	variant->absent = absent;
	variant->index = index;
	if (index >= 0)
		snprintf(variant->name, sizeof(variant->name), "s%d", index);
	write_text(variant, &sql_statements[statement]);
	return variant;
}

struct variant *variant_find(struct variants *variants, enum sql statement,
                             const char *const *params)
{
	const struct sql_statement *row = &sql_statements[statement];
	uint64_t absent = row->optional ? absent_of(row, params) : 0;
	uint64_t hash = (absent * 1000003 + statement) * 0x9e3779b97f4a7c15;
	unsigned at = (unsigned)(hash >> 32) % BUCKETS;

	/* Half of the buckets stay free, so the search terminates. */
	for (; variants->buckets[at]; at = (at + 1) % BUCKETS) {
		struct variant *variant = variants->all[variants->buckets[at] - 1];

		if (variant->statement == statement && variant->absent == absent)
			return variant;
	}
	if (variants->count == MAX_VARIANTS)
		return variant_new(statement, absent, -1);

	variants->all[variants->count] = variant_new(statement, absent, variants->count);
	variants->buckets[at] = (short)++variants->count;
	return variants->all[variants->count - 1];
}

const char *const *variant_values(const struct variant *variant, const char *const *params,
                                  const char *buffer[SQL_PARAMS])
{
	if (variant->in_order)
		return params;
	for (int i = 0; i < variant->count; i++)
		buffer[i] = params[variant->params[i]];
	return buffer;
}

static void variant_free(struct variant *variant)
{
	free(variant->text);
	free(variant);
}

void variant_release(struct variant *variant)
{
	if (variant && variant->index < 0)
		variant_free(variant);
}

void variants_finish(struct variants *variants)
{
	for (int i = 0; i < variants->count; i++)
		variant_free(variants->all[i]);
}
