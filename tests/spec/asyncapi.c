/* asyncapi.c: tests that the AsyncAPI document contains what the tables declare. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "json.h"
#include "live_routes.h"
#include "resources.h"
#include "spec.h"

static struct buf text;
static struct json *document;

static void set_up(void)
{
	const char *error;

	spec_asyncapi(all_events, &text);
	document = json_parse(buf_as_str(&text), &error, NULL);
	cr_assert(document != NULL, "%s", error);
}

static void tear_down(void)
{
	json_free(document);
	buf_finish(&text);
}

TestSuite(asyncapi, .init = set_up, .fini = tear_down);

static const struct json *part(const char *first, const char *second, const char *third)
{
	const struct json *value = json_member(document, first);

	value = value ? json_member(value, second) : NULL;
	return value && third ? json_member(value, third) : value;
}

Test(asyncapi, describes_each_message_with_an_example)
{
	for (struct json_cursor at = json_begin(part("components", "messages", NULL));
	     json_next(&at);) {
		const struct json *examples = json_member(at.value, "examples");

		cr_expect(examples && json_count(examples) > 0, "%s", at.name);
		cr_expect(json_member_string(at.value, "summary").length > 0, "%s", at.name);
		cr_expect(json_member(at.value, "payload") != NULL, "%s", at.name);
	}
}

Test(asyncapi, describes_what_clients_of_ws_send_and_get)
{
	static const char *const types[] = {
#define CLIENT_MESSAGE(type, ...) #type,
#define MEMBER(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
	};

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		char name[64];
		const struct json *operation;

		snprintf(name, sizeof(name), "receive_%s", types[i]);
		operation = part("operations", name, NULL);
		cr_assert(operation != NULL, "%s", name);
		cr_expect(str_is(json_member_string(operation, "action"), "receive"));
		cr_expect(json_member(operation, "reply") != NULL, "%s", name);
	}
}

static size_t count_with(const struct json *list, const char *member, long long number)
{
	size_t count = 0;

	for (size_t i = 0; i < json_count(list); i++)
		count += json_integer(json_member(json_at(list, i), member)) == number;
	return count;
}

Test(asyncapi, lists_each_error_and_close_code_once)
{
	static const int errors[] = {
#define WS_ERROR(name, code, ...) code,
#include "table/ws_errors.def"
#undef WS_ERROR
	};
	static const int closes[] = {
#define DISCONNECT(name, code, ...) code,
#include "table/disconnects.def"
#undef DISCONNECT
#define WS_CLOSE(name, code, ...) code,
#include "table/ws_closes.def"
#undef WS_CLOSE
	};

	for (size_t i = 0; i < COUNT_OF(errors); i++)
		cr_expect_eq(count_with(json_member(document, "x-error-codes"), "code", errors[i]),
		             1, "%d", errors[i]);
	for (size_t i = 0; i < COUNT_OF(closes); i++)
		cr_expect_eq(count_with(json_member(document, "x-close-codes"), "code", closes[i]),
		             1, "%d", closes[i]);
}

Test(asyncapi, marks_the_codes_after_which_clients_reconnect)
{
	static const struct {
		int code;
		bool reconnect;
	} rows[] = { { 1009, false }, { 3001, true }, { 3013, true }, { 3500, false } };
	const struct json *list = json_member(document, "x-close-codes");

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *entry = json_at(list, i);

		for (size_t j = 0; j < COUNT_OF(rows); j++) {
			if (json_integer(json_member(entry, "code")) == rows[j].code)
				cr_expect_eq(json_boolean(json_member(entry, "reconnect")),
				             rows[j].reconnect, "%d", rows[j].code);
		}
	}
}

Test(asyncapi, has_a_server_for_each_realtime_route)
{
	const struct json *servers = json_member(document, "servers");

	for (const struct live_route *row = live_route_rows; row->method; row++) {
		size_t count = 0;

		for (struct json_cursor at = json_begin(servers); json_next(&at);)
			count += str_is(json_member_string(at.value, "pathname"), row->pattern);
		cr_expect_eq(count, 1, "%s", row->pattern);
	}
}
