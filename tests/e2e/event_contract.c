/* What is heard over every transport is what /asyncapi.json promises, and heard by whom it is for. */

#include <stdlib.h>

#include "json_schema.h"
#include "e2e.h"
#include "raw_conn.h"

enum { PATIENCE_MS = 10000 };

static struct {
	const struct json *document;
	struct client *admin, *reader;
	const char *token; /* the admin's */
	const char *place, *type;
	size_t messages;
} f;

static void setup(void)
{
	f.admin = e2e_client("admin");
	f.reader = e2e_client(NULL);
	f.token = e2e_format("%s", answer_at(client_post(f.admin, "/dev/token", "{'who':'admin'}"), "token"));
	f.place = e2e_location();
	f.type = "drill.heard";
	f.document = client_get(f.reader, "/asyncapi.json")->json;
	cr_assert(f.document);
}

TestSuite(event_contract, .init = setup, .timeout = 60);

static const struct json *member(const struct json *object, const char *name)
{
	return object ? json_member(object, name) : NULL;
}

/* A message as /ws and /api/v1/events tell it. */
static void expect_promised(struct str text)
{
	const char *fault = NULL, *type, *wrong;
	struct json *message = json_parse(text, &fault, NULL);
	const struct json *payload;

	cr_assert(message, "%s: %.*s", fault, STR_ARGS(text));
	type = json_text_in(message, "type");
	if (strcmp(type, f.type) == 0)
		type = "broadcast";
	payload = member(member(json_in(f.document, "components.messages"), type), "payload");
	cr_assert(payload, "%s is told, and not in the contract", type);
	wrong = json_schema_check(f.document, payload, message);
	cr_expect(!wrong, "%s: %s", type, wrong);
	f.messages++;
	json_free(message);
}

/* Something of each kind. */
static void let_it_happen(void)
{
	const char *log = e2e_log(f.admin, f.place, "Heard");

	assert_status(client_patch(f.admin, e2e_format("/api/v1/logs/%s", log), "{'title':'Heard again'}"), 200);
	assert_status(client_post(f.admin, e2e_format("/api/v1/logs/%s/comments", log), "{'content':'So it was.'}"), 201);
	assert_status(client_post(f.admin, "/websocket/broadcast", "{'type':'%s','data':{'at':'%s'}}", f.type, f.place), 200);
}

static void wait_for_last(struct raw_conn *wire)
{
	cr_assert(raw_conn_wait_for(wire, e2e_format("{\"at\":\"%s\"}", f.place), PATIENCE_MS), "%s", buf_cstr(&wire->heard));
	cr_assert(raw_conn_wait_for(wire, "Heard again", PATIENCE_MS));
}

Test(event_contract, in_plain_words_is_as_promised)
{
	struct raw_conn *wire = raw_conn_websocket(server_port(e2e_server()), "/ws");
	static const char *const says[] = {
		"{'type':'authenticate','data':{'token':'%s'}}", "{'type':'authenticate','data':{'token':'x'}}",
		"{'type':'subscribe','data':{'channel':'location:%s'}}", "{'type':'resume','data':{'channel':'all','offset':0,'epoch':'x'}}",
		"{'type':'subscribe','data':{'channel':'duty'}}", "{'type':'unsubscribe','data':{'channel':'duty'}}",
		"{'type':'subscribe','data':{'channel':'nothing'}}", "{'type':'hello','data':[1,null,{'a':1.5}]}", "no JSON",
	};
	struct str payload;
	int first;

	for (size_t i = 0; i < COUNT_OF(says); i++) {
		struct buf words = { 0 };

		for (const char *at = says[i]; *at; at++) {
			if (at[0] == '%')
				buf_text(&words, i == 0 ? f.token : f.place);
			if (at[0] == '%')
				at++;
			else
				buf_char(&words, *at == '\'' ? '"' : *at);
		}
		raw_conn_send_frame(wire, FRAME_TEXT, buf_as_str(&words));
		buf_finish(&words);
	}
	cr_assert(raw_conn_wait_for(wire, "invalid JSON", PATIENCE_MS), "%s", buf_cstr(&wire->heard));
	cr_assert(raw_conn_wait_for(wire, "location:", PATIENCE_MS));
	let_it_happen();
	wait_for_last(wire);
	while ((first = raw_conn_next_frame(wire, &payload)) >= 0) {
		if (first == FRAME_TEXT)
			expect_promised(payload);
	}
	/* Whether `duty` was heard before it was left is a matter of time. */
	cr_expect_geq(f.messages, COUNT_OF(says) + 4);
	raw_conn_free(wire);
}

Test(event_contract, of_server_sent_events_is_as_promised)
{
	struct raw_conn *wire = raw_conn_new(server_port(e2e_server()));
	struct str rest, line;

	raw_conn_send(wire, str_of(e2e_format("GET /api/v1/events?channels=all,location:%s HTTP/1.1\r\nHost: localhost\r\n"
	                                  "Authorization: Bearer %s\r\n\r\n",
	                                  f.place, f.token)));
	cr_assert(raw_conn_wait_for(wire, "retry: 3000\n\n", PATIENCE_MS), "%s", buf_cstr(&wire->heard));
	let_it_happen();
	wait_for_last(wire);
	for (rest = buf_as_str(&wire->heard); str_cut(&rest, '\n', &line);) {
		if (str_begins(line, "data: "))
			expect_promised((struct str){ line.at + 6, line.length - 6 });
	}
	cr_expect_geq(f.messages, 3);
	raw_conn_free(wire);
}

/* A publication, with what stands beside it: as /ws would tell it. */
static void expect_publication(const struct json *push)
{
	struct buf text = { 0 }, data = { 0 };

	buf_json_value(&data, json_in(push, "pub.data"));
	buf_print(&text, "%.*s,\"channel\":\"%s\",\"offset\":%s}", (int)data.length - 1, data.at, json_text_in(push, "channel"),
	          json_text_in(push, "pub.offset"));
	expect_promised(buf_as_str(&text));
	buf_finish(&text);
	buf_finish(&data);
}

Test(event_contract, by_centrifugos_clients_is_as_promised)
{
	struct raw_conn *wire = raw_conn_websocket(server_port(e2e_server()), "/connection/websocket");
	struct str payload;

	raw_conn_send_frame(wire, FRAME_TEXT,
	           str_of(e2e_format("{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"all\"}}\n"
	                              "{\"id\":3,\"subscribe\":{\"channel\":\"location:%s\"}}",
	                              f.token, f.place)));
	cr_assert(raw_conn_wait_for(wire, "{\"id\":2,\"subscribe\":", PATIENCE_MS) && raw_conn_wait_for(wire, "{\"id\":3,\"subscribe\":", PATIENCE_MS),
	          "%s", buf_cstr(&wire->heard));
	let_it_happen();
	wait_for_last(wire);
	while (raw_conn_next_frame(wire, &payload) >= 0) {
		const char *fault;
		struct json *object = json_parse(payload, &fault, NULL);
		const struct json *push = member(object, "push");

		if (member(push, "pub"))
			expect_publication(push);
		json_free(object);
	}
	cr_expect_geq(f.messages, 3);
	raw_conn_free(wire);
}

/* ---- And by whom ---- */

/* How often the database was asked that. */
static long asked(const char *statement)
{
	const char *line = strstr(client_get(f.reader, "/metrics")->body.at,
	                          e2e_format("db_client_operation_duration_seconds_count{db_query_summary=\"%s\"} ", statement));

	return line ? strtol(strchr(line, ' '), NULL, 10) : 0;
}

static struct raw_conn *listens(const char *note, const char *token)
{
	struct raw_conn *wire = raw_conn_new(server_port(e2e_server()));

	raw_conn_send(wire, str_of(e2e_format("GET /api/v1/events?channels=note:%s HTTP/1.1\r\nHost: localhost\r\n%s%s%s\r\n", note,
	                                  token ? "Authorization: Bearer " : "", token ?: "", token ? "\r\n" : "")));
	cr_assert(raw_conn_wait_for(wire, "retry: 3000\n\n", PATIENCE_MS), "%s", buf_cstr(&wire->heard));
	return wire;
}

/* They are judged many at a time, and the others meanwhile are told nothing that was for them. */
Test(event_contract, by_many_is_heard_no_more_when_it_is_shown_to_nobody)
{
	enum { MANY = 150 };
	struct raw_conn *many[MANY], *owner;
	const char *note = e2e_format("%s", answer_at(client_post(f.admin, "/api/v1/me/notes", "{'title':'A','content':'B'}"), "id"));
	const char *path = e2e_format("/api/v1/me/notes/%s", note);
	long before;

	assert_status(client_post(f.admin, e2e_format("%s/publish", path), NULL), 200);
	owner = listens(note, f.token);
	for (int i = 0; i < MANY; i++)
		many[i] = listens(note, NULL);
	before = asked("channels_authorize");
	assert_status(client_post(f.admin, e2e_format("%s/unpublish", path), NULL), 200);
	assert_status(client_patch(f.admin, path, "{'content':'For me alone.'}"), 200);
	cr_expect(raw_conn_wait_for(owner, "note.unpublished", PATIENCE_MS));
	cr_expect(raw_conn_wait_for(owner, "note.updated", PATIENCE_MS));
	for (int i = 0; i < MANY; i++) {
		cr_expect(raw_conn_wait_end(many[i], PATIENCE_MS));
		cr_expect(!strstr(buf_cstr(&many[i]->heard), "event: "), "%s", buf_cstr(&many[i]->heard));
		raw_conn_free(many[i]);
	}
	raw_conn_free(owner);
	/* (By others of this suite, too.) */
	cr_expect_leq(asked("channels_authorize") - before, 20, "%ld", asked("channels_authorize") - before);
}
