/* reply.c: sends replies: status line, headers, body. */

#include "http_private.h"
#include "clock.h"
#include "log.h"

static const struct {
	int status;
	const char *line;
} statuses[] = {
#define STATUS(number, reason) { number, "HTTP/1.1 " #number " " reason "\r\n" }
	STATUS(500, "Internal Server Error"), /* first: replaces any status not in this table */
	STATUS(101, "Switching Protocols"), /* for the log; request_take()'s caller sends it */
	STATUS(200, "OK"),
	STATUS(201, "Created"),
	STATUS(202, "Accepted"),
	STATUS(204, "No Content"),
	STATUS(206, "Partial Content"),
	STATUS(301, "Moved Permanently"),
	STATUS(302, "Found"),
	STATUS(303, "See Other"),
	STATUS(304, "Not Modified"),
	STATUS(307, "Temporary Redirect"),
	STATUS(308, "Permanent Redirect"),
	STATUS(400, "Bad Request"),
	STATUS(401, "Unauthorized"),
	STATUS(403, "Forbidden"),
	STATUS(404, "Not Found"),
	STATUS(405, "Method Not Allowed"),
	STATUS(406, "Not Acceptable"),
	STATUS(408, "Request Timeout"),
	STATUS(409, "Conflict"),
	STATUS(410, "Gone"),
	STATUS(411, "Length Required"),
	STATUS(412, "Precondition Failed"),
	STATUS(413, "Content Too Large"),
	STATUS(414, "URI Too Long"),
	STATUS(415, "Unsupported Media Type"),
	STATUS(416, "Range Not Satisfiable"),
	STATUS(417, "Expectation Failed"),
	STATUS(421, "Misdirected Request"),
	STATUS(422, "Unprocessable Content"),
	STATUS(423, "Locked"),
	STATUS(425, "Too Early"),
	STATUS(426, "Upgrade Required"),
	STATUS(428, "Precondition Required"),
	STATUS(429, "Too Many Requests"),
	STATUS(431, "Request Header Fields Too Large"),
	STATUS(499, "Client Closed Request"), /* never sent; for the log and metrics */
	STATUS(501, "Not Implemented"),
	STATUS(502, "Bad Gateway"),
	STATUS(503, "Service Unavailable"),
	STATUS(504, "Gateway Timeout"),
	STATUS(505, "HTTP Version Not Supported"),
#undef STATUS
};

/* A body up to this size is appended to the head, which is cheaper than sending two parts. */
enum { TOGETHER = 4096 };

enum { ENDLESS = -1 }; /* length of a body that ends with the connection */

_Static_assert(COUNT_OF(statuses) <= REPLY_SLOTS, "a slot for each status");

int reply_slot(int status)
{
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		if (statuses[i].status == status)
			return (int)i;
	}
	return 0;
}

static void line(struct buf *head, struct str name, const char *value)
{
	if (!value)
		return;
	buf_str(head, name);
	buf_text(head, value);
	buf_str(head, STR("\r\n"));
}

static void number_line(struct buf *head, struct str name, long long value)
{
	buf_str(head, name);
	buf_number(head, value);
	buf_str(head, STR("\r\n"));
}

static bool has_content(int status)
{
	return status != 204 && status != 304;
}

/* Writes the head, with the headers of the middleware. */
static void write_head(struct request *request, const struct reply *reply, long long length,
                       struct buf *head)
{
	const struct wire *wire = request->inside->wire;

	buf_clear(head);
	buf_text(head, statuses[reply_slot(reply->status)].line);
	line(head, STR("Date: "), clock_http_date());
	if (has_content(reply->status)) {
		line(head, STR("Content-Type: "), reply->type);
		if (length != ENDLESS)
			number_line(head, STR("Content-Length: "), length);
	}
	line(head, STR("ETag: "), reply->etag);
	line(head, STR("Location: "), reply->location);
	line(head, STR("Link: "), reply->link);
	line(head, STR("Allow: "), reply->allow);
	line(head, STR("WWW-Authenticate: "), reply->authenticate);
	if (reply->retry_after)
		number_line(head, STR("Retry-After: "), reply->retry_after);
	if (reply->total >= 0)
		number_line(head, STR("X-Total-Count: "), reply->total);
	if (reply->more)
		buf_text(head, reply->more);
	stages_leave(request, reply, head);
	if (wire && wire->closing)
		buf_str(head, STR("Connection: close\r\n"));
	else if (wire && wire->legacy)
		buf_str(head, STR("Connection: keep-alive\r\n"));
	buf_str(head, STR("\r\n"));
}

static void answer(struct request *request, const struct reply *reply, struct str body, long long length)
{
	struct inside *inside = request->inside;
	struct http *http = inside->http;
	struct wire *wire = inside->wire;

	if (inside->answered) {
		log_error("http.answered_twice", kv_text("request_id", request->id));
		return;
	}
	inside->answered = true;
	if (http) {
		if (wire && http->draining)
			wire->closing = true;
		write_head(request, reply, length, &http->out);
		http_perhaps_drained(http);
	}
	if (wire) {
		inside->wire = NULL;
		if (request->method == HEAD || !has_content(reply->status))
			body.length = 0;
		if (body.length <= TOGETHER) {
			buf_str(&http->out, body);
			body.length = 0;
		}
		wire_answer(wire, buf_as_str(&http->out), body);
	}
	request_release(request);
}

void request_reply(struct request *request, const struct reply *reply)
{
	struct str body = reply->type ? reply->body : (struct str){ "", 0 };

	answer(request, reply, body, (long long)body.length);
}

bool request_take(struct request *request, const struct reply *reply, struct taken *taken)
{
	struct inside *inside = request->inside;
	struct http *http = inside->http;
	struct wire *wire = inside->wire;
	bool silent = reply->status == 101;

	if (wire && http->draining) {
		request_refuse(request, &(struct refusal){ .problem = PROBLEM_SHUTTING_DOWN, .retry_after = 1 });
		return false;
	}
	if (wire)
		wire->closing = true;
	if (!wire || (request->method == HEAD && !silent)) {
		answer(request, reply, STR(""), ENDLESS);
		return false;
	}
	inside->answered = true;
	write_head(request, reply, ENDLESS, &http->out);
	inside->wire = NULL;
	taken->fd = wire_take(wire, silent ? STR("") : buf_as_str(&http->out), &taken->rest);
	request_release(request);
	return taken->fd >= 0;
}
