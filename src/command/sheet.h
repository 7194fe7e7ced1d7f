/* sheet.h: rows of text for people, in columns as wide as they must be. */

#ifndef SHEET_H
#define SHEET_H

#include <stdio.h>

#include "str.h"

/* All zero but for `columns` is an empty one. */
struct sheet {
	size_t columns;
	struct buf text; /* cell after cell, each with a NUL behind it */
};

/* The next cell, from left to right and row after row. What would tell a terminal
 * to do something becomes a question mark. */
void sheet_add(struct sheet *sheet, struct str cell);
void sheet_print(const struct sheet *sheet, FILE *to);
void sheet_finish(struct sheet *sheet);

#endif
