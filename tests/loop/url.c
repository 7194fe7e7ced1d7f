/* Valid URLs are parsed; all others are rejected with a description of the error. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "fetch.h"

static const struct {
	const char *url;
	bool valid, safe;
} rows[] = {
	{ "https://example.com", true, true },
	{ "https://example.com/", true, true },
	{ "https://example.com:8443/a/b?c=d&e=%20", true, true },
	{ "https://example.com?q", true, true },
	{ "https://a-b.c_d.example", true, true },
	{ "https://192.0.2.1/keys", true, true },
	{ "https://[2001:db8::1]:8443/keys", true, true },
	{ "http://example.com/", true, false },
	{ "http://192.0.2.1/", true, false },
	{ "http://127.0.0.1:8080/dev/issuer", true, true },
	{ "http://127.9.9.9/", true, true },
	{ "http://localhost:8080/", true, true },
	{ "http://[::1]:8080/", true, true },
	{ "http://localhost.example.com/", true, false },
	{ "http://127.0.0.1.example.com/", true, false },
	{ "", false, false },
	{ "example.com", false, false },
	{ "//example.com/", false, false },
	{ "ftp://example.com/", false, false },
	{ "file:///etc/passwd", false, false },
	{ "HTTPS://example.com/", false, false },
	{ "https:///path", false, false },
	{ "https://", false, false },
	{ "https://:443/", false, false },
	{ "https://user@example.com/", false, false },
	{ "https://user:secret@example.com/", false, false },
	{ "https://example.com@evil.example/", false, false },
	{ "https://example.com\\@evil.example/", false, false },
	{ "https://example.com:/", false, false },
	{ "https://example.com:0/", false, false },
	{ "https://example.com:65536/", false, false },
	{ "https://example.com:-1/", false, false },
	{ "https://example.com:80a/", false, false },
	{ "https://example.com:000443/", false, false },
	{ "https://example..com/", false, false },
	{ "https://.example.com/", false, false },
	{ "https://example.com./", false, false },
	{ "https://-a.example/", false, false },
	{ "https://exa mple.com/", false, false },
	{ "https://ex\xc3\xa4mple.com/", false, false },
	{ "https://127.1/", false, false },
	{ "https://2130706433/", false, false },
	{ "https://0x7f.0x1/", false, false },
	{ "http://127.0.0.256/", false, false },
	{ "https://[::1/", false, false },
	{ "https://[example.com]/", false, false },
	{ "https://::1/", false, false },
	{ "https://[::1]x/", false, false },
	{ "https://example.com/a b", false, false },
	{ "https://example.com/a\r\nHost: evil", false, false },
	{ "https://example.com/a\tb", false, false },
	{ "https://example.com/#fragment", false, false },
	{ "https://example.com/<a>", false, false },
	{ "https://example.com/\x7f", false, false },
};

Test(url, is_parsed_strictly)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *error = fetch_url_error(rows[i].url);

		cr_expect(eq(int, error == NULL, rows[i].valid), "<%s>: %s", rows[i].url,
		          error ? error : "was accepted");
		cr_expect(eq(int, fetch_url_is_safe(rows[i].url), rows[i].safe), "<%s> safe?",
		          rows[i].url);
	}
}

Test(url, has_a_maximum_length)
{
	char longest[3000] = "https://example.com/";

	memset(longest + 20, 'a', 2048 - 20);
	cr_expect(fetch_url_error(longest) == NULL);
	longest[2048] = 'a';
	cr_expect(fetch_url_error(longest) != NULL);
}
