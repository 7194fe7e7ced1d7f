/* event.c: reads events and delivers them to this process's subscribers. */

#include "channels.h"
#include "event.h"
#include "state.h"

bool event_read(const struct json *object, struct buf *data, struct ws_event *event)
{
	const struct json *channel = json_member(object, "channel"),
			  *type = json_member(object, "type"),
			  *payload = json_member(object, "data"), *at = json_member(object, "at"),
			  *offset = json_member(object, "offset");

	if (!type || !payload || !at || !offset)
		return false;
	buf_clear(data);
	buf_json_value(data, payload);
	*event = (struct ws_event){
		.channel = channel ? json_string(channel) : event->channel,
		.offset = json_integer(offset),
		.type = json_string(type),
		.data = buf_as_str(data),
		.at = json_string(at),
	};
	return true;
}

static bool revokes(struct str name, struct str type)
{
	struct str id;
	const struct channel_row *row = channels_find(name, &id);

	return row && channel_revokes(row, type);
}

void event_deliver(struct live *live, struct ws_event *event)
{
	event->revokes = revokes(event->channel, event->type);
	ws_publish(live->ws, event);
}
