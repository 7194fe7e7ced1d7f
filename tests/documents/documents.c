/* documents.c: tests that the documents describe the served domains, and their compressed forms. */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <zlib.h>

#include "arena.h"
#include "config.h"
#include "documents.h"
#include "resources.h"
#include "spec.h"

static struct buf expected;

static void clear(void)
{
	buf_finish(&expected);
}

TestSuite(documents, .fini = clear);

static const char *openapi_of(const struct config *config, enum version version)
{
	const struct resource **served = domains_select(config, resources);

	buf_clear(&expected);
	spec_openapi(served, version, &expected);
	free(served);
	return buf_cstr(&expected);
}

static const char *asyncapi(void)
{
	buf_clear(&expected);
	spec_asyncapi(all_events, &expected);
	return buf_cstr(&expected);
}

/* The gzip form contains the same text. */
static void expect_gzip(const struct static_file *file)
{
	char *out = xmalloc(file->identity.length);
	z_stream stream = { .next_in = (unsigned char *)file->gzip.at,
		            .avail_in = (unsigned)file->gzip.length,
		            .next_out = (unsigned char *)out,
		            .avail_out = (unsigned)file->identity.length };

	cr_assert(inflateInit2(&stream, 15 + 16) == Z_OK);
	cr_expect_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	cr_expect(str_equal((struct str){ out, stream.total_out }, file->identity));
	cr_expect(file->gzip.length < file->identity.length / 3);
	inflateEnd(&stream);
	free(out);
}

static void expect_file(const struct static_file *file, const char *text)
{
	cr_expect(str_is(file->identity, text));
	cr_expect_str_eq(file->type, "application/json; charset=utf-8");
	cr_expect_eq(strlen(file->etag), 18);
	expect_gzip(file);
}

Test(documents, of_all_domains_are_embedded)
{
	static const struct config settings[] = {
		{ 0 },
		{ .domains = "people,places,duty,logbook,rounds,talk,notes,live" },
	};

	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		struct documents *documents = documents_new(&settings[i]);

		for (enum version v = 0; v < VERSIONS; v++) {
			const struct static_file *file = documents_openapi(documents, v);

			expect_file(file, openapi_of(&settings[i], v));
			cr_expect(!file->brotli.at || file->brotli.length < file->gzip.length);
		}
		expect_file(documents_asyncapi(documents), asyncapi());
		documents_free(documents);
	}
}

Test(documents, of_some_domains_are_written_at_start)
{
	static const struct config places = { .domains = "places" }, live = { .domains = "live" };
	struct documents *all = documents_new(&(const struct config){ 0 }),
			 *some = documents_new(&places), *events = documents_new(&live);

	expect_file(documents_openapi(some, V1), openapi_of(&places, V1));
	expect_file(documents_openapi(some, V2), openapi_of(&places, V2));
	cr_expect_null(documents_openapi(some, V1)->brotli.at);
	cr_expect_str_neq(documents_openapi(some, V1)->etag, documents_openapi(all, V1)->etag);
	cr_expect_null(documents_asyncapi(some));
	cr_expect_eq(documents_asyncapi(events), documents_asyncapi(all));
	documents_free(events);
	documents_free(some);
	documents_free(all);
	documents_free(NULL);
}
