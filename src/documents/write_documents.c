/* write_documents.c: writes an API document of all domains to standard output, while the program is
 * built. */

#include <stdio.h>
#include <stdlib.h>

#include "resources.h"
#include "spec.h"

int main(int argc, char **argv)
{
	struct buf document = { 0 };
	bool ok;

	if (argc == 2 && strcmp(argv[1], "openapi") == 0)
		spec_openapi(resources, V1, &document);
	else if (argc == 2 && strcmp(argv[1], "asyncapi") == 0)
		spec_asyncapi(all_events, &document);
	ok = document.length && fwrite(document.at, 1, document.length, stdout) == document.length
	     && fflush(stdout) == 0;
	if (!ok)
		fprintf(stderr, "usage: write_documents openapi|asyncapi\n");
	buf_finish(&document);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
