/* cors.c: which web origins can use the API.
 *
 * Origins are compared as a whole with the list in CORS_ORIGIN. An entry with `*.` stands for all
 * subdomains of a name. There is no `*` for all origins, and cookies are never read, so credentials
 * are not allowed. Preflights are answered here, before authentication, because browsers send no
 * token with them. An unlisted origin gets no Access-Control-Allow header, so its browser withholds
 * the response from the page.
 *
 * Browsers let any page open a WebSocket to any server and leave the check of Origin to the server.
 * A WebSocket handshake must therefore have a listed origin, the server's own, or none. */

#include <stdlib.h>

#include "config.h"
#include "cors.h"
#include "head.h"
#include "http_problems.h"
#include "request.h"
#include "server.h"

struct rule {
	struct str text;
	const char *wildcard; /* position of the wildcard; NULL: an exact origin */
};

struct cors {
	struct rule *rules;
	size_t count;
};

static const char preflight[] =
	"Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"
	"Access-Control-Allow-Headers: authorization, content-type, accept, idempotency-key, "
	"if-match, if-none-match, prefer, traceparent, tracestate, x-request-id, last-event-id, "
	"x-api-key\r\n"
	"Access-Control-Max-Age: 7200\r\n";

static const char exposed[] =
	"Access-Control-Expose-Headers: ETag, Link, Location, Retry-After, RateLimit, "
	"RateLimit-Policy, X-Request-Id, X-Total-Count, Deprecation, Sunset, Preference-Applied, "
	"Idempotent-Replayed, WWW-Authenticate, Allow, Date, Server-Timing, Content-Disposition\r\n";

/* ---- The setting ---- */

/* Whether the text is a host name in lower case, as browsers send it. */
static bool is_name(struct str text)
{
	char before = '.';

	for (size_t i = 0; i < text.length; before = text.at[i++]) {
		char c = text.at[i];

		if (c == '.' ? before == '.'
		             : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return before != '.';
}

/* An IPv6 literal: "[2001:db8::1]" */
static bool is_literal(struct str text)
{
	struct str inner = { text.at + 1, text.length - 2 };

	if (text.length < 4 || text.at[0] != '[' || text.at[text.length - 1] != ']')
		return false;
	for (size_t i = 0; i < inner.length; i++) {
		if (!strchr("0123456789abcdef:.", inner.at[i]))
			return false;
	}
	return true;
}

static const char *port_error(struct str port, bool tls)
{
	long long number;

	if (port.at[0] == '0' || port.at[0] == '-' || !str_number(port, &number) || number > 65535)
		return "has an invalid port";
	if (number == (tls ? 443 : 80))
		return "has the default port, which browsers omit";
	return NULL;
}

static const char *host_error(struct str host)
{
	const char *wildcard = memchr(host.at, '*', host.length);
	struct str suffix;

	if (!wildcard)
		return is_name(host) || is_literal(host) ? NULL : "has an invalid host";
	if (!str_begins(host, "*."))
		return "has a * that is not the whole first label";
	suffix = (struct str){ host.at + 2, host.length - 2 };
	if (!is_name(suffix))
		return "has an invalid host";
	return memchr(suffix.at, '.', suffix.length) ? NULL
	                                             : "has fewer than two labels after the *";
}

/* NULL if it is valid, otherwise the error. */
static const char *origin_error(struct str origin)
{
	bool tls = str_begins(origin, "https://");
	size_t scheme = tls ? 8 : str_begins(origin, "http://") ? 7 : 0;
	struct str host = { origin.at + scheme, origin.length - scheme }, port = { NULL, 0 };
	const char *colon = memrchr(host.at, ':', host.length), *error;

	for (size_t i = 0; i < origin.length; i++) {
		if (origin.at[i] >= 'A' && origin.at[i] <= 'Z')
			return "has uppercase letters";
	}
	if (str_is(origin, "*"))
		return "allows every origin; list your front ends instead";
	if (!scheme)
		return "does not start with https:// or http://";
	if (memchr(host.at, '/', host.length))
		return "has a path or a trailing slash";
	if (colon && !memchr(colon, ']', (size_t)(host.at + host.length - colon))) {
		port = (struct str){ colon + 1, (size_t)(host.at + host.length - colon) - 1 };
		host.length -= port.length + 1;
	}
	error = host_error(host);
	return error || !port.at ? error
	       : port.length     ? port_error(port, tls)
	                         : "has an invalid port";
}

bool cors_check_config(const struct config *config, struct buf *errors)
{
	size_t before = errors->length;
	struct str rest = str_of(config->cors_origin), origin;

	while (str_cut(&rest, ',', &origin)) {
		const char *error = origin_error(str_trim(origin));

		if (error)
			buf_print(errors,
			          "CORS_ORIGIN must list origins as browsers send them, such as "
			          "https://app.example.com or https://*.preview.example.app, "
			          "but \"%.*s\" %s.\n",
			          STR_ARGS(str_trim(origin)), error);
	}
	return errors->length == before;
}

/* Default origins of common front-end development servers: Next, Vite, Angular, webpack, Expo.
 * Allowed in development if CORS_ORIGIN is not set. */
static const char *const development_origins[] = {
#define ORIGINS(port) "http://localhost:" port, "http://127.0.0.1:" port
	ORIGINS("3000"), ORIGINS("3001"), ORIGINS("4173"), ORIGINS("4200"),
	ORIGINS("5173"), ORIGINS("5174"), ORIGINS("8080"), ORIGINS("8081"),
#undef ORIGINS
};

static void rule_add(struct cors *cors, struct str text)
{
	cors->rules[cors->count++] = (struct rule){ text, memchr(text.at, '*', text.length) };
}

struct cors *cors_new(const struct config *config)
{
	struct cors *cors = xcalloc(1, sizeof(*cors));
	struct str rest = str_of(config->cors_origin), origin;
	bool use_default = !config->cors_origin && config_is_development(config);
	size_t max = 1 + COUNT_OF(development_origins);

	for (size_t i = 0; i < rest.length; i++)
		max += rest.at[i] == ',';
	cors->rules = xcalloc(max, sizeof(*cors->rules));
	while (str_cut(&rest, ',', &origin)) {
		origin = str_trim(origin);
		if (!origin_error(origin))
			rule_add(cors, origin);
	}
	for (size_t i = 0; use_default && i < COUNT_OF(development_origins); i++)
		rule_add(cors, str_of(development_origins[i]));
	return cors;
}

void cors_free(struct cors *cors)
{
	if (!cors)
		return;
	free(cors->rules);
	free(cors);
}

/* ---- The request ---- */

/* The wildcard matches one or more labels; the text before and after it must be equal. */
static bool rule_allows(const struct rule *rule, struct str origin)
{
	const char *wildcard = rule->wildcard, *end = rule->text.at + rule->text.length;
	size_t before, after;

	if (!wildcard)
		return str_equal(rule->text, origin);
	before = (size_t)(wildcard - rule->text.at);
	after = (size_t)(end - wildcard) - 1;
	return origin.length > before + after && memcmp(origin.at, rule->text.at, before) == 0
	       && memcmp(origin.at + origin.length - after, wildcard + 1, after) == 0
	       && is_name((struct str){ origin.at + before, origin.length - before - after });
}

static bool cors_allows(const struct cors *cors, struct str origin)
{
	for (size_t i = 0; i < cors->count; i++) {
		if (rule_allows(&cors->rules[i], origin))
			return true;
	}
	return false;
}

static bool is_preflight(const struct request *request)
{
	return request->method == OPTIONS && request->headers[HEADER_ORIGIN].at
	       && request->headers[HEADER_ACCESS_CONTROL_REQUEST_METHOD].at;
}

static bool allowed(const struct request *request)
{
	struct str origin = request->headers[HEADER_ORIGIN];

	return origin.at && cors_allows(request->priv->http->cors, origin);
}

static bool wants_websocket(const struct request *request)
{
	return header_list_has(request->headers[HEADER_UPGRADE], "websocket");
}

/* Whether the page is from this host. Host may include the default port. */
static bool is_same_host(const struct request *request)
{
	struct str origin = request->headers[HEADER_ORIGIN], host = request->headers[HEADER_HOST];
	bool tls = str_begins(origin, "https://");
	size_t scheme = tls ? 8 : str_begins(origin, "http://") ? 7 : 0;
	size_t length = origin.length - scheme;

	if (!scheme || !length || host.length < length
	    || memcmp(host.at, origin.at + scheme, length) != 0)
		return false;
	return host.length == length
	       || str_is((struct str){ host.at + length, host.length - length },
	                 tls ? ":443" : ":80");
}

static void reject_websocket(struct request *request)
{
	struct str origin = request->headers[HEADER_ORIGIN];
	const struct problem_reply reply = { .problem = &http_problems[HTTP_ORIGIN_NOT_ALLOWED] };
	int shown = origin.length < 100 ? (int)origin.length : 100;

	request->why =
		arena_print(&request->arena, "CORS_ORIGIN does not list %.*s", shown, origin.at);
	request_problem(request, &reply);
}

bool cors_enter(struct request *request)
{
	if (is_preflight(request)) {
		request_reply(request, &(struct reply){ .status = 204, .total = NO_TOTAL });
		return false;
	}
	if (request->headers[HEADER_ORIGIN].at && wants_websocket(request) && !allowed(request)
	    && !is_same_host(request)) {
		reject_websocket(request);
		return false;
	}
	return true;
}

void cors_leave(struct request *request, const struct reply *reply, struct buf *head)
{
	bool preflight_request = is_preflight(request);

	if (allowed(request)) {
		buf_str(head, STR("Access-Control-Allow-Origin: "));
		buf_str(head, request->headers[HEADER_ORIGIN]);
		buf_str(head, STR("\r\n"));
		buf_text(head, preflight_request ? preflight : exposed);
	}
	buf_text(head, "Vary: Origin");
	if (preflight_request)
		buf_text(head, ", Access-Control-Request-Method, Access-Control-Request-Headers");
	if (reply->has_encodings)
		buf_str(head, STR(", Accept-Encoding"));
	if (reply->vary) {
		buf_text(head, ", ");
		buf_text(head, reply->vary);
	}
	buf_str(head, STR("\r\n"));
}
