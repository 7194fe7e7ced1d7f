/* documents.c: provides the API documents as static files.
 *
 * The documents of all domains are written, compressed and embedded at build time (embed.py). If
 * DOMAINS excludes some, the OpenAPI documents are written and compressed at startup, which takes a
 * few milliseconds. */

#include <stdlib.h>

#include "arena.h"
#include "documents.h"
#include "embedded.h"
#include "resources.h"
#include "spec.h"

/* The OpenAPI document of the selected domains in one version. */
struct own {
	struct static_file file;
	char etag[ETAG_SIZE];
	struct buf identity, gzip;
};

struct documents {
	const struct static_file *openapi[VERSIONS], *asyncapi;
	struct own own[VERSIONS];
};

static const struct static_file *const embedded_openapi[VERSIONS] = {
#define API_VERSION(name, ...) [name] = &embedded_openapi_##name,
#include "table/versions.def"
#undef API_VERSION
};

static bool has_all_domains(const struct config *config)
{
	enum domain domain = 0;

	while (domain < DOMAINS && domain_is_enabled(config, domain))
		domain++;
	return domain == DOMAINS;
}

static void write_own(struct own *own, const struct resource *const *served, enum version version)
{
	spec_openapi(served, version, &own->identity);
	etag_of(buf_as_str(&own->identity), own->etag);
	own->file = *embedded_openapi[version];
	own->file.etag = own->etag;
	own->file.identity = buf_as_str(&own->identity);
	own->file.brotli = (struct str){ NULL, 0 };
	static_file_compress(&own->file, &own->gzip);
}

static void write_all(struct documents *documents, const struct config *config)
{
	const struct resource **served = domains_select(config, resources);

	for (enum version v = 0; v < VERSIONS; v++) {
		write_own(&documents->own[v], served, v);
		documents->openapi[v] = &documents->own[v].file;
	}
	free(served);
}

struct documents *documents_new(const struct config *config)
{
	struct documents *documents = xcalloc(1, sizeof(*documents));

	memcpy(documents->openapi, embedded_openapi, sizeof(embedded_openapi));
	if (!has_all_domains(config))
		write_all(documents, config);
	if (domain_is_enabled(config, LIVE))
		documents->asyncapi = &embedded_asyncapi;
	return documents;
}

void documents_free(struct documents *documents)
{
	if (!documents)
		return;
	for (enum version v = 0; v < VERSIONS; v++) {
		buf_finish(&documents->own[v].identity);
		buf_finish(&documents->own[v].gzip);
	}
	free(documents);
}

const struct static_file *documents_openapi(const struct documents *documents, enum version version)
{
	return documents->openapi[version];
}

const struct static_file *documents_asyncapi(const struct documents *documents)
{
	return documents->asyncapi;
}
