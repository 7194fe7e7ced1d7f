/* response.c: turns the rows of a statement into a response. PostgreSQL's JSON is sent unchanged. */

#include <stdio.h>

#include "call.h"
#include "entity_tag.h"
#include "link.h"
#include "reject.h"
#include "response.h"
#include "state.h"

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

/* Invalidates caches, so that the next request sees the new row, and publishes events. */
static void report_change(struct call *call, const struct db_rows *rows)
{
	const struct rest_hooks *hooks = &call->rest->hooks;
	struct str changed = db_rows_column(rows, DB_INVALIDATES),
		   events = db_rows_column(rows, DB_EVENTS);

	if (changed.at) {
		access_invalidate(call->rest->access, changed);
		hooks->on_row_changed(hooks->context, changed);
	}
	if (events.at && !call->replayed)
		hooks->on_events(hooks->context, events);
}

static void set_body(struct call *call, const struct db_rows *rows, struct reply *reply)
{
	const struct operation *operation = call->endpoint->operation;
	struct str body = db_rows_column(rows, DB_BODY);

	if (!body.at)
		return;
	if (operation->rules & ADD_CONNECTIONS)
		body = with_connections(call, body);
	reply->type = "application/json; charset=utf-8";
	reply->body = body;
	reply->etag = entity_tag(call, db_rows_column(rows, DB_ETAG), body);
	reply->cache_control = cache_control(operation);
	reply->compress = !(operation->rules & SECRET_RESPONSE);
	reply->revalidate = operation->method == GET;
	if (call->minimal) {
		reply->type = NULL;
		if (reply->status == 200 || reply->status == 202)
			reply->status = 204;
	}
}

/* Sets the headers about preferences and replays. */
static void set_preferences(struct call *call, struct reply *reply)
{
	const struct operation *operation = call->endpoint->operation;
	const char *applied = reply->total >= 0 ? "Preference-Applied: count=exact\r\n"
	                      : call->minimal   ? "Preference-Applied: return=minimal\r\n"
	                                        : NULL;

	if (operation_has_minimal(operation) || operation->rules & COUNTED)
		reply->vary = "Prefer";
	if (call->replayed)
		reply->extra_headers = arena_print(
			&call->request->arena, "Idempotent-Replayed: true\r\n%s", applied ?: "");
	else
		reply->extra_headers = applied;
}

static void send_success(struct call *call, const struct db_rows *rows)
{
	const struct operation *operation = call->endpoint->operation;
	struct str status = db_rows_column(rows, DB_STATUS),
		   location = db_rows_column(rows, DB_LOCATION),
		   next = db_rows_column(rows, DB_NEXT), total = db_rows_column(rows, DB_TOTAL);
	struct reply reply = { .total = NO_TOTAL };
	long long number;

	reply.status = status.at && str_number(status, &number) ? (int)number
	               : operation->status                      ? operation->status
	                                                        : 200;
	set_body(call, rows, &reply);
	if (location.at)
		reply.location = arena_print(&call->request->arena, "%s%.*s",
		                             version_rows[call->version].mount, STR_ARGS(location));
	if (next.at)
		reply.link = link_next(call, next);
	if (total.at && str_number(total, &number))
		reply.total = number;
	set_preferences(call, &reply);
	request_reply(call->request, &reply);
}

void response_send(struct call *call, const struct db_rows *rows)
{
	if (db_rows_count(rows) == 0) {
		reject(call->request, PROBLEM_NOT_FOUND, NULL);
	} else if (db_rows_column(rows, DB_CODE).at) {
		reject_row(call->request, rows);
	} else {
		report_change(call, rows);
		send_success(call, rows);
	}
}
