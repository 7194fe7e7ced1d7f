/* contract_events.c: compares the events in the database with /asyncapi.json. */

#include "contract_events.h"
#include "json_schema.h"
#include "e2e.h"

static const struct json *member(const struct json *object, const char *name)
{
	return object ? json_member(object, name) : NULL;
}

static const char *query(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "");
}

static void expect_data(const struct json *document, const char *name, const char *type)
{
	const struct json *schema = member(json_in(document, "components.schemas"), name);
	const char *text =
		query(e2e_format("select json_agg(e.data) from (select data from live.events"
	                         " where type = '%s' order by at desc limit 6) e",
	                         type));
	const char *error;
	struct json *list = json_parse(str_of(text), &error, NULL);

	cr_assert(list != NULL, "%s: %s", type, text);
	cr_expect(schema != NULL,
	          "%s is published, but not in the contract: add it to include/table/events.def",
	          type);
	for (size_t i = 0; schema && i < json_count(list); i++) {
		error = json_schema_check(document, schema, json_at(list, i));

		cr_expect(!error, "%s: %s", type, error);
	}
	json_free(list);
}

/* The contract describes all channels "log:…" as `log`. */
static void expect_channels(const struct json *document, const char *name, const char *type)
{
	struct str rest = str_of(query(
			   e2e_format("select string_agg(distinct split_part(channel, ':', 1), ' ')"
	                              " from live.events where type = '%s'",
	                              type))),
		   kind;

	while (str_cut(&rest, ' ', &kind)) {
		const char *channel = e2e_format("%.*s", STR_ARGS(kind));

		cr_expect(member(member(member(json_member(document, "channels"), channel),
		                        "messages"),
		                 name)
		                  != NULL,
		          "%s is published on %s, but not in the contract: edit"
		          " include/table/events.def",
		          type, channel);
	}
}

void expect_events_match_contract(void)
{
	const struct json *document = client_get(e2e_client(NULL), "/asyncapi.json")->json;
	struct str rest = str_of(query("select string_agg(distinct type, ' ') from live.events")),
		   each;
	size_t types = 0;

	cr_assert(document != NULL);
	while (str_cut(&rest, ' ', &each)) {
		const char *type = e2e_format("%.*s", STR_ARGS(each));
		/* The contract describes broadcasts, whose types users choose, as one message. */
		const char *name = str_begins(each, "drill.") ? "broadcast" : type;

		expect_data(document, name, type);
		expect_channels(document, name, type);
		types++;
	}
	cr_expect(types > 20, "only %zu event types were published", types);
}
