/* contract_events.c: the events there have been, against what /asyncapi.json says of them. */

#include "contract_events.h"
#include "json_schema.h"
#include "e2e.h"

static const struct json *member(const struct json *object, const char *name)
{
	return object ? json_member(object, name) : NULL;
}

static const char *ask(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "");
}

static void expect_data(const struct json *document, const char *name, const char *type)
{
	const struct json *schema = member(json_in(document, "components.schemas"), name);
	const char *text = ask(e2e_format("select json_agg(e.data) from (select data from live.events"
	                                   " where type = '%s' order by at desc limit 6) e",
	                                   type));
	const char *fault;
	struct json *seen = json_parse(str_of(text), &fault, NULL);

	cr_assert(seen != NULL, "%s: %s", type, text);
	cr_expect(schema != NULL, "%s is told, and not in the contract", type);
	for (size_t i = 0; schema && i < json_count(seen); i++) {
		const char *complaint = json_schema_check(document, schema, json_at(seen, i));

		cr_expect(!complaint, "%s: %s", type, complaint);
	}
	json_free(seen);
}

/* "log:…" is of the channels that are called `log` there. */
static void expect_channels(const struct json *document, const char *name, const char *type)
{
	struct str rest = str_of(ask(e2e_format("select string_agg(distinct split_part(channel, ':', 1), ' ')"
	                                         " from live.events where type = '%s'",
	                                         type))),
		   kind;

	while (str_cut(&rest, ' ', &kind)) {
		const char *channel = e2e_format("%.*s", STR_ARGS(kind));

		cr_expect(member(member(member(json_member(document, "channels"), channel), "messages"), name) != NULL,
		          "%s is told on %s", type, channel);
	}
}

void expect_events_as_promised(void)
{
	const struct json *document = client_get(e2e_client(NULL), "/asyncapi.json")->json;
	struct str rest = str_of(ask("select string_agg(distinct type, ' ') from live.events")), each;
	size_t kinds = 0;

	cr_assert(document != NULL);
	while (str_cut(&rest, ' ', &each)) {
		const char *type = e2e_format("%.*s", STR_ARGS(each));
		bool said_to_all = str_begins(each, "drill."); /* what people say, people name */
		const char *name = said_to_all ? "broadcast" : type;

		expect_data(document, name, type);
		expect_channels(document, name, type);
		kinds++;
	}
	cr_expect(kinds > 20, "%zu kinds of events", kinds);
}
