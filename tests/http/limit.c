/* Rate limits and the headers that report them. The tests control the clock. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_fixture.h"

static void serve_again(void)
{
	street_stop();
	street_serve();
}

static void open_limited(void)
{
	street_open();
	f.config.rate_limit = "on";
	f.config.rate_address = 3000;
	f.config.rate_health = 10;
	f.config.rate_default = 6;
	f.config.rate_heavy = 2;
	f.config.rate_failures = 3;
	serve_again();
	street_later(0);
}

TestSuite(limit, .init = open_limited, .fini = street_close, .timeout = 60);

/* Sends `times` requests on one connection; returns all responses. */
static struct str get_times(const char *path, int times)
{
	static struct buf bytes;

	buf_clear(&bytes);
	while (times--)
		buf_print(&bytes, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	return ask(buf_as_str(&bytes));
}

static struct str get(const char *path)
{
	return get_times(path, 1);
}

static void expect_line(struct str heard, const char *name, const char *value)
{
	struct str line = header_of(heard, name);

	if (value)
		cr_expect(line.at && str_is(line, value), "%s: %.*s, expected %s", name,
		          STR_ARGS(line), value);
	else
		cr_expect_null(line.at, "%s: %.*s", name, STR_ARGS(line));
}

static void expect_told(struct str heard, const char *policy, const char *left)
{
	expect_line(heard, "RateLimit-Policy", policy);
	expect_line(heard, "RateLimit", left);
}

Test(limit, allows_a_burst_up_to_the_limit)
{
	struct str heard = get_times("/health", 12);

	cr_expect_str_eq(statuses_of(heard), "200 200 200 200 200 200 200 200 200 200 429 429");
	cr_expect_eq(metrics_value(METRIC_LIMITED), 2);
	cr_expect_eq(count_of(heard, "Retry-After: 6\r\n"), 2);
	cr_expect_eq(f.ran, 0);
}

/* A browser's EventSource does not reconnect after an error status. */
Test(limit, sends_a_retry_interval_to_reconnecting_streams)
{
	static const char again[] = "GET /news HTTP/1.1\r\nHost: a\r\nLast-Event-ID: e:1\r\n\r\n";
	struct str heard;

	cr_expect_eq(count_of(get_times("/news", 10), "HTTP/1.1 200"), 10);
	heard = ask(str_of(again));
	cr_expect_str_eq(statuses_of(heard), "200");
	expect_line(heard, "Content-Type", "text/event-stream; charset=utf-8");
	expect_told(heard, "\"health\";q=10;w=60", "\"health\";r=0;t=60");
	cr_expect_eq(count_of(heard, "\r\n\r\nretry: 6000\n\n"), 1, "%.*s", STR_ARGS(heard));
	cr_expect_eq(f.ran, 10);
	/* First requests, and routes that are not event streams, get 429. */
	cr_expect_str_eq(statuses_of(get("/news")), "429");
	cr_expect_str_eq(statuses_of(ask(STR("GET /health HTTP/1.1\r\nHost: a\r\nLast-Event-ID: e:1\r\n\r\n"))), "429");
	street_later(6000);
	heard = ask(str_of(again));
	cr_expect_eq(f.ran, 11);
}

Test(limit, refills_evenly)
{
	get_times("/health", 10);
	street_later(5999);
	cr_expect_str_eq(statuses_of(get_times("/health", 2)), "429 429");
	street_later(1);
	cr_expect_str_eq(statuses_of(get_times("/health", 2)), "200 429");
	street_later(18000);
	cr_expect_str_eq(statuses_of(get_times("/health", 4)), "200 200 200 429");
	street_later(3600 * 1000);
	cr_expect_str_eq(statuses_of(get_times("/health", 11)), "200 200 200 200 200 200 200 200 200 200 429",
	                 "a bucket never holds more than one minute's requests");
}

Test(limit, sends_an_accurate_retry_after)
{
	static const int rates[] = { 1, 2, 7, 13, 59, 60, 61, 100, 999 };

	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		struct str heard;
		long long seconds = 0;

		f.config.rate_health = rates[i];
		serve_again();
		get_times("/health", rates[i]);
		street_later(137);
		heard = get("/health");
		cr_expect_str_eq(statuses_of(heard), rates[i] * 137 < 60000 ? "429" : "200", "%d", rates[i]);
		if (!str_number(header_of(heard, "Retry-After"), &seconds))
			continue;
		cr_expect(seconds >= 1 && seconds <= 60, "%d: %lld", rates[i], seconds);
		street_later(seconds * 1000 - 1000);
		if (seconds > 1)
			cr_expect_str_eq(statuses_of(get("/health")), "429", "%d: one second early",
			                 rates[i]);
		street_later(1000);
		cr_expect_str_eq(statuses_of(get("/health")), "200", "%d: after %lld s", rates[i], seconds);
	}
}

Test(limit, reports_the_remaining_requests)
{
	expect_told(get("/echo"), "\"address\";q=3000;w=60", "\"address\";r=2999;t=1");
	expect_told(get("/none"), "\"address\";q=3000;w=60", "\"address\";r=2998;t=1");
	expect_told(get("/health"), "\"health\";q=10;w=60", "\"health\";r=9;t=6");
	expect_told(get("/health"), "\"health\";q=10;w=60", "\"health\";r=8;t=12");
	expect_told(get("/spend/heavy/anna"), "\"address\";q=3000;w=60, \"heavy\";q=2;w=60",
	            "\"address\";r=2997;t=1, \"heavy\";r=1;t=30");
	street_later(60 * 1000);
	expect_told(get("/health"), "\"health\";q=10;w=60", "\"health\";r=9;t=6");
}

Test(limit, reports_each_class_once)
{
	get("/spend/default/anna");
	expect_told(get("/spend/default/bert,anna,carl"), "\"address\";q=3000;w=60, \"default\";q=6;w=60",
	            "\"address\";r=2998;t=1, \"default\";r=4;t=20");
}

Test(limit, rejects_with_a_problem)
{
	struct str heard;

	cr_expect_str_eq(statuses_of(get_times("/spend/heavy/anna", 2)), "200 200");
	heard = get("/spend/heavy/anna");
	cr_expect_str_eq(statuses_of(heard), "429");
	expect_line(heard, "Content-Type", "application/problem+json");
	expect_line(heard, "Retry-After", "30");
	expect_told(heard, "\"address\";q=3000;w=60, \"heavy\";q=2;w=60",
	            "\"address\";r=2997;t=1, \"heavy\";r=0;t=60");
	cr_expect_eq(count_of(body_of(heard), "\"code\":\"TOO_MANY_REQUESTS\""), 1);
	cr_expect_eq(
		count_of(
			body_of(heard),
			"\"The limit is 2 requests per minute in class `heavy`. Retry in 30 seconds.\""),
		1, "%.*s", STR_ARGS(body_of(heard)));
	cr_expect_eq(f.ran, 2);
}

Test(limit, separates_callers_and_classes)
{
	cr_expect_str_eq(statuses_of(get_times("/spend/heavy/anna", 3)), "200 200 429");
	cr_expect_str_eq(statuses_of(get("/spend/heavy/bert")), "200");
	cr_expect_str_eq(statuses_of(get("/spend/default/anna")), "200");
	cr_expect_str_eq(statuses_of(get_times("/health", 11)), "200 200 200 200 200 200 200 200 200 200 429");
	cr_expect_str_eq(statuses_of(get("/echo")), "200");
}

Test(limit, counts_failures_without_reporting_them)
{
	expect_told(get("/look/failures"), "\"address\";q=3000;w=60", "\"address\";r=2999;t=1");
	expect_told(get("/charge/failures"), "\"address\";q=3000;w=60", "\"address\";r=2998;t=1");
	cr_expect_str_eq(statuses_of(get_times("/look/failures", 5)), "200 200 200 200 200");
	cr_expect_str_eq(statuses_of(get_times("/charge/failures", 9)), "200 200 200 200 200 200 200 200 200");
	expect_told(get("/look/failures"), "\"address\";q=3000;w=60, \"failures\";q=3;w=60",
	            "\"address\";r=2983;t=1, \"failures\";r=0;t=60");
	/* However many failures there were, one request is refilled after the same time. */
	street_later(19999);
	cr_expect_str_eq(statuses_of(get("/look/failures")), "429");
	street_later(1);
	cr_expect_str_eq(statuses_of(get("/look/failures")), "200");
}

#define PREFLIGHT                                                                           \
	"OPTIONS /health HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\n"            \
	"Access-Control-Request-Method: GET\r\n\r\n"

Test(limit, ignores_preflights_and_malformed_requests)
{
	f.config.rate_address = 1;
	serve_again();
	for (int i = 0; i < 3; i++) {
		struct str heard = ask(STR(PREFLIGHT));

		cr_expect_str_eq(statuses_of(heard), "204");
		expect_told(heard, NULL, NULL);
		heard = ask(STR("GET /echo HTTP/7.7\r\n\r\n"));
		cr_expect_str_eq(statuses_of(heard), "505");
		expect_told(heard, NULL, NULL);
	}
	cr_expect_str_eq(statuses_of(get_times("/echo", 2)), "200 429");
}

Test(limit, depends_on_the_settings)
{
	static const struct {
		const char *environment, *rate_limit;
		bool limited;
	} ways[] = {
		{ "production", "auto", true },  { "staging", "auto", true }, { "development", "auto", false },
		{ "production", "off", false },  { "production", "on", true }, { "development", "on", true },
	};

	f.config.rate_health = 1;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct str heard;

		f.config.environment = ways[i].environment;
		f.config.rate_limit = ways[i].rate_limit;
		serve_again();
		heard = get_times("/health", 2);
		cr_expect_str_eq(statuses_of(heard), ways[i].limited ? "200 429" : "200 200", "%s %s",
		                 ways[i].environment, ways[i].rate_limit);
		cr_expect_eq(count_of(heard, "RateLimit"), ways[i].limited ? 4 : 0);
	}
}

Test(limit, of_zero_is_unlimited)
{
	f.config.rate_health = f.config.rate_heavy = 0;
	serve_again();
	expect_told(get("/health"), NULL, NULL);
	cr_expect_eq(count_of(get_times("/health", 100), "HTTP/1.1 200 "), 100);
	expect_told(get("/spend/heavy/anna"), "\"address\";q=3000;w=60", "\"address\";r=2999;t=1");
}

/* A request that the test can use directly. */
static struct request *held(int *caller)
{
	*caller = caller_new();
	caller_say(*caller, STR("GET /held HTTP/1.1\r\nHost: a\r\n\r\n"));
	street_turn();
	cr_assert(f.held);
	return f.held;
}

static long resident_kb(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	cr_assert(file && fscanf(file, "%*s %ld", &pages) == 1);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void come_from(struct request *request, unsigned address)
{
	char *at = (char *)request->address.s6_addr;

	memcpy(at + 12, &address, sizeof(address));
	request_charge(request, LIMIT_ADDRESS, STR(""));
}

Test(limit, uses_memory_only_for_actual_callers)
{
	long before = resident_kb();
	struct request *request;
	int caller;

	street_stop();
	f.config.rate_entries = 4 * 1024 * 1024; /* 64 megabytes */
	street_serve();
	request = held(&caller);
	for (unsigned i = 1; i <= 10; i++)
		come_from(request, i);
	cr_expect_lt(resident_kb() - before, 1024, "%ld KB for ten callers",
	             resident_kb() - before);
	street_let_go();
	close(caller);
}

Test(limit, uses_bounded_memory_for_a_million_callers)
{
	struct in6_addr own;
	struct request *request;
	long before, grown;
	int caller;

	f.config.rate_entries = 64 * 1024; /* a megabyte */
	serve_again();
	get("/spend/heavy/anna");
	get_times("/echo", 50);
	request = held(&caller);
	own = request->address;
	before = resident_kb();
	for (unsigned i = 1; i <= 1000000; i++)
		come_from(request, i);
	grown = resident_kb() - before;
	cr_expect_leq(grown, 1024 + 100, "%ld KB for a million callers", grown);
	request->address = own;
	street_let_go();
	/* The emptiest buckets are replaced last. */
	expect_told(get("/spend/heavy/anna"), "\"address\";q=3000;w=60, \"heavy\";q=2;w=60",
	            "\"address\";r=2947;t=2, \"heavy\";r=0;t=60");
	close(caller);
}

Test(limit, replaces_the_fullest_bucket_first)
{
	struct request *request;
	char name[40];
	int caller, remembered = 0;

	f.config.rate_entries = 1024;
	f.config.rate_default = 100;
	serve_again();
	request = held(&caller);
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		request_charge(request, LIMIT_DEFAULT, str_of(name));
	}
	street_let_go();
	for (int i = 0; i < 10; i++) {
		struct str heard;

		snprintf(name, sizeof(name), "/spend/default/%d", i * 7);
		heard = get(name);
		remembered += count_of(heard, "\"default\";r=98;") != 0;
		cr_expect(count_of(heard, "\"default\";r=9") == 1,
		          "no caller gets less than the limit");
	}
	cr_expect_lt(remembered, 10);
	close(caller);
}
