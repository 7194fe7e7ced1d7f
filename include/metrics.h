/* metrics.h: the numbers of table/metrics.def, in Prometheus' text.
 *
 * A process has one set of them. Series with labels are made on first use, at
 * most METRICS_SERIES of a metric; what comes after counts into the last one. */

#ifndef METRICS_H
#define METRICS_H

#include "str.h"

enum { METRICS_SERIES = 1000 };

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

/* Found or made; `labels` as they stand between the braces, "" for none. Keep
 * the pointer: it lasts as long as the process. */
struct metric_series *metrics_series(enum metric metric, const char *labels);
void metrics_observe(struct metric_series *series, long long microseconds); /* of a histogram */
void metrics_add(struct metric_series *series, long long more); /* of the others */

void metrics_count(enum metric metric, long long more);
void metrics_set(enum metric metric, long long value);
long long metrics_value(enum metric metric);

/* Everything, with the process' own numbers and binnacle_build_info. */
void metrics_print(struct buf *out);

#endif
