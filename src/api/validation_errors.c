/* validation_errors.c: collects the errors of a request in the order in which they were found. */

#include "call.h"

enum { FAULTS_MOST = 50 };

void faults_add(struct faults *faults, const char *place, struct str name, const char *code,
                const char *detail)
{
	struct buf *out = &faults->json;

	/* Keep the response small whatever was sent. */
	if (faults->count == FAULTS_MOST)
		return;
	buf_char(out, faults->count++ ? ',' : '[');
	buf_print(out, "{\"%s\":", place);
	buf_json(out, name);
	buf_print(out, ",\"code\":\"%s\",\"detail\":", code);
	buf_json(out, str_of(detail));
	buf_char(out, '}');
}
