/* fake_http.c: records the replies to a request. */

#include <criterion/criterion.h>

#include "fake_http.h"

struct fake_http fake_http;

static void free_texts(void)
{
	buf_finish(&fake_http.detail);
	buf_finish(&fake_http.errors);
	buf_finish(&fake_http.body);
	buf_finish(&fake_http.type);
	buf_finish(&fake_http.etag);
	buf_finish(&fake_http.location);
	buf_finish(&fake_http.link);
	buf_finish(&fake_http.cache_control);
	buf_finish(&fake_http.authenticate);
	buf_finish(&fake_http.extra_headers);
	buf_finish(&fake_http.vary);
	buf_finish(&fake_http.limits);
}

void fake_http_open(struct request *request)
{
	*request = (struct request){ .method = GET };
	strcpy(request->id, "request-1");
	fake_http = (struct fake_http){ 0 };
}

void fake_http_close(struct request *request)
{
	cr_assert(fake_http.holds == 0, "the request must be released");
	arena_finish(&request->arena);
	free_texts();
}

/* ---- Replies ---- */

static void set_text(struct buf *out, const char *text)
{
	buf_clear(out);
	buf_text(out, text ? text : "");
	buf_cstr(out);
}

static void begin_reply(int status, const char *code)
{
	cr_assert(!fake_http.replied,
	          "a request must be answered only once; %s was the first answer",
	          fake_http.code ? fake_http.code : "a success");
	fake_http.replied = true;
	fake_http.status = status;
	fake_http.code = code;
}

void request_reply(struct request *, const struct reply *reply)
{
	begin_reply(reply->status, reply->code);
	buf_str(&fake_http.body, reply->body);
	buf_cstr(&fake_http.body);
	set_text(&fake_http.type, reply->type);
	set_text(&fake_http.etag, reply->etag);
	set_text(&fake_http.location, reply->location);
	set_text(&fake_http.link, reply->link);
	set_text(&fake_http.cache_control, reply->cache_control);
	set_text(&fake_http.extra_headers, reply->extra_headers);
	set_text(&fake_http.vary, reply->vary);
	fake_http.compress = reply->compress;
	fake_http.revalidate = reply->revalidate;
	fake_http.total = reply->total;
	fake_http.retry_after = reply->retry_after;
}

void request_problem(struct request *, const struct problem_reply *reply)
{
	begin_reply(reply->problem->status, reply->problem->code);
	set_text(&fake_http.detail, reply->detail);
	buf_clear(&fake_http.errors);
	buf_str(&fake_http.errors, reply->errors);
	buf_cstr(&fake_http.errors);
	set_text(&fake_http.authenticate, reply->authenticate);
	set_text(&fake_http.extra_headers, reply->extra_headers);
	fake_http.retry_after = reply->retry_after;
	fake_http.total = NO_TOTAL;
}

bool problem_has_slug(const struct problem_row *, struct str)
{
	return false;
}

/* ---- The request ---- */

void request_hold(struct request *)
{
	fake_http.holds++;
}

void request_release(struct request *)
{
	cr_assert(fake_http.holds > 0, "a request must not be released more often than held");
	fake_http.holds--;
}

void request_log(struct request *request, struct kv field)
{
	if (request->log_field_count < REQUEST_LOG_FIELDS)
		request->log_fields[request->log_field_count++] = field;
}

const char *fake_http_log_field(const struct request *request, const char *name)
{
	for (int i = request->log_field_count - 1; i >= 0; i--) {
		if (strcmp(request->log_fields[i].name, name) == 0)
			return request->log_fields[i].text.at;
	}
	return NULL;
}

bool request_upgrades(const struct request *, const char *)
{
	return false;
}

static struct str decode(struct request *request, struct str text)
{
	char *out = arena_alloc(&request->arena, text.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i] == '+' ? ' ' : text.at[i];

		if (c == '%' && i + 2 < text.length) {
			c = (char)(str_hex_digit(text.at[i + 1]) * 16
			           + str_hex_digit(text.at[i + 2]));
			i += 2;
		}
		out[length++] = c;
	}
	return (struct str){ out, length };
}

/* Escapes must be valid. */
bool request_query_next(struct request *request, struct str *rest, struct str *name,
                        struct str *value)
{
	struct str pair;

	if (!str_cut(rest, '&', &pair))
		return false;
	str_cut(&pair, '=', name);
	*name = decode(request, *name);
	*value = decode(request, pair);
	return true;
}

/* ---- Rate limits ---- */

static const char *const limit_names[LIMITS] = {
#define RATE_LIMIT(name, text, ...) [LIMIT_##name] = text,
#include "table/limits.def"
#undef RATE_LIMIT
};

static const struct problem_row rate_limited = { .code = "TOO_MANY_REQUESTS", .status = 429 };

static void record(const char *call, enum limit limit, struct str id)
{
	buf_print(&fake_http.limits, "%s %s%s%.*s\n", call, limit_names[limit],
	          id.length ? " " : "", STR_ARGS(id));
}

static bool apply(struct request *request, const char *call, enum limit limit, struct str id)
{
	record(call, limit, id);
	if (!fake_http.exceeded[limit])
		return true;
	request_problem(request, &(struct problem_reply){ .problem = &rate_limited });
	return false;
}

bool rate_limit_take(struct request *request, enum limit limit, struct str id)
{
	return apply(request, "take", limit, id);
}

bool rate_limit_check(struct request *request, enum limit limit, struct str id)
{
	return apply(request, "check", limit, id);
}

void rate_limit_charge(struct request *, enum limit limit, struct str id)
{
	record("charge", limit, id);
}

const char *fake_http_limits(void)
{
	const char *text = buf_cstr(&fake_http.limits);

	buf_clear(&fake_http.limits);
	return text;
}
