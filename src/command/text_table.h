/* text_table.h: formats a table as text, with aligned columns. */

#ifndef SHEET_H
#define SHEET_H

#include <stdio.h>

#include "str.h"

/* Set `columns`; zero-initialize the rest. */
struct sheet {
	size_t columns;
	struct buf text; /* the cells, each NUL-terminated */
};

/* Adds the next cell, row by row. Control characters become question marks, so that text cannot
 * control the terminal. */
void sheet_add(struct sheet *sheet, struct str cell);
void sheet_print(const struct sheet *sheet, FILE *to);
void sheet_finish(struct sheet *sheet);

#endif
