/* random_client.c: what a random client does, and checks on what it receives. */

#include <stdio.h>

#include "random_client.h"

const char *const channel_names[CHANNELS] = { "duty", "org", "all", "note:1" };

struct random_run random_run;

void fail_run(const char *what, const char *more)
{
	cr_assert_fail("WS_SEED=%llu, step %d: %s: %.300s", (unsigned long long)random_run.seed,
	               random_run.step, what, more);
}

/* splitmix64 */
static uint64_t roll(void)
{
	uint64_t z = random_run.state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

int random_below(int many)
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

static void on_event(struct random_client *client, int channel, long long offset,
                     const char *message)
{
	struct channel_state *channel_state = &client->channels[channel];

	ALWAYS(channel_state->subscribed, message);
	ALWAYS(offset == channel_state->last + 1, message);
	ALWAYS(offset <= fixture_channel(channel_names[channel])->last_offset, message);
	channel_state->last = offset;
	random_run.events++;
}

static long long number_in(const struct json *object, const char *name)
{
	const struct json *value = json_member(object, name);

	return value ? json_integer(value) : -1;
}

/* The subscription starts: after `since` if recovery succeeded. */
static void on_subscribed(struct random_client *client, int channel, long long offset,
                          bool recovered, const char *message)
{
	struct channel_state *channel_state = &client->channels[channel];

	ALWAYS(channel_state->requested && !channel_state->subscribed, message);
	channel_state->requested = false;
	channel_state->subscribed = true;
	channel_state->last = recovered ? channel_state->since : offset;
	random_run.recoveries += recovered;
}

static bool boolean_in(const struct json *object, const char *name)
{
	const struct json *value = json_member(object, name);

	return value && json_boolean(value);
}

static void on_subscribe_reply(struct random_client *client, int channel, const struct json *reply,
                               const char *message)
{
	const struct json *subscribed = json_member(reply, "subscribe"), *missed;

	if (!subscribed) {
		/* Unsubscribed, or the query failed. */
		client->channels[channel].requested = false;
		return;
	}
	on_subscribed(client, channel, number_in(subscribed, "offset"),
	              boolean_in(subscribed, "recovered"), message);
	missed = json_member(subscribed, "publications");
	for (size_t i = 0; missed && i < json_count(missed); i++)
		on_event(client, channel, number_in(json_at(missed, i), "offset"), message);
	ALWAYS(client->channels[channel].last == number_in(subscribed, "offset"), message);
}

static void on_push(struct random_client *client, const struct json *push, const char *message)
{
	const struct json *name = json_member(push, "channel"), *pub = json_member(push, "pub");
	int channel = name ? channel_of(json_string(name)) : -1;

	if (pub)
		on_event(client, channel, number_in(pub, "offset"), message);
	else
		ALWAYS(json_member(push, "disconnect"), message);
}

/* Subscribes have ID 10 + channel, unsubscribes 20 + channel. */
static void on_centrifuge(struct random_client *client, const struct json *object,
                          const char *message)
{
	long long id = number_in(object, "id");

	if (json_member(object, "push"))
		on_push(client, json_member(object, "push"), message);
	else if (id >= 20)
		client->channels[id - 20].subscribed = false;
	else if (id >= 10)
		on_subscribe_reply(client, (int)id - 10, object, message);
}

static void on_json(struct random_client *client, const struct json *object, const char *message)
{
	struct str type = json_member_string(object, "type");
	const struct json *data = json_member(object, "data"), *name = json_member(data, "channel");
	int channel = name ? channel_of(json_string(name)) : -1;

	if (json_member(object, "offset"))
		on_event(client, channel_of(json_member_string(object, "channel")),
		         number_in(object, "offset"), message);
	else if (str_is(type, "subscribed"))
		on_subscribed(client, channel, number_in(data, "offset"),
		              boolean_in(data, "recovered"), message);
	else if (str_is(type, "unsubscribed"))
		client->channels[channel].subscribed = client->channels[channel].requested = false;
	else if (str_is(type, "error") && channel >= 0)
		client->channels[channel].requested = false;
}

/* "id: e1:3,,7": the client's offsets, which it sends when it reconnects. */
static void expect_offsets_in_id(struct random_client *client, const char *id, const char *message)
{
	ALWAYS(strncmp(id, "id: e1:", 7) == 0, message);
	id += 7;
	for (int i = 0; i < client->count; i++) {
		const struct channel_state *channel_state = &client->channels[client->order[i]];
		char *end;

		ALWAYS(strtoll(id, &end, 10) == channel_state->last, message);
		id = end + 1;
	}
}

static void on_first_id(struct random_client *client, const char *message)
{
	const char *at = message + 7;

	for (int i = 0; i < client->count; i++) {
		int channel = client->order[i];
		char *end;
		long long position = strtoll(at, &end, 10);

		on_subscribed(client, channel, position,
		              position == client->channels[channel].since, message);
		at = end + 1;
	}
}

static void on_sse(struct random_client *client, const char *message, const struct json *object)
{
	const struct json *offset = object ? json_member(object, "offset") : NULL;
	int channel;

	if (!object) {
		on_first_id(client, message);
	} else if (json_member(object, "type")) {
		channel = channel_of(json_member_string(object, "channel"));
		on_event(client, channel, json_integer(offset), message);
	}
	expect_offsets_in_id(client, message, message);
}

static void on_message(struct random_client *client, const char *message)
{
	const char *json = strchr(message, '{'), *error;
	size_t where;
	struct json *object = json ? json_parse(str_of(json), &error, &where) : NULL;

	ALWAYS(object || (!json && client->client->protocol == WS_SSE), message);
	if (client->client->protocol == WS_SSE)
		on_sse(client, message, object);
	else if (client->client->protocol == WS_JSON)
		on_json(client, object, message);
	else
		on_centrifuge(client, object, message);
	json_free(object);
}

void random_client_disconnect(struct random_client *client)
{
	for (int i = 0; i < CHANNELS; i++)
		client->channels[i].requested = client->channels[i].subscribed = false;
	test_client_free(client->client);
	client->client = NULL;
}

void random_client_read(struct random_client *client)
{
	const char *message;

	while ((message = test_client_received(client->client)))
		on_message(client, message);
	if (client->client->closed) {
		random_run.disconnects++;
		random_client_disconnect(client);
	}
}

/* ---- Actions ---- */

/* Resumes from its last offset, or starts from now. */
static long long offset_to_send(struct channel_state *channel_state)
{
	channel_state->requested = true;
	channel_state->since =
		channel_state->last >= 0 && random_below(4) ? channel_state->last : -1;
	return channel_state->since;
}

static void subscribe(struct random_client *client, int channel)
{
	bool is_json = client->client->protocol == WS_JSON;
	struct channel_state *channel_state = &client->channels[channel];
	long long since;
	char position[100] = "", text[300];

	if (channel_state->requested || channel_state->subscribed)
		return;
	since = offset_to_send(channel_state);
	if (since >= 0)
		snprintf(position, sizeof(position), ",'recover':true,'offset':%lld,'epoch':'e1'",
		         since);
	if (is_json)
		snprintf(text, sizeof(text), "{'type':'%s','data':{'channel':'%s'%s}}",
		         since >= 0 ? "resume" : "subscribe", channel_names[channel],
		         since >= 0 ? position + 15 : "");
	else
		snprintf(text, sizeof(text), "{'id':%d,'subscribe':{'channel':'%s'%s}}",
		         10 + channel, channel_names[channel], position);
	test_client_send(client->client, text);
}

static void unsubscribe(struct random_client *client, int channel)
{
	char text[100];

	if (!client->channels[channel].requested && !client->channels[channel].subscribed)
		return;
	if (client->client->protocol == WS_JSON)
		snprintf(text, sizeof(text), "{'type':'unsubscribe','data':{'channel':'%s'}}",
		         channel_names[channel]);
	else
		snprintf(text, sizeof(text), "{'id':%d,'unsubscribe':{'channel':'%s'}}",
		         20 + channel, channel_names[channel]);
	test_client_send(client->client, text);
}

static void connect_sse(struct random_client *client)
{
	char channels[100] = "", since[100] = "e1:";
	int first = random_below(CHANNELS);

	client->count = 1 + random_below(CHANNELS);
	for (int i = 0; i < client->count; i++) {
		int channel = client->order[i] = (first + i) % CHANNELS;
		long long position = offset_to_send(&client->channels[channel]);

		snprintf(channels + strlen(channels), sizeof(channels) - strlen(channels), "%s%s",
		         i ? "," : "", channel_names[channel]);
		snprintf(since + strlen(since), sizeof(since) - strlen(since),
		         position < 0 ? "%s" : "%s%lld", i ? "," : "", position);
	}
	client->client = test_client_new(
		WS_SSE, &(struct client_options){
				.payload = channels, .since = since, .slow = random_below(2) });
}

static void connect_client(struct random_client *client)
{
	enum ws_protocol protocol = (enum ws_protocol)random_below(WS_PROTOCOLS);
	const char *connect = random_below(2) ? "{'id':1,'connect':{'token':'" ANNA "'}}"
	                                      : "{'id':1,'connect':{}}";
	struct client_options options = { .payload = connect, .slow = random_below(2) };

	client->paused = false;
	if (protocol == WS_SSE) {
		connect_sse(client);
		return;
	}
	/* The server subscribes it to this channel. */
	if (protocol == WS_JSON)
		client->channels[channel_of(STR("all"))] =
			(struct channel_state){ .requested = true, .last = -1, .since = -1 };
	client->client = test_client_new(protocol, &options);
	if (protocol == WS_CENTRIFUGE)
		test_client_send(client->client, options.payload);
	for (int i = 0; i < CHANNELS; i++) {
		if (random_below(2))
			subscribe(client, i);
	}
}

void random_client_act(struct random_client *client)
{
	if (!client->client) {
		connect_client(client);
		return;
	}
	if (client->client->closed || client->client->protocol == WS_SSE) {
		if (random_below(8) == 0)
			random_client_disconnect(client);
		else
			client->paused = random_below(3) == 0;
		return;
	}
	switch (random_below(8)) {
	case 0:
		random_client_disconnect(client);
		break;
	case 1:
	case 2:
		client->paused = !client->paused;
		break;
	case 3:
		/* Only with everything read: replies to subscribe and unsubscribe may both be on
		 * their way. */
		if (!client->paused)
			unsubscribe(client, random_below(CHANNELS));
		break;
	default:
		if (ws_connection_count(fixture.ws) && !client->client->closed)
			subscribe(client, random_below(CHANNELS));
	}
}
