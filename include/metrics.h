/* metrics.h: the metrics of table/metrics.def, in the Prometheus text format.
 *
 * Metrics are global to the process. Series with labels are created on first use, at
 * most METRICS_SERIES_MAX per metric; any further labels share the last series. */

#ifndef METRICS_H
#define METRICS_H

#include "str.h"

enum { METRICS_SERIES_MAX = 1000 };

enum metric {
#define COUNTER(name, ...)   METRIC_##name,
#define GAUGE(name, ...)     METRIC_##name,
#define HISTOGRAM(name, ...) METRIC_##name,
#include "table/metrics.def"
#undef COUNTER
#undef GAUGE
#undef HISTOGRAM
	METRIC_COUNT
};

struct metric_series;

/* Finds or creates a series; `labels` is the text between the braces, "" for none.
 * The pointer is valid as long as the process; keep it, since the lookup is linear. */
struct metric_series *metrics_series(enum metric metric, const char *labels);
void metrics_observe(struct metric_series *series, long long microseconds); /* histograms */
void metrics_add(struct metric_series *series, long long delta); /* counters and gauges */

void metrics_count(enum metric metric, long long delta);
void metrics_set(enum metric metric, long long value);
long long metrics_value(enum metric metric);

/* Prints all metrics, and those of the process and binnacle_build_info. */
void metrics_print(struct buf *out);

#endif
