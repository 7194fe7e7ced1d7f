/* The Cache-Control header gives the lifetime of a response; the strictest directive counts. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "cache_control.h"
#include "str.h"

static const struct {
	const char *cache_control;
	long long age, seconds;
} rows[] = {
	{ NULL, 0, CACHE_CONTROL_NONE },
	{ "", 0, CACHE_CONTROL_NONE },
	{ "public", 0, CACHE_CONTROL_NONE },
	{ "max-age=300", 0, 300 },
	{ "public, max-age=19012, must-revalidate, no-transform", 0, 19012 },
	{ "public,max-age=300", 0, 300 },
	{ "Max-Age=300", 0, 300 },
	{ "max-age=\"300\"", 0, 300 },
	{ " max-age = 300 ,", 0, 300 },
	{ ",,max-age=300", 0, 300 },
	{ "max-age=0", 0, 0 },
	{ "max-age=300", 100, 200 },
	{ "max-age=300", 300, 0 },
	{ "max-age=300", 100000, 0 },
	{ "public", 100, CACHE_CONTROL_NONE },
	{ "max-age=99999999999999999999999", 0, 1LL << 31 },
	{ "no-store", 0, 0 },
	{ "no-cache", 0, 0 },
	{ "NO-STORE", 0, 0 },
	{ "no-cache=\"Set-Cookie, max-age=5\"", 0, 0 },
	{ "private=\"x, no-store\", max-age=300", 0, 300 },
	{ "private=\"x, no-store", 0, CACHE_CONTROL_NONE },
	{ "max-age=300, no-store", 0, 0 },
	{ "no-cache, max-age=300", 0, 0 },
	{ "max-age=300, max-age=60", 0, 60 },
	{ "max-age=60, max-age=300", 0, 60 },
	{ "max-age=-1", 0, 0 },
	{ "max-age=5m", 0, 0 },
	{ "max-age=", 0, 0 },
	{ "max-age", 0, 0 },
	{ "max-age=1.5", 0, 0 },
	{ "s-maxage=60", 0, CACHE_CONTROL_NONE },
	{ "x-max-age=60", 0, CACHE_CONTROL_NONE },
	{ "max-ages=60", 0, CACHE_CONTROL_NONE },
	{ "max-age=300;no-store", 0, 0 },
};

Test(cache_control, gives_the_strictest_lifetime)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(eq(llong, cache_control_seconds(rows[i].cache_control, rows[i].age),
		             rows[i].seconds),
		          "<%s>, %lld old",
		          rows[i].cache_control ? rows[i].cache_control : "nothing", rows[i].age);
}
