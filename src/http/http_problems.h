/* http_problems.h: the problems of this module (problem.c). */

#ifndef HTTP_HTTP_PROBLEMS_H
#define HTTP_HTTP_PROBLEMS_H

#include "http.h"

enum http_problem {
#define PROBLEM(name, ...) HTTP_##name,
#include "table/http_problems.def"
#undef PROBLEM
	HTTP_PROBLEMS
};

extern const struct problem_row http_problems[HTTP_PROBLEMS];

#endif
