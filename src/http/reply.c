/* reply.c: sends replies: status line, headers, body. */

#include "clock.h"
#include "compressor.h"
#include "conn.h"
#include "http_problems.h"
#include "log.h"
#include "middleware.h"
#include "reply.h"
#include "representation.h"
#include "request.h"
#include "server.h"

static const struct {
	int status;
	const char *status_line;
} statuses[] = {
/* clang-format off */
#define STATUS(number, reason) { number, "HTTP/1.1 " #number " " reason "\r\n" }
	/* clang-format on */
	STATUS(500, "Internal Server Error"), /* first: replaces any status not in this table */
	STATUS(101, "Switching Protocols"),   /* for the log; request_detach()'s caller sends it */
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
enum { MAX_JOINED_BODY = 4096 };

enum { UNTIL_CLOSE = -1 }; /* length of a body that ends with the connection */

_Static_assert(COUNT_OF(statuses) <= STATUS_SLOTS, "a slot for each status");

int reply_status_index(int status)
{
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		if (statuses[i].status == status)
			return (int)i;
	}
	return 0;
}

static void header_line(struct buf *head, struct str name, const char *value)
{
	if (!value)
		return;
	buf_str(head, name);
	buf_text(head, value);
	buf_str(head, STR("\r\n"));
}

static void number_header(struct buf *head, struct str name, long long value)
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
	const struct http_conn *conn = request->priv->conn;

	buf_clear(head);
	buf_text(head, statuses[reply_status_index(reply->status)].status_line);
	header_line(head, STR("Date: "), clock_http_date());
	if (has_content(reply->status)) {
		header_line(head, STR("Content-Type: "), reply->type);
		header_line(head, STR("Content-Encoding: "), reply->encoding);
		if (length != UNTIL_CLOSE)
			number_header(head, STR("Content-Length: "), length);
	}
	header_line(head, STR("ETag: "), reply->etag);
	header_line(head, STR("Location: "), reply->location);
	header_line(head, STR("Link: "), reply->link);
	header_line(head, STR("Allow: "), reply->allow);
	header_line(head, STR("WWW-Authenticate: "), reply->authenticate);
	if (reply->retry_after)
		number_header(head, STR("Retry-After: "), reply->retry_after);
	if (reply->total >= 0)
		number_header(head, STR("X-Total-Count: "), reply->total);
	if (reply->extra_headers)
		buf_text(head, reply->extra_headers);
	middleware_leave(request, reply, head);
	if (conn && conn->closing)
		buf_str(head, STR("Connection: close\r\n"));
	else if (conn && conn->http10)
		buf_str(head, STR("Connection: keep-alive\r\n"));
	buf_str(head, STR("\r\n"));
}

static void send_parts(struct request *request, const struct reply *reply, struct str body,
                       long long length)
{
	struct request_private *priv = request->priv;
	struct http *http = priv->http;
	struct http_conn *conn = priv->conn;

	if (http) {
		if (conn && http->draining)
			conn->closing = true;
		write_head(request, reply, length, &http->out);
		http_check_drained(http);
	}
	if (conn) {
		priv->conn = NULL;
		if (request->method == HEAD || !has_content(reply->status))
			body.length = 0;
		if (body.length <= MAX_JOINED_BODY) {
			buf_str(&http->out, body);
			body.length = 0;
		}
		http_conn_reply(conn, buf_as_str(&http->out), body);
	}
	request_release(request);
}

static void send_reply(struct request *request, const struct reply *reply)
{
	struct str body = reply->type ? reply->body : (struct str){ "", 0 };

	send_parts(request, reply, body, (long long)body.length);
}

void request_reply(struct request *request, const struct reply *reply)
{
	struct request_private *priv = request->priv;
	struct reply chosen = *reply;

	if (priv->replied) {
		log_error("http.replied_twice", kv_text("request_id", request->id));
		return;
	}
	priv->replied = true;
	if (chosen.compress || chosen.revalidate)
		representation_choose(request, &chosen);
	if (chosen.compress && chosen.encoding)
		compressor_run(priv->http->compressor, request, &chosen, send_reply);
	else
		send_reply(request, &chosen);
}

bool request_detach(struct request *request, const struct reply *reply, struct detached *detached)
{
	static const struct problem_reply shutting_down = {
		.problem = &http_problems[HTTP_SHUTTING_DOWN],
		.retry_after = 1,
	};
	struct request_private *priv = request->priv;
	struct http *http = priv->http;
	struct http_conn *conn = priv->conn;
	bool is_upgrade = reply->status == 101;

	if (conn && http->draining) {
		request_problem(request, &shutting_down);
		return false;
	}
	if (conn)
		conn->closing = true;
	priv->replied = true;
	if (!conn || (request->method == HEAD && !is_upgrade)) {
		send_parts(request, reply, STR(""), UNTIL_CLOSE);
		return false;
	}
	write_head(request, reply, UNTIL_CLOSE, &http->out);
	priv->conn = NULL;
	detached->fd = http_conn_detach(conn, is_upgrade ? STR("") : buf_as_str(&http->out),
	                                &detached->rest);
	request_release(request);
	return detached->fd >= 0;
}
