/* dev_page.h: the demo users of `binnacle dev`. */

#ifndef PAGES_DEV_PAGE_H
#define PAGES_DEV_PAGE_H

#include "state.h"

void dev_page_run(struct request *request);

#endif
