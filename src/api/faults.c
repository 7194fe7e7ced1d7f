/* faults.c: what is wrong with a request: all of it, in the order it was written. */

#include "call.h"

enum { FAULTS_MOST = 50 };

void faults_add(struct faults *faults, const char *place, struct str name, const char *code,
                const char *detail)
{
	struct buf *out = &faults->json;

	/* Beyond that nobody reads on; the answer stays small whatever was sent. */
	if (faults->count == FAULTS_MOST)
		return;
	buf_char(out, faults->count++ ? ',' : '[');
	buf_print(out, "{\"%s\":", place);
	buf_json(out, name);
	buf_print(out, ",\"code\":\"%s\",\"detail\":", code);
	buf_json(out, str_of(detail));
	buf_char(out, '}');
}
