/* request_reader.c: turns input into complete, well-formed requests, one at a time.
 *
 * Normal sequence:
 *
 * - a complete head is parsed (head.c), and its bytes are copied into a new request;
 * - the body is read, by Content-Length or by its chunks;
 * - libevhtp gets a newly written head, and the request passes through the middleware to its route;
 * - after the reply, the next request is read from the same input, up to MAX_PER_TURN of them
 *   before other connections get their turn.
 *
 * Failures:
 *
 * - the input is invalid or not accepted: it is answered with a problem and `Connection: close`,
 *   because the start of the next request cannot be determined;
 * - the input arrives too slowly: see timeouts.c. */

#include <stdio.h>

#include "chunk.h"
#include "config.h"
#include "conn.h"
#include "head.h"
#include "http_problems.h"
#include "listener.h"
#include "log.h"
#include "metrics.h"
#include "middleware.h"
#include "request.h"
#include "request_reader.h"
#include "server.h"

/* Per connection and turn. Also limits memory: requests are freed at the end of the turn. */
enum { MAX_PER_TURN = 8 };

static struct head head; /* of the request being parsed; too large for the stack */

static struct str after(struct str in, size_t length)
{
	return (struct str){ in.at + length, in.length - length };
}

void reader_drop(struct http_conn *conn)
{
	struct request_private *priv = conn->priv;

	if (!priv)
		return;
	conn->priv = NULL;
	priv->conn = NULL;
	priv->replied = true;
	request_release(&priv->request);
}

void reader_reject(struct http_conn *conn, enum http_problem problem, const char *detail)
{
	const struct problem_reply reply = {
		.problem = &http_problems[problem],
		.detail = detail,
		.retry_after = problem == HTTP_BUSY ? 1 : 0,
	};

	if (!conn->priv)
		conn->priv = request_new(conn, NULL, (struct str){ NULL, 0 });
	conn->closing = true;
	conn->http10 = false;
	metrics_count(METRIC_HTTP_MALFORMED, 1);
	http_conn_set_state(conn, CONN_HANDLING);
	middleware_enter_rejected(&conn->priv->request);
	request_problem(&conn->priv->request, &reply);
}

/* The request is complete: passes it to libevhtp and runs it. */
static void run(struct http_conn *conn, struct str following)
{
	struct request_private *priv = conn->priv;

	http_conn_set_state(conn, CONN_HANDLING);
	if (!http_conn_feed_evhtp(conn)) {
		log_error("http.evhtp_rejected_head", kv_str("target", priv->request.target));
		http_conn_abort(conn);
		return;
	}
	conn->following = following;
	middleware_run(&priv->request);
	conn->following = (struct str){ NULL, 0 };
}

static void reject_size(struct http_conn *conn)
{
	static char detail[64];

	snprintf(detail, sizeof(detail), "The body exceeds the maximum of %lld bytes.",
	         conn->http->config->body_bytes);
	reader_reject(conn, HTTP_BODY_TOO_LARGE, detail);
}

/* Sent even if the body has already been received, so that the output does not depend on timing. */
static bool send_continue(struct http_conn *conn)
{
	if (http_conn_send(conn, STR("HTTP/1.1 100 Continue\r\n\r\n"), (struct str){ NULL, 0 }))
		return true;
	http_conn_abort(conn);
	return false;
}

static void append_body(struct http_conn *conn, struct str piece)
{
	const struct http *http = conn->http;

	if (http->body_bytes + (long long)piece.length > http->config->body_budget)
		reader_reject(conn, HTTP_BUSY, "Too many request bodies are being received.");
	else
		request_append_body(conn->priv, piece);
}

static void end_body(struct http_conn *conn, struct str following)
{
	conn->priv->request.body = buf_as_str(&conn->priv->body);
	run(conn, following);
}

static void read_counted(struct http_conn *conn, struct str *in)
{
	struct str piece = { in->at, in->length < conn->body_left ? in->length : conn->body_left };

	*in = after(*in, piece.length);
	conn->body_left -= piece.length;
	append_body(conn, piece);
	if (conn->state == CONN_READING_BODY && conn->body_left == 0)
		end_body(conn, *in);
}

static void read_chunked(struct http_conn *conn, struct str *in)
{
	struct str piece;

	switch (chunk_decode(&conn->chunks, in, &piece)) {
	case CHUNK_INCOMPLETE:
		break;
	case CHUNK_DATA:
		append_body(conn, piece);
		break;
	case CHUNK_END:
		end_body(conn, *in);
		break;
	case CHUNK_INVALID:
		reader_reject(conn, HTTP_BAD_REQUEST,
		              "The chunked body is malformed, or has extensions or trailers.");
		break;
	case CHUNK_TOO_LARGE:
		reject_size(conn);
	}
}

/* The head is complete and valid. */
static void begin_request(struct http_conn *conn, struct str *in)
{
	const struct config *config = conn->http->config;
	size_t length = head.length + head.content_length;
	struct request_private *priv;

	if (head.content_length > (unsigned long long)config->body_bytes) {
		conn->priv = request_new(conn, &head, (struct str){ in->at, head.length });
		*in = after(*in, head.length);
		reject_size(conn);
		return;
	}
	conn->closing = head.close || (head.minor == 0 && !head.keep_alive);
	conn->http10 = head.minor == 0;
	conn->chunked = head.chunked;
	if (in->length < length || head.chunked)
		length = head.length;
	priv = request_new(conn, &head, (struct str){ in->at, length });
	conn->priv = priv;
	*in = after(*in, length);
	if (head.expect_continue && (head.chunked || head.content_length) && !send_continue(conn))
		return;
	if (!head.chunked && head.length + head.content_length == length) {
		run(conn, *in);
		return;
	}
	conn->chunks = (struct chunk_decoder){ .limit = (unsigned long long)config->body_bytes };
	conn->body_left = head.content_length;
	http_conn_set_state(conn, CONN_READING_BODY);
}

/* False if the head is incomplete. */
static bool read_head(struct http_conn *conn, struct str *in)
{
	if (in->length < conn->needed
	    && !memchr(in->at + conn->scanned, '\n', in->length - conn->scanned)) {
		conn->scanned = in->length;
		return false;
	}
	switch (head_read(*in, &head)) {
	case HEAD_INCOMPLETE:
		conn->scanned = in->length;
		conn->needed = head.needed;
		if (conn->state == CONN_IDLE)
			http_conn_set_state(conn, CONN_READING_HEAD);
		return false;
	case HEAD_INVALID:
		reader_reject(conn, head.problem, head.detail);
		return true;
	case HEAD_COMPLETE:
		conn->scanned = conn->needed = 0;
		begin_request(conn, in);
	}
	return true;
}

struct str reader_run(struct http_conn *conn, struct str in)
{
	int count = 0;

	while (in.length && !conn->closed) {
		switch (conn->state) {
		case CONN_IDLE:
		case CONN_READING_HEAD:
			if (count++ == MAX_PER_TURN || !read_head(conn, &in))
				return in;
			break;
		case CONN_READING_BODY:
			if (conn->chunked)
				read_chunked(conn, &in);
			else
				read_counted(conn, &in);
			break;
		default:
			return in;
		}
	}
	return in;
}
