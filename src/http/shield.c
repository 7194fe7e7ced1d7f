/* shield.c: the security headers.
 *
 * An API's answer is no page: nothing of it may be run, framed, guessed at or
 * kept. A reply may bring a policy of its own (pages do) and say how it may be
 * cached. HSTS is said only when the request came to a proxy by TLS: over plain
 * HTTP it would be ignored, and on a laptop it would be a trap. */

#include "inside.h"

/* What never differs, put together by the compiler. */
#define ALWAYS                                  \
	"X-Content-Type-Options: nosniff\r\n" \
	"X-Frame-Options: DENY\r\n"           \
	"Cross-Origin-Resource-Policy: same-origin\r\n"

#define CACHE  "Cache-Control: "
#define POLICY "Content-Security-Policy: "

static const char usual[] = CACHE "no-store\r\n" POLICY
				  "default-src 'none'; frame-ancestors 'none'\r\n" ALWAYS;

static const char page[] = "Referrer-Policy: no-referrer\r\n"
			   "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"
			   "Cross-Origin-Opener-Policy: same-origin\r\n"
			   "Origin-Agent-Cluster: ?1\r\n"
			   "X-Permitted-Cross-Domain-Policies: none\r\n"
			   "X-DNS-Prefetch-Control: off\r\n";

static const char tls[] = "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

void shield_leave(struct request *request, const struct reply *reply, struct buf *head)
{
	if (!reply->cache && !reply->policy) {
		buf_str(head, STR(usual));
	} else {
		buf_text(head, CACHE);
		buf_text(head, reply->cache ? reply->cache : "no-store");
		buf_text(head, "\r\n" POLICY);
		buf_text(head, reply->policy ? reply->policy
					     : "default-src 'none'; frame-ancestors 'none'");
		buf_text(head, "\r\n" ALWAYS);
	}
	if (reply->type && str_begins(str_of(reply->type), "text/html"))
		buf_str(head, STR(page));
	/* Load balancers ask for health by plain HTTP, too. */
	if (request->secure && !(request->route && request->route->limit == LIMIT_HEALTH))
		buf_str(head, STR(tls));
}
