/* events_page.h: the live events, for people. */

#ifndef PAGES_EVENTS_PAGE_H
#define PAGES_EVENTS_PAGE_H

#include "state.h"

void events_page_run(struct request *request);

#endif
