/* str.h: string slices by value, and a growing buffer.
 *
 * A slice points to bytes owned by others and need not be NUL-terminated; the
 * function that returns it documents its lifetime. A buffer owns its bytes; a slice
 * of it is valid until the next append. */

#ifndef STR_H
#define STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *at;
	size_t length;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

/* Arguments for printf's "%.*s". */
#define STR_ARGS(s) (int)(s).length, (s).at

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

static inline struct str str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
	return str_equal(a, str_of(text));
}

bool str_is_nocase(struct str a, const char *text);
bool str_begins(struct str a, const char *text);
struct str str_trim(struct str a);

/* Cuts *rest at the first `separator`: *part is the text before it, *rest the text after it.
 * Returns false, and *part is empty, if *rest was empty. */
bool str_cut(struct str *rest, char separator, struct str *part);

/* Whether `part` is one of the parts of the list. */
bool str_has_part(struct str list, char separator, struct str part);

/* Parses a decimal integer that spans the whole slice; false if it is none or overflows. */
bool str_number(struct str a, long long *number);

/* Length of the UTF-8 character at the start; 0 if there is no valid one. */
size_t str_utf8(struct str s);
bool str_is_utf8(struct str s);
/* The number of characters in valid UTF-8. */
long str_characters(struct str s);
/* The longest prefix of at most `max` bytes that does not split a character. */
struct str str_utf8_prefix(struct str s, size_t max);
/* True if empty, or if no character is visible, in any script. */
bool str_is_blank(struct str s);
/* Whether it begins with http:// or https:// and a host without user info. Some clients take a
 * backslash there for a slash, others for a part of the user info, so it is neither. */
bool str_begins_url(struct str s);

/* Value of a hexadecimal digit of either case; -1 for other characters. */
int str_hex_digit(char c);

/* A hash that depends on the seed; a secret seed keeps clients from constructing
 * collisions. str_seed() is random and constant within the process. */
uint64_t str_hash(struct str a, uint64_t seed);
uint64_t str_seed(void);

/* Compares in constant time. */
bool str_equal_secret(struct str a, struct str b);

struct buf {
	char *at; /* owned; NUL-terminated only by buf_cstr() */
	size_t length;
	size_t capacity;
};

void buf_finish(struct buf *buf);
void buf_clear(struct buf *buf);

/* Reserves space for `more` bytes and returns where to write them; the caller adds to `length`. */
char *buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_str(struct buf *buf, struct str s);
void buf_text(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
void buf_number(struct buf *buf, long long number);
void buf_print(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprint(struct buf *buf, const char *format, va_list args);

/* Appends a quoted JSON string; bytes that are not UTF-8 become U+FFFD. */
void buf_json(struct buf *buf, struct str s);

/* Appends HTML text: & < > " ' become entities. */
void buf_html(struct buf *buf, struct str s);

static inline struct str buf_as_str(const struct buf *buf)
{
	return (struct str){ buf->at, buf->length };
}

/* The NUL-terminated text; the NUL is not part of `length`. */
const char *buf_cstr(struct buf *buf);

/* base64url, strictly without padding: rejects padding, white space and non-zero unused
 * bits in the last character. Returns the decoded length, or -1. */
long base64url_decode(struct str text, unsigned char *out, size_t capacity);
void base64url_encode(struct buf *out, const void *bytes, size_t length);

#endif
