/* openapi.c: `binnacle openapi` and `binnacle asyncapi`: print the API documents of a server with
 * these settings. */

#include <stdio.h>
#include <stdlib.h>

#include "documents.h"
#include "schema.h"
#include "settings.h"

static int print(const struct args *args, struct str document)
{
	bool ok = fwrite(document.at, 1, document.length, stdout) == document.length
	          && putchar('\n') != EOF && fflush(stdout) == 0;

	if (!ok)
		fprintf(stderr, "%s: cannot write to standard output\n", args->program);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_file(const struct args *args, const struct static_file *file)
{
	if (file)
		return print(args, file->identity);
	fprintf(stderr,
	        "%s: the domain \"%s\" is not one of DOMAINS, so there are no event streams\n",
	        args->program, domain_name(LIVE));
	return EXIT_FAILURE;
}

static int print_document(const struct args *args,
                          const struct static_file *(*get)(const struct documents *documents))
{
	struct buf errors = { 0 };
	struct documents *documents;
	struct config config;
	int status;

	if (!settings_read(&config, args, NULL, 0, &errors)
	    || !domains_check_config(&config, &errors)) {
		config_finish(&config);
		return settings_print_errors(args, &errors);
	}
	documents = documents_new(&config);
	status = print_file(args, get(documents));
	documents_free(documents);
	config_finish(&config);
	return status;
}

static const struct static_file *first_version(const struct documents *documents)
{
	return documents_openapi(documents, V1);
}

int command_openapi(const struct args *args)
{
	return print_document(args, first_version);
}

int command_asyncapi(const struct args *args)
{
	return print_document(args, documents_asyncapi);
}
