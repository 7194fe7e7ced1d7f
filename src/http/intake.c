/* intake.c: bytes as they come → one whole, well-formed request at a time.
 *
 * The happy path:
 *
 * - a whole head is read (head.c), and its bytes copied into a new request;
 * - its body is taken: counted off by Content-Length, or out of its chunks;
 * - libevhtp is handed a head written anew from what was checked, and the
 *   request goes through the stages to its route;
 * - when it has been answered, the next one is taken out of the same bytes, up
 *   to AT_ONCE of them before others get their turn.
 *
 * When it goes wrong:
 *
 * - what came can be no request, or one that we do not take: it is answered with
 *   a problem, and with `Connection: close`, since nobody can tell where the
 *   next request would begin;
 * - it comes too slowly: sweep.c. */

#include <stdio.h>

#include "inside.h"
#include "config.h"
#include "log.h"
#include "metrics.h"

/* Also a bound for memory: what a turn has answered is freed at its end. */
enum { AT_ONCE = 8 };

static struct head head; /* of one request at a time; too large for the stack of a loop */

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

/* The request is whole: libevhtp is told of it, and it goes its way. */
static void run(struct wire *wire, struct str behind)
{
	struct inside *inside = wire->inside;

	wire_move(wire, PLACE_BUSY);
	if (!server_hand(wire)) {
		log_error("http.not_taken", kv_str("target", inside->request.target));
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

	snprintf(detail, sizeof(detail), "Bodies may have at most %lld bytes.",
	         wire->http->config->body_bytes);
	intake_refuse(wire, PROBLEM_BODY_TOO_LARGE, detail);
}

/* Always the same where it is asked for, also when the body is already here. */
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
		intake_refuse(wire, PROBLEM_BUSY, "Too many bodies are being received.");
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
		              "The body is not well chunked, or has extensions or trailers.");
		break;
	case CHUNK_TOO_LARGE:
		refuse_size(wire);
	}
}

/* The head is whole, and all is well with it. */
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

/* False when there is not enough of it. */
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
