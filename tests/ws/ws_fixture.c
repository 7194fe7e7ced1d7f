/* ws_fixture.c: a fixture that runs ws, and plays the layer above it. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ws_fixture.h"

struct hall hall;

double hall_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The layer above ---- */

struct tale *hall_tale(const char *name)
{
	struct tale *tale;

	TAILQ_FOREACH(tale, &hall.tales, link) {
		if (strcmp(tale->name, name) == 0)
			return tale;
	}
	tale = xcalloc(1, sizeof(*tale));
	snprintf(tale->name, sizeof(tale->name), "%s", name);
	TAILQ_INSERT_TAIL(&hall.tales, tale, link);
	return tale;
}

long long hall_commit(const char *name)
{
	return ++hall_tale(name)->top;
}

static struct ws_event event_at(const char *name, long long offset, struct buf *data)
{
	buf_clear(data);
	buf_print(data, "{\"n\":%lld", offset);
	if (hall.padding) {
		buf_text(data, ",\"x\":\"");
		memset(buf_reserve(data, hall.padding), 'x', hall.padding);
		data->length += hall.padding;
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

void hall_tell(const char *name, long long offset)
{
	struct buf data = { 0 };
	struct ws_event event = event_at(name, offset, &data);

	event.revokes = hall.revokes && strcmp(hall.revokes, name) == 0;
	if (event.revokes)
		hall.revokes = NULL;
	ws_tell(hall.ws, &event);
	buf_finish(&data);
}

void hall_say(const char *name, int count)
{
	while (count--)
		hall_tell(name, hall_commit(name));
}

static struct pending *pend(struct pendings *line, const char *name)
{
	struct pending *pending = xcalloc(1, sizeof(*pending));

	pending->tale = hall_tale(name);
	TAILQ_INSERT_TAIL(line, pending, link);
	return pending;
}

static void on_ask(void *, struct ws_ask *ask)
{
	char name[CHANNEL_NAME_MOST + 1] = "";

	hall.asked[ask->question]++;
	if (ask->question == WS_HEAR && str_is(ask->text, "nothing")) {
		ws_answer(hall.ws, ask, &(struct ws_answer){ .refusal = WS_UNKNOWN_CHANNEL });
		return;
	}
	if (ask->question != WS_WHO)
		snprintf(name, sizeof(name), "%.*s", STR_ARGS(ask->text));
	pend(&hall.asks, name)->ask = ask;
}

static void on_forget(void *, struct ws_ask *ask)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &hall.asks, link) {
		if (pending->ask == ask)
			break;
	}
	cr_assert(pending, "a query that is not pending is canceled");
	TAILQ_REMOVE(&hall.asks, pending, link);
	free(pending);
}

static void on_fill(void *, const char *name, long long behind)
{
	hall.filled++;
	pend(&hall.holes, name)->behind = behind;
}

static enum ws_refusal judge(const struct pending *pending)
{
	const struct ws_ask *ask = pending->ask;

	if (hall.down)
		return WS_INTERNAL;
	if (ask->question == WS_WHO && ask->text.length != UUID_SIZE - 1)
		return str_is(ask->text, "expired") ? WS_TOKEN_EXPIRED
		       : str_is(ask->text, "archived") ? WS_PERMISSION_DENIED : WS_UNAUTHORIZED;
	if (ask->question == WS_AGAIN)
		return hall.again;
	return pending->tale->denied ? WS_PERMISSION_DENIED : WS_YES;
}

void hall_look(struct pending *pending)
{
	const struct ws_ask *ask = pending->ask;
	const struct tale *tale = pending->tale;

	pending->looked = true;
	pending->offset = tale->top;
	if (!ask)
		return;
	pending->refusal = judge(pending);
	pending->recovered = ask->since_given && strcmp(ask->epoch, EPOCH) == 0 && ask->since <= tale->top
			     && ask->since >= tale->dropped;
}

static void fill(const struct pending *pending)
{
	long long to = pending->offset;

	if (hall.fill_most && to > pending->behind + hall.fill_most)
		to = pending->behind + hall.fill_most;
	for (long long offset = pending->behind + 1; offset <= to; offset++)
		hall_tell(pending->tale->name, offset);
	ws_filled(hall.ws, pending->tale->name);
}

static void answer(const struct pending *pending)
{
	struct ws_ask *ask = pending->ask;
	struct ws_answer answer = {
		.refusal = pending->refusal,
		.epoch = STR(EPOCH),
		.offset = pending->offset,
		.recovered = pending->recovered,
		.body = STR("{}"),
	};
	long long from = ask->since_given ? ask->since + 1 : 1;
	struct ws_event *told = NULL;
	struct buf *data = NULL;

	if (ask->question == WS_WHO && pending->refusal == WS_YES) {
		memcpy(answer.who.id, ask->text.at, UUID_SIZE - 1);
		answer.who.expires_ms = hall.expires_ms;
	}
	if (pending->recovered || ask->question == WS_PAST) {
		answer.count = pending->offset >= from ? (size_t)(pending->offset - from + 1) : 0;
		told = xcalloc(answer.count + 1, sizeof(*told));
		data = xcalloc(answer.count + 1, sizeof(*data));
		for (size_t i = 0; i < answer.count; i++)
			told[i] = event_at(pending->tale->name, from + (long long)i, &data[i]);
		answer.events = told;
	}
	ws_answer(hall.ws, ask, &answer);
	for (size_t i = 0; i < answer.count; i++)
		buf_finish(&data[i]);
	free(data);
	free(told);
}

void hall_answer(struct pending *pending)
{
	if (!pending->looked)
		hall_look(pending);
	TAILQ_REMOVE(pending->ask ? &hall.asks : &hall.holes, pending, link);
	if (pending->ask)
		answer(pending);
	else
		fill(pending);
	free(pending);
}

void hall_answer_all(void)
{
	while (!TAILQ_EMPTY(&hall.asks))
		hall_answer(TAILQ_FIRST(&hall.asks));
	while (!TAILQ_EMPTY(&hall.holes))
		hall_answer(TAILQ_FIRST(&hall.holes));
}

/* Answers only what is pending now: a rejected client may query again at once. */
static void answer_some(struct pendings *line)
{
	struct pending *last = TAILQ_LAST(line, pendings), *pending;

	for (bool done = !last; !done;) {
		pending = TAILQ_FIRST(line);
		done = pending == last;
		hall_answer(pending);
	}
}

/* ---- Fixture ---- */

void hall_open(void)
{
	const struct ws_above above = { NULL, on_ask, on_forget, on_fill };

	hall = (struct hall){
		.config = {
			.ws_connections = 2000,
			.ws_per_user = 1000,
			.ws_per_address = 2000,
			.ws_channels = 128,
			.ws_message_bytes = MESSAGE_MOST,
			.ws_ping_seconds = 25,
			.ws_ttl_hours = 24,
			.ws_ring = 1024,
			.ws_ring_bytes = 1024 * 1024,
			.ws_pending_bytes = 1024 * 1024,
		},
	};
	TAILQ_INIT(&hall.tales);
	TAILQ_INIT(&hall.asks);
	TAILQ_INIT(&hall.holes);
	f.loop = loop_new();
	hall.ws = ws_new(f.loop, &hall.config, &above);
	cr_assert(hall.ws);
}

void hall_close(void)
{
	struct tale *tale;

	ws_free(hall.ws);
	cr_expect(TAILQ_EMPTY(&hall.asks), "a query was neither answered nor canceled");
	while (!TAILQ_EMPTY(&hall.holes)) {
		struct pending *hole = TAILQ_FIRST(&hall.holes);

		TAILQ_REMOVE(&hall.holes, hole, link);
		free(hole);
	}
	while ((tale = TAILQ_FIRST(&hall.tales))) {
		TAILQ_REMOVE(&hall.tales, tale, link);
		free(tale);
	}
	loop_free(f.loop);
}

void hall_turns(int count)
{
	while (count--) {
		quay_turn();
		if (!hall.holds_asks)
			answer_some(&hall.asks);
		if (!hall.holds_holes)
			answer_some(&hall.holes);
	}
}
