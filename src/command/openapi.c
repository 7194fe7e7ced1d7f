/* openapi.c: print the contract. */

#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "command.h"
#include "resources.h"

int command_openapi(const struct args *args)
{
	struct buf out = { 0 };
	bool ok;

	api_openapi(resources, &out);
	buf_char(&out, '\n');
	ok = fwrite(out.at, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
	buf_finish(&out);
	if (!ok)
		fprintf(stderr, "%s: the contract could not be written\n", args->program);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
