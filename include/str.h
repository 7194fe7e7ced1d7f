/* str.h: slices of text by value, and a builder that grows.
 *
 * A slice points into somebody else's bytes and need not end with NUL; whoever
 * hands it out says how long it lasts. A builder owns its bytes; what it gives
 * out as a slice lasts until the next addition. */

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

/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).length, (s).at

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

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

/* Takes what stands before the first `mark` out of *rest, and the mark with it;
 * false, and *part empty, when *rest was empty. */
bool str_cut(struct str *rest, char mark, struct str *part);

/* A whole decimal number, nothing before or after it; false when it is not one. */
bool str_number(struct str a, long long *number);

/* Length of the UTF-8 character that begins here; 0 when none does. */
size_t str_utf8(struct str s);
bool str_is_utf8(struct str s);
/* Nothing in it, or nothing to be seen, in any script. */
bool str_is_blank(struct str s);

/* What a hexadecimal digit of either case stands for; -1 for any other character. */
int str_hex_digit(char c);

/* The same bytes give the same number while `seed` is the same; a seed that a
 * stranger cannot know keeps him from making collisions. */
uint64_t str_hash(struct str a, uint64_t seed);
uint64_t str_seed(void);

/* Without telling by its duration where they differ. */
bool str_equal_secret(struct str a, struct str b);

struct buf {
	char *at; /* owned; not NUL-terminated unless buf_cstr() was asked */
	size_t length;
	size_t room;
};

void buf_finish(struct buf *buf);
void buf_clear(struct buf *buf);

/* At least `more` bytes of room behind what is there; the place to write them. */
char *buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_str(struct buf *buf, struct str s);
void buf_text(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
void buf_number(struct buf *buf, long long number);
void buf_print(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprint(struct buf *buf, const char *format, va_list args);

/* As a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void buf_json(struct buf *buf, struct str s);

/* Text for a page: & < > " ' become entities. */
void buf_html(struct buf *buf, struct str s);

static inline struct str buf_as_str(const struct buf *buf)
{
	return (struct str){ buf->at, buf->length };
}

/* With a NUL behind it, which is not counted. */
const char *buf_cstr(struct buf *buf);

/* base64url without padding, and strictly so: no padding, no white space, no
 * stray bits in the last letter. Returns the length, or -1. */
long base64url_read(struct str text, unsigned char *out, size_t room);
void base64url_write(struct buf *out, const void *bytes, size_t length);

#endif
