/* asyncapi_codes.c: writes the error codes and the close codes, as Markdown tables and as the
 * extensions x-error-codes and x-close-codes. */

#include "asyncapi.h"
#include "live_messages.h"
#include "writer.h"

static const char *boolean(bool value)
{
	return value ? "true" : "false";
}

void asyncapi_codes_text(struct buf *out)
{
	buf_text(out, "\n## Error codes\n\n"
	              "| Code | Message | When | Retry |\n| --- | --- | --- | --- |\n");
	for (const struct live_error *error = live_errors; error->code; error++)
		buf_print(out, "| %d | %s | %s | %s |\n", error->code, error->message,
		          error->description, error->temporary ? "later" : "no");
	buf_text(
		out,
		"\n## Close codes\n\n"
		"WebSockets are closed with the code. Centrifugo's HTTP streams get a `disconnect` "
		"push. A server-sent event stream ends without a code; the response to the "
		"reconnect gives the reason.\n\n| Code | Reason | When | Reconnect |\n| --- | --- | --- | --- |\n");
	for (const struct live_close *close = live_closes; close->code; close++)
		buf_print(out, "| %d | %s | %s | %s |\n", close->code, close->reason,
		          close->description, close->reconnect ? "yes" : "no");
}

void asyncapi_codes(struct buf *out)
{
	writer_open(out, "x-error-codes", '[');
	for (const struct live_error *error = live_errors; error->code; error++) {
		writer_open(out, NULL, '{');
		writer_number(out, "code", error->code);
		writer_text(out, "message", error->message);
		writer_raw(out, "temporary", boolean(error->temporary));
		writer_text(out, "description", error->description);
		writer_close(out, '}');
	}
	writer_close(out, ']');
	writer_open(out, "x-close-codes", '[');
	for (const struct live_close *close = live_closes; close->code; close++) {
		writer_open(out, NULL, '{');
		writer_number(out, "code", close->code);
		writer_text(out, "reason", close->reason);
		writer_raw(out, "reconnect", boolean(close->reconnect));
		writer_text(out, "description", close->description);
		writer_close(out, '}');
	}
	writer_close(out, ']');
}

void asyncapi_codes_schema(struct buf *out, const char *key)
{
	writer_open(out, key, '{');
	writer_text(out, "type", "integer");
	writer_open(out, "enum", '[');
	for (const struct live_error *error = live_errors; error->code; error++)
		buf_print(out, "%d,", error->code);
	writer_close(out, ']');
	writer_text(out, "description", "Machine-readable error code. See `x-error-codes`.");
	writer_close(out, '}');
}

void asyncapi_codes_examples(struct buf *out, const char *before, const char *after)
{
	writer_open(out, "examples", '[');
	for (const struct live_error *error = live_errors; error->code; error++) {
		writer_open(out, NULL, '{');
		writer_text(out, "name", error->name);
		writer_text(out, "summary", error->description);
		buf_print(out, "\"payload\":%s{\"code\":%d,\"message\":\"%s\"%s}%s", before,
		          error->code, error->message,
		          error->temporary ? ",\"temporary\":true" : "", after);
		writer_close(out, '}');
	}
	writer_close(out, ']');
}
