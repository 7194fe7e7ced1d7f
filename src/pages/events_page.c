/* events_page.c: the reference of live events as an HTML page: how to connect, the channels with
 * their events and data, the messages of /ws, error codes and close codes. */

#include "channels.h"
#include "events_page.h"
#include "field_text.h"
#include "live_reference.h"
#include "page.h"

/* The anchor of a channel: "note:{id}" → "channel-note". */
static void channel_link(struct buf *out, struct str pattern)
{
	struct str rest = pattern, kind;

	str_cut(&rest, ':', &kind);
	buf_print(out, "<a href=\"#channel-%.*s\"><code>%.*s</code></a>", STR_ARGS(kind),
	          STR_ARGS(pattern));
}

static void event_link(struct buf *out, const struct event *event)
{
	buf_print(out, "<a href=\"#%s\"><code>%s</code></a>", event_name(event), event_name(event));
}

static void contents(struct buf *out, const struct event *events)
{
	buf_text(out, "<nav class=\"contents\" aria-label=\"On this page\">\n<ul>\n"
	              "<li><a href=\"#connect\">Connect</a></li>\n"
	              "<li><a href=\"#event\">Format of an event</a></li>\n"
	              "<li><a href=\"#channels\">Channels</a></li>\n"
	              "<li><a href=\"#events\">Events</a>\n<ul>\n");
	for (const struct event *event = events; event->type; event++) {
		buf_text(out, "<li>");
		event_link(out, event);
		buf_text(out, "</li>\n");
	}
	buf_text(out, "</ul></li>\n<li><a href=\"#ws\">Messages on /ws</a></li>\n"
	              "<li><a href=\"#ws-server\">Messages from the server</a></li>\n"
	              "<li><a href=\"#errors\">Errors</a></li>\n"
	              "<li><a href=\"#closes\">Close codes</a></li>\n</ul>\n</nav>\n");
}

static void introduction(struct buf *out)
{
	buf_text(
		out,
		"<h1>Live events</h1>\n<p class=\"lead\">Every change commits together with its "
		"events. A subscriber receives each event of a channel exactly once and in order, "
		"even across lost connections and restarts of the server.</p>\n"
		"<p>The machine-readable form is <a href=\"/asyncapi.json\"><code>/asyncapi.json"
		"</code></a>, which also describes the commands of the Centrifugo protocol.</p>\n");
	live_reference_transports(out);
	buf_text(
		out,
		"<h2 id=\"event\">Format of an event</h2>\n"
		"<p>As <code>/ws</code> and <code>/api/v1/events</code> send it. In the Centrifugo "
		"protocol, <code>channel</code> and <code>offset</code> are outside the data.</p>\n"
		"<pre><code>{\n  &quot;channel&quot;: &quot;duty&quot;,\n  &quot;offset&quot;: 42,\n"
		"  &quot;type&quot;: &quot;duty.started&quot;,\n  &quot;data&quot;: { … },\n"
		"  &quot;timestamp&quot;: &quot;2026-11-21T05:47:00+00:00&quot;\n}</code></pre>\n"
		"<p>Offsets of a channel are 1, 2, 3 … without gaps. After a reconnect, send the "
		"last offset with its epoch: all missed events follow, or the server reports that "
		"some are no longer available.</p>\n");
}

static void channel(struct buf *out, const struct channel_row *row, const struct event *events)
{
	bool first = true;
	struct str rest = str_of(row->pattern), kind;

	str_cut(&rest, ':', &kind);
	buf_print(out,
	          "<section class=\"item\" id=\"channel-%.*s\">\n<h3><code>%s</code></h3>\n<p>",
	          STR_ARGS(kind), row->pattern);
	page_sentence(out, row->description);
	if (row->role == PUBLIC)
		buf_text(out, " Public content requires no token.");
	else
		buf_print(out, " Requires %s.", role_name(row->role));
	buf_text(out, "</p>\n<p class=\"links\">");
	for (const struct event *event = events; event->type; event++) {
		if (!str_has_part(str_of(event->channels), ' ', str_of(row->pattern)))
			continue;
		buf_text(out, first ? "" : " ");
		first = false;
		event_link(out, event);
	}
	buf_text(out, "</p>\n</section>\n");
}

static void event_fields(struct buf *out, const struct field *fields)
{
	buf_text(out, PAGE_DATA_TABLE);
	for (const struct field *field = fields; field->name; field++) {
		buf_print(out, "<tr><td><code>%s</code></td><td>", field->name);
		field_text(out, field);
		if (field->description) {
			buf_text(out, ". ");
			page_sentence(out, field->description);
		}
		buf_text(out, "</td></tr>\n");
	}
	buf_text(out, "</tbody>\n</table>\n");
}

static void event_section(struct buf *out, const struct event *event)
{
	struct str rest = str_of(event->channels), pattern;

	buf_print(out, "<section class=\"item\" id=\"%s\">\n<h3><code>%s</code></h3>\n<p>",
	          event_name(event), event_name(event));
	page_sentence(out, event->summary);
	buf_text(out, ".</p>\n<p class=\"links\">Sent to ");
	while (str_cut(&rest, ' ', &pattern)) {
		channel_link(out, pattern);
		buf_char(out, ' ');
	}
	buf_text(out, "</p>\n");
	if (event->data)
		event_fields(out, event->data);
	else
		buf_text(out, "<p>The sender chooses its <code>type</code> and "
		              "<code>data</code>.</p>\n");
	buf_text(out, "</section>\n");
}

void events_page_run(struct request *request)
{
	const struct pages *pages = pages_of(request);
	const struct event *events = pages->sources.events;
	struct buf out = { 0 };

	if (page_docs_are_off(request))
		return;
	page_begin(&out, pages,
	           &(struct page){
			   .title = "Live events", .path = "/asyncapi", .body_class = "wide" });
	contents(&out, events);
	buf_text(&out, "<article>\n");
	introduction(&out);
	buf_text(&out, "<h2 id=\"channels\">Channels</h2>\n");
	for (size_t i = 0; i < CHANNELS; i++)
		channel(&out, &channel_rows[i], events);
	buf_text(&out, "<h2 id=\"events\">Events</h2>\n");
	for (const struct event *event = events; event->type; event++)
		event_section(&out, event);
	live_reference_messages(&out);
	live_reference_codes(&out);
	buf_text(&out, "</article>\n");
	page_end(&out);
	page_reply(request, &out, &(struct reply){ 0 });
}
