/* limit.c: rate limits.
 *
 * A caller has a bucket in each class of limits.def. A bucket holds as many requests as the class's
 * setting, and refills evenly within a minute. It stores only the time at which it will be full
 * again (the theoretical arrival time of GCRA). So no timer refills it, and a full bucket need not
 * be stored.
 *
 * Normal sequence: limit_enter() takes one request from the bucket that the address has in the
 * route's class. The owner of the route may take one from a user's bucket. The reply reports their
 * state.
 *
 * Failures:
 *
 * - a bucket is empty: 429 with Retry-After;
 * - there are more callers than buckets: the table has a fixed size, in sets of WAYS. A secret seed
 *   hashes class and caller to a set. In a full set the bucket nearest to full is replaced: its
 *   caller can send slightly more than the limit, and no caller gets less. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "clock.h"
#include "config.h"
#include "http_problems.h"
#include "limit.h"
#include "log.h"
#include "metrics.h"
#include "request.h"
#include "server.h"

#define SECOND_NS 1000000000LL

enum { WINDOW = 60, WAYS = 8 };

/* All zero: full and without a caller. */
struct bucket {
	uint64_t caller;
	long long full_ns; /* when it will be full; in the past: it is full */
};

struct limit_class {
	const char *name, *why;
	long long max;         /* requests; 0: unlimited */
	long long interval_ns; /* time to refill one request */
	long long window_ns;   /* time to refill the bucket */
	char policy[64];
};

struct limits {
	struct limit_class classes[LIMITS];
	uint64_t seed;
	size_t sets, bytes;
	struct bucket (*buckets)[WAYS]; /* mmap: unused pages cost no memory */
};

static bool is_enabled(const struct config *config)
{
	if (strcmp(config->rate_limit, "auto") == 0)
		return !config_is_development(config);
	return strcmp(config->rate_limit, "on") == 0;
}

static void class_init(struct limit_class *class, const char *name, const char *why, long long max)
{
	*class = (struct limit_class){ .name = name, .why = why, .max = max };
	if (max == 0)
		return;
	class->interval_ns = WINDOW * SECOND_NS / max;
	class->window_ns = class->interval_ns * max;
	snprintf(class->policy, sizeof(class->policy), "\"%s\";q=%lld;w=%d", name, max, WINDOW);
}

struct limits *limits_new(const struct config *config)
{
	struct limits *limits = xcalloc(1, sizeof(*limits));

	if (!is_enabled(config))
		return limits;
#define RATE_LIMIT(name, wire_name, member, ...)                                                   \
	class_init(&limits->classes[LIMIT_##name], wire_name, "RATE_LIMIT_" #name " exceeded",     \
	           config->member);
#include "table/limits.def"
#undef RATE_LIMIT
	limits->seed = str_seed();
	limits->sets = (size_t)config->rate_entries / WAYS;
	limits->bytes = limits->sets * sizeof(*limits->buckets);
	limits->buckets = mmap(NULL, limits->bytes, PROT_READ | PROT_WRITE,
	                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (limits->buckets == MAP_FAILED) {
		log_error("http.rate_limits_not_allocated",
		          kv_number("bytes", (long long)limits->bytes),
		          kv_text("why", strerror(errno)));
		free(limits);
		return NULL;
	}
	/* The first bucket would allocate a whole huge page. */
	madvise(limits->buckets, limits->bytes, MADV_NOHUGEPAGE);
	return limits;
}

void limits_free(struct limits *limits)
{
	if (!limits)
		return;
	if (limits->buckets)
		munmap(limits->buckets, limits->bytes);
	free(limits);
}

/* A single customer has 2^64 IPv6 addresses, so the /64 network is the caller. */
static struct str address_key(const struct in6_addr *address)
{
	size_t length = IN6_IS_ADDR_V4MAPPED(address) ? sizeof(*address) : sizeof(*address) / 2;

	return (struct str){ (const char *)address, length };
}

static uint64_t caller_hash(const struct limits *limits, enum limit limit, struct str id,
                            const struct in6_addr *address)
{
	uint64_t seed = limits->seed + 2 * (uint64_t)limit;

	return id.length ? str_hash(id, seed) : str_hash(address_key(address), seed + 1);
}

static struct bucket *bucket_set(const struct limits *limits, uint64_t caller)
{
	return limits->buckets[(caller >> 32) * limits->sets >> 32];
}

/* NULL: not stored, thus full. */
static struct bucket *bucket_find(const struct limits *limits, uint64_t caller)
{
	struct bucket *set = bucket_set(limits, caller);

	for (int i = 0; i < WAYS; i++) {
		if (set[i].caller == caller)
			return &set[i];
	}
	return NULL;
}

static struct bucket *bucket_replace(struct limits *limits, uint64_t caller)
{
	struct bucket *set = bucket_set(limits, caller), *bucket = set;

	for (int i = 1; i < WAYS; i++) {
		if (set[i].full_ns < bucket->full_ns)
			bucket = &set[i];
	}
	bucket->caller = caller;
	return bucket;
}

static long long seconds_ceil(long long ns)
{
	return (ns + SECOND_NS - 1) / SECOND_NS;
}

/* Records a bucket's state for the reply. If several buckets of a class are used, the emptiest one
 * is reported. */
static void record_status(struct request_private *priv, enum limit limit,
                          const struct limit_class *class, long long owed_ns)
{
	unsigned remaining = (unsigned)((class->window_ns - owed_ns) / class->interval_ns);
	struct rate_status *status = priv->rate_status, *end = status + priv->rate_count;

	while (status < end && status->limit != limit)
		status++;
	if (status == end)
		priv->rate_count++;
	else if (status->remaining < remaining)
		return;
	*status = (struct rate_status){ limit, remaining, (unsigned)seconds_ceil(owed_ns) };
}

static void reject(struct request *request, const struct limit_class *class, long long wait_ns)
{
	int seconds = (int)seconds_ceil(wait_ns);
	const struct problem_reply reply = {
		.problem = &http_problems[HTTP_TOO_MANY_REQUESTS],
		.detail = arena_print(&request->arena,
		                      "The limit is %lld requests per minute in class `%s`. "
		                      "Retry in %d second%s.",
		                      class->max, class->name, seconds, seconds == 1 ? "" : "s"),
		.retry_after = seconds,
	};

	metrics_count(METRIC_LIMITED, 1);
	request->why = class->why;
	request_problem(request, &reply);
}

enum mode {
	CHECK,  /* check only */
	TAKE,   /* take one if the bucket is not empty */
	CHARGE, /* take one, or the remainder of one */
};

static bool apply(struct request *request, enum limit limit, struct str id, enum mode mode)
{
	struct request_private *priv = request->priv;
	struct limits *limits = priv->http ? priv->http->limits : NULL;
	const struct limit_class *class = limits ? &limits->classes[limit] : NULL;
	struct bucket *bucket;
	long long now, owed, wait;
	uint64_t caller;

	if (!class || !class->max)
		return true;
	now = clock_us() * 1000;
	caller = caller_hash(limits, limit, id, &request->address);
	bucket = bucket_find(limits, caller);
	owed = bucket && bucket->full_ns > now ? bucket->full_ns - now : 0;
	wait = owed + class->interval_ns - class->window_ns;
	if (mode != CHARGE && wait > 0) {
		record_status(priv, limit, class, owed);
		reject(request, class, wait);
		return false;
	}
	if (mode == CHECK)
		return true;
	owed = wait > 0 ? class->window_ns : owed + class->interval_ns;
	if (!bucket)
		bucket = bucket_replace(limits, caller);
	bucket->full_ns = now + owed;
	if (mode == TAKE)
		record_status(priv, limit, class, owed);
	return true;
}

bool rate_limit_take(struct request *request, enum limit limit, struct str id)
{
	return apply(request, limit, id, TAKE);
}

bool rate_limit_check(struct request *request, enum limit limit, struct str id)
{
	return apply(request, limit, id, CHECK);
}

void rate_limit_charge(struct request *request, enum limit limit, struct str id)
{
	apply(request, limit, id, CHARGE);
}

bool limit_enter(struct request *request)
{
	return rate_limit_take(request, request->route ? request->route->limit : LIMIT_ADDRESS,
	                       STR(""));
}

void limit_leave(struct request *request, const struct reply *, struct buf *head)
{
	const struct request_private *priv = request->priv;
	const struct limit_class *classes = priv->http->limits->classes;

	if (!priv->rate_count)
		return;
	for (int i = 0; i < priv->rate_count; i++) {
		buf_text(head, i ? ", " : "RateLimit-Policy: ");
		buf_text(head, classes[priv->rate_status[i].limit].policy);
	}
	for (int i = 0; i < priv->rate_count; i++) {
		buf_text(head, i ? ", \"" : "\r\nRateLimit: \"");
		buf_text(head, classes[priv->rate_status[i].limit].name);
		buf_text(head, "\";r=");
		buf_number(head, priv->rate_status[i].remaining);
		buf_text(head, ";t=");
		buf_number(head, priv->rate_status[i].reset_s);
	}
	buf_text(head, "\r\n");
}
