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

#include "http_private.h"
#include "clock.h"
#include "config.h"
#include "log.h"
#include "metrics.h"

#define SECOND_NS 1000000000LL

enum { WINDOW = 60, WAYS = 8 };

/* All zero: full and without a caller. */
struct bucket {
	uint64_t caller;
	long long full_ns; /* when it will be full; in the past: it is full */
};

struct class {
	const char *name, *why;
	long long most;	    /* requests; 0: unlimited */
	long long each_ns;  /* time to refill one request */
	long long whole_ns; /* time to refill the bucket */
	char policy[64];
};

struct limits {
	struct class classes[LIMITS];
	uint64_t seed;
	size_t sets, bytes;
	struct bucket (*buckets)[WAYS]; /* mmap: unused pages cost no memory */
};

static bool wanted(const struct config *config)
{
	if (strcmp(config->rate_limit, "auto") == 0)
		return !config_is_development(config);
	return strcmp(config->rate_limit, "on") == 0;
}

static void class_init(struct class *class, const char *name, const char *why, long long most)
{
	*class = (struct class){ .name = name, .why = why, .most = most };
	if (most == 0)
		return;
	class->each_ns = WINDOW * SECOND_NS / most;
	class->whole_ns = class->each_ns * most;
	snprintf(class->policy, sizeof(class->policy), "\"%s\";q=%lld;w=%d", name, most, WINDOW);
}

struct limits *limits_new(const struct config *config)
{
	struct limits *limits = xcalloc(1, sizeof(*limits));

	if (!wanted(config))
		return limits;
#define RATE_LIMIT(name, wire, member, ...)                                                           \
	class_init(&limits->classes[LIMIT_##name], wire, "RATE_LIMIT_" #name " exceeded", \
	           config->member);
#include "table/limits.def"
#undef RATE_LIMIT
	limits->seed = str_seed();
	limits->sets = (size_t)config->rate_entries / WAYS;
	limits->bytes = limits->sets * sizeof(*limits->buckets);
	limits->buckets = mmap(NULL, limits->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
static struct str counted(const struct in6_addr *address)
{
	return (struct str){ (const char *)address,
			     IN6_IS_ADDR_V4MAPPED(address) ? sizeof(*address) : sizeof(*address) / 2 };
}

static uint64_t caller_of(const struct limits *limits, enum limit limit, struct str who,
			  const struct in6_addr *address)
{
	uint64_t seed = limits->seed + 2 * (uint64_t)limit;

	return who.length ? str_hash(who, seed) : str_hash(counted(address), seed + 1);
}

static struct bucket *set_of(const struct limits *limits, uint64_t caller)
{
	return limits->buckets[(caller >> 32) * limits->sets >> 32];
}

/* NULL: not stored, thus full. */
static struct bucket *bucket_find(const struct limits *limits, uint64_t caller)
{
	struct bucket *set = set_of(limits, caller);

	for (int i = 0; i < WAYS; i++) {
		if (set[i].caller == caller)
			return &set[i];
	}
	return NULL;
}

static struct bucket *bucket_make(struct limits *limits, uint64_t caller)
{
	struct bucket *set = set_of(limits, caller), *bucket = set;

	for (int i = 1; i < WAYS; i++) {
		if (set[i].full_ns < bucket->full_ns)
			bucket = &set[i];
	}
	bucket->caller = caller;
	return bucket;
}

static long long seconds_up(long long ns)
{
	return (ns + SECOND_NS - 1) / SECOND_NS;
}

/* Records a bucket's state for the reply. Of two buckets in a class the emptier one is reported. */
static void note(struct inside *inside, enum limit limit, const struct class *class, long long owed_ns)
{
	unsigned left = (unsigned)((class->whole_ns - owed_ns) / class->each_ns);
	struct spent *spent = inside->spent, *end = spent + inside->spent_count;

	while (spent < end && spent->limit != limit)
		spent++;
	if (spent == end)
		inside->spent_count++;
	else if (spent->left < left)
		return;
	*spent = (struct spent){ limit, left, (unsigned)seconds_up(owed_ns) };
}

static void refuse(struct request *request, const struct class *class, long long wait_ns)
{
	int seconds = (int)seconds_up(wait_ns);

	metrics_count(METRIC_LIMITED, 1);
	request->why = class->why;
	request_refuse(request, &(struct refusal){
		.problem = PROBLEM_TOO_MANY_REQUESTS,
		.detail = arena_print(&request->arena,
				      "The limit is %lld requests per minute in class `%s`. "
				      "Retry in %d second%s.",
				      class->most, class->name, seconds, seconds == 1 ? "" : "s"),
		.retry_after = seconds,
	});
}

enum manner {
	LOOK,	/* check only */
	SPEND,	/* take one if the bucket is not empty */
	CHARGE, /* take one, or the remainder of one */
};

static bool take(struct request *request, enum limit limit, struct str who, enum manner manner)
{
	struct inside *inside = request->inside;
	struct limits *limits = inside->http ? inside->http->limits : NULL;
	const struct class *class = limits ? &limits->classes[limit] : NULL;
	struct bucket *bucket;
	long long now, owed, wait;
	uint64_t caller;

	if (!class || !class->most)
		return true;
	now = clock_us() * 1000;
	caller = caller_of(limits, limit, who, &request->address);
	bucket = bucket_find(limits, caller);
	owed = bucket && bucket->full_ns > now ? bucket->full_ns - now : 0;
	wait = owed + class->each_ns - class->whole_ns;
	if (manner != CHARGE && wait > 0) {
		note(inside, limit, class, owed);
		refuse(request, class, wait);
		return false;
	}
	if (manner == LOOK)
		return true;
	owed = wait > 0 ? class->whole_ns : owed + class->each_ns;
	if (!bucket)
		bucket = bucket_make(limits, caller);
	bucket->full_ns = now + owed;
	if (manner == SPEND)
		note(inside, limit, class, owed);
	return true;
}

bool request_spend(struct request *request, enum limit limit, struct str who)
{
	return take(request, limit, who, SPEND);
}

bool request_may_spend(struct request *request, enum limit limit, struct str who)
{
	return take(request, limit, who, LOOK);
}

void request_charge(struct request *request, enum limit limit, struct str who)
{
	take(request, limit, who, CHARGE);
}

bool limit_enter(struct request *request)
{
	return request_spend(request, request->route ? request->route->limit : LIMIT_ADDRESS, STR(""));
}

void limit_leave(struct request *request, const struct reply *, struct buf *head)
{
	const struct inside *inside = request->inside;
	const struct class *classes = inside->http->limits->classes;

	if (!inside->spent_count)
		return;
	for (int i = 0; i < inside->spent_count; i++) {
		buf_text(head, i ? ", " : "RateLimit-Policy: ");
		buf_text(head, classes[inside->spent[i].limit].policy);
	}
	for (int i = 0; i < inside->spent_count; i++) {
		buf_text(head, i ? ", \"" : "\r\nRateLimit: \"");
		buf_text(head, classes[inside->spent[i].limit].name);
		buf_text(head, "\";r=");
		buf_number(head, inside->spent[i].left);
		buf_text(head, ";t=");
		buf_number(head, inside->spent[i].whole_s);
	}
	buf_text(head, "\r\n");
}
