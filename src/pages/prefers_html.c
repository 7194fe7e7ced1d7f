/* prefers_html.c: chooses between a page and JSON (RFC 9110, 12.5.1). */

#include "prefers_html.h"
#include "http.h"

bool prefers_html(struct str accept)
{
	struct acceptance html = accept_media_type(accept, "text/html"),
			  json = accept_media_type(accept, "application/json");

	if (html.range < RANGE_SUBTYPES || !html.weight)
		return false;
	if (html.weight != json.weight)
		return html.weight > json.weight;
	return html.range == RANGE_EXACT && json.range < RANGE_EXACT;
}
