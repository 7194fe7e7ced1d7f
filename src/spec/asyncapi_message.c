/* asyncapi_message.c: writes messages and their payloads. */

#include "asyncapi.h"
#include "asyncapi_message.h"
#include "example.h"
#include "json_schema.h"
#include "writer.h"

bool message_has_required(const struct field *fields)
{
	for (; fields->name; fields++) {
		if (fields->rules & REQUIRED)
			return true;
	}
	return false;
}

void message_object_open(struct buf *out, const char *key)
{
	writer_open(out, key, '{');
	writer_text(out, "type", "object");
	writer_open(out, "properties", '{');
}

void message_object_close(struct buf *out, const char *required)
{
	writer_close(out, '}');
	writer_raw(out, "required", required);
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
}

void message_object(struct buf *out, const char *key, const struct field *fields)
{
	message_object_open(out, key);
	for (const struct field *field = fields; field->name; field++) {
		struct field schema = *field;

		if (field->type == FIELD_SHAPE)
			schema.rules &= ~(unsigned)REQUIRED; /* the list may be empty */
		if (strcmp(field->name, "code") == 0)
			asyncapi_codes_schema(out, field->name);
		else
			json_schema_field(out, field->name, &schema);
	}
	writer_close(out, '}');
	if (message_has_required(fields)) {
		writer_open(out, "required", '[');
		for (const struct field *field = fields; field->name; field++) {
			if (field->rules & REQUIRED)
				buf_print(out, "\"%s\",", field->name);
		}
		writer_close(out, ']');
	}
	writer_raw(out, "additionalProperties", "false");
	writer_close(out, '}');
}

/* Members that may be absent are shown if they have an example. */
void message_object_example(struct buf *out, const struct field *fields)
{
	const struct shape shape = { .fields = fields, .is_input = true };

	example_shape(out, &shape);
}

void message_open(struct buf *out, const char *key, const char *name, const char *summary,
                  const char *description)
{
	writer_open(out, key, '{');
	writer_text(out, "name", name);
	writer_text(out, "title", summary);
	writer_text(out, "summary", summary);
	if (description)
		writer_text(out, "description", description);
}

void message_example_open(struct buf *out)
{
	buf_text(out, "\"examples\":[{\"name\":\"example\",\"payload\":");
}

void message_example_close(struct buf *out)
{
	writer_close(out, '}');
	writer_close(out, ']');
}

void message_channel_open(struct buf *out, const char *name, const char *title,
                          const char *description, const char *servers)
{
	writer_open(out, name, '{');
	writer_raw(out, "address", "null");
	writer_text(out, "title", title);
	writer_text(out, "description", description);
	writer_raw(out, "servers", servers);
	writer_open(out, "messages", '{');
}

void message_ref(struct buf *out, const char *key)
{
	buf_print(out, "\"%s\":{\"$ref\":\"#/components/messages/%s\"},", key, key);
}

void message_operation_open(struct buf *out, const char *name, const char *action,
                            const char *channel, const char *summary)
{
	writer_open(out, name, '{');
	writer_text(out, "action", action);
	buf_print(out, "\"channel\":{\"$ref\":\"#/channels/%s\"},", channel);
	writer_text(out, "title", summary);
	writer_text(out, "summary", summary);
}

void message_operation_messages(struct buf *out, const char *channel, const char *messages)
{
	struct str rest = str_of(messages), message;

	writer_open(out, "messages", '[');
	while (str_cut(&rest, ' ', &message))
		buf_print(out, "{\"$ref\":\"#/channels/%s/messages/%.*s\"},", channel,
		          STR_ARGS(message));
	writer_close(out, ']');
}

void message_operation_reply(struct buf *out, const char *channel, const char *messages)
{
	writer_open(out, "reply", '{');
	buf_print(out, "\"channel\":{\"$ref\":\"#/channels/%s\"},", channel);
	message_operation_messages(out, channel, messages);
	writer_close(out, '}');
}
