/* openapi.c: `binnacle openapi` and `binnacle asyncapi`: print the API descriptions. */

#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "resources.h"
#include "spec.h"

static int print(const struct args *args, void (*write)(const struct resource *const *, struct buf *))
{
	struct buf out = { 0 };
	bool ok;

	write(resources, &out);
	buf_char(&out, '\n');
	ok = fwrite(out.at, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
	buf_finish(&out);
	if (!ok)
		fprintf(stderr, "%s: cannot write to standard output\n", args->program);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_openapi(const struct args *args)
{
	return print(args, spec_openapi);
}

int command_asyncapi(const struct args *args)
{
	return print(args, spec_asyncapi);
}
