/* one_line.h: messages of libpq for the log. */

#ifndef DB_ONE_LINE_H
#define DB_ONE_LINE_H

enum { ONE_LINE_SIZE = 200 };

/* Writes a message of libpq as one line. */
void one_line(char out[ONE_LINE_SIZE], const char *text);

#endif
