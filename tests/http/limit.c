/* Rate limits and the headers that report them. The tests control the clock. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_fixture.h"

static void serve_again(void)
{
	fixture_stop();
	fixture_serve();
}

static void open_limited(void)
{
	fixture_open();
	f.config.rate_limit = "on";
	f.config.rate_address = 3000;
	f.config.rate_health = 10;
	f.config.rate_default = 6;
	f.config.rate_heavy = 2;
	f.config.rate_failures = 3;
	serve_again();
	fixture_advance(0);
}

TestSuite(limit, .init = open_limited, .fini = fixture_close, .timeout = 60);

/* Sends `times` requests on one connection; returns all responses. */
static struct str get_times(const char *path, int times)
{
	static struct buf bytes;

	buf_clear(&bytes);
	while (times--)
		buf_print(&bytes, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	return send_request(buf_as_str(&bytes));
}

static struct str get(const char *path)
{
	return get_times(path, 1);
}

static void expect_line(struct str response, const char *name, const char *value)
{
	struct str line = header_of(response, name);

	if (value)
		cr_expect(line.at && str_is(line, value), "%s: %.*s, expected %s", name,
		          STR_ARGS(line), value);
	else
		cr_expect_null(line.at, "%s: %.*s", name, STR_ARGS(line));
}

static void expect_rate_headers(struct str response, const char *policy, const char *left)
{
	expect_line(response, "RateLimit-Policy", policy);
	expect_line(response, "RateLimit", left);
}

Test(limit, allows_a_burst_up_to_the_limit)
{
	struct str response = get_times("/health", 12);

	cr_expect_str_eq(statuses_of(response), "200 200 200 200 200 200 200 200 200 200 429 429");
	cr_expect_eq(metrics_value(METRIC_LIMITED), 2);
	cr_expect_eq(count_of(response, "Retry-After: 6\r\n"), 2);
	cr_expect_eq(f.ran, 0);
}

/* A browser's EventSource does not reconnect after an error status. */
Test(limit, sends_a_retry_interval_to_reconnecting_streams)
{
	static const char again[] = "GET /news HTTP/1.1\r\nHost: a\r\nLast-Event-ID: e:1\r\n\r\n";
	struct str response;

	cr_expect_eq(count_of(get_times("/news", 10), "HTTP/1.1 200"), 10);
	response = send_request(str_of(again));
	cr_expect_str_eq(statuses_of(response), "200");
	expect_line(response, "Content-Type", "text/event-stream; charset=utf-8");
	expect_rate_headers(response, "\"health\";q=10;w=60", "\"health\";r=0;t=60");
	cr_expect_eq(count_of(response, "\r\n\r\nretry: 6000\n\n"), 1, "%.*s", STR_ARGS(response));
	cr_expect_eq(f.ran, 10);
	/* First requests, and routes that are not event streams, get 429. */
	cr_expect_str_eq(statuses_of(get("/news")), "429");
	response =
		send_request(STR("GET /health HTTP/1.1\r\nHost: a\r\nLast-Event-ID: e:1\r\n\r\n"));
	cr_expect_str_eq(statuses_of(response), "429");
	fixture_advance(6000);
	response = send_request(str_of(again));
	cr_expect_eq(f.ran, 11);
}

Test(limit, refills_evenly)
{
	get_times("/health", 10);
	fixture_advance(5999);
	cr_expect_str_eq(statuses_of(get_times("/health", 2)), "429 429");
	fixture_advance(1);
	cr_expect_str_eq(statuses_of(get_times("/health", 2)), "200 429");
	fixture_advance(18000);
	cr_expect_str_eq(statuses_of(get_times("/health", 4)), "200 200 200 429");
	fixture_advance(3600 * 1000);
	cr_expect_str_eq(statuses_of(get_times("/health", 11)),
	                 "200 200 200 200 200 200 200 200 200 200 429",
	                 "a bucket never holds more than one minute's requests");
}

Test(limit, sends_an_accurate_retry_after)
{
	static const int rates[] = { 1, 2, 7, 13, 59, 60, 61, 100, 999 };

	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		struct str response;
		long long seconds = 0;

		f.config.rate_health = rates[i];
		serve_again();
		get_times("/health", rates[i]);
		fixture_advance(137);
		response = get("/health");
		cr_expect_str_eq(statuses_of(response), rates[i] * 137 < 60000 ? "429" : "200",
		                 "%d", rates[i]);
		if (!str_number(header_of(response, "Retry-After"), &seconds))
			continue;
		cr_expect(seconds >= 1 && seconds <= 60, "%d: %lld", rates[i], seconds);
		fixture_advance(seconds * 1000 - 1000);
		if (seconds > 1)
			cr_expect_str_eq(statuses_of(get("/health")), "429", "%d: one second early",
			                 rates[i]);
		fixture_advance(1000);
		cr_expect_str_eq(statuses_of(get("/health")), "200", "%d: after %lld s", rates[i],
		                 seconds);
	}
}

Test(limit, reports_the_remaining_requests)
{
	expect_rate_headers(get("/echo"), "\"address\";q=3000;w=60", "\"address\";r=2999;t=1");
	expect_rate_headers(get("/none"), "\"address\";q=3000;w=60", "\"address\";r=2998;t=1");
	expect_rate_headers(get("/health"), "\"health\";q=10;w=60", "\"health\";r=9;t=6");
	expect_rate_headers(get("/health"), "\"health\";q=10;w=60", "\"health\";r=8;t=12");
	expect_rate_headers(get("/take/heavy/anna"), "\"address\";q=3000;w=60, \"heavy\";q=2;w=60",
	                    "\"address\";r=2997;t=1, \"heavy\";r=1;t=30");
	fixture_advance(60 * 1000);
	expect_rate_headers(get("/health"), "\"health\";q=10;w=60", "\"health\";r=9;t=6");
}

Test(limit, reports_each_class_once)
{
	get("/take/default/anna");
	expect_rate_headers(get("/take/default/bert,anna,carl"),
	                    "\"address\";q=3000;w=60, \"default\";q=6;w=60",
	                    "\"address\";r=2998;t=1, \"default\";r=4;t=20");
}

Test(limit, rejects_with_a_problem)
{
	struct str response;

	cr_expect_str_eq(statuses_of(get_times("/take/heavy/anna", 2)), "200 200");
	response = get("/take/heavy/anna");
	cr_expect_str_eq(statuses_of(response), "429");
	expect_line(response, "Content-Type", "application/problem+json");
	expect_line(response, "Retry-After", "30");
	expect_rate_headers(response, "\"address\";q=3000;w=60, \"heavy\";q=2;w=60",
	                    "\"address\";r=2997;t=1, \"heavy\";r=0;t=60");
	cr_expect_eq(count_of(body_of(response), "\"code\":\"TOO_MANY_REQUESTS\""), 1);
	cr_expect_eq(
		count_of(
			body_of(response),
			"\"The limit is 2 requests per minute in class `heavy`. Retry in 30 seconds.\""),
		1, "%.*s", STR_ARGS(body_of(response)));
	cr_expect_eq(f.ran, 2);
}

Test(limit, separates_callers_and_classes)
{
	cr_expect_str_eq(statuses_of(get_times("/take/heavy/anna", 3)), "200 200 429");
	cr_expect_str_eq(statuses_of(get("/take/heavy/bert")), "200");
	cr_expect_str_eq(statuses_of(get("/take/default/anna")), "200");
	cr_expect_str_eq(statuses_of(get_times("/health", 11)),
	                 "200 200 200 200 200 200 200 200 200 200 429");
	cr_expect_str_eq(statuses_of(get("/echo")), "200");
}

Test(limit, counts_failures_without_reporting_them)
{
	expect_rate_headers(get("/check/failures"), "\"address\";q=3000;w=60",
	                    "\"address\";r=2999;t=1");
	expect_rate_headers(get("/charge/failures"), "\"address\";q=3000;w=60",
	                    "\"address\";r=2998;t=1");
	cr_expect_str_eq(statuses_of(get_times("/check/failures", 5)), "200 200 200 200 200");
	cr_expect_str_eq(statuses_of(get_times("/charge/failures", 9)),
	                 "200 200 200 200 200 200 200 200 200");
	expect_rate_headers(get("/check/failures"),
	                    "\"address\";q=3000;w=60, \"failures\";q=3;w=60",
	                    "\"address\";r=2983;t=1, \"failures\";r=0;t=60");
	/* However many failures there were, one request is refilled after the same time. */
	fixture_advance(19999);
	cr_expect_str_eq(statuses_of(get("/check/failures")), "429");
	fixture_advance(1);
	cr_expect_str_eq(statuses_of(get("/check/failures")), "200");
}

#define PREFLIGHT                                                                                  \
	"OPTIONS /health HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\n"                   \
	"Access-Control-Request-Method: GET\r\n\r\n"

Test(limit, ignores_preflights_and_malformed_requests)
{
	f.config.rate_address = 1;
	serve_again();
	for (int i = 0; i < 3; i++) {
		struct str response = send_request(STR(PREFLIGHT));

		cr_expect_str_eq(statuses_of(response), "204");
		expect_rate_headers(response, NULL, NULL);
		response = send_request(STR("GET /echo HTTP/7.7\r\n\r\n"));
		cr_expect_str_eq(statuses_of(response), "505");
		expect_rate_headers(response, NULL, NULL);
	}
	cr_expect_str_eq(statuses_of(get_times("/echo", 2)), "200 429");
}

Test(limit, depends_on_the_settings)
{
	static const struct {
		const char *environment, *rate_limit;
		bool limited;
	} cases[] = {
		{ "production", "auto", true },   { "staging", "auto", true },
		{ "development", "auto", false }, { "production", "off", false },
		{ "production", "on", true },     { "development", "on", true },
	};

	f.config.rate_health = 1;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str response;

		f.config.environment = cases[i].environment;
		f.config.rate_limit = cases[i].rate_limit;
		serve_again();
		response = get_times("/health", 2);
		cr_expect_str_eq(statuses_of(response), cases[i].limited ? "200 429" : "200 200",
		                 "%s %s", cases[i].environment, cases[i].rate_limit);
		cr_expect_eq(count_of(response, "RateLimit"), cases[i].limited ? 4 : 0);
	}
}

Test(limit, of_zero_is_unlimited)
{
	f.config.rate_health = f.config.rate_heavy = 0;
	serve_again();
	expect_rate_headers(get("/health"), NULL, NULL);
	cr_expect_eq(count_of(get_times("/health", 100), "HTTP/1.1 200 "), 100);
	expect_rate_headers(get("/take/heavy/anna"), "\"address\";q=3000;w=60",
	                    "\"address\";r=2999;t=1");
}

/* A request that the test can use directly. */
static struct request *held(int *client)
{
	*client = client_new();
	client_send(*client, STR("GET /held HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_turn();
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

static void charge_from(struct request *request, unsigned address)
{
	char *at = (char *)request->address.s6_addr;

	memcpy(at + 12, &address, sizeof(address));
	rate_limit_charge(request, LIMIT_ADDRESS, STR(""));
}

Test(limit, uses_memory_only_for_actual_callers)
{
	long before = resident_kb();
	struct request *request;
	int client;

	fixture_stop();
	f.config.rate_entries = 4 * 1024 * 1024; /* 64 megabytes */
	fixture_serve();
	request = held(&client);
	for (unsigned i = 1; i <= 10; i++)
		charge_from(request, i);
	cr_expect_lt(resident_kb() - before, 1024, "%ld KB for ten clients",
	             resident_kb() - before);
	fixture_reply_held();
	close(client);
}

Test(limit, uses_bounded_memory_for_a_million_callers)
{
	struct in6_addr own;
	struct request *request;
	long before, grown;
	int client;

	f.config.rate_entries = 64 * 1024; /* a megabyte */
	serve_again();
	get("/take/heavy/anna");
	get_times("/echo", 50);
	request = held(&client);
	own = request->address;
	before = resident_kb();
	for (unsigned i = 1; i <= 1000000; i++)
		charge_from(request, i);
	grown = resident_kb() - before;
	cr_expect_leq(grown, 1024 + 100, "%ld KB for a million clients", grown);
	request->address = own;
	fixture_reply_held();
	/* The emptiest buckets are replaced last. */
	expect_rate_headers(get("/take/heavy/anna"), "\"address\";q=3000;w=60, \"heavy\";q=2;w=60",
	                    "\"address\";r=2947;t=2, \"heavy\";r=0;t=60");
	close(client);
}

Test(limit, replaces_the_fullest_bucket_first)
{
	struct request *request;
	char name[40];
	int client, kept = 0;

	f.config.rate_entries = 1024;
	f.config.rate_default = 100;
	serve_again();
	request = held(&client);
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		rate_limit_charge(request, LIMIT_DEFAULT, str_of(name));
	}
	fixture_reply_held();
	for (int i = 0; i < 10; i++) {
		struct str response;

		snprintf(name, sizeof(name), "/take/default/%d", i * 7);
		response = get(name);
		kept += count_of(response, "\"default\";r=98;") != 0;
		cr_expect(count_of(response, "\"default\";r=9") == 1,
		          "no client gets less than the limit");
	}
	cr_expect_lt(kept, 10);
	close(client);
}
