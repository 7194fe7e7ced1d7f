/* documents.c: gives the API documents as files to serve.
 *
 * Those of all domains are written, compressed and embedded at build time (embed.py). If DOMAINS
 * selects some, the OpenAPI document is written and compressed here; it takes some milliseconds. */

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "documents.h"
#include "embedded.h"
#include "resources.h"
#include "spec.h"

struct documents {
	const struct static_file *openapi, *asyncapi;
	struct static_file own; /* the OpenAPI document of the selected domains */
	char etag[20];
	struct buf identity, gzip;
};

static bool has_all_domains(const struct config *config)
{
	enum domain domain = 0;

	while (domain < DOMAINS && domain_is_enabled(config, domain))
		domain++;
	return domain == DOMAINS;
}

static void write_own(struct documents *documents, const struct config *config)
{
	const struct resource **served = domains_select(config, resources);

	spec_openapi(served, V1, &documents->identity);
	free(served);
	snprintf(documents->etag, sizeof(documents->etag), "\"%016llx\"",
	         (unsigned long long)str_hash(buf_as_str(&documents->identity), 0));
	documents->own = embedded_openapi;
	documents->own.etag = documents->etag;
	documents->own.identity = buf_as_str(&documents->identity);
	documents->own.brotli = (struct str){ NULL, 0 };
	static_file_compress(&documents->own, &documents->gzip);
	documents->openapi = &documents->own;
}

struct documents *documents_new(const struct config *config)
{
	struct documents *documents = xcalloc(1, sizeof(*documents));

	documents->openapi = &embedded_openapi;
	if (!has_all_domains(config))
		write_own(documents, config);
	if (domain_is_enabled(config, LIVE))
		documents->asyncapi = &embedded_asyncapi;
	return documents;
}

void documents_free(struct documents *documents)
{
	if (!documents)
		return;
	buf_finish(&documents->identity);
	buf_finish(&documents->gzip);
	free(documents);
}

const struct static_file *documents_openapi(const struct documents *documents)
{
	return documents->openapi;
}

const struct static_file *documents_asyncapi(const struct documents *documents)
{
	return documents->asyncapi;
}
