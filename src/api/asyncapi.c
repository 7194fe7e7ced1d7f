/* asyncapi.c: what can be listened to as a document, AsyncAPI 3.0: the rows of channels.def
 * and events.def.
 *
 * What a member of an event's data is, is said where it is shown: in the shape of an answer.
 * The one that has most of the event's members speaks for it; of what it does not have, the
 * name tells enough. */

#include <stdio.h>

#include "channels.h"
#include "contract.h"

static const struct event {
	const char *type;     /* "*": any, as people say it */
	const char *channels; /* patterns, with blanks between */
	const char *data;     /* names of its members, likewise; "*": any */
	const char *says;
} events[] = {
#define EVENT(type, channels, data, says) { type, channels, data, says },
#include "table/events.def"
#undef EVENT
};

static bool is_among(const char *words, struct str word)
{
	struct str rest = str_of(words), each;

	while (str_cut(&rest, ' ', &each)) {
		if (str_equal(each, word))
			return true;
	}
	return false;
}

static bool is_free(const struct event *event)
{
	return strcmp(event->type, "*") == 0;
}

/* As it is called in the document. */
static const char *name_of(const struct event *event)
{
	return is_free(event) ? "broadcast" : event->type;
}

/* ---- What its members are ---- */

static const struct field *find(const struct field *fields, struct str name)
{
	for (; fields && fields->name; fields++) {
		if (str_is(name, fields->name) && fields->type != FIELD_SHAPE)
			return fields;
	}
	return NULL;
}

static const struct field *find_in(const struct shape *shape, struct str name)
{
	const struct field *field = shape ? find(shape->fields, name) : NULL;

	return field || !shape ? field : find(shape->more, name);
}

/* The next member of an event's data; `may_lack`: it may be null. */
static bool next_member(struct str *rest, struct str *name, bool *may_lack)
{
	if (!str_cut(rest, ' ', name))
		return false;
	*may_lack = name->at[name->length - 1] == '?';
	name->length -= *may_lack;
	return true;
}

static int shared(const struct event *event, const struct shape *shape)
{
	struct str rest = str_of(event->data), name;
	bool may_lack;
	int count = 0;

	while (next_member(&rest, &name, &may_lack))
		count += find_in(shape, name) != NULL;
	return count;
}

static const struct shape *shape_of(const struct event *event, const struct resource *const *resources)
{
	const struct shape *best = NULL;
	int most = 0;

	for (; *resources; resources++) {
		for (const struct operation *o = (*resources)->operations; o->method; o++) {
			const struct shape *shape = o->answers;

			while (shape && shape->list)
				shape = shape->of;
			if (shape && shared(event, shape) > most) {
				best = shape;
				most = shared(event, shape);
			}
		}
	}
	return best;
}

static bool ends(struct str name, const char *end)
{
	size_t length = strlen(end);

	return name.length >= length && memcmp(name.at + name.length - length, end, length) == 0;
}

/* No shape shows it. */
static struct field guess(struct str name)
{
	if (str_is(name, "revision"))
		return (struct field){ .type = FIELD_INTEGER, .min = 1, .max = 9007199254740991 };
	if (str_is(name, "id"))
		return (struct field){ .type = FIELD_UUID };
	if (ends(name, "_id"))
		return (struct field){ .type = FIELD_UUID, .rules = NULLABLE };
	if (str_is(name, "created"))
		return (struct field){ .type = FIELD_INTEGER, .min = 0, .max = 1000000 };
	if (str_is(name, "role"))
		return (struct field){ .type = FIELD_NAME, .rules = NULLABLE, .min = 1, .max = 50 };
	if (ends(name, "_at") || ends(name, "_time"))
		return (struct field){ .type = FIELD_TIME, .rules = NULLABLE };
	return (struct field){ .type = FIELD_JSON };
}

static void choice(struct buf *out, const char *key, const struct field *field)
{
	bool nullable = field->rules & NULLABLE;

	contract_open(out, key, '{');
	contract_raw(out, "type", nullable ? "[\"string\",\"null\"]" : "\"string\"");
	contract_open(out, "enum", '[');
	for (const char *const *each = field->choices; *each; each++) {
		buf_json(out, str_of(*each));
		buf_char(out, ',');
	}
	buf_text(out, nullable ? "null" : "");
	contract_close(out, ']');
	contract_close(out, '}');
}

static void member(struct buf *out, const struct shape *shape, struct str name, bool may_lack)
{
	const struct field *shown = find_in(shape, name);
	struct field field = shown ? *shown : guess(name);
	char key[64];

	snprintf(key, sizeof(key), "%.*s", STR_ARGS(name));
	field.says = NULL; /* it speaks of another object */
	field.usual = NULL;
	field.rules |= may_lack ? NULLABLE : 0;
	if (field.type == FIELD_CHOICE && !(field.rules & MANY))
		choice(out, key, &field);
	else
		contract_field(out, key, &field);
}

static void data(struct buf *out, const struct event *event, const struct resource *const *resources)
{
	const struct shape *shape = shape_of(event, resources);
	struct str rest = str_of(event->data), name;
	bool may_lack;

	contract_open(out, name_of(event), '{');
	contract_text(out, "type", "object");
	if (is_free(event)) {
		contract_raw(out, "additionalProperties", "true");
		contract_close(out, '}');
		return;
	}
	contract_open(out, "properties", '{');
	while (next_member(&rest, &name, &may_lack))
		member(out, shape, name, may_lack);
	contract_close(out, '}');
	contract_open(out, "required", '[');
	for (rest = str_of(event->data); next_member(&rest, &name, &may_lack);)
		buf_print(out, "\"%.*s\",", STR_ARGS(name));
	contract_close(out, ']');
	contract_raw(out, "additionalProperties", "false");
	contract_close(out, '}');
}

/* ---- What goes over the wire ---- */

/* As /ws and /api/v1/events send it. */
static void message(struct buf *out, const struct event *event)
{
	contract_open(out, name_of(event), '{');
	contract_text(out, "name", name_of(event));
	contract_text(out, "summary", event->says);
	contract_text(out, "contentType", "application/json");
	contract_open(out, "payload", '{');
	contract_text(out, "type", "object");
	contract_open(out, "properties", '{');
	contract_raw(out, "channel", "{\"type\":\"string\",\"description\":\"Where it was said.\"}");
	contract_raw(out, "offset", "{\"type\":\"integer\",\"minimum\":1,\"description\":\"Its place there: 1, 2, 3 … without a "
	                            "hole.\"}");
	contract_open(out, "type", '{');
	if (is_free(event))
		buf_text(out, "\"type\":\"string\",\"pattern\":\"^[a-z0-9_.]{1,100}$\",");
	else
		contract_text(out, "const", event->type);
	contract_close(out, '}');
	buf_print(out, "\"data\":{\"$ref\":\"#/components/schemas/%s\"},", name_of(event));
	contract_raw(out, "timestamp", "{\"type\":\"string\",\"format\":\"date-time\",\"description\":\"When.\"}");
	contract_close(out, '}');
	contract_raw(out, "required", "[\"channel\",\"offset\",\"type\",\"data\",\"timestamp\"]");
	contract_raw(out, "additionalProperties", "false");
	contract_close(out, '}');
	contract_close(out, '}');
}

/* "note:{id}" → "note" */
static const char *kind_of(const struct channel_row *row, char kind[32])
{
	snprintf(kind, 32, "%.*s", (int)strcspn(row->pattern, ":"), row->pattern);
	return kind;
}

static void description(struct buf *out, const struct channel_row *row)
{
	struct buf text = { 0 };

	buf_text(&text, row->says);
	if (row->role == PUBLIC)
		buf_text(&text, " Nobody needs a token for what is everybody's.");
	else
		buf_print(&text, " For the role %s and above.", role_name(row->role));
	for (struct str rest = str_of(row->revokes), type; str_cut(&rest, ' ', &type);)
		buf_print(&text, "%s%.*s", type.at == row->revokes ? " Everybody who listens is judged anew after " : " and ",
		          STR_ARGS(type));
	buf_text(&text, *row->revokes ? "." : "");
	contract_text(out, "description", buf_cstr(&text));
	buf_finish(&text);
}

static void channel(struct buf *out, const struct channel_row *row)
{
	char kind[32];

	contract_open(out, kind_of(row, kind), '{');
	contract_text(out, "address", row->pattern);
	description(out, row);
	if (strchr(row->pattern, '{'))
		contract_raw(out, "parameters", "{\"id\":{\"description\":\"Its id, a UUID in lower case.\"}}");
	contract_open(out, "messages", '{');
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		if (is_among(events[i].channels, str_of(row->pattern)))
			buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},", name_of(&events[i]), name_of(&events[i]));
	}
	contract_close(out, '}');
	contract_close(out, '}');
}

static void operation(struct buf *out, const struct channel_row *row)
{
	char kind[32];

	kind_of(row, kind);
	buf_print(out, "\"hear_%s\":{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/%s\"},", kind, kind);
	contract_text(out, "summary", row->says);
	if (row->role != PUBLIC)
		contract_raw(out, "security", "[{\"$ref\":\"#/components/securitySchemes/bearerAuth\"}]");
	contract_close(out, '}');
}

static void servers(struct buf *out)
{
	static const struct {
		const char *name, *protocol, *path, *says;
	} rows[] = {
		{ "websocket", "wss", "/ws", "Each event is a message as it is described here." },
		{ "events", "https", "/api/v1/events", "Likewise, as server-sent events." },
		{ "centrifugo", "wss", "/connection/websocket",
		  "Centrifugo's protocol, for its clients: a publication's data are type, data and timestamp; channel and "
		  "offset stand beside them." },
	};

	contract_open(out, "servers", '{');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		contract_open(out, rows[i].name, '{');
		contract_text(out, "host", "{host}");
		contract_text(out, "pathname", rows[i].path);
		contract_text(out, "protocol", rows[i].protocol);
		contract_text(out, "description", rows[i].says);
		contract_raw(out, "variables", "{\"host\":{\"default\":\"localhost:8080\",\"description\":\"Where this is served.\"}}");
		contract_close(out, '}');
	}
	contract_close(out, '}');
}

void api_asyncapi(const struct resource *const *resources, struct buf *out)
{
	contract_open(out, NULL, '{');
	contract_text(out, "asyncapi", "3.0.0");
	contract_raw(out, "info", "{\"title\":\"Binnacle\",\"version\":\"" BINNACLE_VERSION "\",\"description\":\"What those who "
	                          "stand watch hear. Whoever comes back says the last offset and the epoch he saw, and is "
	                          "told all that he missed, or that it cannot be had.\"}");
	contract_text(out, "defaultContentType", "application/json");
	servers(out);
	contract_open(out, "channels", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		channel(out, &channel_rows[i]);
	contract_close(out, '}');
	contract_open(out, "operations", '{');
	for (size_t i = 0; i < CHANNELS; i++)
		operation(out, &channel_rows[i]);
	contract_close(out, '}');
	contract_open(out, "components", '{');
	contract_open(out, "messages", '{');
	for (size_t i = 0; i < COUNT_OF(events); i++)
		message(out, &events[i]);
	contract_close(out, '}');
	contract_open(out, "schemas", '{');
	for (size_t i = 0; i < COUNT_OF(events); i++)
		data(out, &events[i], resources);
	contract_close(out, '}');
	contract_raw(out, "securitySchemes",
	             "{\"bearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}");
	contract_close(out, '}');
	contract_close(out, '}');
	out->length--; /* the comma behind the whole */
}
