/* security_headers.c: adds security headers to replies.
 *
 * API responses are not pages: they must not be run, framed, sniffed or cached. A reply can set its
 * own policy (pages do) and Cache-Control. HSTS is sent only if a proxy received the request over
 * TLS: over plain HTTP browsers ignore it, and on a development machine it would make http
 * unusable. */

#include "security_headers.h"

/* The constant headers, concatenated by the compiler. */
#define ALWAYS                                                                                     \
	"X-Content-Type-Options: nosniff\r\n"                                                      \
	"X-Frame-Options: DENY\r\n"                                                                \
	"Cross-Origin-Resource-Policy: same-origin\r\n"

#define CACHE  "Cache-Control: "
#define POLICY "Content-Security-Policy: "

static const char default_headers[] =
	CACHE "no-store\r\n" POLICY "default-src 'none'; frame-ancestors 'none'\r\n" ALWAYS;

static const char page_headers[] =
	"Referrer-Policy: no-referrer\r\n"
	"Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"
	"Cross-Origin-Opener-Policy: same-origin\r\n"
	"Origin-Agent-Cluster: ?1\r\n"
	"X-Permitted-Cross-Domain-Policies: none\r\n"
	"X-DNS-Prefetch-Control: off\r\n";

static const char hsts[] = "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

void security_headers_leave(struct request *request, const struct reply *reply, struct buf *head)
{
	if (!reply->cache_control && !reply->csp) {
		buf_str(head, STR(default_headers));
	} else {
		buf_text(head, CACHE);
		buf_text(head, reply->cache_control ? reply->cache_control : "no-store");
		buf_text(head, "\r\n" POLICY);
		buf_text(head,
		         reply->csp ? reply->csp : "default-src 'none'; frame-ancestors 'none'");
		buf_text(head, "\r\n" ALWAYS);
	}
	if (reply->type && str_begins(str_of(reply->type), "text/html"))
		buf_str(head, STR(page_headers));
	/* Not for health checks, which load balancers also send over plain HTTP. */
	if (request->secure && !(request->route && request->route->limit == LIMIT_HEALTH))
		buf_str(head, STR(hsts));
}
