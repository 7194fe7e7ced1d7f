/* start_page.h: the root and the root of the API. */

#ifndef PAGES_START_PAGE_H
#define PAGES_START_PAGE_H

#include "state.h"

void start_page_run(struct request *request);
void api_root_run(struct request *request);

#endif
