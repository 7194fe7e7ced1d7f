/* The index of problems is complete. */

#include <criterion/criterion.h>

#include "problem_pages.h"

Test(problem_pages, have_a_group_for_each_status)
{
	for (size_t i = 0; i < PROBLEMS; i++)
		cr_expect(problem_status_title(problem_rows[i].status) != NULL,
		          "%s: add status %d to src/pages/problem_pages.c", problem_rows[i].code,
		          problem_rows[i].status);
	cr_expect_null(problem_status_title(299));
}
