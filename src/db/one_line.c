/* one_line.c: writes a message of libpq as one line. */

#include <stdbool.h>
#include <string.h>

#include "one_line.h"

void one_line(char out[ONE_LINE_SIZE], const char *text)
{
	size_t length = 0;
	bool blank = false, ended = false; /* seen since the last printed character */

	for (; *text; text++) {
		if ((unsigned char)*text <= ' ') {
			blank = true;
			ended = ended || *text == '\n';
			continue;
		}
		if (length + 3 >= ONE_LINE_SIZE)
			break;
		/* libpq also wraps lines: only a capital letter starts another sentence. */
		if (length && ended && *text >= 'A' && *text <= 'Z'
		    && !strchr(".:?", out[length - 1]))
			out[length++] = '.';
		if (length && blank)
			out[length++] = ' ';
		out[length++] = *text;
		blank = ended = false;
	}
	out[length] = '\0';
}
