/* In any weather each who listens hears exactly what was told from where he joined, in order and once,
 * or is ended, and then hears the rest when he comes again.
 *
 * Events are told in time, late, twice, out of order or not at all; the room is told how far a
 * channel has come, truly and falsely; the database is slow, answers in any order, and is away;
 * listeners come, leave, do not read, read again, change and are doubted. Whatever is chosen
 * comes from one number, the seed, which is printed: WS_SEED tries it again. */

#include <stdio.h>
#include <stdlib.h>

#include "hall.h"

enum { CHANNELS = 4, LISTENERS = 24, STEPS = 2000, RUNS = 4, MISLAID = 32 };

static const char *const names[CHANNELS] = { "duty", "org", "all", "note:1" };

/* What one listener knows of one channel. */
struct thread {
	bool asked, hears;
	long long last;	 /* the last one he has heard; -1: none ever */
	long long since; /* asked from there on; -1: from now on */
};

struct listener {
	struct guest *guest; /* NULL: he has left */
	bool paused;	     /* does not read */
	struct thread threads[CHANNELS];
	int order[CHANNELS], count; /* of an event stream: the channels that it names */
};

static struct {
	uint64_t seed, state;
	int step;
	struct listener listeners[LISTENERS];
	struct {
		int channel;
		long long offset;
	} mislaid[MISLAID]; /* committed, to be told later */
	int mislaid_count;
	long long heard, ended, recovered;
} w;

#define ALWAYS(holds, ...) \
	((holds) ? (void)0 : give_up(#holds, __VA_ARGS__))

static void give_up(const char *what, const char *more)
{
	cr_assert_fail("WS_SEED=%llu, step %d: %s: %.300s", (unsigned long long)w.seed, w.step, what, more);
}

/* splitmix64 */
static uint64_t roll(void)
{
	uint64_t z = w.state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static int below(int many)
{
	return (int)(roll() % (uint64_t)many);
}

/* ---- What he hears ---- */

static int channel_of(struct str name)
{
	for (int i = 0; i < CHANNELS; i++) {
		if (str_is(name, names[i]))
			return i;
	}
	return -1;
}

static void hear(struct listener *listener, int channel, long long offset, const char *told)
{
	struct thread *thread = &listener->threads[channel];

	ALWAYS(thread->hears, told);
	ALWAYS(offset == thread->last + 1, told);
	ALWAYS(offset <= hall_tale(names[channel])->top, told);
	thread->last = offset;
	w.heard++;
}

static long long number_in(const struct json *object, const char *name)
{
	const struct json *value = json_member(object, name);

	return value ? json_integer(value) : -1;
}

/* He hears it from now on: behind what he was, when that was had. */
static void join(struct listener *listener, int channel, long long offset, bool recovered, const char *told)
{
	struct thread *thread = &listener->threads[channel];

	ALWAYS(thread->asked && !thread->hears, told);
	thread->asked = false;
	thread->hears = true;
	thread->last = recovered ? thread->since : offset;
	w.recovered += recovered;
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
		/* He may have been unsubscribed, or nobody can say just now. */
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
	int channel = name ? channel_of(json_text(name)) : -1;

	if (pub)
		hear(listener, channel, number_in(pub, "offset"), told);
	else
		ALWAYS(json_member(push, "disconnect"), told);
}

/* Replies go by 10 + channel, farewells to a channel by 20 + channel. */
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
	struct str type = json_text(json_member(object, "type"));
	const struct json *data = json_member(object, "data"), *name = json_member(data, "channel");
	int channel = name ? channel_of(json_text(name)) : -1;

	if (json_member(object, "offset"))
		hear(listener, channel_of(json_text(json_member(object, "channel"))), number_in(object, "offset"), told);
	else if (str_is(type, "subscribed"))
		join(listener, channel, number_in(data, "offset"), truth_in(data, "recovered"), told);
	else if (str_is(type, "unsubscribed"))
		listener->threads[channel].hears = listener->threads[channel].asked = false;
	else if (str_is(type, "error") && channel >= 0)
		listener->threads[channel].asked = false;
}

/* "id: e1:3,,7": what he would say when he came again. */
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
		channel = channel_of(json_text(json_member(object, "channel")));
		hear(listener, channel, json_integer(offset), told);
	}
	expect_places(listener, told, told);
}

static void hear_words(struct listener *listener, const char *told)
{
	const char *json = strchr(told, '{'), *fault;
	size_t where;
	struct json *object = json ? json_read(str_of(json), &fault, &where) : NULL;

	ALWAYS(object || (!json && listener->guest->speech == WS_EVENTS), told);
	if (listener->guest->speech == WS_EVENTS)
		hear_event(listener, told, object);
	else if (listener->guest->speech == WS_PLAIN)
		hear_plain(listener, object, told);
	else
		hear_centrifuge(listener, object, told);
	json_drop(object);
}

static void leave(struct listener *listener)
{
	for (int i = 0; i < CHANNELS; i++)
		listener->threads[i].asked = listener->threads[i].hears = false;
	guest_free(listener->guest);
	listener->guest = NULL;
}

static void read_on(struct listener *listener)
{
	const char *told;

	while ((told = guest_heard(listener->guest)))
		hear_words(listener, told);
	if (listener->guest->ended) {
		w.ended++;
		leave(listener);
	}
}

/* ---- What he does ---- */

/* Where he was last, if he says so. */
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
		snprintf(words, sizeof(words), "{'type':'resume','data':{'channel':'%s'%s}}", names[channel],
		         since >= 0 ? place + 15 : "");
	else
		snprintf(words, sizeof(words), "{'id':%d,'subscribe':{'channel':'%s'%s}}", 10 + channel, names[channel], place);
	guest_say(listener->guest, words);
}

static void unsubscribe(struct listener *listener, int channel)
{
	char words[100];

	if (!listener->threads[channel].asked && !listener->threads[channel].hears)
		return;
	if (listener->guest->speech == WS_PLAIN)
		snprintf(words, sizeof(words), "{'type':'unsubscribe','data':{'channel':'%s'}}", names[channel]);
	else
		snprintf(words, sizeof(words), "{'id':%d,'unsubscribe':{'channel':'%s'}}", 20 + channel, names[channel]);
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

		snprintf(channels + strlen(channels), sizeof(channels) - strlen(channels), "%s%s", i ? "," : "", names[channel]);
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
	/* Of this one he is told without having asked. */
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

static void somebody_acts(void)
{
	struct listener *listener = &w.listeners[below(LISTENERS)];

	if (!listener->guest) {
		come(listener);
		return;
	}
	if (listener->guest->ended || listener->guest->speech == WS_EVENTS) {
		if (below(8) == 0)
			leave(listener);
		else
			listener->paused = below(3) == 0;
		return;
	}
	switch (below(8)) {
	case 0:
		leave(listener);
		break;
	case 1:
	case 2:
		listener->paused = !listener->paused;
		break;
	case 3:
		/* With what he is told of it heard first: replies to both may be on their way. */
		if (!listener->paused)
			unsubscribe(listener, below(CHANNELS));
		break;
	default:
		if (ws_count(hall.ws) && !listener->guest->ended)
			subscribe(listener, below(CHANNELS));
	}
}

/* ---- What happens ---- */

static void find_mislaid(void)
{
	int i;

	if (!w.mislaid_count)
		return;
	i = below(w.mislaid_count);
	hall_tell(names[w.mislaid[i].channel], w.mislaid[i].offset);
	w.mislaid[i] = w.mislaid[--w.mislaid_count];
}

static void something_happens(void)
{
	int channel = below(CHANNELS);
	const char *name = names[channel];
	struct tale *tale = hall_tale(name);
	long long offset;

	switch (below(12)) {
	case 0:
		hall_commit(name);
		break;
	case 1:
	case 2:
		offset = hall_commit(name);
		if (w.mislaid_count == MISLAID)
			find_mislaid();
		w.mislaid[w.mislaid_count].channel = channel;
		w.mislaid[w.mislaid_count++].offset = offset;
		break;
	case 3:
	case 4:
		find_mislaid();
		break;
	case 5:
		if (tale->top)
			hall_tell(name, 1 + below((int)tale->top));
		break;
	case 6:
		ws_known(hall.ws, str_of(name), below((int)tale->top + 1));
		break;
	case 7:
		ws_known(hall.ws, str_of(name), tale->top + (below(10) ? 0 : 5));
		break;
	default:
		hall_say(name, 1 + below(3));
	}
}

static struct pending *any_of(struct pendings *line)
{
	struct pending *pending;
	int many = 0;

	TAILQ_FOREACH(pending, line, link)
		many++;
	many = many ? below(many) : 0;
	TAILQ_FOREACH(pending, line, link) {
		if (many-- == 0)
			return pending;
	}
	return NULL;
}

static void the_database_works(void)
{
	struct pending *pending = any_of(below(3) ? &hall.asks : &hall.holes);

	if (pending && !pending->looked && below(2))
		hall_look(pending);
	else if (pending)
		hall_answer(pending);
}

static void rarely(void)
{
	const char *name = names[below(CHANNELS)];

	switch (below(6)) {
	case 0:
		ws_broken(hall.ws, name);
		break;
	case 1:
		ws_doubt(hall.ws, below(2) ? ANNA : NULL);
		break;
	case 2:
		hall.down = !hall.down;
		break;
	default:
		hall.revokes = name;
		hall_say(name, 1);
	}
}

static void look_at_the_room(void)
{
	const struct channel *channel;
	size_t ears = 0;

	TAILQ_FOREACH(channel, &hall.ws->channels, link) {
		ALWAYS(channel->held <= (size_t)hall.config.ws_ring, channel->name);
		ALWAYS(channel->held <= channel->room, channel->name);
		ALWAYS(channel->bytes <= (size_t)hall.config.ws_ring_bytes, channel->name);
		ALWAYS(channel->ear_count || channel->asking, channel->name);
		ears += channel->ear_count;
	}
	ALWAYS(ears == hall.ws->ear_count, "ears");
}

static void step(void)
{
	switch (below(20)) {
	case 0:
	case 1:
	case 2:
		somebody_acts();
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		something_happens();
		break;
	case 8:
		if (below(10) == 0)
			rarely();
		break;
	case 9:
	case 10:
	case 11:
	case 12:
		hall_turns(1 + below(4));
		break;
	default:
		the_database_works();
	}
	for (int i = 0; i < LISTENERS; i++) {
		if (w.listeners[i].guest && !w.listeners[i].paused)
			read_on(&w.listeners[i]);
	}
	look_at_the_room();
}

/* ---- And then the sun comes out ---- */

/* Of whom it is said when that does not come to be. */
static const char *who_waits(void)
{
	static char text[200];

	for (int i = 0; i < LISTENERS; i++) {
		for (int c = 0; w.listeners[i].guest && c < CHANNELS; c++) {
			const struct thread *thread = &w.listeners[i].threads[c];

			if (thread->asked || (thread->hears && thread->last < hall_tale(names[c])->top))
				snprintf(text, sizeof(text), "listener %d, %s, %s: %s %lld of %lld", i,
				         speeches[w.listeners[i].guest->speech].name, names[c],
				         thread->asked ? "asks" : "has heard", thread->last, hall_tale(names[c])->top);
		}
	}
	return text;
}

static bool all_have_heard_all(void)
{
	for (int i = 0; i < LISTENERS; i++) {
		for (int c = 0; w.listeners[i].guest && c < CHANNELS; c++) {
			const struct thread *thread = &w.listeners[i].threads[c];

			if (thread->asked || (thread->hears && thread->last < hall_tale(names[c])->top))
				return false;
		}
	}
	return true;
}

static void clear_up(void)
{
	double end = hall_seconds() + 20;

	hall.holds_asks = hall.holds_holes = hall.down = false;
	while (!all_have_heard_all()) {
		ALWAYS(hall_seconds() < end, who_waits());
		for (int c = 0; c < CHANNELS; c++)
			ws_known(hall.ws, str_of(names[c]), hall_tale(names[c])->top);
		hall_turns(5);
		for (int i = 0; i < LISTENERS; i++) {
			if (w.listeners[i].guest)
				read_on(&w.listeners[i]);
		}
	}
	for (int i = 0; i < LISTENERS; i++) {
		if (w.listeners[i].guest)
			leave(&w.listeners[i]);
	}
	hall_turns(60);
	ALWAYS(ws_count(hall.ws) == 0, "somebody stays");
	ALWAYS(hall.ws->channel_count == 0, "a channel stays");
	ALWAYS(hall.ws->doubting == 0 && TAILQ_EMPTY(&hall.ws->doubts), "a doubt stays");
}

static void run(uint64_t seed)
{
	memset(&w, 0, sizeof(w));
	w.seed = w.state = seed;
	for (int i = 0; i < LISTENERS; i++) {
		for (int c = 0; c < CHANNELS; c++)
			w.listeners[i].threads[c].last = -1;
	}
	hall_open();
	hall.config.ws_ring = 8 + below(60);
	hall.config.ws_ring_bytes = 400000;
	hall.config.ws_pending_bytes = 1024 * 1024;
	hall.padding = (size_t)below(3) * 4000;
	hall.fill_most = 1 + below(20);
	hall.holds_asks = hall.holds_holes = true;
	for (w.step = 0; w.step < STEPS; w.step++)
		step();
	clear_up();
	hall_close();
	fprintf(stderr, "WS_SEED=%llu: %lld heard, %lld ended, %lld recovered\n", (unsigned long long)seed, w.heard, w.ended,
	        w.recovered);
	cr_expect(w.heard > 100);
}

Test(weather, is_survived_by_all, .timeout = 250)
{
	const char *given = getenv("WS_SEED");
	uint64_t seed;

	arc4random_buf(&seed, sizeof(seed));
	if (given)
		run(strtoull(given, NULL, 10));
	for (int i = 0; i < RUNS && !given; i++)
		run((seed + (uint64_t)i) % 1000000007);
}
