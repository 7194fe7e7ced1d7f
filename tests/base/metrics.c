/* Metrics are printed in the Prometheus text format with correct values. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics.h"

static struct buf out;

static const char *print(void)
{
	buf_clear(&out);
	metrics_print(&out);
	return buf_cstr(&out);
}

static void tear_down(void)
{
	buf_finish(&out);
}

TestSuite(metrics, .fini = tear_down);

/* The value of a series, or NAN if it is absent. */
static double sample(const char *series)
{
	struct str rest = buf_as_str(&out), line;

	while (str_cut(&rest, '\n', &line)) {
		if (str_begins(line, series) && line.at[strlen(series)] == ' ')
			return strtod(line.at + strlen(series), NULL);
	}
	return __builtin_nan("");
}

/* Parses: name{label="value",…} number */
static bool is_sample(struct str line, struct str *name)
{
	const char *at = line.at, *end = line.at + line.length;
	char *end_of_number;

	while (at < end && (isalnum((unsigned char)*at) || *at == '_' || *at == ':'))
		at++;
	*name = (struct str){ line.at, (size_t)(at - line.at) };
	if (name->length == 0 || isdigit((unsigned char)line.at[0]))
		return false;
	if (at < end && *at == '{') {
		at++;
		while (at < end && *at != '}') {
			while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
				at++;
			if (end - at < 2 || at[0] != '=' || at[1] != '"')
				return false;
			for (at += 2; at < end && *at != '"'; at++)
				at += *at == '\\';
			if (at >= end)
				return false;
			at++;
			if (at < end && *at == ',')
				at++;
		}
		at++;
	}
	if (at >= end || *at != ' ')
		return false;
	strtod(at + 1, &end_of_number);
	return end_of_number == end;
}

/* True if `name` is the family's name, or one that a histogram adds to it. */
static bool is_in_family(struct str name, struct str family, struct str type)
{
	static const char *const more[] = { "_bucket", "_sum", "_count" };

	if (!str_is(type, "histogram"))
		return str_equal(name, family);
	for (size_t i = 0; i < COUNT_OF(more); i++) {
		if (name.length == family.length + strlen(more[i])
		    && memcmp(name.at, family.at, family.length) == 0
		    && str_is((struct str){ name.at + family.length, name.length - family.length },
		              more[i]))
			return true;
	}
	return false;
}

Test(metrics, follow_the_prometheus_text_format)
{
	struct str rest, line, family = { 0 }, type = { 0 }, name;
	int families = 0;

	metrics_observe(metrics_series(METRIC_HTTP_DURATION,
	                               "http_route=\"/a\\\"b\",http_response_status_code=\"200\""),
	                7);
	metrics_observe(metrics_series(METRIC_DB_DURATION, ""), 7);
	print();
	cr_assert(out.at[out.length - 1] == '\n');
	for (rest = buf_as_str(&out); str_cut(&rest, '\n', &line);) {
		struct str words = line, word;

		if (!str_begins(line, "#")) {
			cr_expect(is_sample(line, &name), "%.*s", STR_ARGS(line));
			cr_expect(is_in_family(name, family, type), "%.*s is listed under %.*s",
			          STR_ARGS(line), STR_ARGS(family));
			continue;
		}
		/* # HELP name …, and on the next line # TYPE name type */
		str_cut(&words, ' ', &word);
		str_cut(&words, ' ', &word);
		if (str_is(word, "HELP")) {
			str_cut(&words, ' ', &family);
			cr_expect(words.length > 0, "%.*s", STR_ARGS(line));
			families++;
			continue;
		}
		cr_expect(str_is(word, "TYPE"), "%.*s", STR_ARGS(line));
		str_cut(&words, ' ', &word);
		cr_expect(str_equal(word, family), "%.*s", STR_ARGS(line));
		type = words;
		cr_expect(str_is(type, "counter") || str_is(type, "gauge")
		                  || str_is(type, "histogram"),
		          "%.*s", STR_ARGS(line));
		/* Counters, and only counters, end with _total. */
		cr_expect(str_is(type, "counter")
		                  == (family.length > 6
		                      && str_is((struct str){ family.at + family.length - 6, 6 },
		                                "_total")),
		          "%.*s", STR_ARGS(line));
	}
	cr_expect(families > METRIC_COUNT);
}

Test(metrics, list_each_family_once)
{
	struct str rest, line, others, other;

	print();
	for (rest = buf_as_str(&out); str_cut(&rest, '\n', &line);) {
		int times = 0;

		if (!str_begins(line, "# TYPE "))
			continue;
		for (others = buf_as_str(&out); str_cut(&others, '\n', &other);)
			times += str_equal(line, other);
		cr_expect(eq(int, times, 1), "%.*s", STR_ARGS(line));
	}
}

Test(metrics, count_and_set_values)
{
	print();
	cr_expect(sample("binnacle_db_queue_full_total") == 0,
	          "a counter must be present before its first event");
	metrics_count(METRIC_DB_QUEUE_FULL, 1);
	metrics_count(METRIC_DB_QUEUE_FULL, 2);
	metrics_set(METRIC_DB_QUEUE, 7);
	metrics_set(METRIC_DB_QUEUE, 5);
	metrics_count(METRIC_HTTP_ACTIVE, 3);
	metrics_count(METRIC_HTTP_ACTIVE, -2);
	print();
	cr_expect(sample("binnacle_db_queue_full_total") == 3);
	cr_expect(sample("binnacle_db_queue") == 5);
	cr_expect(sample("http_server_active_requests") == 1);
	cr_expect(eq(llong, metrics_value(METRIC_DB_QUEUE_FULL), 3));
}

Test(metrics, histogram_buckets_are_cumulative_and_include_their_bound)
{
	struct metric_series *series = metrics_series(METRIC_HTTP_DURATION, "a=\"b\"");
	static const struct {
		const char *series;
		double value;
	} rows[] = {
		{ "http_server_request_duration_seconds_bucket{a=\"b\",le=\"0.00025\"}", 2 },
		{ "http_server_request_duration_seconds_bucket{a=\"b\",le=\"0.0005\"}", 3 },
		{ "http_server_request_duration_seconds_bucket{a=\"b\",le=\"0.001\"}", 3 },
		{ "http_server_request_duration_seconds_bucket{a=\"b\",le=\"1\"}", 4 },
		{ "http_server_request_duration_seconds_bucket{a=\"b\",le=\"7.5\"}", 4 },
		{ "http_server_request_duration_seconds_bucket{a=\"b\",le=\"10\"}", 5 },
		{ "http_server_request_duration_seconds_bucket{a=\"b\",le=\"+Inf\"}", 6 },
		{ "http_server_request_duration_seconds_count{a=\"b\"}", 6 },
		{ "http_server_request_duration_seconds_sum{a=\"b\"}", 70.800501 },
	};

	metrics_observe(series, 0);
	metrics_observe(series, 250);
	metrics_observe(series, 251);
	metrics_observe(series, 800000);
	metrics_observe(series, 10000000);
	metrics_observe(series, 60000000);
	print();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(__builtin_fabs(sample(rows[i].series) - rows[i].value) < 1e-6, "%s is %f",
		          rows[i].series, sample(rows[i].series));
}

Test(metrics, histogram_buckets_never_decrease)
{
	struct metric_series *series = metrics_series(METRIC_DB_DURATION, "");
	struct str rest, line;
	double last = 0;

	for (int i = 0; i < 1000; i++)
		metrics_observe(series, (long long)i * i * 30);
	print();
	for (rest = buf_as_str(&out); str_cut(&rest, '\n', &line);) {
		double value;

		if (!str_begins(line, "db_client_operation_duration_seconds_bucket"))
			continue;
		value = strtod(memchr(line.at, '}', line.length) + 1, NULL);
		cr_expect(value >= last, "%.*s", STR_ARGS(line));
		last = value;
	}
	cr_expect(last == 1000);
}

Test(metrics, series_are_found_by_labels)
{
	struct metric_series *one = metrics_series(METRIC_DB_DURATION, "a=\"1\"");

	cr_expect(one == metrics_series(METRIC_DB_DURATION, "a=\"1\""));
	cr_expect(one != metrics_series(METRIC_DB_DURATION, "a=\"2\""));
	cr_expect(one != metrics_series(METRIC_HTTP_DURATION, "a=\"1\""));
}

Test(metrics, excess_series_share_the_last_one)
{
	struct metric_series *series[METRICS_SERIES_MAX + 10];
	char labels[32];

	for (size_t i = 0; i < COUNT_OF(series); i++) {
		snprintf(labels, sizeof(labels), "n=\"%zu\"", i);
		series[i] = metrics_series(METRIC_DB_DURATION, labels);
		cr_expect(i == 0 || i >= METRICS_SERIES_MAX || series[i] != series[i - 1]);
	}
	for (size_t i = METRICS_SERIES_MAX; i < COUNT_OF(series); i++)
		cr_expect(series[i] == series[METRICS_SERIES_MAX - 1], "%zu", i);
	cr_expect(metrics_series(METRIC_DB_DURATION, "n=\"7\"") == series[7],
	          "the other series must still be found");
	metrics_observe(metrics_series(METRIC_DB_DURATION, "n=\"one more\""), 1);
	print();
	cr_expect(sample("db_client_operation_duration_seconds_count{n=\"999\"}") == 1);
}

Test(metrics, include_process_metrics)
{
	print();
	cr_expect(sample("process_resident_memory_bytes") > 100000);
	cr_expect(sample("process_virtual_memory_bytes")
	          >= sample("process_resident_memory_bytes"));
	cr_expect(sample("process_cpu_seconds_total") >= 0);
	cr_expect(strstr(buf_cstr(&out), "\nbinnacle_build_info{version=\"") != NULL);
}
