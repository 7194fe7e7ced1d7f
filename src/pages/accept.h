/* accept.h: chooses between a page and JSON. */

#ifndef PAGES_ACCEPT_H
#define PAGES_ACCEPT_H

#include "str.h"

/* Whether an Accept header asks for HTML rather than JSON. Browsers do; programs that send no
 * Accept, or accept anything, get JSON. */
bool accept_prefers_html(struct str accept);

#endif
