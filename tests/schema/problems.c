/* problems.c: tests that each problem is found by its code and by its slug, and has texts. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "schema.h"

Test(problems, are_found_by_code)
{
	for (enum problem problem = 0; problem < PROBLEMS; problem++)
		cr_expect_eq(problem_from_code(str_of(problem_rows[problem].code)), problem);
	cr_expect_eq(problem_from_code(STR("NO_SUCH_CODE")), PROBLEMS);
	cr_expect_eq(problem_from_code(STR("")), PROBLEMS);
}

Test(problems, are_found_by_slug)
{
	cr_expect_eq(problem_from_slug(STR("log-archived")), PROBLEM_LOG_ARCHIVED);
	cr_expect_eq(problem_from_slug(STR("bad-request")), PROBLEM_BAD_REQUEST);
	cr_expect_eq(problem_from_slug(STR("log-archive")), PROBLEMS);
	cr_expect_eq(problem_from_slug(STR("log-archived2")), PROBLEMS);
	cr_expect_eq(problem_from_slug(STR("LOG_ARCHIVED")), PROBLEMS);
}

Test(problems, have_a_status_and_texts)
{
	for (enum problem problem = 0; problem < PROBLEMS; problem++) {
		const struct problem_row *row = &problem_rows[problem];

		cr_expect(row->status >= 400 && row->status < 600, "%s: %d", row->code,
		          row->status);
		cr_expect(row->title[0] && row->cause[0] && row->remedy[0], "%s", row->code);
		cr_expect(row->title[strlen(row->title) - 1] != '.', "%s", row->code);
	}
}
