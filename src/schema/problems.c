/* problems.c: the table of problems, and lookups by code and by slug. */

#include "schema.h"

const struct problem_row problem_rows[PROBLEMS] = {
#define PROBLEM(name, status, title, cause, remedy)                                                \
	[PROBLEM_##name] = { #name, status, title, cause, remedy },
#include "table/http_problems.def"
#include "table/problems.def"
#undef PROBLEM
};

enum problem problem_from_code(struct str code)
{
	enum problem problem = 0;

	while (problem < PROBLEMS && !str_is(code, problem_rows[problem].code))
		problem++;
	return problem;
}

enum problem problem_from_slug(struct str slug)
{
	enum problem problem = 0;

	while (problem < PROBLEMS && !problem_has_slug(&problem_rows[problem], slug))
		problem++;
	return problem;
}
