/* head.h: a strict parser of request heads. */

#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http.h"
#include "http_problems.h"
#include "target.h"

/* Maximum sizes of a request head. */
enum {
	MAX_REQUEST_LINE = MAX_TARGET + 64, /* method, target and version */
	MAX_HEADER_SECTION = 16 * 1024,     /* header section with its final empty line */
	MAX_FIELDS = 100,
	MAX_HEAD = 4 + MAX_REQUEST_LINE + MAX_HEADER_SECTION,
};

enum head_result { HEAD_INCOMPLETE, HEAD_COMPLETE, HEAD_INVALID };

struct head_field {
	enum header header;
	struct str value;
};

/* All slices point into the input of head_read(). */
struct head {
	enum method method;
	int minor;             /* HTTP/1.minor */
	struct str raw_target; /* as received */
	struct target target;
	struct head_field fields[MAX_FIELDS]; /* only those in headers.def */
	int field_count;
	bool has_length, chunked, close, keep_alive, expect_continue;
	unsigned long long content_length;
	size_t length; /* in bytes, with its final empty line */

	/* HEAD_INCOMPLETE: call again after a line feed, or once the input has this length;
	 * before that, the result does not change. */
	size_t needed;
	enum http_problem problem; /* HEAD_INVALID */
	const char *detail;
};

/* A result other than HEAD_INCOMPLETE is final: it stays the same for any continuation. The result
 * therefore does not depend on how the bytes were segmented. */
enum head_result head_read(struct str bytes, struct head *head);

/* Whether a comma-separated list contains this name, ignoring case and any "/version". */
bool header_list_has(struct str list, const char *name);

/* The value of a header; at is NULL if absent. Repeated values are joined into `arena`, or, without
 * one, the first is returned. */
struct str head_value(const struct head *head, enum header header, struct arena *arena);

#endif
