/* ws_fixture.c: runs ws on the test's own loop and simulates the layer above it. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "channel.h"
#include "ws_fixture.h"

struct ws_fixture fixture;

double fixture_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The layer above ---- */

struct fake_channel *fixture_channel(const char *name)
{
	struct fake_channel *fake_channel;

	TAILQ_FOREACH(fake_channel, &fixture.channels, link) {
		if (strcmp(fake_channel->name, name) == 0)
			return fake_channel;
	}
	fake_channel = xcalloc(1, sizeof(*fake_channel));
	snprintf(fake_channel->name, sizeof(fake_channel->name), "%s", name);
	TAILQ_INSERT_TAIL(&fixture.channels, fake_channel, link);
	return fake_channel;
}

long long fixture_commit(const char *name)
{
	return ++fixture_channel(name)->last_offset;
}

static struct ws_event event_at(const char *name, long long offset, struct buf *data)
{
	buf_clear(data);
	buf_print(data, "{\"n\":%lld", offset);
	if (fixture.padding) {
		buf_text(data, ",\"x\":\"");
		memset(buf_reserve(data, fixture.padding), 'x', fixture.padding);
		data->length += fixture.padding;
		buf_char(data, '"');
	}
	buf_char(data, '}');
	return (struct ws_event){
		.channel = str_of(name),
		.offset = offset,
		.type = STR("drill.step"),
		.data = buf_as_str(data),
		.at = STR("2026-11-21T05:47:00.123+00:00"),
	};
}

void fixture_publish(const char *name, long long offset)
{
	struct buf data = { 0 };
	struct ws_event event = event_at(name, offset, &data);

	event.revokes = fixture.revokes && strcmp(fixture.revokes, name) == 0;
	if (event.revokes)
		fixture.revokes = NULL;
	ws_publish(fixture.ws, &event);
	buf_finish(&data);
}

void fixture_emit(const char *name, int count)
{
	while (count--)
		fixture_publish(name, fixture_commit(name));
}

static struct held_request *hold(struct held_requests *list, const char *name)
{
	struct held_request *held = xcalloc(1, sizeof(*held));

	held->fake_channel = fixture_channel(name);
	TAILQ_INSERT_TAIL(list, held, link);
	return held;
}

static void on_query(void *, struct ws_query *query)
{
	char name[MAX_CHANNEL_NAME + 1] = "";

	fixture.query_count[query->kind]++;
	if (query->kind == WS_SUBSCRIBE && str_is(query->text, "nothing")) {
		ws_reply(fixture.ws, query, &(struct ws_reply){ .error = WS_UNKNOWN_CHANNEL });
		return;
	}
	if (query->kind != WS_AUTHENTICATE)
		snprintf(name, sizeof(name), "%.*s", STR_ARGS(query->text));
	hold(&fixture.queries, name)->query = query;
}

static void on_cancel(void *, struct ws_query *query)
{
	struct held_request *held;

	TAILQ_FOREACH(held, &fixture.queries, link) {
		if (held->query == query)
			break;
	}
	cr_assert(held, "a query that is not pending is cancelled");
	TAILQ_REMOVE(&fixture.queries, held, link);
	free(held);
}

static void on_backfill(void *, const char *name, long long after)
{
	fixture.backfill_count++;
	hold(&fixture.backfills, name)->after = after;
}

static enum ws_error check(const struct held_request *held)
{
	const struct ws_query *query = held->query;

	if (fixture.database_down)
		return WS_INTERNAL;
	if (query->kind == WS_AUTHENTICATE && query->text.length != UUID_SIZE - 1)
		return str_is(query->text, "expired")    ? WS_TOKEN_EXPIRED
		       : str_is(query->text, "archived") ? WS_PERMISSION_DENIED
		                                         : WS_UNAUTHORIZED;
	if (query->kind == WS_RECHECK_USER)
		return fixture.recheck_result;
	return held->fake_channel->denied ? WS_PERMISSION_DENIED : WS_OK;
}

void fixture_snapshot(struct held_request *held)
{
	const struct ws_query *query = held->query;
	const struct fake_channel *fake_channel = held->fake_channel;

	held->has_snapshot = true;
	held->offset = fake_channel->last_offset;
	if (!query)
		return;
	held->error = check(held);
	held->recovered = query->has_since && strcmp(query->epoch, EPOCH) == 0
	                  && query->since <= fake_channel->last_offset
	                  && query->since >= fake_channel->expired;
}

static void backfill(const struct held_request *held)
{
	long long to = held->offset;

	if (fixture.max_backfill && to > held->after + fixture.max_backfill)
		to = held->after + fixture.max_backfill;
	for (long long offset = held->after + 1; offset <= to; offset++)
		fixture_publish(held->fake_channel->name, offset);
	ws_backfill_done(fixture.ws, held->fake_channel->name);
}

static void reply(const struct held_request *held)
{
	struct ws_query *query = held->query;
	struct ws_reply reply = {
		.error = held->error,
		.epoch = STR(EPOCH),
		.offset = held->offset,
		.recovered = held->recovered,
		.body = STR("{}"),
	};
	long long from = query->has_since ? query->since + 1 : 1;
	struct ws_event *events = NULL;
	struct buf *data = NULL;

	if (query->kind == WS_AUTHENTICATE && held->error == WS_OK) {
		memcpy(reply.identity.id, query->text.at, UUID_SIZE - 1);
		reply.identity.expires_ms = fixture.expires_ms;
	}
	if (held->recovered || query->kind == WS_HISTORY) {
		reply.count = held->offset >= from ? (size_t)(held->offset - from + 1) : 0;
		events = xcalloc(reply.count + 1, sizeof(*events));
		data = xcalloc(reply.count + 1, sizeof(*data));
		for (size_t i = 0; i < reply.count; i++)
			events[i] =
				event_at(held->fake_channel->name, from + (long long)i, &data[i]);
		reply.events = events;
	}
	ws_reply(fixture.ws, query, &reply);
	for (size_t i = 0; i < reply.count; i++)
		buf_finish(&data[i]);
	free(data);
	free(events);
}

void fixture_reply(struct held_request *held)
{
	if (!held->has_snapshot)
		fixture_snapshot(held);
	TAILQ_REMOVE(held->query ? &fixture.queries : &fixture.backfills, held, link);
	if (held->query)
		reply(held);
	else
		backfill(held);
	free(held);
}

void fixture_reply_all(void)
{
	while (!TAILQ_EMPTY(&fixture.queries))
		fixture_reply(TAILQ_FIRST(&fixture.queries));
	while (!TAILQ_EMPTY(&fixture.backfills))
		fixture_reply(TAILQ_FIRST(&fixture.backfills));
}

/* Answers only what is pending now: a rejected client may query again at once. */
static void answer_some(struct held_requests *list)
{
	struct held_request *last = TAILQ_LAST(list, held_requests), *held;

	for (bool done = !last; !done;) {
		held = TAILQ_FIRST(list);
		done = held == last;
		fixture_reply(held);
	}
}

/* ---- Fixture ---- */

void ws_fixture_open(void)
{
	const struct ws_handlers handlers = { NULL, on_query, on_cancel, on_backfill };

	fixture = (struct ws_fixture){
		.config = {
			.ws_connections = 2000,
			.ws_per_user = 1000,
			.ws_per_address = 2000,
			.ws_channels = 128,
			.ws_message_bytes = MAX_MESSAGE,
			.ws_ping_seconds = 25,
			.ws_ttl_hours = 24,
			.ws_ring = 1024,
			.ws_ring_bytes = 1024 * 1024,
			.ws_pending_bytes = 1024 * 1024,
		},
	};
	TAILQ_INIT(&fixture.channels);
	TAILQ_INIT(&fixture.queries);
	TAILQ_INIT(&fixture.backfills);
	f.loop = loop_new();
	fixture.ws = ws_new(f.loop, &fixture.config, &handlers);
	cr_assert(fixture.ws);
}

void ws_fixture_close(void)
{
	struct fake_channel *fake_channel;

	ws_free(fixture.ws);
	cr_expect(TAILQ_EMPTY(&fixture.queries), "a query was neither answered nor cancelled");
	while (!TAILQ_EMPTY(&fixture.backfills)) {
		struct held_request *held = TAILQ_FIRST(&fixture.backfills);

		TAILQ_REMOVE(&fixture.backfills, held, link);
		free(held);
	}
	while ((fake_channel = TAILQ_FIRST(&fixture.channels))) {
		TAILQ_REMOVE(&fixture.channels, fake_channel, link);
		free(fake_channel);
	}
	loop_free(f.loop);
}

void fixture_run_turns(int count)
{
	while (count--) {
		run_turn();
		if (!fixture.hold_queries)
			answer_some(&fixture.queries);
		if (!fixture.hold_backfills)
			answer_some(&fixture.backfills);
	}
}
