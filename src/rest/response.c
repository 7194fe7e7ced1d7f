/* response.c: turns the rows of a statement into a response. PostgreSQL's JSON is sent unchanged. */

#include <stdio.h>

#include "call.h"
#include "cursor.h"
#include "reject.h"
#include "response.h"
#include "state.h"

/* If-None-Match uses the weak comparison: W/ is ignored. */
static bool etag_matches(struct str list, const char *tag)
{
	struct str each, ours = str_of(tag);

	if (str_begins(ours, "W/"))
		ours = (struct str){ ours.at + 2, ours.length - 2 };
	if (str_is(str_trim(list), "*"))
		return true;
	while (str_cut(&list, ',', &each)) {
		each = str_trim(each);
		if (str_begins(each, "W/"))
			each = (struct str){ each.at + 2, each.length - 2 };
		if (str_equal(each, ours))
			return true;
	}
	return false;
}

/* A single object has a strong ETag: its revision, for If-Match, and a hash of the body, because
 * embedded data of other objects can change without a new revision. */
static const char *entity_tag(struct call *call, struct str revision, struct str body)
{
	unsigned long long hash = str_hash(body, 0);

	if (revision.at)
		return arena_print(&call->request->arena, "\"%.*s.%016llx\"", STR_ARGS(revision),
		                   hash);
	return arena_print(&call->request->arena, "W/\"%016llx\"", hash);
}

/* Percent-encodes everything but letters, digits and "-_.,". */
static void add_encoded(struct buf *out, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
		    || memchr("-_.,", c, 4))
			buf_char(out, (char)c);
		else
			buf_add(out, (char[3]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
}

/* The request's query with a new cursor. Its values are encoded again, because a literal > would
 * end the link. */
static const char *next_link(struct call *call, struct str keys)
{
	struct request *request = call->request;
	struct str rest = request->query, name, value;
	struct buf link = { 0 };
	const char *text;

	buf_char(&link, '<');
	buf_str(&link,
	        (struct str){ request->target.at,
	                      request->target.length
	                              - (request->query.at ? request->query.length + 1 : 0) });
	buf_char(&link, '?');
	while (request_query_next(request, &rest, &name, &value)) {
		if (str_is(name, "cursor") || str_is(name, "skip"))
			continue;
		add_encoded(&link, name);
		buf_char(&link, '=');
		add_encoded(&link, value);
		buf_char(&link, '&');
	}
	buf_text(&link, "cursor=");
	cursor_write(call, keys, &link);
	buf_text(&link, ">; rel=\"next\"");
	text = arena_copy(&request->arena, buf_as_str(&link));
	buf_finish(&link);
	return text;
}

/* Public responses are the same for everyone, so proxies may store and revalidate them. */
static const char *cache_control(const struct operation *operation)
{
	if (operation->method != GET)
		return NULL;
	return operation->role == PUBLIC ? "public, no-cache" : "private, no-cache";
}

static size_t query_number(const struct call *call, struct str name)
{
	int i = endpoint_find_query(call->endpoint, name);
	long long number = 0;

	if (i >= 0 && call->query_values[i])
		str_number(str_of(call->query_values[i]), &number);
	return (size_t)number;
}

/* Adds this process's connections to the object. */
static struct str with_connections(struct call *call, struct str body)
{
	struct buf whole = { 0 };
	struct str copy;

	buf_add(&whole, body.at, body.length - 1);
	call->rest->hooks.append_connections(call->rest->hooks.context,
	                                     query_number(call, STR("skip")),
	                                     query_number(call, STR("limit")), &whole);
	buf_char(&whole, '}');
	copy = (struct str){ arena_copy(&call->request->arena, buf_as_str(&whole)), whole.length };
	buf_finish(&whole);
	return copy;
}

void response_send(struct call *call, const struct db_rows *rows)
{
	const struct operation *operation = call->endpoint->operation;
	struct request *request = call->request;
	struct str status = db_rows_column(rows, DB_STATUS),
		   location = db_rows_column(rows, DB_LOCATION),
		   next = db_rows_column(rows, DB_NEXT), total = db_rows_column(rows, DB_TOTAL),
		   changed = db_rows_column(rows, DB_INVALIDATES),
		   events = db_rows_column(rows, DB_EVENTS), body;
	struct reply reply = { .total = NO_TOTAL };
	long long number;

	if (db_rows_count(rows) == 0) {
		reject(call->request, PROBLEM_NOT_FOUND, NULL);
		return;
	}
	if (db_rows_column(rows, DB_CODE).at) {
		reject_row(call->request, rows);
		return;
	}
	/* Invalidate caches so that the next request sees the new row. */
	if (changed.at) {
		access_invalidate(call->rest->access, changed);
		call->rest->hooks.on_row_changed(call->rest->hooks.context, changed);
	}
	if (events.at && !call->replayed)
		call->rest->hooks.on_events(call->rest->hooks.context, events);
	reply.status = status.at && str_number(status, &number) ? (int)number
	               : operation->status                      ? operation->status
	                                                        : 200;
	body = db_rows_column(rows, DB_BODY);
	if (body.at && operation->rules & ADD_CONNECTIONS)
		body = with_connections(call, body);
	if (body.at) {
		reply.type = "application/json; charset=utf-8";
		reply.body = body;
		reply.etag = entity_tag(call, db_rows_column(rows, DB_ETAG), body);
		reply.cache_control = cache_control(operation);
	}
	if (operation->method == GET && reply.etag && request->headers[HEADER_IF_NONE_MATCH].at
	    && etag_matches(request->headers[HEADER_IF_NONE_MATCH], reply.etag)) {
		reply.status = 304;
		reply.type = NULL;
	}
	if (location.at)
		reply.location = arena_copy(&request->arena, location);
	if (next.at)
		reply.link = next_link(call, next);
	if (total.at && str_number(total, &number)) {
		reply.total = number;
		reply.extra_headers = "Preference-Applied: count=exact\r\n";
	}
	if (call->replayed)
		reply.extra_headers = "Idempotent-Replayed: true\r\n";
	request_reply(request, &reply);
}
