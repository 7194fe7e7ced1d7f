/* cors.c: who may call from a browser.
 *
 * Origins are compared whole, with a list from CORS_ORIGIN; there is no `*`, and
 * no cookie is ever read, so credentials are not allowed. A preflight of an
 * origin we know is answered here, before anybody asks for a token: browsers
 * send none with it. One we do not know gets no CORS line, and its browser
 * keeps the answer from it. */

#include <stdlib.h>

#include "inside.h"
#include "config.h"

struct cors {
	struct str *origins;
	size_t count;
};

static const char preflight[] =
	"Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"
	"Access-Control-Allow-Headers: authorization, content-type, accept, idempotency-key, "
	"if-match, if-none-match, prefer, traceparent, tracestate, x-request-id, last-event-id\r\n"
	"Access-Control-Max-Age: 7200\r\n"
	"Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n";

static const char exposed[] =
	"Access-Control-Expose-Headers: ETag, Link, Location, Retry-After, RateLimit, "
	"RateLimit-Policy, X-Request-Id, X-Total-Count, Deprecation, Sunset, Preference-Applied, "
	"Idempotent-Replayed, Server-Timing, Content-Disposition\r\n"
	"Vary: Origin\r\n";

struct cors *cors_new(const struct config *config)
{
	struct cors *cors = xcalloc(1, sizeof(*cors));
	struct str rest = str_of(config->cors_origin), origin;
	size_t most = 2;

	for (size_t i = 0; i < rest.length; i++)
		most += rest.at[i] == ',';
	cors->origins = xcalloc(most, sizeof(*cors->origins));
	while (str_cut(&rest, ',', &origin)) {
		origin = str_trim(origin);
		if (origin.length)
			cors->origins[cors->count++] = origin;
	}
	if (config_is_development(config))
		cors->origins[cors->count++] = STR("http://localhost:3000");
	return cors;
}

void cors_free(struct cors *cors)
{
	if (!cors)
		return;
	free(cors->origins);
	free(cors);
}

bool cors_allows(const struct cors *cors, struct str origin)
{
	for (size_t i = 0; i < cors->count; i++) {
		if (str_equal(cors->origins[i], origin))
			return true;
	}
	return false;
}

static bool is_preflight(const struct request *request)
{
	return request->method == OPTIONS && request->headers[HEADER_ACCESS_CONTROL_REQUEST_METHOD].at;
}

static bool allowed(const struct request *request)
{
	struct str origin = request->headers[HEADER_ORIGIN];

	return origin.at && cors_allows(request->inside->http->cors, origin);
}

bool cors_enter(struct request *request)
{
	if (!is_preflight(request) || !allowed(request))
		return true;
	request_reply(request, &(struct reply){ .status = 204, .total = NO_TOTAL });
	return false;
}

void cors_leave(struct request *request, const struct reply *, struct buf *head)
{
	struct str origin = request->headers[HEADER_ORIGIN];

	if (!allowed(request)) {
		buf_str(head, STR("Vary: Origin\r\n"));
		return;
	}
	buf_str(head, STR("Access-Control-Allow-Origin: "));
	buf_str(head, origin);
	buf_str(head, STR("\r\n"));
	if (is_preflight(request))
		buf_str(head, STR(preflight));
	else
		buf_str(head, STR(exposed));
}
