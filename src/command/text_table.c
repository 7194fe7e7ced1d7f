/* text_table.c: formats a table as text, with aligned columns. */

#include "text_table.h"

enum { GAP = 2, COLUMNS = 16 };

/* Each character is assumed to take one column. */
static size_t width_of(const char *cell)
{
	return (size_t)str_characters(str_of(cell));
}

/* Control characters are those below the space, DEL, and U+0080 to U+009F. */
static bool is_control(struct str rest)
{
	unsigned char c = (unsigned char)rest.at[0];

	return c < ' ' || c == 0x7f
	       || (c == 0xc2 && rest.length > 1 && (unsigned char)rest.at[1] >= 0x80
	           && (unsigned char)rest.at[1] < 0xa0);
}

void text_table_add(struct text_table *table, struct str cell)
{
	while (cell.length) {
		bool control = is_control(cell);
		size_t step = control && (unsigned char)cell.at[0] == 0xc2 ? 2 : 1;

		buf_char(&table->text, control ? '?' : cell.at[0]);
		cell.at += step;
		cell.length -= step;
	}
	buf_char(&table->text, '\0');
}

void text_table_print(const struct text_table *table, FILE *to)
{
	const char *end = table->text.at + table->text.length;
	size_t widths[COLUMNS] = { 0 }, column = 0;

	for (const char *cell = table->text.at; cell < end; cell += strlen(cell) + 1) {
		size_t width = width_of(cell), *max = &widths[column++ % table->columns];

		*max = width > *max ? width : *max;
	}
	column = 0;
	for (const char *cell = table->text.at; cell < end; cell += strlen(cell) + 1, column++) {
		bool last = column % table->columns == table->columns - 1;
		size_t pad = widths[column % table->columns] - width_of(cell) + GAP;

		fprintf(to, "%s%*s", cell, last ? 0 : (int)pad, "");
		if (last)
			putc('\n', to);
	}
}

void text_table_finish(struct text_table *table)
{
	buf_finish(&table->text);
}
