/* live_reference.c: sections of the page about live events that are tables: how to connect, the
 * messages of /ws, errors and closes. */

#include "live_reference.h"
#include "live_routes.h"
#include "page.h"

struct message {
	const char *type, *summary, *description;
};

static const struct message client_messages[] = {
#define CLIENT_MESSAGE(type, data, summary, description, replies) { #type, summary, description },
#define MEMBER(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
#undef MEMBER
};

static const struct message server_messages[] = {
#define SERVER_MESSAGE(type, summary, description) { #type, summary, description },
#define MEMBER(...)
#include "table/ws_server_messages.def"
#undef SERVER_MESSAGE
#undef MEMBER
};

enum presence { ALWAYS, SOMETIMES, OR_NULL };

struct member {
	const char *message, *name;
	enum presence presence;
	const char *description;
};

#define MEMBER(message, name, type, presence, min, max, example, description)                      \
	{ #message, #name, presence, description },

static const struct member client_members[] = {
#define CLIENT_MESSAGE(...)
#include "table/ws_client_messages.def"
#undef CLIENT_MESSAGE
	{ 0 },
};

static const struct member server_members[] = {
#define SERVER_MESSAGE(...)
#include "table/ws_server_messages.def"
#undef SERVER_MESSAGE
	{ 0 },
};

#undef MEMBER

static const struct {
	int code;
	const char *message;
	bool temporary;
	const char *description;
} errors[] = {
#define WS_ERROR(name, code, message, temporary, description)                                      \
	{ code, message, temporary, description },
#include "table/ws_errors.def"
#undef WS_ERROR
};

static const struct {
	int code;
	const char *reason, *description;
	bool reconnect;
} closes[] = {
#define WS_CLOSE(name, code, reason, description) { code, reason, description, false },
#include "table/ws_closes.def"
#undef WS_CLOSE
#define DISCONNECT(name, code, reason, description) { code, reason, description, (code) < 3500 },
#include "table/disconnects.def"
#undef DISCONNECT
};

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

static void members(struct buf *out, const struct member *all, const char *message)
{
	static const char *const notes[] = {
		[ALWAYS] = "", [SOMETIMES] = "Optional. ", [OR_NULL] = "May be null. "
	};

	for (const struct member *member = all; member->message; member++) {
		if (strcmp(member->message, message) != 0)
			continue;
		buf_print(out, "<tr><td><code>%s</code></td><td>%s", member->name,
		          notes[member->presence]);
		page_sentence(out, member->description);
		buf_text(out, "</td></tr>\n");
	}
}

static bool has_members(const struct member *all, const char *message)
{
	while (all->message && strcmp(all->message, message) != 0)
		all++;
	return all->message;
}

static void messages(struct buf *out, const char *sender, const struct message *rows, size_t count,
                     const struct member *all)
{
	for (size_t i = 0; i < count; i++) {
		buf_print(out,
		          "<section class=\"item\" id=\"%s-%s\">\n<h3><code>%s</code></h3>\n"
		          "<p>%s. ",
		          sender, rows[i].type, rows[i].type, rows[i].summary);
		page_sentence(out, rows[i].description);
		buf_text(out, "</p>\n");
		if (has_members(all, rows[i].type)) {
			buf_text(out, PAGE_DATA_TABLE);
			members(out, all, rows[i].type);
			buf_text(out, "</tbody>\n</table>\n");
		}
		buf_text(out, "</section>\n");
	}
}

void live_reference_messages(struct buf *out)
{
	buf_text(out, "<h2 id=\"ws\">Messages on <code>/ws</code></h2>\n"
	              "<p>Besides events. A client sends <code>{ &quot;type&quot;: …, "
	              "&quot;data&quot;: { … } }</code>:</p>\n");
	messages(out, "client", client_messages, COUNT_OF(client_messages), client_members);
	buf_text(out, "<h2 id=\"ws-server\">Messages of the server</h2>\n"
	              "<p>They also have a <code>timestamp</code>.</p>\n");
	messages(out, "server", server_messages, COUNT_OF(server_messages), server_members);
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
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		code_row(out, errors[i].code, errors[i].message, errors[i].description,
		         errors[i].temporary);
	buf_text(out, "</tbody>\n</table>\n<h2 id=\"closes\">Closes</h2>\n"
	              "<p>WebSockets are closed with the code; Centrifugo's HTTP streams get it in "
	              "a <code>disconnect</code> push.</p>\n<table>\n<thead><tr><th>Code</th><th>"
	              "When</th><th>Reconnect</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < COUNT_OF(closes); i++)
		code_row(out, closes[i].code, closes[i].reason, closes[i].description,
		         closes[i].reconnect);
	buf_text(out, "</tbody>\n</table>\n");
}
