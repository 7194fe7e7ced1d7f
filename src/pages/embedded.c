/* embedded.c: serves embedded files. Their paths change with their content, so they can be cached
 * forever. */

#include "embedded.h"
#include "schema.h"

const char *embedded_path(const char *name)
{
	for (const struct embedded_file *each = embedded_files; each->name; each++) {
		if (strcmp(each->name, name) == 0)
			return each->path;
	}
	return NULL;
}

void embedded_run(struct request *request)
{
	for (const struct embedded_file *each = embedded_files; each->name; each++) {
		if (str_is(request->path, each->path)) {
			request_reply_file(request, &each->file);
			return;
		}
	}
	request_problem(request, &(struct problem_reply){
					 .problem = &problem_rows[PROBLEM_ROUTE_NOT_FOUND],
				 });
}
