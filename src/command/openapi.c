/* openapi.c: `binnacle openapi` and `binnacle asyncapi`: print the API descriptions. */

#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "resources.h"
#include "spec.h"

static int print(const struct args *args, struct buf *document)
{
	bool ok;

	buf_char(document, '\n');
	ok = fwrite(document->at, 1, document->length, stdout) == document->length
	     && fflush(stdout) == 0;
	buf_finish(document);
	if (!ok)
		fprintf(stderr, "%s: cannot write to standard output\n", args->program);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_openapi(const struct args *args)
{
	struct buf document = { 0 };

	spec_openapi(resources, &document);
	return print(args, &document);
}

int command_asyncapi(const struct args *args)
{
	struct buf document = { 0 };

	spec_asyncapi(all_events, &document);
	return print(args, &document);
}
