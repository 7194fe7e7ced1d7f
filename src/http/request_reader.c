/* request_reader.c: turns input into complete, well-formed requests, one at a time.
 *
 * Normal sequence:
 *
 * - a complete head is parsed (head.c), and its bytes are copied into a new request;
 * - the body is read, by Content-Length or by its chunks;
 * - libevhtp gets a newly written head, and the request passes through the middleware to its route;
 * - after the reply, the next request is read from the same input, up to AT_ONCE of them before
 *   other connections get their turn.
 *
 * Failures:
 *
 * - the input is invalid or not accepted: it is answered with a problem and `Connection: close`,
 *   because the start of the next request cannot be determined;
 * - the input arrives too slowly: see timeouts.c. */

#include <stdio.h>

#include "http_private.h"
#include "config.h"
#include "log.h"
#include "metrics.h"

/* Per connection and turn. Also limits memory: requests are freed at the end of the turn. */
enum { AT_ONCE = 8 };

static struct head head; /* of the request being parsed; too large for the stack */

static struct str after(struct str in, size_t length)
{
	return (struct str){ in.at + length, in.length - length };
}

void intake_drop(struct wire *wire)
{
	struct inside *inside = wire->inside;

	if (!inside)
		return;
	wire->inside = NULL;
	inside->wire = NULL;
	inside->answered = true;
	request_release(&inside->request);
}

void intake_refuse(struct wire *wire, enum problem problem, const char *detail)
{
	if (!wire->inside)
		wire->inside = request_new(wire, NULL, (struct str){ NULL, 0 });
	wire->closing = true;
	wire->legacy = false;
	metrics_count(METRIC_HTTP_MALFORMED, 1);
	wire_move(wire, PLACE_BUSY);
	stages_enter_refused(&wire->inside->request);
	request_refuse(&wire->inside->request, &(struct refusal){
		.problem = problem,
		.detail = detail,
		.retry_after = problem == PROBLEM_BUSY ? 1 : 0,
	});
}

/* The request is complete: passes it to libevhtp and runs it. */
static void run(struct wire *wire, struct str behind)
{
	struct inside *inside = wire->inside;

	wire_move(wire, PLACE_BUSY);
	if (!server_hand(wire)) {
		log_error("http.evhtp_rejected_head", kv_str("target", inside->request.target));
		wire_lost(wire);
		return;
	}
	wire->behind = behind;
	stages_run(&inside->request);
	wire->behind = (struct str){ NULL, 0 };
}

static void refuse_size(struct wire *wire)
{
	static char detail[64];

	snprintf(detail, sizeof(detail), "The body exceeds the maximum of %lld bytes.",
	         wire->http->config->body_bytes);
	intake_refuse(wire, PROBLEM_BODY_TOO_LARGE, detail);
}

/* Sent even if the body has already been received, so that the output does not depend on timing. */
static bool say_continue(struct wire *wire)
{
	if (server_send(wire, STR("HTTP/1.1 100 Continue\r\n\r\n"), (struct str){ NULL, 0 }))
		return true;
	wire_lost(wire);
	return false;
}

static void body_grow(struct wire *wire, struct str piece)
{
	const struct http *http = wire->http;

	if (http->body_bytes + (long long)piece.length > http->config->body_budget)
		intake_refuse(wire, PROBLEM_BUSY, "Too many request bodies are being received.");
	else
		request_grow(wire->inside, piece);
}

static void body_end(struct wire *wire, struct str behind)
{
	wire->inside->request.body = buf_as_str(&wire->inside->body);
	run(wire, behind);
}

static void take_counted(struct wire *wire, struct str *in)
{
	struct str piece = { in->at, in->length < wire->body_left ? in->length : wire->body_left };

	*in = after(*in, piece.length);
	wire->body_left -= piece.length;
	body_grow(wire, piece);
	if (wire->place == PLACE_BODY && wire->body_left == 0)
		body_end(wire, *in);
}

static void take_chunked(struct wire *wire, struct str *in)
{
	struct str piece;

	switch (chunk_take(&wire->chunks, in, &piece)) {
	case CHUNK_MORE:
		break;
	case CHUNK_DATA:
		body_grow(wire, piece);
		break;
	case CHUNK_END:
		body_end(wire, *in);
		break;
	case CHUNK_BAD:
		intake_refuse(wire, PROBLEM_BAD_REQUEST,
		              "The chunked body is malformed, or has extensions or trailers.");
		break;
	case CHUNK_TOO_LARGE:
		refuse_size(wire);
	}
}

/* The head is complete and valid. */
static void begin(struct wire *wire, struct str *in)
{
	const struct config *config = wire->http->config;
	size_t length = head.length + head.content_length;
	struct inside *inside;

	if (head.content_length > (unsigned long long)config->body_bytes) {
		wire->inside = request_new(wire, &head, (struct str){ in->at, head.length });
		*in = after(*in, head.length);
		refuse_size(wire);
		return;
	}
	wire->closing = head.close || (head.minor == 0 && !head.keep_alive);
	wire->legacy = head.minor == 0;
	wire->chunked = head.chunked;
	if (in->length < length || head.chunked)
		length = head.length;
	inside = request_new(wire, &head, (struct str){ in->at, length });
	wire->inside = inside;
	*in = after(*in, length);
	if (head.expects && (head.chunked || head.content_length) && !say_continue(wire))
		return;
	if (!head.chunked && head.length + head.content_length == length) {
		run(wire, *in);
		return;
	}
	wire->chunks = (struct chunks){ .limit = (unsigned long long)config->body_bytes };
	wire->body_left = head.content_length;
	wire_move(wire, PLACE_BODY);
}

/* False if the head is incomplete. */
static bool take_head(struct wire *wire, struct str *in)
{
	if (in->length < wire->enough
	    && !memchr(in->at + wire->scanned, '\n', in->length - wire->scanned)) {
		wire->scanned = in->length;
		return false;
	}
	switch (head_read(*in, &head)) {
	case HEAD_MORE:
		wire->scanned = in->length;
		wire->enough = head.enough;
		if (wire->place == PLACE_IDLE)
			wire_move(wire, PLACE_HEAD);
		return false;
	case HEAD_BAD:
		intake_refuse(wire, head.problem, head.detail);
		return true;
	case HEAD_WHOLE:
		wire->scanned = wire->enough = 0;
		begin(wire, in);
	}
	return true;
}

struct str intake_run(struct wire *wire, struct str in)
{
	int taken = 0;

	while (in.length && !wire->dead) {
		switch (wire->place) {
		case PLACE_IDLE:
		case PLACE_HEAD:
			if (taken++ == AT_ONCE || !take_head(wire, &in))
				return in;
			break;
		case PLACE_BODY:
			if (wire->chunked)
				take_chunked(wire, &in);
			else
				take_counted(wire, &in);
			break;
		default:
			return in;
		}
	}
	return in;
}
