/* prefers_html.h: chooses between a page and JSON. */

#ifndef PAGES_PREFERS_HTML_H
#define PAGES_PREFERS_HTML_H

#include "str.h"

/* Whether the Accept header prefers HTML to JSON, as browsers do. Clients that send no Accept
 * header or accept any type get JSON. */
bool prefers_html(struct str accept);

#endif
