/* problem_pages.h: a page for each problem, and their index. */

#ifndef PAGES_PROBLEM_PAGES_H
#define PAGES_PROBLEM_PAGES_H

#include "state.h"

void problem_index_run(struct request *request);
void problem_page_run(struct request *request);

/* What a status means for a client; NULL: the table has no row for it. */
const char *problem_status_title(int status);

#endif
