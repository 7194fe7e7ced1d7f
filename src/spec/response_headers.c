/* response_headers.c: writes the headers of responses. */

#include "response_headers.h"
#include "writer.h"

static const struct {
	const char *name, *description, *schema;
} headers[] = {
#define TEXT(example)   "{\"type\":\"string\",\"examples\":[" example "]}"
#define NUMBER(example) "{\"type\":\"integer\",\"minimum\":0,\"examples\":[" example "]}"
	{ "X-Request-Id", "ID of the request: the client's if it is valid, otherwise generated.",
	  TEXT("\"019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72\"") },
	{ "RateLimit",
	  "Remaining quota of each limit, and the seconds until it is fully restored. Absent "
	  "if rate limits are disabled.",
	  TEXT("\"\\\"default\\\";r=598;t=1\"") },
	{ "RateLimit-Policy",
	  "Each limit as a number of requests and a window in seconds. In every response that "
	  "has RateLimit.",
	  TEXT("\"\\\"default\\\";q=600;w=60\"") },
	{ "ETag", "Version of the response, for If-Match and If-None-Match.",
	  TEXT("\"\\\"3.5d41402abc4b2a76\\\"\"") },
	{ "Location", "Path of the new resource.",
	  TEXT("\"/api/v1/logs/019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72\"") },
	{ "Idempotent-Replayed",
	  "`true` if this is the stored response to an earlier request with this key.",
	  "{\"type\":\"string\",\"const\":\"true\"}" },
	{ "Link",
	  "Next page, as rel=\"next\", if there is one. For deprecated operations, also links "
	  "to the successor and to the page that explains the change.",
	  TEXT("\"</api/v1/logs?cursor=eyJrIjpbXX0>; rel=\\\"next\\\"\"") },
	{ "Deprecation",
	  "Unix time since which the operation is deprecated (RFC 9745). Only for deprecated "
	  "operations.",
	  TEXT("\"@1790000000\"") },
	{ "Sunset",
	  "Time from which the operation may be removed (RFC 8594). Only for deprecated operations.",
	  TEXT("\"Fri, 31 Dec 2027 00:00:00 GMT\"") },
	{ "X-Total-Count", "Total number of items; only with `Prefer: count=exact`.",
	  NUMBER("118") },
	{ "Preference-Applied", "The applied preferences of the Prefer header.",
	  TEXT("\"count=exact\"") },
	{ "Retry-After", "Seconds to wait before retrying.", NUMBER("1") },
	{ "WWW-Authenticate", "Challenge of RFC 6750, with the reason.",
	  TEXT("\"Bearer error=\\\"invalid_token\\\"\"") },
#undef NUMBER
#undef TEXT
};

void response_header(struct buf *out, const char *name)
{
	buf_print(out, "\"%s\":{\"$ref\":\"#/components/headers/%s\"},", name, name);
}

void response_headers_common(struct buf *out)
{
	response_header(out, "X-Request-Id");
	response_header(out, "RateLimit");
}

void response_headers_deprecated(struct buf *out)
{
	response_header(out, "Deprecation");
	response_header(out, "Sunset");
	response_header(out, "Link");
}

void response_headers_write(struct buf *out)
{
	writer_open(out, "headers", '{');
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		writer_open(out, headers[i].name, '{');
		writer_text(out, "description", headers[i].description);
		writer_raw(out, "schema", headers[i].schema);
		writer_close(out, '}');
	}
	writer_close(out, '}');
}
