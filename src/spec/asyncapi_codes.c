/* asyncapi_codes.c: writes the error codes and the close codes, for people as Markdown tables and
 * for programs as the extensions x-error-codes and x-close-codes. */

#include "asyncapi.h"
#include "writer.h"

static const struct {
	const char *name;
	int code;
	const char *message;
	bool temporary;
	const char *description;
} errors[] = {
#define WS_ERROR(name, code, message, temporary, description)                                      \
	{ #name, code, message, temporary, description },
#include "table/ws_errors.def"
#undef WS_ERROR
};

/* Codes up to MAX_RECONNECT ask the client to reconnect, as in the Centrifugo protocol. */
enum { MAX_RECONNECT = 3499, MIN_OWN = 3000 };

static const struct {
	int code;
	const char *reason, *description;
} closes[] = {
#define WS_CLOSE(name, code, reason, description) { code, reason, description },
#include "table/ws_closes.def"
#undef WS_CLOSE
#define DISCONNECT(name, code, reason, description) { code, reason, description },
#include "table/disconnects.def"
#undef DISCONNECT
};

static const char *boolean(bool value)
{
	return value ? "true" : "false";
}

static bool asks_to_reconnect(int code)
{
	return code >= MIN_OWN && code <= MAX_RECONNECT;
}

void asyncapi_codes_text(struct buf *out)
{
	buf_text(out, "\n## Error codes\n\n"
	              "| Code | Message | When | Retry |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		buf_print(out, "| %d | %s | %s | %s |\n", errors[i].code, errors[i].message,
		          errors[i].description, errors[i].temporary ? "later" : "no");
	buf_text(
		out,
		"\n## Close codes\n\n"
		"WebSockets are closed with the code. Centrifugo's HTTP streams get a `disconnect` "
		"push. A server-sent event stream just ends, and a reconnect is answered with the "
		"reason.\n\n| Code | Reason | When | Reconnect |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < COUNT_OF(closes); i++)
		buf_print(out, "| %d | %s | %s | %s |\n", closes[i].code, closes[i].reason,
		          closes[i].description, asks_to_reconnect(closes[i].code) ? "yes" : "no");
}

void asyncapi_codes(struct buf *out)
{
	writer_open(out, "x-error-codes", '[');
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		writer_open(out, NULL, '{');
		writer_number(out, "code", errors[i].code);
		writer_text(out, "message", errors[i].message);
		writer_raw(out, "temporary", boolean(errors[i].temporary));
		writer_text(out, "description", errors[i].description);
		writer_close(out, '}');
	}
	writer_close(out, ']');
	writer_open(out, "x-close-codes", '[');
	for (size_t i = 0; i < COUNT_OF(closes); i++) {
		writer_open(out, NULL, '{');
		writer_number(out, "code", closes[i].code);
		writer_text(out, "reason", closes[i].reason);
		writer_raw(out, "reconnect", boolean(asks_to_reconnect(closes[i].code)));
		writer_text(out, "description", closes[i].description);
		writer_close(out, '}');
	}
	writer_close(out, ']');
}

void asyncapi_codes_schema(struct buf *out, const char *key)
{
	writer_open(out, key, '{');
	writer_text(out, "type", "integer");
	writer_open(out, "enum", '[');
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		buf_print(out, "%d,", errors[i].code);
	writer_close(out, ']');
	writer_text(out, "description", "Error code, for programs. See `x-error-codes`.");
	writer_close(out, '}');
}

void asyncapi_codes_examples(struct buf *out, const char *before, const char *after)
{
	writer_open(out, "examples", '[');
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		writer_open(out, NULL, '{');
		writer_text(out, "name", errors[i].name);
		writer_text(out, "summary", errors[i].description);
		buf_print(out, "\"payload\":%s{\"code\":%d,\"message\":\"%s\"%s}%s", before,
		          errors[i].code, errors[i].message,
		          errors[i].temporary ? ",\"temporary\":true" : "", after);
		writer_close(out, '}');
	}
	writer_close(out, ']');
}
