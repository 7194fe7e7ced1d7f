/* live_reference.c: the tables of the live events page: how to connect, the messages of /ws,
 * error codes, and close codes. */

#include "live_messages.h"
#include "live_reference.h"
#include "live_routes.h"
#include "page.h"

void live_reference_transports(struct buf *out)
{
	buf_text(out, "<h2 id=\"connect\">Connect</h2>\n<dl class=\"endpoints\">\n");
	for (const struct live_route *route = live_route_rows; route->method; route++) {
		buf_print(out, "<dt><code>%s %s</code></dt><dd>%s. ", method_name(route->method),
		          route->pattern, route->summary);
		page_sentence(out, route->description);
		buf_text(out, "</dd>\n");
	}
	buf_text(out, "</dl>\n");
}

static const char *presence(const struct field *field)
{
	if (!(field->rules & REQUIRED))
		return "Optional. ";
	return field->rules & NULLABLE ? "May be null. " : "";
}

static void members(struct buf *out, const struct field *fields)
{
	buf_text(out, PAGE_DATA_TABLE);
	for (const struct field *field = fields; field->name; field++) {
		buf_print(out, "<tr><td><code>%s</code></td><td>%s", field->name, presence(field));
		page_sentence(out, field->description);
		buf_text(out, "</td></tr>\n");
	}
	buf_text(out, "</tbody>\n</table>\n");
}

static void messages(struct buf *out, const char *sender, const struct live_message *rows,
                     const struct live_member *all_members)
{
	for (; rows->type; rows++) {
		struct field fields[LIVE_MEMBERS];

		buf_print(out,
		          "<section class=\"item\" id=\"%s-%s\">\n<h3><code>%s</code></h3>\n"
		          "<p>%s. ",
		          sender, rows->type, rows->type, rows->summary);
		page_sentence(out, rows->description);
		buf_text(out, "</p>\n");
		live_message_fields(all_members, rows->type, fields);
		if (fields[0].name)
			members(out, fields);
		buf_text(out, "</section>\n");
	}
}

void live_reference_messages(struct buf *out)
{
	buf_text(
		out,
		"<h2 id=\"ws\">Messages on <code>/ws</code></h2>\n"
		"<p>In addition to events, clients and the server exchange these messages. A client "
		"sends <code>{ &quot;type&quot;: …, "
		"&quot;data&quot;: { … } }</code>:</p>\n");
	messages(out, "client", live_client_messages, live_client_members);
	buf_text(out, "<h2 id=\"ws-server\">Messages from the server</h2>\n"
	              "<p>Messages from the server also have a <code>timestamp</code>.</p>\n");
	messages(out, "server", live_server_messages, live_server_members);
}

static void code_row(struct buf *out, int code, const char *text, const char *description,
                     bool again)
{
	buf_print(out, "<tr><td><code>%d</code> %s</td><td>", code, text);
	page_sentence(out, description);
	buf_print(out, "</td><td>%s</td></tr>\n", again ? "yes" : "no");
}

void live_reference_codes(struct buf *out)
{
	buf_text(out, "<h2 id=\"errors\">Errors</h2>\n<p>The reply to a message that was rejected. "
	              "The connection stays open.</p>\n<table>\n<thead><tr><th>Code</th><th>When"
	              "</th><th>Retry</th></tr></thead>\n<tbody>\n");
	for (const struct live_error *row = live_errors; row->code; row++)
		code_row(out, row->code, row->message, row->description, row->temporary);
	buf_text(out, "</tbody>\n</table>\n<h2 id=\"closes\">Close codes</h2>\n"
	              "<p>WebSockets are closed with the code; Centrifugo's HTTP streams get it in "
	              "a <code>disconnect</code> push.</p>\n<table>\n<thead><tr><th>Code</th><th>"
	              "When</th><th>Reconnect</th></tr></thead>\n<tbody>\n");
	for (const struct live_close *row = live_closes; row->code; row++)
		code_row(out, row->code, row->reason, row->description, row->reconnect);
	buf_text(out, "</tbody>\n</table>\n");
}
