/* validation_errors.c: collects the errors of a request in the order in which they were found. */

#include "validation_errors.h"

enum { MAX_ERRORS = 50 };

void validation_errors_add(struct validation_errors *errors, const char *location, struct str name,
                           const char *code, const char *detail)
{
	struct buf *out = &errors->json;

	/* Keep the response small even if everything is invalid. */
	if (errors->count == MAX_ERRORS)
		return;
	buf_char(out, errors->count++ ? ',' : '[');
	buf_print(out, "{\"%s\":", location);
	buf_json(out, name);
	buf_print(out, ",\"code\":\"%s\",\"detail\":", code);
	buf_json(out, str_of(detail));
	buf_char(out, '}');
}

void validation_errors_reject(struct validation_errors *errors, struct request *request,
                              enum problem problem, const char *detail)
{
	buf_char(&errors->json, ']');
	request_problem(request, &(struct problem_reply){
					 .problem = &problem_rows[problem],
					 .detail = detail,
					 .errors = buf_as_str(&errors->json),
				 });
}

void validation_errors_finish(struct validation_errors *errors)
{
	buf_finish(&errors->json);
}
