/* events_page.h: the reference of live events as an HTML page. */

#ifndef PAGES_EVENTS_PAGE_H
#define PAGES_EVENTS_PAGE_H

#include "state.h"

void events_page_run(struct request *request);

#endif
