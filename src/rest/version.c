/* version.c: the headers of deprecated operations: Deprecation (RFC 9745), Sunset (RFC 8594), and
 * links to the successor and to the documentation. */

#include "clock.h"
#include "link.h"
#include "mounted.h"
#include "version.h"

/* The successor's path, with the parameters of the request. */
static void add_successor(struct request *request, const struct operation *operation,
                          struct buf *head)
{
	struct str rest = str_of(operation->successor), part;
	int param = 0;

	buf_text(head, version_rows[operation->removed_in].mount);
	str_cut(&rest, '/', &part); /* the empty part before the first slash */
	while (str_cut(&rest, '/', &part)) {
		buf_char(head, '/');
		if (part.at[0] == '{')
			link_encode(head, request->params[param++]);
		else
			buf_str(head, part);
	}
}

void version_add_headers(struct request *request, struct buf *head)
{
	const struct mounted *mounted = request->route->row;
	const struct endpoint *endpoint = mounted->endpoint;
	const struct operation *operation = endpoint->operation;
	char sunset[HTTP_DATE_SIZE];

	if (!operation_is_deprecated(operation))
		return;
	clock_format_http_date(operation->sunset_at, sunset);
	buf_print(head, "Deprecation: @%lld\r\nSunset: %s\r\nLink: <", operation->deprecated_at,
	          sunset);
	add_successor(request, operation, head);
	buf_print(head,
	          ">; rel=\"successor-version\", "
	          "</docs#/%s/%s>; rel=\"deprecation\"; type=\"text/html\"\r\n",
	          endpoint->resource->name, operation->name);
}
