/* Fuzzes the parsers of untrusted bytes: request heads, chunked bodies, X-Forwarded-For.
 *
 * The first two bytes choose where the rest is split. A final result for the first part must be
 * the result for the whole, and chunks must decode to the same body either way. Whatever the client
 * puts into X-Forwarded-For, its address is the one the trusted proxy appended. */

#include <arpa/inet.h>
#include <stdlib.h>

#include "chunk.h"
#include "config.h"
#include "forwarded.h"
#include "head.h"
#include "server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool lies_within(struct str part, struct str whole)
{
	return !part.at
	       || (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void read_head(struct str bytes, size_t cut)
{
	static struct head part, whole;
	enum head_result partial = head_read((struct str){ bytes.at, cut }, &part);
	enum head_result full = head_read(bytes, &whole);

	if (partial == HEAD_INCOMPLETE) {
		must(part.needed > cut);
		/* Without a line feed, shorter input must give the same result. */
		if (bytes.length < part.needed && !memchr(bytes.at + cut, '\n', bytes.length - cut))
			must(full == HEAD_INCOMPLETE);
		return;
	}
	must(full == partial);
	if (partial == HEAD_INVALID) {
		must(part.problem == whole.problem && part.detail == whole.detail);
		return;
	}
	must(part.length == whole.length && part.length <= MAX_HEAD);
	must(whole.method > METHOD_NONE && whole.method < METHODS);
	must(whole.field_count <= MAX_FIELDS);
	must(!(whole.chunked && whole.has_length));
	must(lies_within(whole.raw_target, bytes));
	must(str_is_utf8(whole.target.path)
	     && !memchr(whole.target.path.at, 0, whole.target.path.length));
	must(!memmem(whole.target.path.at, whole.target.path.length, "/../", 4));
	for (int i = 0; i < whole.field_count; i++)
		must(lies_within(whole.fields[i].value, bytes));
}

static enum chunk_result read_chunks(struct chunk_decoder *chunks, struct str *in, struct buf *body)
{
	enum chunk_result result;
	struct str data;

	while ((result = chunk_decode(chunks, in, &data)) == CHUNK_DATA)
		buf_str(body, data);
	return result;
}

static void read_body(struct str bytes, size_t cut)
{
	struct chunk_decoder at_once = { .limit = 4096 }, in_two = { .limit = 4096 };
	struct str first = { bytes.at, cut }, second = { bytes.at + cut, bytes.length - cut };
	struct buf one = { 0 }, two = { 0 };
	enum chunk_result full = read_chunks(&at_once, &bytes, &one);
	enum chunk_result partial = read_chunks(&in_two, &first, &two);

	if (partial == CHUNK_INCOMPLETE)
		partial = read_chunks(&in_two, &second, &two);
	must(partial == full);
	must(str_equal(buf_as_str(&one), buf_as_str(&two)));
	must(one.length <= 4096);
	buf_finish(&one);
	buf_finish(&two);
}

static void follow(struct str forwarded, struct request_private *priv)
{
	static struct http http;
	struct http_conn conn = { .http = &http, .trusted = true, .client = "10.0.0.1" };

	if (!http.forwarded)
		http.forwarded = forwarded_new(
			&(struct config){ .trusted_proxies = "10.0.0.0/8, 2001:db8::/32" });
	conn.peer = address_map((struct in_addr){ htonl(0x0a000001) });
	*priv = (struct request_private){ .http = &http, .conn = &conn };
	priv->request.priv = priv;
	priv->request.headers[HEADER_X_FORWARDED_FOR] = forwarded;
	forwarded_resolve(&priv->request, &conn);
}

static void read_forwarded(struct str bytes)
{
	struct request_private priv;
	struct in6_addr six;
	struct in_addr four;
	struct buf forged = { 0 };

	follow(bytes, &priv);
	must(inet_pton(AF_INET, priv.request.client.at, &four) == 1
	     || inet_pton(AF_INET6, priv.request.client.at, &six) == 1);
	arena_finish(&priv.request.arena);
	buf_str(&forged, bytes);
	buf_text(&forged, ", 192.0.2.1, 10.0.0.2");
	follow(buf_as_str(&forged), &priv);
	must(str_is(priv.request.client, "192.0.2.1"));
	arena_finish(&priv.request.arena);
	buf_finish(&forged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes;
	size_t cut;

	if (size < 3)
		return 0;
	bytes = (struct str){ (const char *)data + 2, size - 2 };
	cut = (size_t)(data[0] | data[1] << 8) % (bytes.length + 1);
	read_head(bytes, cut);
	read_body(bytes, cut);
	read_forwarded(bytes);
	return 0;
}
