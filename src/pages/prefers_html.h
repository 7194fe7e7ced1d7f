/* prefers_html.h: chooses between a page and JSON. */

#ifndef PAGES_PREFERS_HTML_H
#define PAGES_PREFERS_HTML_H

#include "str.h"

/* Whether an Accept header asks for HTML rather than JSON. Browsers do; programs that send no
 * Accept, or accept anything, get JSON. */
bool prefers_html(struct str accept);

#endif
