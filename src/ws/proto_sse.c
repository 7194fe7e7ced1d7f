/* proto_sse.c: the server-sent events protocol of /api/v1/events.
 *
 * The ID of each event holds the epoch and the client's offset in each of its channels, in the
 * order in which the request named them. A reconnecting browser sends it back as Last-Event-ID and
 * gets what it missed. If that is no longer possible, a `reset` event says so.
 *
 * Channels are queried one after the other. Nothing is delivered before the last reply, so that
 * no event ID covers only some of the channels. */

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "channel.h"
#include "client.h"
#include "message.h"
#include "pending.h"
#include "protocol.h"

struct sse_channel {
	struct str name;  /* within the list that follows the channels */
	long long offset; /* the client's offset */
	bool resumes, reset;
};

struct sse {
	char epoch[40];
	int count, next;
	TAILQ_HEAD(, missed) missed; /* missed.link; in order of delivery */
	struct sse_channel channels[];
};

struct missed {
	struct message *message;
	int channel;
	TAILQ_ENTRY(missed) link;
};

/* ---- Output ---- */

static void write_offsets(struct buf *out, const struct sse *sse)
{
	buf_str(out, STR("id: "));
	buf_text(out, sse->epoch);
	for (int i = 0; i < sse->count; i++) {
		buf_char(out, i ? ',' : ':');
		buf_number(out, sse->channels[i].offset);
	}
	buf_char(out, '\n');
}

static void write_id(struct buf *out, const struct subscription *sub)
{
	struct sse *sse = sub->client->protocol_data;

	sse->channels[sub->index].offset = sub->delivered;
	write_offsets(out, sse);
}

static void send_missed(struct client *client, struct sse *sse)
{
	struct buf out = { 0 };
	struct missed *missed;

	while ((missed = TAILQ_FIRST(&sse->missed))) {
		TAILQ_REMOVE(&sse->missed, missed, link);
		sse->channels[missed->channel].offset = missed->message->event.offset;
		write_offsets(&out, sse);
		buf_str(&out, message_encoded(missed->message, ENCODING_SSE));
		message_free(missed->message);
		free(missed);
	}
	client_send_raw(client, buf_as_str(&out));
	buf_finish(&out);
}

/* Includes an ID: a client whose connection breaks before the first event resumes from here. */
static void send_resets(struct client *client, struct sse *sse)
{
	struct buf out = { 0 };

	write_offsets(&out, sse);
	buf_str(&out, STR("retry: 3000\n\n"));
	for (int i = 0; i < sse->count; i++) {
		if (!sse->channels[i].reset)
			continue;
		write_offsets(&out, sse);
		buf_str(&out, STR("event: reset\ndata: {\"channel\":"));
		buf_json(&out, sse->channels[i].name);
		buf_print(&out, ",\"offset\":%lld}\n\n", sse->channels[i].offset);
	}
	client_send_raw(client, buf_as_str(&out));
	buf_finish(&out);
}

/* ---- Subscribing ---- */

static void query_next(struct client *client)
{
	struct sse *sse = client->protocol_data;
	struct pending_query *pending =
		pending_start(client, WS_SUBSCRIBE, sse->channels[sse->next].name);

	if (!pending) {
		client_disconnect(client, DISCONNECT_TOO_MANY_REQUESTS);
		return;
	}
	if (sse->channels[sse->next].resumes) {
		pending->query.has_since = true;
		pending->query.since = sse->channels[sse->next].offset;
		memcpy(pending->query.epoch, sse->epoch, sizeof(pending->query.epoch));
	}
	pending_send(pending);
}

static void store_missed(struct sse *sse, const struct ws_reply *reply)
{
	for (size_t i = 0; i < reply->count; i++) {
		struct missed *missed = xcalloc(1, sizeof(*missed));

		missed->message = message_new(&reply->events[i]);
		missed->channel = sse->next;
		TAILQ_INSERT_TAIL(&sse->missed, missed, link);
	}
}

static void on_all_replied(struct client *client, struct sse *sse)
{
	struct subscription *sub;

	send_resets(client, sse);
	send_missed(client, sse);
	client->held = false;
	TAILQ_FOREACH(sub, &client->subs, client_link) {
		sse->channels[sub->index].offset = sub->delivered;
		subscription_deliver(sub);
	}
}

static void on_reply(struct client *client, struct pending_query *pending,
                     const struct ws_reply *reply)
{
	struct sse *sse = client->protocol_data;
	int now = sse->next;
	bool resumed;

	if (reply->error != WS_OK) {
		client_disconnect(client, ws_error_row(reply->error)->temporary
		                                  ? DISCONNECT_SERVER_ERROR
		                                  : DISCONNECT_PERMISSION_DENIED);
		return;
	}
	pending_subscribe(pending, reply)->index = (unsigned short)now;
	resumed = pending->query.has_since && reply->recovered;
	if (resumed)
		store_missed(sse, reply);
	else
		sse->channels[now].offset = reply->offset;
	sse->channels[now].reset = pending->query.has_since && !reply->recovered;
	/* All channels have the same epoch; until here the field held the one sent by the
	 * client. */
	if (++sse->next == sse->count) {
		snprintf(sse->epoch, sizeof(sse->epoch), "%.*s", STR_ARGS(reply->epoch));
		on_all_replied(client, sse);
	} else {
		query_next(client);
	}
}

/* ---- Protocol ---- */

/* "epoch:3,,17": an offset per channel, or none. Ignores invalid input. */
static void read_offsets(struct sse *sse, struct str since)
{
	struct str epoch, part;

	if (!str_cut(&since, ':', &epoch) || !epoch.length || epoch.length >= sizeof(sse->epoch))
		return;
	memcpy(sse->epoch, epoch.at, epoch.length);
	for (int i = 0; i < sse->count && str_cut(&since, ',', &part); i++) {
		long long offset;

		sse->channels[i].resumes = str_number(part, &offset) && offset >= 0;
		if (sse->channels[i].resumes)
			sse->channels[i].offset = offset;
	}
}

static size_t count_channels(struct str list)
{
	size_t count = 1;

	for (size_t i = 0; i < list.length; i++)
		count += list.at[i] == ',';
	return count;
}

static void begin(struct client *client, const struct ws_incoming *incoming)
{
	struct str rest = incoming->payload;
	size_t count = count_channels(rest), channels = count * sizeof(struct sse_channel);
	struct sse *sse = xcalloc(1, sizeof(*sse) + channels + rest.length + 1);

	client->protocol_data = sse;
	client->held = true;
	TAILQ_INIT(&sse->missed);
	rest.at = memcpy(&sse->channels[count], rest.at, rest.length);
	for (; (size_t)sse->count < count; sse->count++)
		str_cut(&rest, ',', &sse->channels[sse->count].name);
	read_offsets(sse, incoming->last_event_id);
	if (client_set_identity(client, &incoming->identity))
		query_next(client);
}

/* Clients cannot send on this connection. */
static void on_input(struct client *, struct str)
{
}

static void ping(struct client *client)
{
	client_send_raw(client, STR(": ping\n\n"));
}

/* The reconnect fails and returns the reason. */
static void unsubscribed(struct client *client, const struct subscription *, enum ws_error)
{
	client_disconnect(client, DISCONNECT_PERMISSION_DENIED);
}

static void finish(struct client *client)
{
	struct sse *sse = client->protocol_data;
	struct missed *missed;

	while ((missed = TAILQ_FIRST(&sse->missed))) {
		TAILQ_REMOVE(&sse->missed, missed, link);
		message_free(missed->message);
		free(missed);
	}
}

const struct protocol_ops proto_sse = {
	.begin = begin,
	.on_input = on_input,
	.on_reply = on_reply,
	.ping = ping,
	.write_id = write_id,
	.unsubscribed = unsubscribed,
	.finish = finish,
};
