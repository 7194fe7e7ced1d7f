/* fake_ws.c: records the calls to the realtime connections. */

#include <criterion/criterion.h>

#include "fake_ws.h"

struct ws fake_ws;

void fake_ws_open(void)
{
	fake_ws = (struct ws){ .has_channels = true };
}

void fake_ws_close(void)
{
	buf_finish(&fake_ws.calls);
}

const char *fake_ws_calls(void)
{
	const char *text = buf_cstr(&fake_ws.calls);

	buf_clear(&fake_ws.calls);
	return text;
}

void ws_publish(struct ws *ws, const struct ws_event *event)
{
	cr_expect(event->at.length > 0, "an event must have a time");
	buf_print(&ws->calls, "publish %.*s %lld %.*s %.*s revokes=%s\n", STR_ARGS(event->channel),
	          event->offset, STR_ARGS(event->type), STR_ARGS(event->data),
	          event->revokes ? "yes" : "no");
}

void ws_offset_seen(struct ws *ws, struct str channel, long long offset)
{
	buf_print(&ws->calls, "seen %.*s %lld\n", STR_ARGS(channel), offset);
}

void ws_backfill_done(struct ws *ws, const char *channel)
{
	buf_print(&ws->calls, "done %s\n", channel);
	if (ws->on_backfill_done)
		ws->on_backfill_done(channel);
}

void ws_reset_channel(struct ws *ws, const char *channel)
{
	buf_print(&ws->calls, "reset %s\n", channel);
}

void ws_recheck(struct ws *ws, const char *user_id)
{
	buf_print(&ws->calls, "recheck %s\n", user_id ? user_id : "*");
}

/* The parts of a reply that are set. */
void ws_reply(struct ws *ws, struct ws_query *query, const struct ws_reply *reply)
{
	cr_expect_null(query->handler_data,
	               "a query that is answered must be detached from the handler");
	buf_print(&ws->calls, "reply error=%d", reply->error);
	if (*reply->identity.id)
		buf_print(&ws->calls, " identity=%s expires=%lld", reply->identity.id,
		          reply->identity.expires_ms);
	if (reply->epoch.at)
		buf_print(&ws->calls, " epoch=%.*s offset=%lld recovered=%s",
		          STR_ARGS(reply->epoch), reply->offset, reply->recovered ? "yes" : "no");
	for (size_t i = 0; i < reply->count; i++)
		buf_print(&ws->calls, " %.*s:%lld:%.*s:%.*s", STR_ARGS(reply->events[i].channel),
		          reply->events[i].offset, STR_ARGS(reply->events[i].type),
		          STR_ARGS(reply->events[i].data));
	if (reply->body.at)
		buf_print(&ws->calls, " body=%.*s", STR_ARGS(reply->body));
	buf_char(&ws->calls, '\n');
}

void ws_each_channel(struct ws *ws, void (*call)(void *arg, const char *channel, long long offset),
                     void *arg)
{
	for (size_t i = 0; i < ws->channel_count; i++)
		call(arg, ws->channels[i].name, ws->channels[i].offset);
}

bool ws_session_receive(struct ws *ws, struct str session, struct str commands)
{
	buf_print(&ws->calls, "receive %.*s %.*s\n", STR_ARGS(session), STR_ARGS(commands));
	return ws->has_session;
}

const char *ws_node(const struct ws *)
{
	return FAKE_NODE;
}

size_t ws_connection_count(const struct ws *ws)
{
	return ws->connections;
}

size_t ws_subscription_count(const struct ws *ws)
{
	return ws->subscriptions;
}

size_t ws_subscriber_count(const struct ws *, struct str)
{
	return 0;
}

bool ws_has_channels(const struct ws *ws)
{
	return ws->has_channels;
}
