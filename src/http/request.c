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
 * - the client disconnects: the request loses its connection and on_disconnect() is called. The
 *   request lives on until the route replies, and the reply is discarded;
 * - the server is freed: the same, and the memory is returned to malloc. */

#include <stdlib.h>

#include "clock.h"
#include "conn.h"
#include "forwarded.h"
#include "head.h"
#include "metrics.h"
#include "request.h"
#include "server.h"
#include "target.h"

enum { MAX_SPARES = 256 };

static struct request_list spares = LIST_HEAD_INITIALIZER(spares);
static int spare_count;

static struct request_private *priv_alloc(void)
{
	struct request_private *priv = LIST_FIRST(&spares);

	if (!priv)
		return xcalloc(1, sizeof(*priv));
	LIST_REMOVE(priv, link);
	spare_count--;
	memset(priv, 0, sizeof(*priv));
	return priv;
}

static void priv_free(struct request_private *priv)
{
	/* Not under AddressSanitizer, which should detect every use after free. */
#ifndef __SANITIZE_ADDRESS__
	if (priv->http && spare_count < MAX_SPARES) {
		LIST_INSERT_HEAD(&spares, priv, link);
		spare_count++;
		return;
	}
#endif
	free(priv);
}

void request_free_spares(void)
{
	struct request_private *priv;

	while ((priv = LIST_FIRST(&spares))) {
		LIST_REMOVE(priv, link);
		free(priv);
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
	struct request_private *priv = container_of(deferred, struct request_private, deferred);

	if (priv->http) {
		LIST_REMOVE(priv, link);
		count_body(priv->http, -(long long)priv->body.capacity);
	}
	buf_finish(&priv->body);
	arena_finish(&priv->request.arena);
	priv_free(priv);
}

/* Converts a slice of the received head into a slice of its copy. */
static struct str rebase(struct arena *arena, struct str slice, struct str from, const char *to)
{
	if (!slice.at)
		return slice;
	if (slice.at >= from.at && slice.at + slice.length <= from.at + from.length)
		return (struct str){ to + (slice.at - from.at), slice.length };
	return (struct str){ arena_copy(arena, slice), slice.length };
}

static void fill(struct request_private *priv, const struct head *head, struct str bytes)
{
	struct request *request = &priv->request;
	struct arena *arena = &request->arena;
	const char *copy = arena_copy(arena, bytes);

	priv->minor = head->minor;
	priv->raw_path = rebase(arena, head->target.raw_path, bytes, copy);
	request->body = (struct str){ copy + head->length, bytes.length - head->length };
	request->method = head->method;
	request->target = rebase(arena, head->raw_target, bytes, copy);
	request->path = rebase(arena, head->target.path, bytes, copy);
	request->query = rebase(arena, head->target.query, bytes, copy);
	for (int i = 0; i < head->field_count; i++) {
		enum header header = head->fields[i].header;

		if (!request->headers[header].at)
			request->headers[header] =
				rebase(arena, head_value(head, header, arena), bytes, copy);
	}
}

struct request_private *request_new(struct http_conn *conn, const struct head *head,
                                    struct str bytes)
{
	struct request_private *priv = priv_alloc();
	struct request *request = &priv->request;

	priv->http = conn->http;
	priv->loop = conn->http->loop;
	priv->conn = conn;
	priv->holders = 1;
	priv->deferred.run = on_last_release;
	LIST_INSERT_HEAD(&conn->http->requests, priv, link);
	request->priv = priv;
	request->started_us = clock_exact_us();
	if (head)
		fill(priv, head, bytes);
	forwarded_resolve(request, conn);
	return priv;
}

void request_append_body(struct request_private *priv, struct str piece)
{
	size_t before = priv->body.capacity;

	buf_add(&priv->body, piece.at, piece.length);
	count_body(priv->http, (long long)(priv->body.capacity - before));
}

bool request_upgrades(const struct request *request, const char *protocol)
{
	return request->priv->minor > 0
	       && header_list_has(request->headers[HEADER_UPGRADE], protocol)
	       && header_list_has(request->headers[HEADER_CONNECTION], "upgrade");
}

void request_log(struct request *request, struct kv field)
{
	int i = 0;

	while (i < request->log_field_count && strcmp(request->log_fields[i].name, field.name) != 0)
		i++;
	if (i == REQUEST_LOG_FIELDS)
		return;
	request->log_fields[i] = field;
	if (i == request->log_field_count)
		request->log_field_count++;
}

void request_hold(struct request *request)
{
	request->priv->holders++;
}

void request_release(struct request *request)
{
	struct request_private *priv = request->priv;

	if (--priv->holders == 0)
		loop_defer(priv->loop, &priv->deferred);
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
