/* link.c: writes the targets of Link headers. */

#include "call.h"
#include "cursor.h"
#include "link.h"

void link_encode(struct buf *out, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
		    || memchr("-_.,", c, 4))
			buf_char(out, (char)c);
		else
			buf_add(out, (char[3]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
}

/* The request's query with a new cursor. Its values are re-encoded, because a literal > would end
 * the link. */
const char *link_next(struct call *call, struct str keys)
{
	struct request *request = call->request;
	struct str rest = request->query, name, value;
	struct buf link = { 0 };
	const char *text;

	buf_char(&link, '<');
	buf_str(&link,
	        (struct str){ request->target.at,
	                      request->target.length
	                              - (request->query.at ? request->query.length + 1 : 0) });
	buf_char(&link, '?');
	while (request_query_next(request, &rest, &name, &value)) {
		if (str_is(name, "cursor") || str_is(name, "skip"))
			continue;
		link_encode(&link, name);
		buf_char(&link, '=');
		link_encode(&link, value);
		buf_char(&link, '&');
	}
	buf_text(&link, "cursor=");
	cursor_write(call, keys, &link);
	buf_text(&link, ">; rel=\"next\"");
	text = arena_copy(&request->arena, buf_as_str(&link));
	buf_finish(&link);
	return text;
}
