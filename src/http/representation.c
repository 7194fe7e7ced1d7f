/* representation.c: chooses how to send a reply: compressed, uncompressed, or as 304.
 *
 * A compressed body has an ETag of its own. If-None-Match may list the tag of either form, because
 * both have the same content; the 304 response then has the tag that the client sent. */

#include "compressor.h"
#include "encoding.h"
#include "etag.h"
#include "representation.h"
#include "request.h"
#include "server.h"

/* A smaller body fits into one packet anyway. */
enum { MIN_COMPRESSED = 1024 };

static bool can_compress(const struct request *request, const struct reply *reply)
{
	const struct http *http = request->priv->http;

	return reply->compress && reply->type && reply->body.length > MIN_COMPRESSED && http
	       && http->compressor;
}

static enum encoding choose_encoding(const struct request *request, const struct reply *reply)
{
	/* Without a connection, the reply is only logged. */
	if (!request->priv->conn
	    || !compressor_has_room(request->priv->http->compressor, reply->body.length))
		return ENCODING_IDENTITY;
	return encoding_choose(request->headers[HEADER_ACCEPT_ENCODING], 1U << ENCODING_GZIP);
}

/* Whether the client has the content in this encoding. */
static bool has(struct request *request, struct reply *reply, enum encoding encoding)
{
	const char *etag = etag_encoded(&request->arena, reply->etag, encoding);

	if (!etag_matches(request->headers[HEADER_IF_NONE_MATCH], etag))
		return false;
	reply->etag = etag;
	return true;
}

static bool is_known(struct request *request, struct reply *reply, enum encoding encoding)
{
	enum encoding other = encoding == ENCODING_GZIP ? ENCODING_IDENTITY : ENCODING_GZIP;

	return reply->revalidate && reply->etag && request->headers[HEADER_IF_NONE_MATCH].at
	       && (has(request, reply, encoding)
	           || (reply->compress && has(request, reply, other)));
}

static void add_etag(struct request *request, struct reply *reply)
{
	char *etag = arena_alloc(&request->arena, ETAG_SIZE);

	etag_of(reply->body, etag);
	reply->etag = etag;
}

void representation_choose(struct request *request, struct reply *reply)
{
	enum encoding encoding = ENCODING_IDENTITY;

	if (reply->revalidate && !reply->etag)
		add_etag(request, reply);
	if (can_compress(request, reply)) {
		encoding = choose_encoding(request, reply);
		reply->has_encodings = true;
	}
	if (is_known(request, reply, encoding)) {
		reply->status = 304;
		reply->type = NULL;
		return;
	}
	if (encoding != ENCODING_IDENTITY) {
		reply->encoding = encoding_name(encoding);
		reply->etag = etag_encoded(&request->arena, reply->etag, encoding);
	}
}
