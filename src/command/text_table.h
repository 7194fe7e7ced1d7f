/* text_table.h: formats a table as text, with aligned columns. */

#ifndef TEXT_TABLE_H
#define TEXT_TABLE_H

#include <stdio.h>

#include "str.h"

/* Set `columns`; zero-initialize the rest. */
struct text_table {
	size_t columns;
	struct buf text; /* the cells, each NUL-terminated */
};

/* Adds the next cell, row by row. Control characters become question marks, so that text cannot
 * control the terminal. */
void text_table_add(struct text_table *table, struct str cell);
void text_table_print(const struct text_table *table, FILE *to);
void text_table_finish(struct text_table *table);

#endif
