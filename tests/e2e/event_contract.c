/* Messages of every transport match /asyncapi.json, and unauthorized subscribers receive none. */

#include <stdlib.h>

#include "json_schema.h"
#include "e2e.h"
#include "raw_conn.h"

enum { TIMEOUT_MS = 10000 };

static struct {
	const struct json *document;
	struct client *admin, *reader;
	const char *token; /* the admin's */
	const char *location, *type;
	size_t messages;
} f;

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.reader = e2e_client(NULL);
	f.token = e2e_format(
		"%s", answer_at(client_post(f.admin, "/dev/token", "{'who':'admin'}"), "token"));
	f.location = e2e_new_location();
	f.type = "drill.contract";
	f.document = client_get(f.reader, "/asyncapi.json")->json;
	cr_assert(f.document);
}

TestSuite(event_contract, .init = setup, .timeout = 60);

static const struct json *member(const struct json *object, const char *name)
{
	return object ? json_member(object, name) : NULL;
}

/* Checks a message against its entry in the contract, and counts it. */
static void expect_message(const char *name, const struct json *message)
{
	const struct json *payload =
		member(member(json_in(f.document, "components.messages"), name), "payload");
	const char *error;

	cr_assert(payload, "%s is not in the contract", name);
	error = json_schema_check(f.document, payload, message);
	cr_expect(!error, "%s: %s", name, error);
	f.messages++;
}

/* Checks a message in the format of /ws and /api/v1/events, and counts it. */
static void expect_in_contract(struct str text)
{
	const char *error = NULL, *type;
	struct json *message = json_parse(text, &error, NULL);
	const struct json *payload;

	cr_assert(message, "%s: %.*s", error, STR_ARGS(text));
	type = json_text_in(message, "type");
	if (strcmp(type, f.type) == 0)
		type = "broadcast";
	payload = member(member(json_in(f.document, "components.messages"), type), "payload");
	cr_assert(payload,
	          "%s is delivered, but not in the contract: add it to include/table/events.def",
	          type);
	error = json_schema_check(f.document, payload, message);
	cr_expect(!error, "%s: %s", type, error);
	f.messages++;
	json_free(message);
}

/* Publishes events of several types. */
static void publish_events(void)
{
	const char *log = e2e_new_log(f.admin, f.location, "First title");

	assert_status(client_patch(f.admin, e2e_format("/api/v1/logs/%s", log),
	                           "{'title':'Second title'}"),
	              200);
	assert_status(client_post(f.admin, e2e_format("/api/v1/logs/%s/comments", log),
	                          "{'content':'Seen.'}"),
	              201);
	assert_status(client_post(f.admin, "/websocket/broadcast",
	                          "{'type':'%s','data':{'at':'%s'}}", f.type, f.location),
	              200);
}

static void wait_for_last(struct raw_conn *conn)
{
	cr_assert(raw_conn_wait_for(conn, e2e_format("{\"at\":\"%s\"}", f.location), TIMEOUT_MS),
	          "%s", buf_cstr(&conn->received));
	cr_assert(raw_conn_wait_for(conn, "Second title", TIMEOUT_MS));
}

Test(event_contract, of_plain_websockets_is_kept)
{
	struct raw_conn *conn = raw_conn_websocket(server_port(e2e_server()), "/ws");
	static const char *const messages[] = {
		"{'type':'authenticate','data':{'token':'%s'}}",
		"{'type':'authenticate','data':{'token':'x'}}",
		"{'type':'subscribe','data':{'channel':'location:%s'}}",
		"{'type':'resume','data':{'channel':'all','offset':0,'epoch':'x'}}",
		"{'type':'subscribe','data':{'channel':'duty'}}",
		"{'type':'unsubscribe','data':{'channel':'duty'}}",
		"{'type':'subscribe','data':{'channel':'nothing'}}",
		"{'type':'echo','data':[1,null,{'a':1.5}]}",
		"{'type':'ping'}",
		"{'type':'hello'}",
		"{'type':'resume','data':{'channel':'all'}}",
		"no JSON",
	};
	struct str payload;
	int first;

	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		struct buf message = { 0 };

		for (const char *at = messages[i]; *at; at++) {
			if (at[0] == '%')
				buf_text(&message, i == 0 ? f.token : f.location);
			if (at[0] == '%')
				at++;
			else
				buf_char(&message, *at == '\'' ? '"' : *at);
		}
		raw_conn_send_frame(conn, FRAME_TEXT, buf_as_str(&message));
		buf_finish(&message);
	}
	cr_assert(raw_conn_wait_for(conn, "Invalid JSON", TIMEOUT_MS), "%s",
	          buf_cstr(&conn->received));
	cr_assert(raw_conn_wait_for(conn, "location:", TIMEOUT_MS));
	publish_events();
	wait_for_last(conn);
	while ((first = raw_conn_next_frame(conn, &payload)) >= 0) {
		if (first == FRAME_TEXT)
			expect_in_contract(payload);
	}
	/* Not counted: `duty` may or may not deliver an event before it is unsubscribed. */
	cr_expect_geq(f.messages, COUNT_OF(messages) + 4);
	raw_conn_free(conn);
}

/* {"id":…,"event":…,"data":…}. `retry` is a number, `data` is JSON; a comment is also a member. */
static void frame_as_json(struct buf *out, struct str frame)
{
	struct str line, name;

	while (str_cut(&frame, '\n', &line)) {
		bool text;

		str_cut(&line, ':', &name);
		line = str_trim(line);
		text = !str_is(name, "data") && !str_is(name, "retry");
		buf_char(out, out->length ? ',' : '{');
		buf_json(out, name.length ? name : STR("comment"));
		buf_char(out, ':');
		if (text)
			buf_json(out, line);
		else
			buf_str(out, line);
	}
	buf_char(out, '}');
}

static void expect_frame(struct str frame)
{
	struct buf text = { 0 };
	const char *error;
	struct json *object;

	frame_as_json(&text, frame);
	object = json_parse(buf_as_str(&text), &error, NULL);
	cr_assert(object, "%s: %.*s", error, STR_ARGS(frame));
	expect_message(str_is(json_member_string(object, "event"), "reset") ? "stream_reset"
	               : json_member(object, "event")                       ? "stream_event"
	               : json_member(object, "retry")                       ? "stream_opened"
	                                                                    : "stream_ping",
	               object);
	json_free(object);
	buf_finish(&text);
}

/* Checks all complete frames of the response. */
static void expect_frames(struct raw_conn *conn)
{
	const char *at = strstr(buf_cstr(&conn->received), "\r\n\r\n"), *end;

	cr_assert(at, "%s", buf_cstr(&conn->received));
	for (at += 4; (end = strstr(at, "\n\n")); at = end + 2)
		expect_frame((struct str){ at, (size_t)(end - at) });
}

Test(event_contract, of_the_frames_of_a_resumed_stream_is_kept)
{
	struct raw_conn *conn = raw_conn_new(server_port(e2e_server()));

	raw_conn_send(conn, STR("GET /api/v1/events?channels=all HTTP/1.1\r\nHost: localhost\r\n"
	                        "Last-Event-ID: 0000000000000000:7\r\n\r\n"));
	cr_assert(raw_conn_wait_for(conn, "event: reset\ndata: {", TIMEOUT_MS), "%s",
	          buf_cstr(&conn->received));
	expect_frames(conn);
	cr_expect_geq(f.messages, 2);
	raw_conn_free(conn);
}

Test(event_contract, of_server_sent_events_is_kept)
{
	struct raw_conn *conn = raw_conn_new(server_port(e2e_server()));
	struct str rest, line;

	raw_conn_send(conn, str_of(e2e_format("GET /api/v1/events?channels=all&channels=location:%s"
	                                      " HTTP/1.1\r\nHost: localhost\r\n"
	                                      "Authorization: Bearer %s\r\n\r\n",
	                                      f.location, f.token)));
	cr_assert(raw_conn_wait_for(conn, "retry: 3000\n\n", TIMEOUT_MS), "%s",
	          buf_cstr(&conn->received));
	publish_events();
	wait_for_last(conn);
	for (rest = buf_as_str(&conn->received); str_cut(&rest, '\n', &line);) {
		if (str_begins(line, "data: "))
			expect_in_contract((struct str){ line.at + 6, line.length - 6 });
	}
	cr_expect_geq(f.messages, 3);
	expect_frames(conn);
	raw_conn_free(conn);
}

/* Checks a publication of the Centrifugo protocol in the format of /ws. */
static void expect_publication(const struct json *push)
{
	struct buf text = { 0 }, data = { 0 };

	buf_json_value(&data, json_in(push, "pub.data"));
	buf_print(&text, "%.*s,\"channel\":\"%s\",\"offset\":%s}", (int)data.length - 1, data.at,
	          json_text_in(push, "channel"), json_text_in(push, "pub.offset"));
	expect_in_contract(buf_as_str(&text));
	buf_finish(&text);
	buf_finish(&data);
}

static void expect_centrifugo(const struct json *object)
{
	static const char *const names[] = {
		"connect", "subscribe", "unsubscribe", "refresh", "history", "presence", "ping",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (json_member(object, names[i]))
			expect_message(e2e_format("centrifugo_%s_result", names[i]), object);
	}
	if (json_in(object, "push.pub"))
		expect_message("centrifugo_publication", object);
}

Test(event_contract, of_centrifugo_clients_is_kept)
{
	struct raw_conn *conn =
		raw_conn_websocket(server_port(e2e_server()), "/connection/websocket");
	struct str payload;

	raw_conn_send_frame(
		conn, FRAME_TEXT,
		str_of(e2e_format("{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,"
	                          "\"subscribe\":{\"channel\":\"all\"}}\n"
	                          "{\"id\":3,\"subscribe\":{\"channel\":\"location:%s\"}}",
	                          f.token, f.location)));
	cr_assert(raw_conn_wait_for(conn, "{\"id\":2,\"subscribe\":", TIMEOUT_MS)
	                  && raw_conn_wait_for(conn, "{\"id\":3,\"subscribe\":", TIMEOUT_MS),
	          "%s", buf_cstr(&conn->received));
	publish_events();
	wait_for_last(conn);
	while (raw_conn_next_frame(conn, &payload) >= 0) {
		const char *error;
		struct json *object = json_parse(payload, &error, NULL);
		const struct json *push = member(object, "push");

		expect_centrifugo(object);
		if (member(push, "pub"))
			expect_publication(push);
		json_free(object);
	}
	cr_expect_geq(f.messages, 3);
	raw_conn_free(conn);
}

/* ---- The examples of the contract ---- */

/* The example of a message, as text, with a valid token. */
static const char *example_of(const char *name)
{
	const struct json *message = member(json_in(f.document, "components.messages"), name);
	const char *text, *token = strstr((text = json_text_in(message, "examples.0.payload")),
	                                  "\"token\":\"");

	if (!token)
		return e2e_format("%s", text);
	token += strlen("\"token\":\"");
	return e2e_format("%.*s%s%s", (int)(token - text), text, f.token, strchr(token, '"'));
}

/* The last part of the "$ref" of entry `i` of a list of messages. */
static const char *ref_name(const struct json *messages, size_t i)
{
	const char *ref = json_text_in(json_at(messages, i), "$ref");

	return e2e_format("%s", strrchr(ref, '/') + 1);
}

/* The next message, other than an event, after this one was sent; the caller frees it. */
static struct json *next_message(struct raw_conn *conn, const char *text)
{
	struct str payload;
	const char *error;
	int first;

	for (;;) {
		while ((first = raw_conn_next_frame(conn, &payload)) >= 0) {
			struct json *message =
				first == FRAME_TEXT ? json_parse(payload, &error, NULL) : NULL;

			if (message && !json_member(message, "offset")
			    && !json_member(message, "push"))
				return message;
			json_free(message);
		}
		cr_assert(raw_conn_wait_for(conn, "}", TIMEOUT_MS), "%s gets no reply", text);
	}
}

static bool is_reply(const struct json *messages, const char *name)
{
	for (size_t i = 0; i < json_count(messages); i++) {
		if (strcmp(ref_name(messages, i), name) == 0)
			return true;
	}
	return false;
}

/* Messages that the server sends by itself, such as `subscribed` to another channel, do not
 * count. */
static bool answers(const struct json *reply, const char *text, const struct json *messages)
{
	const struct json *channel = json_in(reply, "data.channel");

	return is_reply(messages, json_text_in(reply, "type"))
	       && (!channel || strstr(text, e2e_format("\"%s\"", json_string(channel).at)));
}

static void expect_reply(struct raw_conn *conn, const struct json *messages, const char *text)
{
	struct json *reply;

	raw_conn_send_frame(conn, FRAME_TEXT, str_of(text));
	while (!answers(reply = next_message(conn, text), text, messages))
		json_free(reply);
	cr_expect_str_neq(json_text_in(reply, "type"), "error", "%s: %s", text,
	                  json_text_in(reply, "data.message"));
	expect_message(json_text_in(reply, "type"), reply);
	json_free(reply);
}

Test(event_contract, examples_of_client_messages_get_the_documented_reply)
{
	struct raw_conn *conn = raw_conn_websocket(server_port(e2e_server()), "/ws");
	const struct json *operations = json_member(f.document, "operations");
	struct json_cursor at;

	json_free(next_message(conn, "connect")); /* connected */
	for (at = json_begin(operations); json_next(&at);) {
		const struct json *replies = json_in(at.value, "reply.messages");

		if (strcmp(json_text_in(at.value, "channel.$ref"), "#/channels/connection") == 0
		    && strcmp(json_text_in(at.value, "action"), "receive") == 0)
			expect_reply(conn, replies,
			             example_of(ref_name(json_member(at.value, "messages"), 0)));
	}
	cr_expect_eq(f.messages, 6);
	raw_conn_free(conn);
}

/* Some commands are always denied. */
Test(event_contract, examples_of_centrifugo_commands_get_the_documented_reply)
{
	struct raw_conn *conn =
		raw_conn_websocket(server_port(e2e_server()), "/connection/websocket");
	const struct json *operations = json_member(f.document, "operations");
	struct json_cursor at;

	raw_conn_send_frame(
		conn, FRAME_TEXT,
		str_of(e2e_format("{\"id\":1,\"connect\":{\"token\":\"%s\"}}", f.token)));
	json_free(next_message(conn, "connect"));
	raw_conn_send_frame(conn, FRAME_TEXT,
	                    STR("{\"id\":1,\"subscribe\":{\"channel\":\"duty\"}}"));
	json_free(next_message(conn, "connect"));
	for (at = json_begin(operations); json_next(&at);) {
		const struct json *messages = json_member(at.value, "messages"),
				  *replies = json_in(at.value, "reply.messages");
		struct json *reply;

		/* The client is already connected. An ended subscription has no history. */
		if (strcmp(json_text_in(at.value, "channel.$ref"), "#/channels/centrifugo") != 0
		    || !replies || strcmp(at.name, "receive_centrifugo_connect") == 0
		    || strcmp(at.name, "receive_centrifugo_unsubscribe") == 0)
			continue;
		raw_conn_send_frame(conn, FRAME_TEXT, str_of(example_of(ref_name(messages, 0))));
		reply = next_message(conn, at.name);
		expect_message(ref_name(replies, 0), reply);
		json_free(reply);
	}
	cr_expect_eq(f.messages, 9);
	raw_conn_free(conn);
}

/* ---- Permissions ---- */

/* How often the server has run this statement. */
static long runs_of(const char *statement)
{
	const char *line = strstr(
		client_get(f.reader, "/metrics")->body.at,
		e2e_format("db_client_operation_duration_seconds_count{db_query_summary=\"%s\"} ",
	                   statement));

	return line ? strtol(strchr(line, ' '), NULL, 10) : 0;
}

static struct raw_conn *subscribe_to_note(const char *note, const char *token)
{
	struct raw_conn *conn = raw_conn_new(server_port(e2e_server()));

	raw_conn_send(conn,
	              str_of(e2e_format(
			      "GET /api/v1/events?channels=note:%s HTTP/1.1\r\nHost: localhost\r\n"
			      "%s%s%s\r\n",
			      note, token ? "Authorization: Bearer " : "", token ?: "",
			      token ? "\r\n" : "")));
	cr_assert(raw_conn_wait_for(conn, "retry: 3000\n\n", TIMEOUT_MS), "%s",
	          buf_cstr(&conn->received));
	return conn;
}

/* Makes a public note private with a POST to `action`. Its owner receives `event`; the subscriptions
 * of others end. Subscribers are re-authorized in batches, and receive no event until then. */
static void expect_subscriptions_end(const char *action, const char *body, const char *event)
{
	enum { SUBSCRIBERS = 150 };
	struct raw_conn *subscribers[SUBSCRIBERS], *owner;
	const char *note = e2e_format("%s", answer_at(client_post(f.admin, "/api/v1/me/notes",
	                                                          "{'title':'A','content':'B'}"),
	                                              "id"));
	const char *path = e2e_format("/api/v1/me/notes/%s", note);
	long before;

	assert_status(client_post(f.admin, e2e_format("%s/publish", path), NULL), 200);
	owner = subscribe_to_note(note, f.token);
	for (int i = 0; i < SUBSCRIBERS; i++)
		subscribers[i] = subscribe_to_note(note, NULL);
	before = runs_of("channels_authorize");
	cr_assert_lt(client_post(f.admin, e2e_format(action, note), "%s", body)->status, 300);
	assert_status(client_patch(f.admin, path, "{'content':'Private.'}"), 200);
	cr_expect(raw_conn_wait_for(owner, event, TIMEOUT_MS));
	cr_expect(raw_conn_wait_for(owner, "note.updated", TIMEOUT_MS));
	for (int i = 0; i < SUBSCRIBERS; i++) {
		cr_expect(raw_conn_wait_end(subscribers[i], TIMEOUT_MS));
		cr_expect(!strstr(buf_cstr(&subscribers[i]->received), "event: "), "%s",
		          buf_cstr(&subscribers[i]->received));
		raw_conn_free(subscribers[i]);
	}
	raw_conn_free(owner);
	/* The count includes the concurrent tests of this suite. */
	cr_expect_leq(runs_of("channels_authorize") - before, 20, "%ld",
	              runs_of("channels_authorize") - before);
}

Test(event_contract, unpublishing_a_note_ends_the_subscriptions_of_others)
{
	expect_subscriptions_end("/api/v1/me/notes/%s/unpublish", "", "note.unpublished");
}

Test(event_contract, hiding_a_note_ends_the_subscriptions_of_others)
{
	expect_subscriptions_end("/api/v1/notes/%s/moderate", "{'hidden':true,'reason':'Ad.'}",
	                         "note.moderated");
}
