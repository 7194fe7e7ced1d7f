/* start_page.h: the root, and the entry point of each API version. */

#ifndef PAGES_START_PAGE_H
#define PAGES_START_PAGE_H

#include "state.h"

void start_page_run(struct request *request);
void api_root_run(struct request *request);

#endif
