/* text_table.c: formats a table as text, with aligned columns. */

#include "text_table.h"

enum { GAP = 2, COLUMNS = 16 };

/* The number of characters; assumes that each takes one column. */
static size_t width_of(const char *cell)
{
	size_t width = 0;

	for (; *cell; cell++)
		width += (*cell & 0xc0) != 0x80;
	return width;
}

/* Control characters are those below the space, DEL, and U+0080 to U+009F. */
static bool is_command(struct str rest)
{
	unsigned char c = (unsigned char)rest.at[0];

	return c < ' ' || c == 0x7f
	       || (c == 0xc2 && rest.length > 1 && (unsigned char)rest.at[1] >= 0x80
	           && (unsigned char)rest.at[1] < 0xa0);
}

void sheet_add(struct sheet *sheet, struct str cell)
{
	while (cell.length) {
		bool command = is_command(cell);
		size_t step = command && (unsigned char)cell.at[0] == 0xc2 ? 2 : 1;

		buf_char(&sheet->text, command ? '?' : cell.at[0]);
		cell.at += step;
		cell.length -= step;
	}
	buf_char(&sheet->text, '\0');
}

void sheet_print(const struct sheet *sheet, FILE *to)
{
	const char *end = sheet->text.at + sheet->text.length;
	size_t widths[COLUMNS] = { 0 }, column = 0;

	for (const char *cell = sheet->text.at; cell < end; cell += strlen(cell) + 1) {
		size_t width = width_of(cell), *most = &widths[column++ % sheet->columns];

		*most = width > *most ? width : *most;
	}
	column = 0;
	for (const char *cell = sheet->text.at; cell < end; cell += strlen(cell) + 1, column++) {
		bool last = column % sheet->columns == sheet->columns - 1;
		size_t pad = widths[column % sheet->columns] - width_of(cell) + GAP;

		fprintf(to, "%s%*s", cell, last ? 0 : (int)pad, "");
		if (last)
			putc('\n', to);
	}
}

void sheet_finish(struct sheet *sheet)
{
	buf_finish(&sheet->text);
}
