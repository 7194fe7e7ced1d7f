/* buf.c: a growing buffer. */

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "str.h"

void buf_finish(struct buf *buf)
{
	free(buf->at);
	*buf = (struct buf){ 0 };
}

void buf_clear(struct buf *buf)
{
	buf->length = 0;
}

char *buf_reserve(struct buf *buf, size_t more)
{
	if (buf->capacity - buf->length < more) {
		size_t capacity = buf->capacity ? buf->capacity * 2 : 256;

		while (capacity - buf->length < more)
			capacity *= 2;
		buf->at = xrealloc(buf->at, capacity);
		buf->capacity = capacity;
	}
	return buf->at + buf->length;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	memcpy(buf_reserve(buf, length), bytes, length);
	buf->length += length;
}

void buf_str(struct buf *buf, struct str s)
{
	buf_add(buf, s.at, s.length);
}

void buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_char(struct buf *buf, char c)
{
	*buf_reserve(buf, 1) = c;
	buf->length++;
}

void buf_number(struct buf *buf, long long number)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	unsigned long long rest =
		number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;

	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		*--at = '-';
	buf_add(buf, at, (size_t)(digits + sizeof(digits) - at));
}

void buf_vprint(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length > 0) {
		vsnprintf(buf_reserve(buf, (size_t)length + 1), (size_t)length + 1, format, again);
		buf->length += (size_t)length;
	}
	va_end(again);
}

void buf_print(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprint(buf, format, args);
	va_end(args);
}

const char *buf_cstr(struct buf *buf)
{
	*buf_reserve(buf, 1) = '\0';
	return buf->at;
}

void buf_json(struct buf *buf, struct str s)
{
	static const char hex[] = "0123456789abcdef";

	buf_char(buf, '"');
	while (s.length) {
		size_t plain = 0;
		unsigned char c;

		while (plain < s.length) {
			c = (unsigned char)s.at[plain];
			if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
				break;
			plain++;
		}
		buf_add(buf, s.at, plain);
		s.at += plain;
		s.length -= plain;
		if (s.length == 0)
			break;
		c = (unsigned char)s.at[0];
		if (c >= 0x80) {
			size_t length = str_utf8(s);

			if (length)
				buf_add(buf, s.at, length);
			else
				buf_text(buf, "\\ufffd");
			length = length ? length : 1;
			s.at += length;
			s.length -= length;
			continue;
		}
		if (c == '"' || c == '\\') {
			buf_char(buf, '\\');
			buf_char(buf, (char)c);
		} else if (c == '\n') {
			buf_text(buf, "\\n");
		} else {
			buf_text(buf, "\\u00");
			buf_char(buf, hex[c >> 4]);
			buf_char(buf, hex[c & 15]);
		}
		s.at++;
		s.length--;
	}
	buf_char(buf, '"');
}

void buf_html(struct buf *buf, struct str s)
{
	for (size_t i = 0; i < s.length; i++) {
		switch (s.at[i]) {
		case '&':
			buf_text(buf, "&amp;");
			break;
		case '<':
			buf_text(buf, "&lt;");
			break;
		case '>':
			buf_text(buf, "&gt;");
			break;
		case '"':
			buf_text(buf, "&quot;");
			break;
		case '\'':
			buf_text(buf, "&#39;");
			break;
		default:
			buf_char(buf, s.at[i]);
		}
	}
}
