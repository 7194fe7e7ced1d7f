/* emulation.c: tests that commands reach the process that has the client's stream. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "emulation.h"
#include "live_fixture.h"

#define CHANNEL "binnacle_emulation"
#define SESSION "0123456789abcdef0123456789abcdef"

enum { MAX_FORWARDED = 7900 };

static struct buf body;

static void set_up(void)
{
	live_fixture_open();
	fixture.live.emulation = emulation_new(&fixture.live);
	fake_ws.has_session = true;
}

static void tear_down(void)
{
	live_fixture_close();
	buf_finish(&body);
	body = (struct buf){ 0 };
}

TestSuite(emulation, .init = set_up, .fini = tear_down);

static void post(const char *text)
{
	fake_http_close(&fixture.request);
	fake_http_open(&fixture.request);
	fixture.request.route = &fixture.route;
	fixture.request.body = str_of(text);
	emulation_run(&fixture.request);
}

/* node: NULL: none. */
static void post_commands(const char *node, const char *session, struct str commands)
{
	buf_clear(&body);
	buf_print(&body, "{\"session\":\"%s\",\"data\":", session);
	buf_json(&body, commands);
	if (node)
		buf_print(&body, ",\"node\":\"%s\"", node);
	buf_char(&body, '}');
	post(buf_cstr(&body));
}

static void expect_problem(const char *code)
{
	cr_assert_not_null(fake_http.code, "must be rejected with %s", code);
	cr_expect_str_eq(fake_http.code, code);
	cr_expect_str_empty(live_fixture_notified());
}

/* ---- This process ---- */

Test(emulation, commands_for_this_process_are_passed_on)
{
	static const char *const nodes[] = { NULL, "", FAKE_NODE };

	for (size_t i = 0; i < COUNT_OF(nodes); i++) {
		post_commands(nodes[i], SESSION, STR("{\"id\":1}\n{\"id\":2}"));
		cr_expect(eq(int, fake_http.status, 204));
		cr_expect_str_eq(fake_ws_calls(), "receive " SESSION " {\"id\":1}\n{\"id\":2}\n");
		cr_expect_str_empty(live_fixture_notified());
	}
}

Test(emulation, each_invalid_member_is_named)
{
	post("{\"node\":1,\"data\":[]}");
	expect_problem("VALIDATION_FAILED");
	cr_expect_str_eq(
		buf_cstr(&fake_http.errors),
		"[{\"pointer\":\"/session\",\"code\":\"required\",\"detail\":\"is required\"},"
		"{\"pointer\":\"/node\",\"code\":\"wrong_type\",\"detail\":\"must be a string\"},"
		"{\"pointer\":\"/data\",\"code\":\"wrong_type\",\"detail\":\"must be a string\"}]");
}

Test(emulation, an_unknown_session_of_this_process_is_rejected)
{
	fake_ws.has_session = false;
	post_commands(FAKE_NODE, SESSION, STR("{}"));
	expect_problem("NOT_FOUND");
}

Test(emulation, the_body_must_be_an_object_with_strings)
{
	static const struct {
		const char *body, *code;
	} rows[] = {
		{ "", "BAD_JSON" },
		{ "{", "BAD_JSON" },
		{ "[]", "VALIDATION_FAILED" },
		{ "7", "VALIDATION_FAILED" },
		{ "{}", "VALIDATION_FAILED" },
		{ "{\"session\":\"a\"}", "VALIDATION_FAILED" },
		{ "{\"data\":\"a\"}", "VALIDATION_FAILED" },
		{ "{\"session\":1,\"data\":\"a\"}", "VALIDATION_FAILED" },
		{ "{\"session\":\"a\",\"data\":{}}", "VALIDATION_FAILED" },
		{ "{\"session\":\"a\",\"data\":\"a\",\"node\":1}", "VALIDATION_FAILED" },
		{ "{\"session\":\"a\",\"data\":\"a\",\"node\":null}", "VALIDATION_FAILED" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		post(rows[i].body);
		expect_problem(rows[i].code);
		cr_expect_str_empty(fake_ws_calls());
	}
}

/* ---- Another process ---- */

Test(emulation, commands_for_another_process_are_forwarded)
{
	post_commands(OTHER, SESSION, STR("{\"id\":1}\n{\"id\":2}"));
	cr_expect(eq(int, fake_http.status, 204));
	cr_expect_str_eq(live_fixture_notified(),
	                 CHANNEL " " OTHER " " SESSION " {\"id\":1}\n{\"id\":2}\n");
	cr_expect_str_empty(fake_ws_calls());
}

Test(emulation, an_impossible_node_or_session_is_rejected)
{
	static const struct {
		const char *node, *session;
	} rows[] = {
		{ "other", SESSION },
		{ OTHER " ", SESSION },
		{ OTHER, "" },
		{ OTHER, SESSION "0" },
		{ OTHER, "0123456789abcdef" },
		{ OTHER, "0123456789abcdef 123456789abcdef" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		post_commands(rows[i].node, rows[i].session, STR("{}"));
		expect_problem("NOT_FOUND");
	}
}

Test(emulation, nothing_is_forwarded_while_notifications_are_lost)
{
	fake_db.listening = false;
	post_commands(OTHER, SESSION, STR("{}"));
	expect_problem("DATABASE_DOWN");
}

/* Adds a line of this length, filled with the letter. */
static void add_line(struct buf *commands, char letter, size_t length)
{
	if (commands->length)
		buf_char(commands, '\n');
	memset(buf_reserve(commands, length), letter, length);
	commands->length += length;
}

/* "a*7900 b*3" for each payload, whose lines each consist of one letter. */
static const char *shape_of(const char *notified)
{
	static struct buf shape;
	struct str rest = str_of(notified), line;

	buf_clear(&shape);
	while (str_cut(&rest, '\n', &line)) {
		struct str part = line;

		if (str_begins(line, CHANNEL " ")) {
			buf_text(&shape, shape.length ? " | " : "");
			for (int i = 0; i < 3; i++)
				str_cut(&line, ' ', &part);
			part = line;
		} else {
			buf_char(&shape, ' ');
		}
		buf_print(&shape, "%c*%zu", part.at[0], part.length);
	}
	return buf_cstr(&shape);
}

Test(emulation, commands_are_split_between_lines)
{
	static const struct {
		struct {
			char letter;
			size_t length;
		} lines[4];
		const char *shape; /* NULL: rejected */
	} rows[] = {
		{ { { 'a', 1 }, { 'b', 2 } }, "a*1 b*2" },
		{ { { 'a', MAX_FORWARDED } }, "a*7900" },
		{ { { 'a', MAX_FORWARDED + 1 } }, NULL },
		{ { { 'a', MAX_FORWARDED }, { 'b', 3 } }, "a*7900 | b*3" },
		{ { { 'a', 3 }, { 'b', MAX_FORWARDED } }, "a*3 | b*7900" },
		/* together with the line break exactly as long as allowed, and one longer */
		{ { { 'a', 7800 }, { 'b', 99 } }, "a*7800 b*99" },
		{ { { 'a', 7800 }, { 'b', 100 } }, "a*7800 | b*100" },
		{ { { 'a', 4000 }, { 'b', 3000 }, { 'c', 4000 }, { 'd', 5 } },
		  "a*4000 b*3000 | c*4000 d*5" },
		/* Nothing is forwarded if one command is too long. */
		{ { { 'a', 5 }, { 'b', MAX_FORWARDED + 1 }, { 'c', 5 } }, NULL },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf commands = { 0 };

		for (int j = 0; j < 4 && rows[i].lines[j].letter; j++)
			add_line(&commands, rows[i].lines[j].letter, rows[i].lines[j].length);
		post_commands(OTHER, SESSION, buf_as_str(&commands));
		if (rows[i].shape) {
			cr_expect(fake_http.status == 204, "row %zu", i);
			cr_expect_str_eq(shape_of(live_fixture_notified()), rows[i].shape,
			                 "row %zu", i);
		} else {
			expect_problem("BODY_TOO_LARGE");
		}
		buf_finish(&commands);
	}
	shape_of("");
}

/* ---- Commands from another process ---- */

Test(emulation, forwarded_commands_reach_the_process_they_are_for)
{
	static const struct {
		const char *payload, *calls;
	} rows[] = {
		{ FAKE_NODE " " SESSION " {\"id\":1}\n{\"id\": 2}",
		  "receive " SESSION " {\"id\":1}\n{\"id\": 2}\n" },
		{ OTHER " " SESSION " {\"id\":1}", "" },
		{ FAKE_NODE, "" },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		fake_db_receive(CHANNEL, rows[i].payload);
		cr_expect_str_eq(fake_ws_calls(), rows[i].calls, "%s", rows[i].payload);
	}
	/* The session no longer exists: the client reconnects. */
	fake_ws.has_session = false;
	fake_db_receive(CHANNEL, FAKE_NODE " " SESSION " {}");
	cr_expect_not(fake_http.replied);
}

Test(emulation, what_is_forwarded_can_be_received)
{
	struct str sent;

	post_commands(OTHER, SESSION, STR("{\"id\":1}"));
	sent = str_of(live_fixture_notified());
	cr_assert(str_begins(sent, CHANNEL " " OTHER " "));
	buf_clear(&body);
	buf_print(&body, FAKE_NODE "%.*s", (int)(sent.length - strlen(CHANNEL " " OTHER) - 1),
	          sent.at + strlen(CHANNEL " " OTHER));
	fake_db_receive(CHANNEL, buf_cstr(&body));
	cr_expect_str_eq(fake_ws_calls(), "receive " SESSION " {\"id\":1}\n");
}
