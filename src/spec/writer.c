/* writer.c: writes JSON documents part by part. */

#include "writer.h"

void writer_open(struct buf *out, const char *key, char bracket)
{
	if (key) {
		buf_json(out, str_of(key));
		buf_char(out, ':');
	}
	buf_char(out, bracket);
}

void writer_close(struct buf *out, char bracket)
{
	if (out->at[out->length - 1] == ',')
		out->length--;
	buf_char(out, bracket);
	buf_char(out, ',');
}

void writer_raw(struct buf *out, const char *key, const char *value)
{
	buf_json(out, str_of(key));
	buf_char(out, ':');
	buf_text(out, value);
	buf_char(out, ',');
}

void writer_text(struct buf *out, const char *key, const char *value)
{
	buf_json(out, str_of(key));
	buf_char(out, ':');
	buf_json(out, str_of(value));
	buf_char(out, ',');
}

void writer_number(struct buf *out, const char *key, long value)
{
	buf_print(out, "\"%s\":%ld,", key, value);
}
