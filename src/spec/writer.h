/* writer.h: writes JSON documents part by part.
 *
 * Every writer_open() needs a writer_close(). Each value is written with a trailing comma;
 * writer_close() removes the last one. */

#ifndef WRITER_H
#define WRITER_H

#include "str.h"

void writer_open(struct buf *out, const char *key, char bracket);
void writer_close(struct buf *out, char bracket);
void writer_text(struct buf *out, const char *key, const char *value);
void writer_raw(struct buf *out, const char *key, const char *value);
void writer_number(struct buf *out, const char *key, long value);

#endif
