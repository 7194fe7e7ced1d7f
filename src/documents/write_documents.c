/* write_documents.c: writes an API document of all domains to standard output, at build time. */

#include <stdio.h>
#include <stdlib.h>

#include "resources.h"
#include "spec.h"

static void openapi(const char *version_name, struct buf *document)
{
	for (enum version v = 0; v < VERSIONS; v++) {
		if (strcmp(version_rows[v].name, version_name) == 0)
			spec_openapi(resources, v, document);
	}
}

int main(int argc, char **argv)
{
	struct buf document = { 0 };
	bool ok;

	if (argc == 2 && strcmp(argv[1], "asyncapi") == 0)
		spec_asyncapi(all_events, &document);
	else if (argc == 3 && strcmp(argv[1], "openapi") == 0)
		openapi(argv[2], &document);
	ok = document.length && fwrite(document.at, 1, document.length, stdout) == document.length
	     && fflush(stdout) == 0;
	if (!ok)
		fprintf(stderr, "usage: write_documents openapi VERSION | asyncapi\n");
	buf_finish(&document);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
