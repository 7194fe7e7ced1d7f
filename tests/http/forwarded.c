/* The client address, `loopback` and `secure`, behind trusted and untrusted proxies. */

#include <stdio.h>

#include "log.h"
#include "http_fixture.h"

static void open_fixture(void)
{
	fixture_open();
	fixture_advance(0);
}

TestSuite(forwarded, .init = open_fixture, .fini = fixture_close, .timeout = 60);

static void trust(const char *proxies)
{
	fixture_stop();
	f.config.trusted_proxies = proxies;
	fixture_serve();
}

#define LINES(more) "GET /client HTTP/1.1\r\nHost: a\r\n" more "\r\n"

/* Peers are in 127.0.0.0/8. */
struct test_case {
	const char *trusted, *peer, *lines, *client;
};

static const struct test_case cases[] = {
	/* The peer is not trusted: the header is ignored. */
	{ NULL, "127.0.0.1", "", "127.0.0.1" },
	{ NULL, "127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1" },
	{ "127.0.0.9", "127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1" },
	{ "127.0.0.9", "127.0.0.1", "X-Forwarded-For: 192.0.2.1, 127.0.0.9\r\n", "127.0.0.1" },
	{ "::1, 10.0.0.0/8", "127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1" },

	/* The peer is trusted: the rightmost untrusted entry. */
	{ "127.0.0.1", "127.0.0.1", "", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.0/8", "127.9.8.7", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.0/30", "127.0.0.3", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.0/30", "127.0.0.4", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.4" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 127.0.0.1, 192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.1, 10.0.0.0/8", "127.0.0.1",
	  "X-Forwarded-For: 198.51.100.1,192.0.2.1 ,\t10.1.2.3\r\n", "192.0.2.1" },
	{ "127.0.0.1,10.0.0.0/8", "127.0.0.1",
	  "X-Forwarded-For: 10.0.0.1, 192.0.2.1, 10.0.0.2, 10.0.0.3\r\n", "192.0.2.1" },
	{ "127.0.0.1,10.0.0.0/8", "127.0.0.1", "X-Forwarded-For: 11.0.0.1\r\n", "11.0.0.1" },

	/* Repeated headers: all entries, in order. */
	{ "127.0.0.1", "127.0.0.1",
	  "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.1, 10.0.0.7", "127.0.0.1",
	  "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.7\r\n",
	  "192.0.2.1" },

	/* All entries are trusted: the leftmost. */
	{ "127.0.0.0/8,10.0.0.0/8", "127.0.0.1", "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n",
	  "10.0.0.1" },

	/* An invalid entry: the last valid one. */
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: \r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: unknown\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1, unknown\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1,\r\n", "127.0.0.1" },
	{ "127.0.0.1,10.0.0.0/8", "127.0.0.1",
	  "X-Forwarded-For: 192.0.2.1, _x, 10.0.0.2, 10.0.0.3\r\n", "10.0.0.2" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.256\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.01\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 0xc0.0.2.1\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1/32\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 198.51.100.1 192.0.2.1\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: \"192.0.2.1\"\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: fe80::1%lo\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1",
	  "X-Forwarded-For: 0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000\r\n",
	  "127.0.0.1" },

	/* Ports and brackets. */
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1:567\r\n", "192.0.2.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1:\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1:http\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1:-1\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1:65536\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: [192.0.2.1]:80\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: [2001:db8::1]:443\r\n", "2001:db8::1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: [2001:db8::1]443\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: [2001:db8::1\r\n", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: []:443\r\n", "127.0.0.1" },

	/* IPv6 is printed in canonical form; IPv4-mapped addresses are IPv4. */
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: 2001:DB8:0:0::0:1\r\n", "2001:db8::1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: ::ffff:192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.1", "127.0.0.1", "X-Forwarded-For: [::ffff:c000:201]:80\r\n", "192.0.2.1" },
	{ "127.0.0.1,10.0.0.0/8", "127.0.0.1", "X-Forwarded-For: 192.0.2.1, ::ffff:10.0.0.2\r\n",
	  "192.0.2.1" },
	{ "127.0.0.1,::ffff:10.0.0.0/104", "127.0.0.1", "X-Forwarded-For: 192.0.2.1, 10.0.0.2\r\n",
	  "192.0.2.1" },
	{ "::ffff:127.0.0.1", "127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1" },
	{ "127.0.0.1, 2001:db8::/32", "127.0.0.1",
	  "X-Forwarded-For: 2001:db9::1, 2001:db8:ffff::1, [2001:db8::2]:1\r\n", "2001:db9::1" },
	{ "127.0.0.1, 2001:db8::/33", "127.0.0.1",
	  "X-Forwarded-For: 2001:db9::1, 2001:db8:8000::1\r\n", "2001:db8:8000::1" },
	{ "127.0.0.1, 2001:db8::7", "127.0.0.1", "X-Forwarded-For: 2001:db9::1, 2001:db8::7\r\n",
	  "2001:db9::1" },
};

static struct str get_from(const char *peer, const char *lines)
{
	static struct buf bytes;

	buf_clear(&bytes);
	buf_print(&bytes, LINES("%s"), lines);
	return send_request_from(peer, buf_as_str(&bytes));
}

static bool body_has(struct str response, const char *line)
{
	return count_of(body_of(response), line) == 1;
}

Test(forwarded, finds_the_client_address)
{
	char client[80];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str response;

		trust(cases[i].trusted);
		response = get_from(cases[i].peer, cases[i].lines);
		snprintf(client, sizeof(client), "client=%s\n", cases[i].client);
		cr_expect(body_has(response, client), "row %zu, %s: %.*s", i, cases[i].lines,
		          STR_ARGS(body_of(response)));
	}
}

Test(forwarded, follows_a_limited_number_of_proxies)
{
	struct buf lines = { 0 };

	trust("127.0.0.1, 10.0.0.0/8");
	buf_text(&lines, "X-Forwarded-For: 192.0.2.1");
	for (int i = 0; i < 100; i++)
		buf_print(&lines, ", 10.0.0.%d", i);
	buf_text(&lines, "\r\n");
	cr_expect(body_has(get_from("127.0.0.1", buf_cstr(&lines)), "client=10.0.0.68\n"));
	buf_finish(&lines);
}

Test(forwarded, does_not_treat_forwarded_requests_as_loopback)
{
	trust("127.0.0.1");
	cr_expect(body_has(get_from("127.0.0.2", ""), "loopback=1\n"));
	/* A proxy on this machine forwards requests of others, even without the header. */
	cr_expect(body_has(get_from("127.0.0.1", ""), "loopback=0\n"));
	/* The header shows that the request was forwarded, whether or not the peer is trusted. */
	cr_expect(
		body_has(get_from("127.0.0.1", "X-Forwarded-For: 127.0.0.1\r\n"), "loopback=0\n"));
	cr_expect(
		body_has(get_from("127.0.0.2", "X-Forwarded-For: 127.0.0.1\r\n"), "loopback=0\n"));
	cr_expect(body_has(get_from("127.0.0.2", "X-Forwarded-For:\r\n"), "loopback=0\n"));
}

Test(forwarded, detects_tls)
{
	static const struct {
		const char *peer, *lines;
		bool secure;
	} table[] = {
		{ "127.0.0.1", "", false },
		{ "127.0.0.1", "X-Forwarded-Proto: https\r\n", true },
		{ "127.0.0.1", "X-Forwarded-Proto: HTTPS\r\n", true },
		{ "127.0.0.1", "X-Forwarded-Proto: http\r\n", false },
		{ "127.0.0.1", "X-Forwarded-Proto: http, https\r\n", true },
		{ "127.0.0.1", "X-Forwarded-Proto: https, http\r\n", false },
		{ "127.0.0.1", "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", false },
		{ "127.0.0.1", "X-Forwarded-Proto: httpsx\r\n", false },
		{ "127.0.0.1", "X-Forwarded-Proto:\r\n", false },
		{ "127.0.0.2", "X-Forwarded-Proto: https\r\n", false },
	};

	trust("127.0.0.1");
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct str response = get_from(table[i].peer, table[i].lines);
		struct str hsts = header_of(response, "Strict-Transport-Security");

		cr_expect(body_has(response, table[i].secure ? "secure=1\n" : "secure=0\n"),
		          "row %zu", i);
		cr_expect(table[i].secure ? str_is(hsts, "max-age=31536000; includeSubDomains")
		                          : !hsts.at,
		          "row %zu: %.*s", i, STR_ARGS(hsts));
	}
	trust(NULL);
	cr_expect(body_has(get_from("127.0.0.1", "X-Forwarded-Proto: https\r\n"), "secure=0\n"));
}

Test(forwarded, counts_requests_by_scheme)
{
	static const char *const parts[] = {
		"_count{http_request_method=\"GET\",http_route=\"/client\","
		"http_response_status_code=\"200\",url_scheme=\"http\"} 2\n",
		"_count{http_request_method=\"GET\",http_route=\"/client\","
		"http_response_status_code=\"200\",url_scheme=\"https\"} 1\n",
	};
	struct buf text = { 0 };

	trust("127.0.0.1");
	get_from("127.0.0.1", "");
	get_from("127.0.0.1", "X-Forwarded-Proto: https\r\n");
	get_from("127.0.0.2", "X-Forwarded-Proto: https\r\n");
	metrics_print(&text);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		cr_expect(strstr(buf_cstr(&text), parts[i]), "missing: %s", parts[i]);
	buf_finish(&text);
}

Test(forwarded, logs_the_client_address)
{
	const char *text;

	trust("127.0.0.1");
	text = log_of(STR(LINES("X-Forwarded-For: 192.0.2.1\r\n")));
	cr_expect(strstr(text, "\"client.address\":\"192.0.2.1\""), "%s", text);
	text = log_of(STR("GET /client HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"));
	cr_expect(strstr(text, "\"client.address\":\"127.0.0.1\""),
	          "without a valid head the headers are ignored: %s", text);
}

/* ---- Rate limits ---- */

static void limit_to(int rate)
{
	f.config.rate_limit = "on";
	f.config.rate_address = rate;
	trust("127.0.0.1");
}

static const char *status_behind(const char *address)
{
	char line[100];

	snprintf(line, sizeof(line), "X-Forwarded-For: %s\r\n", address);
	return statuses_of(get_from("127.0.0.1", line));
}

Test(forwarded, limits_each_client_separately)
{
	limit_to(1);
	cr_expect_str_eq(status_behind("192.0.2.1"), "200");
	cr_expect_str_eq(status_behind("192.0.2.1"), "429");
	cr_expect_str_eq(status_behind("::ffff:192.0.2.1"), "429",
	                 "an IPv4-mapped address is the same client");
	cr_expect_str_eq(status_behind("[::ffff:192.0.2.1]:7"), "429");
	cr_expect_str_eq(status_behind("192.0.2.1:999"), "429", "another port is the same client");
	cr_expect_str_eq(status_behind("203.0.113.5, 192.0.2.1"), "429",
	                 "entries to the left are ignored");
	cr_expect_str_eq(status_behind("192.0.2.2"), "200");
	cr_expect_str_eq(status_behind("192.0.3.1"), "200");
	cr_expect_str_eq(statuses_of(get_from("127.0.0.2", "")), "200");
	cr_expect_str_eq(statuses_of(get_from("127.0.0.2", "X-Forwarded-For: 192.0.2.3\r\n")),
	                 "429", "the header of an untrusted peer is ignored");
}

Test(forwarded, limits_ipv6_clients_by_network)
{
	limit_to(1);
	cr_expect_str_eq(status_behind("2001:db8:0:7::1"), "200");
	cr_expect_str_eq(status_behind("2001:db8:0:7::2"), "429");
	cr_expect_str_eq(status_behind("2001:db8:0:7:ffff:ffff:ffff:ffff"), "429");
	cr_expect_str_eq(status_behind("2001:db8:0:8::1"), "200");
	cr_expect_str_eq(status_behind("2001:db8:0:6::1"), "200");
	cr_expect_str_eq(status_behind("::1"), "200");
	cr_expect_str_eq(status_behind("192.0.2.1"), "200",
	                 "IPv4-mapped addresses do not share a network");
	cr_expect_str_eq(status_behind("192.0.2.2"), "200");
}

/* ---- The setting ---- */

Test(forwarded, checks_the_setting)
{
	static const struct {
		const char *given, *error; /* NULL: valid */
	} table[] = {
		{ NULL, NULL },
		{ "10.0.0.7", NULL },
		{ "10.0.0.7, 10.0.0.0/8 ,192.168.0.0/16,2001:db8::/32,::1,fd00::/8", NULL },
		{ "10.0.0.7/32,::1/128,128.0.0.0/1", NULL },
		{ "::ffff:10.0.0.0/104", NULL },
		{ "proxy.example", "\"proxy.example\" is not an address" },
		{ "10.0.0.7,,10.0.0.8", "\"\" is not an address" },
		{ "10.0.0.7 10.0.0.8", "is not an address" },
		{ "10.0.0.7:80", "is not an address" },
		{ "[::1]", "is not an address" },
		{ "10.0.0", "is not an address" },
		{ "10.0.0.0/", "an invalid prefix length" },
		{ "10.0.0.0/x", "an invalid prefix length" },
		{ "10.0.0.0/-1", "an invalid prefix length" },
		{ "10.0.0.0/8/8", "an invalid prefix length" },
		{ "10.0.0.0/255.0.0.0", "an invalid prefix length" },
		{ "10.0.0.0/33", "a prefix longer than an address" },
		{ "2001:db8::/129", "an invalid prefix length" },
		{ "10.0.0.1/8", "\"10.0.0.1/8\" has bits set after its prefix" },
		{ "2001:db8::1/32", "has bits set after" },
		{ "0.0.0.0/0", "would let every client choose" },
		{ "::/0", "would let every client choose" },
		{ "::ffff:0:0/96", "would let every client choose" },
		{ "::/64", "would let every client choose" },
	};

	f.config.cors_origin = NULL;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct buf errors = { 0 };

		f.config.trusted_proxies = table[i].given;
		cr_expect_eq(http_check_config(&f.config, &errors), table[i].error == NULL,
		             "%s: %s", table[i].given, buf_cstr(&errors));
		cr_expect(
			table[i].error == NULL
				|| (strstr(buf_cstr(&errors), table[i].error)
		                    && str_begins(buf_as_str(&errors), "TRUSTED_PROXIES must list ")
		                    && errors.at[errors.length - 1] == '\n'),
			"%s: %s", table[i].given, buf_cstr(&errors));
		buf_finish(&errors);
	}
}
