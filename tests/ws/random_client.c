/* random_client.c: what a random client does, and checks on what it receives. */

#include <stdio.h>

#include "random_client.h"

const char *const channel_names[CHANNELS] = { "duty", "org", "all", "note:1" };

struct chance chance;

void give_up(const char *what, const char *more)
{
	cr_assert_fail("WS_SEED=%llu, step %d: %s: %.300s", (unsigned long long)chance.seed, chance.step, what, more);
}

/* splitmix64 */
static uint64_t roll(void)
{
	uint64_t z = chance.state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

int below(int many)
{
	return (int)(roll() % (uint64_t)many);
}

/* ---- Checks ---- */

static int channel_of(struct str name)
{
	for (int i = 0; i < CHANNELS; i++) {
		if (str_is(name, channel_names[i]))
			return i;
	}
	return -1;
}

static void hear(struct listener *listener, int channel, long long offset, const char *told)
{
	struct thread *thread = &listener->threads[channel];

	ALWAYS(thread->hears, told);
	ALWAYS(offset == thread->last + 1, told);
	ALWAYS(offset <= hall_tale(channel_names[channel])->top, told);
	thread->last = offset;
	chance.heard++;
}

static long long number_in(const struct json *object, const char *name)
{
	const struct json *value = json_member(object, name);

	return value ? json_integer(value) : -1;
}

/* The subscription starts: after `since` if recovery succeeded. */
static void join(struct listener *listener, int channel, long long offset, bool recovered, const char *told)
{
	struct thread *thread = &listener->threads[channel];

	ALWAYS(thread->asked && !thread->hears, told);
	thread->asked = false;
	thread->hears = true;
	thread->last = recovered ? thread->since : offset;
	chance.recovered += recovered;
}

static bool truth_in(const struct json *object, const char *name)
{
	const struct json *value = json_member(object, name);

	return value && json_boolean(value);
}

static void hear_reply(struct listener *listener, int channel, const struct json *reply, const char *told)
{
	const struct json *subscribed = json_member(reply, "subscribe"), *missed;

	if (!subscribed) {
		/* Unsubscribed, or the query failed. */
		listener->threads[channel].asked = false;
		return;
	}
	join(listener, channel, number_in(subscribed, "offset"), truth_in(subscribed, "recovered"), told);
	missed = json_member(subscribed, "publications");
	for (size_t i = 0; missed && i < json_count(missed); i++)
		hear(listener, channel, number_in(json_at(missed, i), "offset"), told);
	ALWAYS(listener->threads[channel].last == number_in(subscribed, "offset"), told);
}

static void hear_push(struct listener *listener, const struct json *push, const char *told)
{
	const struct json *name = json_member(push, "channel"), *pub = json_member(push, "pub");
	int channel = name ? channel_of(json_string(name)) : -1;

	if (pub)
		hear(listener, channel, number_in(pub, "offset"), told);
	else
		ALWAYS(json_member(push, "disconnect"), told);
}

/* Subscribes have ID 10 + channel, unsubscribes 20 + channel. */
static void hear_centrifuge(struct listener *listener, const struct json *object, const char *told)
{
	long long id = number_in(object, "id");

	if (json_member(object, "push"))
		hear_push(listener, json_member(object, "push"), told);
	else if (id >= 20)
		listener->threads[id - 20].hears = false;
	else if (id >= 10)
		hear_reply(listener, (int)id - 10, object, told);
}

static void hear_plain(struct listener *listener, const struct json *object, const char *told)
{
	struct str type = json_member_string(object, "type");
	const struct json *data = json_member(object, "data"), *name = json_member(data, "channel");
	int channel = name ? channel_of(json_string(name)) : -1;

	if (json_member(object, "offset"))
		hear(listener, channel_of(json_member_string(object, "channel")), number_in(object, "offset"), told);
	else if (str_is(type, "subscribed"))
		join(listener, channel, number_in(data, "offset"), truth_in(data, "recovered"), told);
	else if (str_is(type, "unsubscribed"))
		listener->threads[channel].hears = listener->threads[channel].asked = false;
	else if (str_is(type, "error") && channel >= 0)
		listener->threads[channel].asked = false;
}

/* "id: e1:3,,7": the client's offsets, which it sends when it reconnects. */
static void expect_places(struct listener *listener, const char *id, const char *told)
{
	ALWAYS(strncmp(id, "id: e1:", 7) == 0, told);
	id += 7;
	for (int i = 0; i < listener->count; i++) {
		const struct thread *thread = &listener->threads[listener->order[i]];
		char *end;

		ALWAYS(strtoll(id, &end, 10) == thread->last, told);
		id = end + 1;
	}
}

static void hear_first(struct listener *listener, const char *told)
{
	const char *at = told + 7;

	for (int i = 0; i < listener->count; i++) {
		int channel = listener->order[i];
		char *end;
		long long place = strtoll(at, &end, 10);

		join(listener, channel, place, place == listener->threads[channel].since, told);
		at = end + 1;
	}
}

static void hear_event(struct listener *listener, const char *told, const struct json *object)
{
	const struct json *offset = object ? json_member(object, "offset") : NULL;
	int channel;

	if (!object) {
		hear_first(listener, told);
	} else if (json_member(object, "type")) {
		channel = channel_of(json_member_string(object, "channel"));
		hear(listener, channel, json_integer(offset), told);
	}
	expect_places(listener, told, told);
}

static void hear_words(struct listener *listener, const char *told)
{
	const char *json = strchr(told, '{'), *fault;
	size_t where;
	struct json *object = json ? json_parse(str_of(json), &fault, &where) : NULL;

	ALWAYS(object || (!json && listener->guest->speech == WS_EVENTS), told);
	if (listener->guest->speech == WS_EVENTS)
		hear_event(listener, told, object);
	else if (listener->guest->speech == WS_PLAIN)
		hear_plain(listener, object, told);
	else
		hear_centrifuge(listener, object, told);
	json_free(object);
}

void listener_leave(struct listener *listener)
{
	for (int i = 0; i < CHANNELS; i++)
		listener->threads[i].asked = listener->threads[i].hears = false;
	guest_free(listener->guest);
	listener->guest = NULL;
}

void listener_read(struct listener *listener)
{
	const char *told;

	while ((told = guest_heard(listener->guest)))
		hear_words(listener, told);
	if (listener->guest->ended) {
		chance.ended++;
		listener_leave(listener);
	}
}

/* ---- Actions ---- */

/* Resumes from its last offset, or starts from now. */
static long long place_to_say(struct thread *thread)
{
	thread->asked = true;
	thread->since = thread->last >= 0 && below(4) ? thread->last : -1;
	return thread->since;
}

static void subscribe(struct listener *listener, int channel)
{
	bool plainly = listener->guest->speech == WS_PLAIN;
	struct thread *thread = &listener->threads[channel];
	long long since;
	char place[100] = "", words[300];

	if (thread->asked || thread->hears)
		return;
	since = place_to_say(thread);
	if (since >= 0)
		snprintf(place, sizeof(place), ",'recover':true,'offset':%lld,'epoch':'e1'", since);
	if (plainly)
		snprintf(words, sizeof(words), "{'type':'resume','data':{'channel':'%s'%s}}", channel_names[channel],
		         since >= 0 ? place + 15 : "");
	else
		snprintf(words, sizeof(words), "{'id':%d,'subscribe':{'channel':'%s'%s}}", 10 + channel, channel_names[channel], place);
	guest_say(listener->guest, words);
}

static void unsubscribe(struct listener *listener, int channel)
{
	char words[100];

	if (!listener->threads[channel].asked && !listener->threads[channel].hears)
		return;
	if (listener->guest->speech == WS_PLAIN)
		snprintf(words, sizeof(words), "{'type':'unsubscribe','data':{'channel':'%s'}}", channel_names[channel]);
	else
		snprintf(words, sizeof(words), "{'id':%d,'unsubscribe':{'channel':'%s'}}", 20 + channel, channel_names[channel]);
	guest_say(listener->guest, words);
}

static void listen_to_events(struct listener *listener)
{
	char channels[100] = "", since[100] = "e1:";
	int first = below(CHANNELS);

	listener->count = 1 + below(CHANNELS);
	for (int i = 0; i < listener->count; i++) {
		int channel = listener->order[i] = (first + i) % CHANNELS;
		long long place = place_to_say(&listener->threads[channel]);

		snprintf(channels + strlen(channels), sizeof(channels) - strlen(channels), "%s%s", i ? "," : "", channel_names[channel]);
		snprintf(since + strlen(since), sizeof(since) - strlen(since), place < 0 ? "%s" : "%s%lld", i ? "," : "", place);
	}
	listener->guest = guest_new(WS_EVENTS, &(struct arriving){ .words = channels, .since = since, .slow = below(2) });
}

static void come(struct listener *listener)
{
	enum ws_speech speech = (enum ws_speech)below(WS_SPEECHES);
	struct arriving how = { .words = below(2) ? "{'id':1,'connect':{'token':'" ANNA "'}}" : "{'id':1,'connect':{}}",
		                .slow = below(2) };

	listener->paused = false;
	if (speech == WS_EVENTS) {
		listen_to_events(listener);
		return;
	}
	/* The server subscribes it to this channel. */
	if (speech == WS_PLAIN)
		listener->threads[channel_of(STR("all"))] = (struct thread){ .asked = true, .last = -1, .since = -1 };
	listener->guest = guest_new(speech, &how);
	if (speech == WS_CENTRIFUGE)
		guest_say(listener->guest, how.words);
	for (int i = 0; i < CHANNELS; i++) {
		if (below(2))
			subscribe(listener, i);
	}
}

void listener_act(struct listener *listener)
{
	if (!listener->guest) {
		come(listener);
		return;
	}
	if (listener->guest->ended || listener->guest->speech == WS_EVENTS) {
		if (below(8) == 0)
			listener_leave(listener);
		else
			listener->paused = below(3) == 0;
		return;
	}
	switch (below(8)) {
	case 0:
		listener_leave(listener);
		break;
	case 1:
	case 2:
		listener->paused = !listener->paused;
		break;
	case 3:
		/* Only with everything read: replies to subscribe and unsubscribe may both be on
		 * their way. */
		if (!listener->paused)
			unsubscribe(listener, below(CHANNELS));
		break;
	default:
		if (ws_count(hall.ws) && !listener->guest->ended)
			subscribe(listener, below(CHANNELS));
	}
}
