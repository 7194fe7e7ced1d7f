/* centrifuge_encode.c: encodes the replies of the Centrifugo protocol. */

#include "centrifuge.h"
#include "clock.h"
#include "config.h"

void centrifuge_begin(struct buf *out, long long id)
{
	buf_str(out, STR("{\"id\":"));
	buf_number(out, id);
	buf_char(out, ',');
}

void centrifuge_end(struct client *client, struct buf *out)
{
	buf_char(out, '}');
	client_say(client, buf_as_str(out));
	buf_finish(out);
}

void centrifuge_refuse(struct client *client, long long id, enum ws_refusal why)
{
	const struct refusal_row *row = refusal_row(why);
	struct buf out = { 0 };

	centrifuge_begin(&out, id);
	buf_print(&out, "\"error\":{\"code\":%d,\"message\":\"%s\"%s}", row->number, row->message,
	          row->temporary ? ",\"temporary\":true" : "");
	centrifuge_end(client, &out);
}

void centrifuge_text(struct buf *out, const char *name, struct str text)
{
	buf_text(out, name);
	buf_json(out, text);
}

void centrifuge_publications(struct buf *out, const struct ws_answer *answer)
{
	buf_str(out, STR(",\"publications\":["));
	for (size_t i = 0; i < answer->count; i++) {
		if (i > 0)
			buf_char(out, ',');
		buf_str(out, STR("{\"data\":"));
		write_event(out, &answer->events[i], false);
		buf_str(out, STR(",\"offset\":"));
		buf_number(out, answer->events[i].offset);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

void centrifuge_position(struct buf *out, const struct ws_answer *answer)
{
	centrifuge_text(out, "\"epoch\":", answer->epoch);
	buf_str(out, STR(",\"offset\":"));
	buf_number(out, answer->offset);
}

void centrifuge_hearing(struct buf *out, const struct question *question, const struct ws_answer *answer)
{
	buf_str(out, STR("{\"recoverable\":true,\"positioned\":true,"));
	centrifuge_position(out, answer);
	if (question->ask.since_given) {
		buf_print(out, ",\"was_recovering\":true,\"recovered\":%s", answer->recovered ? "true" : "false");
		if (answer->recovered)
			centrifuge_publications(out, answer);
	}
	buf_char(out, '}');
}

void centrifuge_expiry(struct buf *out, const struct client *client)
{
	long long left_ms = client->who.expires_ms - clock_wall_ms();

	if (client->who.expires_ms)
		buf_print(out, ",\"expires\":true,\"ttl\":%lld", left_ms > 1000 ? left_ms / 1000 : 1);
}

bool centrifuge_cannot_speak(const struct client *client)
{
	return client->session.crowd;
}

void centrifuge_welcome(struct client *client, const struct question *question, const struct ws_answer *given)
{
	struct buf out = { 0 };

	centrifuge_begin(&out, question->command);
	buf_print(&out, "\"connect\":{\"client\":\"%016llx\",\"version\":\"binnacle/1\",\"ping\":%lld%s", client->id,
	          client->ws->config->ws_ping_seconds, client->speech->socket ? ",\"pong\":true" : "");
	centrifuge_expiry(&out, client);
	if (centrifuge_cannot_speak(client)) {
		const uint64_t *key = client->session.crowd->key.halves;

		buf_print(&out, ",\"session\":\"%016llx%016llx\",\"node\":\"%s\"", (unsigned long long)key[0],
		          (unsigned long long)key[1], client->ws->node);
	}
	if (given) {
		centrifuge_text(&out, ",\"subs\":{", question->ask.text);
		buf_char(&out, ':');
		centrifuge_hearing(&out, question, given);
		buf_char(&out, '}');
	}
	buf_char(&out, '}');
	centrifuge_end(client, &out);
}
