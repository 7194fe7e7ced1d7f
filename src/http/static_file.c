/* static_file.c: sends files that were embedded at build time or generated at startup, in the best
 * encoding that the client accepts. */

#include "encoding.h"
#include "etag.h"
#include "gzip.h"
#include "http.h"

static struct str body_in(const struct static_file *file, enum encoding encoding)
{
	switch (encoding) {
	case ENCODING_GZIP:
		return file->gzip;
	case ENCODING_BROTLI:
		return file->brotli;
	default:
		return file->identity;
	}
}

void request_reply_file(struct request *request, const struct static_file *file)
{
	unsigned available = (file->gzip.at ? 1U << ENCODING_GZIP : 0)
	                     | (file->brotli.at ? 1U << ENCODING_BROTLI : 0);
	enum encoding encoding =
		encoding_choose(request->headers[HEADER_ACCEPT_ENCODING], available);
	struct reply reply = {
		.status = 200,
		.type = file->type,
		.body = body_in(file, encoding),
		.encoding = encoding_name(encoding),
		.etag = etag_encoded(&request->arena, file->etag, encoding),
		.has_encodings = available != 0,
		.vary = file->vary,
		.cache_control = file->cache_control,
		.csp = file->csp,
		.total = NO_TOTAL,
		.revalidate = true,
	};

	request_reply(request, &reply);
}

void static_file_compress(struct static_file *file, struct buf *gzip)
{
	struct gzip *stream = gzip_new();

	gzip_add(stream, file->identity, true, gzip);
	gzip_free(stream);
	file->gzip = buf_as_str(gzip);
}
