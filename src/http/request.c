/* request.c: creates, holds and frees requests.
 *
 * Normal sequence:
 *
 * - the bytes of the head are copied into the request's arena, and its slices point there;
 * - the server holds the request until the reply; the owner of its route may hold it longer;
 * - the last release schedules it for the end of the turn, when its memory goes to a free list.
 *
 * Failures:
 *
 * - the client disconnects: the request loses its connection and gone() is called. The request
 *   lives on until the route replies, and the reply is discarded;
 * - the server is freed: the same, and the memory is returned to malloc. */

#include <stdlib.h>

#include "http_private.h"
#include "clock.h"
#include "metrics.h"

enum { SPARES_MOST = 256 };

static struct insides spares = LIST_HEAD_INITIALIZER(spares);
static int spare_count;

static struct inside *inside_take(void)
{
	struct inside *inside = LIST_FIRST(&spares);

	if (!inside)
		return xcalloc(1, sizeof(*inside));
	LIST_REMOVE(inside, link);
	spare_count--;
	memset(inside, 0, sizeof(*inside));
	return inside;
}

static void inside_give(struct inside *inside)
{
	/* Not under AddressSanitizer, which should detect every use after free. */
#ifndef __SANITIZE_ADDRESS__
	if (inside->http && spare_count < SPARES_MOST) {
		LIST_INSERT_HEAD(&spares, inside, link);
		spare_count++;
		return;
	}
#endif
	free(inside);
}

void request_forget_spares(void)
{
	struct inside *inside;

	while ((inside = LIST_FIRST(&spares))) {
		LIST_REMOVE(inside, link);
		free(inside);
	}
	spare_count = 0;
}

static void count_body(struct http *http, long long more)
{
	if (more == 0)
		return;
	http->body_bytes += more;
	metrics_set(METRIC_HTTP_BODY_BYTES, http->body_bytes);
}

static void on_last_release(struct deferred *deferred)
{
	struct inside *inside = container_of(deferred, struct inside, deferred);

	if (inside->http) {
		LIST_REMOVE(inside, link);
		count_body(inside->http, -(long long)inside->body.capacity);
	}
	buf_finish(&inside->body);
	arena_finish(&inside->request.arena);
	inside_give(inside);
}

/* Makes a slice of the received head a slice of its copy. */
static struct str moved(struct arena *arena, struct str slice, struct str from, const char *to)
{
	if (!slice.at)
		return slice;
	if (slice.at >= from.at && slice.at + slice.length <= from.at + from.length)
		return (struct str){ to + (slice.at - from.at), slice.length };
	return (struct str){ arena_copy(arena, slice), slice.length };
}

static void fill(struct inside *inside, const struct head *head, struct str bytes)
{
	struct request *request = &inside->request;
	struct arena *arena = &request->arena;
	const char *copy = arena_copy(arena, bytes);

	inside->minor = head->minor;
	inside->raw_path = moved(arena, head->target.raw_path, bytes, copy);
	request->body = (struct str){ copy + head->length, bytes.length - head->length };
	request->method = head->method;
	request->target = moved(arena, head->text, bytes, copy);
	request->path = moved(arena, head->target.path, bytes, copy);
	request->query = moved(arena, head->target.query, bytes, copy);
	for (int i = 0; i < head->field_count; i++) {
		enum header header = head->fields[i].header;

		if (!request->headers[header].at)
			request->headers[header] =
				moved(arena, head_value(head, header, arena), bytes, copy);
	}
}

struct inside *request_new(struct wire *wire, const struct head *head, struct str bytes)
{
	struct inside *inside = inside_take();
	struct request *request = &inside->request;

	inside->http = wire->http;
	inside->loop = wire->http->loop;
	inside->wire = wire;
	inside->holders = 1;
	inside->deferred.run = on_last_release;
	LIST_INSERT_HEAD(&wire->http->requests, inside, link);
	request->inside = inside;
	request->context = wire->http->context;
	request->began_us = clock_exact_us();
	if (head)
		fill(inside, head, bytes);
	hops_find(request, wire);
	return inside;
}

void request_grow(struct inside *inside, struct str piece)
{
	size_t room = inside->body.capacity;

	buf_add(&inside->body, piece.at, piece.length);
	count_body(inside->http, (long long)(inside->body.capacity - room));
}

bool request_upgrades(const struct request *request, const char *protocol)
{
	return request->inside->minor > 0 && head_names(request->headers[HEADER_UPGRADE], protocol)
	       && head_names(request->headers[HEADER_CONNECTION], "upgrade");
}

void request_hold(struct request *request)
{
	request->inside->holders++;
}

void request_release(struct request *request)
{
	struct inside *inside = request->inside;

	if (--inside->holders == 0)
		loop_defer(inside->loop, &inside->deferred);
}

bool request_query_next(struct request *request, struct str *rest, struct str *name,
			struct str *value)
{
	struct str pair, parts[2];
	const char *equals;
	char *out;
	long lengths[2];

	do {
		if (!str_cut(rest, '&', &pair))
			return false;
	} while (pair.length == 0);
	equals = memchr(pair.at, '=', pair.length);
	parts[0] = pair;
	parts[1] = (struct str){ pair.at + pair.length, 0 };
	if (equals) {
		parts[0].length = (size_t)(equals - pair.at);
		parts[1] = (struct str){ equals + 1, pair.length - parts[0].length - 1 };
	}
	/* Each is NUL-terminated, because the arena returns zeroed memory. */
	out = arena_alloc(&request->arena, pair.length + 2);
	lengths[0] = target_decode(parts[0], true, out);
	lengths[1] = target_decode(parts[1], true, out + parts[0].length + 1);
	if (lengths[0] < 0 || lengths[1] < 0) {
		*name = (struct str){ NULL, 0 };
		*value = pair;
		return true;
	}
	*name = (struct str){ out, (size_t)lengths[0] };
	*value = (struct str){ out + parts[0].length + 1, (size_t)lengths[1] };
	return true;
}
