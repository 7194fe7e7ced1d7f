/* metrics.c: counts and prints the metrics of metrics.def, in the Prometheus text format. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "metrics.h"

/* Upper bounds of the buckets in microseconds: those recommended by OpenTelemetry for HTTP,
 * and four finer ones at the lower end, since most responses take less than 5 ms. */
static const long long bounds[] = {
	250,    500,    1000,   2500,   5000,    10000,   25000,   50000,   75000,
	100000, 250000, 500000, 750000, 1000000, 2500000, 5000000, 7500000, 10000000,
};

struct metric_series {
	char *labels;
	struct metric_series *next;
	long long count, sum_us;
	long long buckets[COUNT_OF(bounds)]; /* not cumulative; summed up when printed */
};

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

static const struct {
	enum kind kind;
	const char *name, *help;
} rows[METRIC_COUNT] = {
#define COUNTER(name, wire, help)   { KIND_COUNTER, wire, help },
#define GAUGE(name, wire, help)     { KIND_GAUGE, wire, help },
#define HISTOGRAM(name, wire, help) { KIND_HISTOGRAM, wire, help },
#include "table/metrics.def"
#undef COUNTER
#undef GAUGE
#undef HISTOGRAM
};

static long long values[METRIC_COUNT];
static struct metric_series *series[METRIC_COUNT];
static int series_count[METRIC_COUNT];

struct metric_series *metrics_series(enum metric metric, const char *labels)
{
	struct metric_series **slot = &series[metric];

	for (; *slot; slot = &(*slot)->next) {
		if (strcmp((*slot)->labels, labels) == 0)
			return *slot;
		if (series_count[metric] == METRICS_SERIES_MAX && !(*slot)->next)
			return *slot;
	}
	*slot = xcalloc(1, sizeof(**slot));
	(*slot)->labels = xstrdup(labels);
	series_count[metric]++;
	return *slot;
}

void metrics_observe(struct metric_series *s, long long microseconds)
{
	size_t i = 0;

	while (i < COUNT_OF(bounds) && microseconds > bounds[i])
		i++;
	if (i < COUNT_OF(bounds))
		s->buckets[i]++;
	s->count++;
	s->sum_us += microseconds;
}

void metrics_add(struct metric_series *s, long long delta)
{
	s->count += delta;
}

void metrics_count(enum metric metric, long long delta)
{
	values[metric] += delta;
}

void metrics_set(enum metric metric, long long value)
{
	values[metric] = value;
}

long long metrics_value(enum metric metric)
{
	return values[metric];
}

static void print_head(struct buf *out, const char *name, const char *kind, const char *help)
{
	buf_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void print_series(struct buf *out, const char *name, const struct metric_series *s)
{
	const char *comma = *s->labels ? "," : "";
	long long cumulative = 0;

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		cumulative += s->buckets[i];
		buf_print(out, "%s_bucket{%s%sle=\"%g\"} %lld\n", name, s->labels, comma,
		          (double)bounds[i] / 1e6, cumulative);
	}
	buf_print(out, "%s_bucket{%s%sle=\"+Inf\"} %lld\n", name, s->labels, comma, s->count);
	buf_print(out, "%s_sum{%s} %.6f\n", name, s->labels, (double)s->sum_us / 1e6);
	buf_print(out, "%s_count{%s} %lld\n", name, s->labels, s->count);
}

/* Metrics of the process itself, from /proc. */
static void print_process(struct buf *out)
{
	FILE *file = fopen("/proc/self/stat", "re");
	unsigned long user = 0, system = 0, size = 0;
	unsigned long long start = 0;
	long pages = 0, ticks = sysconf(_SC_CLK_TCK);
	int fields = 0;

	if (file) {
		fields = fscanf(
			file,
			"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d "
			"%*d %*d %*d %*d %llu %lu %ld",
			&user, &system, &start, &size, &pages);
		fclose(file);
	}
	if (fields != 5)
		return;
	print_head(out, "process_cpu_seconds_total", "counter",
	           "User and system CPU time, in seconds.");
	buf_print(out, "process_cpu_seconds_total %.2f\n", (double)(user + system) / (double)ticks);
	print_head(out, "process_resident_memory_bytes", "gauge", "Resident memory, in bytes.");
	buf_print(out, "process_resident_memory_bytes %ld\n", pages * sysconf(_SC_PAGESIZE));
	print_head(out, "process_virtual_memory_bytes", "gauge", "Virtual memory, in bytes.");
	buf_print(out, "process_virtual_memory_bytes %lu\n", size);
	print_head(out, "binnacle_build_info", "gauge", "Version of this build; always 1.");
	buf_print(out, "binnacle_build_info{version=\"%s\"} 1\n", BINNACLE_VERSION);
}

void metrics_print(struct buf *out)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };

	for (int i = 0; i < METRIC_COUNT; i++) {
		print_head(out, rows[i].name, kinds[rows[i].kind], rows[i].help);
		if (rows[i].kind != KIND_HISTOGRAM && !series[i])
			buf_print(out, "%s %lld\n", rows[i].name, values[i]);
		for (const struct metric_series *s = series[i]; s; s = s->next) {
			if (rows[i].kind == KIND_HISTOGRAM)
				print_series(out, rows[i].name, s);
			else
				buf_print(out, "%s{%s} %lld\n", rows[i].name, s->labels, s->count);
		}
	}
	print_process(out);
}
