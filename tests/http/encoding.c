/* Which content coding Accept-Encoding selects, and the entity tags of encoded content. */

#include <criterion/criterion.h>

#include "etag.h"

#define BOTH (1U << ENCODING_GZIP | 1U << ENCODING_BROTLI)
#define ONLY (1U << ENCODING_GZIP)

static const struct {
	const char *accept;
	enum encoding both, gzip; /* if both are available, and only gzip */
} cases[] = {
	{ NULL, ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip", ENCODING_GZIP, ENCODING_GZIP },
	{ "GZip", ENCODING_GZIP, ENCODING_GZIP },
	{ "x-gzip", ENCODING_GZIP, ENCODING_GZIP },
	{ "br", ENCODING_BROTLI, ENCODING_IDENTITY },
	{ "gzip, deflate, br, zstd", ENCODING_BROTLI, ENCODING_GZIP },
	{ "br,gzip", ENCODING_BROTLI, ENCODING_GZIP },
	{ " ,gzip ,, ", ENCODING_GZIP, ENCODING_GZIP },
	{ "*", ENCODING_BROTLI, ENCODING_GZIP },
	{ "deflate", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzippy", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "identity", ENCODING_IDENTITY, ENCODING_IDENTITY },
	/* Weights. */
	{ "gzip;q=1.0, br;q=0.5", ENCODING_GZIP, ENCODING_GZIP },
	{ "gzip;q=0.5, br;q=0.501", ENCODING_BROTLI, ENCODING_GZIP },
	{ "gzip ; q=0.001", ENCODING_GZIP, ENCODING_GZIP },
	{ "gzip;Q=1", ENCODING_GZIP, ENCODING_GZIP },
	{ "gzip;q=0", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=0.000, br;q=0.", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=0, x-gzip", ENCODING_GZIP, ENCODING_GZIP },
	{ "identity;q=0.5, gzip;q=0.4", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "identity, gzip", ENCODING_GZIP, ENCODING_GZIP },
	{ "*;q=0", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "*;q=0, gzip", ENCODING_GZIP, ENCODING_GZIP },
	{ "gzip;q=0, *", ENCODING_BROTLI, ENCODING_IDENTITY },
	{ "gzip;q=0.3, *;q=0.7", ENCODING_BROTLI, ENCODING_IDENTITY },
	/* Never 406: identity is sent if nothing is accepted. */
	{ "identity;q=0", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "identity;q=0, deflate", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "identity;q=0, gzip;q=0.1", ENCODING_GZIP, ENCODING_GZIP },
	/* Malformed entries are ignored. */
	{ "gzip;q=2", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=1.001", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=0.1234", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=-1", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=0x1", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;level=1", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ "gzip;q=1;q=1", ENCODING_IDENTITY, ENCODING_IDENTITY },
	{ ";q=1, br", ENCODING_BROTLI, ENCODING_IDENTITY },
};

Test(encoding, is_chosen)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str accept = str_of(cases[i].accept);

		cr_expect_eq(encoding_choose(accept, BOTH), cases[i].both, "%s", cases[i].accept);
		cr_expect_eq(encoding_choose(accept, ONLY), cases[i].gzip, "%s", cases[i].accept);
		cr_expect_eq(encoding_choose(accept, 0), ENCODING_IDENTITY, "%s", cases[i].accept);
	}
}

static const struct {
	const char *list, *tag;
	bool matches;
} tags[] = {
	{ "\"7.abc\"", "\"7.abc\"", true },
	{ "W/\"7.abc\"", "\"7.abc\"", true },
	{ "\"7.abc\"", "W/\"7.abc\"", true },
	{ "\"a\", \"b\" ,W/\"7.abc\"", "\"7.abc\"", true },
	{ " * ", "\"7.abc\"", true },
	{ "\"a\", *", "\"7.abc\"", false },
	{ "", "\"7.abc\"", false },
	{ "7.abc", "\"7.abc\"", false },
	{ "\"7.ab\"", "\"7.abc\"", false },
	{ "\"7.abc-gzip\"", "\"7.abc\"", false },
	{ "w/\"7.abc\"", "\"7.abc\"", false },
};

Test(etag, is_compared)
{
	for (size_t i = 0; i < COUNT_OF(tags); i++)
		cr_expect_eq(etag_matches(str_of(tags[i].list), tags[i].tag), tags[i].matches, "%s",
		             tags[i].list);
}

Test(etag, differs_by_encoding)
{
	struct arena arena = { 0 };

	cr_expect_str_eq(etag_encoded(&arena, "\"7.abc\"", ENCODING_IDENTITY), "\"7.abc\"");
	cr_expect_str_eq(etag_encoded(&arena, "\"7.abc\"", ENCODING_GZIP), "\"7.abc-gzip\"");
	cr_expect_str_eq(etag_encoded(&arena, "W/\"abc\"", ENCODING_BROTLI), "W/\"abc-br\"");
	cr_expect_null(etag_encoded(&arena, NULL, ENCODING_GZIP));
	arena_finish(&arena);
}
