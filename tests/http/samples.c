/* samples.c: sample requests, valid and invalid, and the expected statuses.
 *
 * A rejected request ends the connection: whatever follows it is not answered. */

#include "samples.h"

/* clang-format off */
#define B(text) { text, sizeof(text) - 1 }
/* clang-format on */
#define H                 "Host: a.example\r\n"
#define GET(target, more) "GET " target " HTTP/1.1\r\n" H more "\r\n"
#define POST(more, body)  "POST /echo HTTP/1.1\r\n" H more "\r\n" body
#define CHUNKED           "Transfer-Encoding: chunked\r\n"
#define NEXT              GET("/echo?next", "")

const struct sample samples[] = {
	/* Well-formed */
	{ "a plain GET", B(GET("/echo", "")), "200" },
	{ "a query", B(GET("/echo?a=1&b=%20x", "")), "200" },
	{ "an empty query", B(GET("/echo?", "")), "200" },
	{ "question marks in a query", B(GET("/echo?a=?&b=/../x", "")), "200" },
	{ "brackets in a query", B(GET("/echo?at[gte]=2026-01-01T00:00:00Z", "")), "200" },
	{ "an encoded path", B(GET("/items/%C3%A9%20b", "")), "200" },
	{ "two parameters", B(GET("/items/7/parts/x.y", "")), "200" },
	{ "a fixed segment before a parameter", B(GET("/items/count", "")), "200" },
	{ "dots that are no dot segment", B(GET("/items/...", "")), "200" },
	{ "headers the server reads",
	  B(GET("/echo", "Accept: a/b\r\nAccept: c/d\r\nUser-Agent: x\r\n"
	                 "User-Agent: y\r\nIf-None-Match: \"1\"\r\n")),
	  "200" },
	{ "header names in any case",
	  B("GET /echo HTTP/1.1\r\nhOST: a\r\nCONTENT-length: 0\r\n\r\n"), "200" },
	{ "whitespace around values", B(GET("/echo", "Accept:\t a/b \t\r\nPrefer:\r\n")), "200" },
	{ "bytes above ASCII in a value", B(GET("/echo", "User-Agent: \xc3\xa9\xff\r\n")), "200" },
	{ "a port in Host", B("GET /echo HTTP/1.1\r\nHost: a:8080\r\n\r\n"), "200" },
	{ "an IPv6 Host", B("GET /echo HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), "200" },
	{ "an empty port in Host", B("GET /echo HTTP/1.1\r\nHost: a:\r\n\r\n"), "200" },
	{ "an empty line first", B("\r\n" GET("/echo", "")), "200" },
	{ "two empty lines first", B("\r\n\r\n" GET("/echo", "")), "200" },
	{ "an absolute target", B(GET("http://a.example/echo?x", "")), "200" },
	{ "an absolute target in different case",
	  B("GET http://A.Example/echo HTTP/1.1\r\n" H "\r\n"), "200" },
	{ "an absolute target without a path", B(GET("http://a.example", "")), "404" },
	{ "OPTIONS of everything", B("OPTIONS * HTTP/1.1\r\n" H "\r\n"), "204" },
	{ "OPTIONS of a path", B("OPTIONS /echo HTTP/1.1\r\n" H "\r\n"), "204" },
	{ "OPTIONS of no path", B("OPTIONS /none HTTP/1.1\r\n" H "\r\n"), "404" },
	{ "HEAD", B("HEAD /echo HTTP/1.1\r\n" H "\r\n" NEXT), "200 200" },
	{ "HEAD of no path", B("HEAD /none HTTP/1.1\r\n" H "\r\n" NEXT), "404 200" },
	{ "a method the path does not support", B("PUT /items/7 HTTP/1.1\r\n" H "\r\n" NEXT),
	  "405 200" },
	{ "no such path", B(GET("/none", "") NEXT), "404 200" },
	{ "a trailing slash", B(GET("/echo/", "")), "404" },
	{ "an empty parameter", B(GET("/items/", "")), "404" },
	{ "the root", B(GET("/", "")), "404" },
	{ "no content", B(GET("/nothing", "") NEXT), "204 200" },
	{ "not modified", B(GET("/same", "") NEXT), "304 200" },
	{ "a problem from the route", B(GET("/problem", "") NEXT), "422 200" },
	{ "an upgrade is an ordinary request",
	  B(GET("/echo", "Connection: Upgrade, HTTP2-Settings\r\n"
	                 "Upgrade: h2c\r\nHTTP2-Settings: AAAA\r\n") NEXT),
	  "200 200" },
	{ "a WebSocket handshake is an ordinary request",
	  B(GET("/echo", "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	                 "Sec-WebSocket-Version: 13\r\n")),
	  "200" },

	/* Bodies */
	{ "a body with a length", B(POST("Content-Length: 5\r\n", "hello")), "200" },
	{ "no body at all", B(POST("", "") NEXT), "200 200" },
	{ "a length with leading zeros", B(POST("Content-Length: 0005\r\n", "hello") NEXT),
	  "200 200" },
	{ "an empty body", B(POST("Content-Length: 0\r\n", "") NEXT), "200 200" },
	{ "a body that looks like a request",
	  B(POST("Content-Length: 29\r\n", "GET /evil HTTP/1.1\r\nHost: a\r\n") NEXT), "200 200" },
	{ "a GET with a body", B(GET("/echo", "Content-Length: 3\r\n") "abc" NEXT), "200 200" },
	{ "chunks", B(POST(CHUNKED, "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n") NEXT), "200 200" },
	{ "a chunk size with leading zeros",
	  B(POST(CHUNKED, "00000003\r\nabc\r\n000\r\n\r\n") NEXT), "200 200" },
	{ "only the last chunk", B(POST(CHUNKED, "0\r\n\r\n") NEXT), "200 200" },
	{ "the coding's name in different case",
	  B(POST("Transfer-Encoding: Chunked\r\n", "1\r\nx\r\n0\r\n\r\n")), "200" },
	{ "a body after 100 Continue",
	  B(POST("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello") NEXT), "100 200 200" },
	{ "chunks after 100 Continue",
	  B(POST("Expect: 100-Continue\r\n" CHUNKED, "1\r\nx\r\n0\r\n\r\n")), "100 200" },
	{ "an expectation without a body",
	  B(POST("Expect: 100-continue\r\nContent-Length: 0\r\n", "")), "200" },
	{ "a slow route, then another",
	  B("POST /slow HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab" NEXT), "200 200" },

	/* Several at once, and the end of the connection */
	{ "three in a row", B(GET("/echo?1", "") GET("/slow?2", "") GET("/echo?3", "")),
	  "200 200 200" },
	{ "nothing after the last", B(GET("/echo", "Connection: close\r\n") NEXT), "200" },
	{ "close among other options", B(GET("/echo", "Connection: foo ,\tClose\r\n") NEXT),
	  "200" },
	{ "HTTP/1.0 closes by default", B("GET /echo HTTP/1.0\r\n\r\n" NEXT), "200" },
	{ "HTTP/1.0 with keep-alive",
	  B("GET /echo HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" NEXT), "200 200" },
	{ "HTTP/1.0 does not get 100 Continue",
	  B("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\n"
	    "Content-Length: 1\r\n\r\nx"),
	  "200" },
	{ "a disconnect within the head", B("GET /echo HTTP/1.1\r\nHost"), "" },
	{ "a disconnect within the body", B(POST("Content-Length: 5\r\n", "hell")), "" },
	{ "a disconnect within a chunk", B(POST(CHUNKED, "5\r\nhell")), "" },
	{ "a disconnect after an empty line", B(NEXT "\r\n"), "200" },

	/* Request lines */
	{ "HTTP/0.9", B("GET /echo\r\n" NEXT), "400" },
	{ "HTTP/0.9 by name", B("GET /echo HTTP/0.9\r\n" H "\r\n"), "400" },
	{ "HTTP/2", B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "505" },
	{ "HTTP/1.2", B("GET /echo HTTP/1.2\r\n" H "\r\n" NEXT), "505" },
	{ "HTTP/1.10", B("GET /echo HTTP/1.10\r\n" H "\r\n"), "400" },
	{ "http in lower case", B("GET /echo http/1.1\r\n" H "\r\n"), "400" },
	{ "nonsense", B("hello\r\n\r\n"), "400" },
	{ "a TLS ClientHello", B("\x16\x03\x01\x02\x00\x01"), "400" },
	{ "two spaces before the target", B("GET  /echo HTTP/1.1\r\n" H "\r\n"), "400" },
	{ "two spaces after the target", B("GET /echo  HTTP/1.1\r\n" H "\r\n"), "400" },
	{ "a space at the end", B("GET /echo HTTP/1.1 \r\n" H "\r\n"), "400" },
	{ "a tab", B("GET\t/echo HTTP/1.1\r\n" H "\r\n"), "400" },
	{ "a space at the start", B(" GET /echo HTTP/1.1\r\n" H "\r\n"), "400" },
	{ "three empty lines first", B("\r\n\r\n\r\n" GET("/echo", "")), "400" },
	{ "bare line feeds", B("GET /echo HTTP/1.1\nHost: a\n\n" NEXT), "400" },
	{ "a bare line feed first", B("\n" GET("/echo", "")), "400" },
	{ "a bare carriage return", B("GET /echo\r HTTP/1.1\r\n" H "\r\n"), "400" },
	{ "an unknown method", B("BREW /echo HTTP/1.1\r\n" H "\r\n" NEXT), "501" },
	{ "a method in lower case", B("get /echo HTTP/1.1\r\n" H "\r\n"), "501" },
	{ "a method that is not a token", B("G(T /echo HTTP/1.1\r\n" H "\r\n"), "400" },
	{ "CONNECT", B("CONNECT a.example:443 HTTP/1.1\r\n" H "\r\n" NEXT), "501" },
	{ "TRACE", B("TRACE /echo HTTP/1.1\r\n" H "\r\n"), "501" },

	/* Targets */
	{ "an authority as target", B(GET("a.example:80", "")), "400" },
	{ "another scheme", B(GET("ftp://a.example/echo", "")), "400" },
	{ "the asterisk form for GET", B(GET("*", "")), "400" },
	{ "a host that differs from Host", B(GET("http://b.example/echo", "")), "400" },
	{ "a user in the target", B(GET("http://u@a.example/echo", "")), "400" },
	{ "a fragment", B(GET("/echo#x", "") NEXT), "400" },
	{ "a fragment in a query", B(GET("/echo?a#x", "")), "400" },
	{ "a dot segment", B(GET("/items/../echo", "") NEXT), "400" },
	{ "a single dot", B(GET("/./echo", "")), "400" },
	{ "a dot segment at the end", B(GET("/items/..", "")), "400" },
	{ "an encoded dot segment", B(GET("/items/%2e%2E/echo", "")), "400" },
	{ "a partly encoded dot segment", B(GET("/items/.%2e", "")), "400" },
	{ "an encoded slash", B(GET("/items%2Fcount", "")), "400" },
	{ "an encoded backslash", B(GET("/items%5ccount", "")), "400" },
	{ "an encoded NUL", B(GET("/items/a%00", "")), "400" },
	{ "an encoded line feed", B(GET("/items/a%0a", "")), "400" },
	{ "an empty segment", B(GET("//echo", "")), "400" },
	{ "an empty segment in the middle", B(GET("/items//parts/1", "")), "400" },
	{ "a backslash", B(GET("/items\\count", "")), "400" },
	{ "an incomplete escape", B(GET("/items/%4", "")), "400" },
	{ "an escape with invalid digits", B(GET("/items/%zz", "")), "400" },
	{ "a bare percent sign", B(GET("/items/%", "")), "400" },
	{ "overlong UTF-8", B(GET("/items/%c0%af", "")), "400" },
	{ "a surrogate", B(GET("/items/%ed%a0%80", "")), "400" },
	{ "incomplete UTF-8", B(GET("/items/%c3", "")), "400" },
	{ "raw bytes above ASCII", B(GET("/items/\xc3\xa9", "")), "400" },
	{ "a NUL", B(GET("/items/a\0b", "")), "400" },
	{ "a quote in a path", B(GET("/items/\"a\"", "")), "400" },

	/* Headers */
	{ "no Host", B("GET /echo HTTP/1.1\r\n\r\n" NEXT), "400" },
	{ "two Hosts", B(GET("/echo", H)), "400" },
	{ "an empty Host", B("GET /echo HTTP/1.1\r\nHost:\r\n\r\n"), "400" },
	{ "a path in Host", B("GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n"), "400" },
	{ "a user in Host", B("GET /echo HTTP/1.1\r\nHost: u@a\r\n\r\n"), "400" },
	{ "two hosts in Host", B("GET /echo HTTP/1.1\r\nHost: a, b\r\n\r\n"), "400" },
	{ "an invalid port", B("GET /echo HTTP/1.1\r\nHost: a:8o\r\n\r\n"), "400" },
	{ "a port too large", B("GET /echo HTTP/1.1\r\nHost: a:65536\r\n\r\n"), "400" },
	{ "a folded line", B(GET("/echo", "Accept: a\r\n b\r\n")), "400" },
	{ "a folded line with a tab", B(GET("/echo", "Accept: a\r\n\tb\r\n")), "400" },
	{ "a space before the first header", B("GET /echo HTTP/1.1\r\n " H "\r\n"), "400" },
	{ "a space before the colon", B(GET("/echo", "Accept : a\r\n")), "400" },
	{ "no colon", B(GET("/echo", "Accept\r\n")), "400" },
	{ "no name", B(GET("/echo", ": a\r\n")), "400" },
	{ "a name that is not a token", B(GET("/echo", "X[1]: a\r\n")), "400" },
	{ "a name above ASCII", B(GET("/echo", "X\xc3\xa9: a\r\n")), "400" },
	{ "a NUL in a name", B(GET("/echo", "X\0: a\r\n")), "400" },
	{ "a NUL in a value", B(GET("/echo", "X: a\0b\r\n") NEXT), "400" },
	{ "a control character in a value", B(GET("/echo", "X: a\x01\r\n")), "400" },
	{ "DEL in a value", B(GET("/echo", "X: a\x7f\r\n")), "400" },
	{ "a carriage return in a value", B(GET("/echo", "X: a\rb\r\n") NEXT), "400" },
	{ "two carriage returns", B(GET("/echo", "X: a\r\r\n")), "400" },
	{ "a bare line feed between headers", B(GET("/echo", "X: a\nY: b\r\n") NEXT), "400" },
	{ "two tokens", B(GET("/echo", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")),
	  "400" },
	{ "an unknown expectation", B(POST("Expect: coffee\r\nContent-Length: 1\r\n", "x") NEXT),
	  "417" },

	/* Where the body ends */
	{ "length and chunks", B(POST("Content-Length: 5\r\n" CHUNKED, "0\r\n\r\n" NEXT)), "400" },
	{ "chunks and length", B(POST(CHUNKED "Content-Length: 5\r\n", "0\r\n\r\n" NEXT)), "400" },
	{ "two lengths", B(POST("Content-Length: 5\r\nContent-Length: 6\r\n", "hello" NEXT)),
	  "400" },
	{ "the same length twice",
	  B(POST("Content-Length: 5\r\nContent-Length: 5\r\n", "hello" NEXT)), "400" },
	{ "two lengths in one header", B(POST("Content-Length: 5, 5\r\n", "hello" NEXT)), "400" },
	{ "a length with a sign", B(POST("Content-Length: +5\r\n", "hello" NEXT)), "400" },
	{ "a negative length", B(POST("Content-Length: -1\r\n", "" NEXT)), "400" },
	{ "a length in hexadecimal", B(POST("Content-Length: 0x5\r\n", "hello" NEXT)), "400" },
	{ "an empty length", B(POST("Content-Length:\r\n", "" NEXT)), "400" },
	{ "a length with a space", B(POST("Content-Length: 5 5\r\n", "hello" NEXT)), "400" },
	{ "a length that overflows",
	  B(POST("Content-Length: 18446744073709551621\r\n", "hello" NEXT)), "400" },
	{ "a space before the colon of the length", B(POST("Content-Length : 5\r\n", "hello" NEXT)),
	  "400" },
	{ "a body too large", B(POST("Content-Length: 262145\r\n", "" NEXT)), "413" },
	{ "a body too large for 100 Continue",
	  B(POST("Expect: 100-continue\r\nContent-Length: 999999999\r\n", "")), "413" },
	{ "another coding", B(POST("Transfer-Encoding: gzip\r\n", "" NEXT)), "501" },
	{ "another coding before chunked",
	  B(POST("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n" NEXT)), "501" },
	{ "chunked twice", B(POST(CHUNKED CHUNKED, "0\r\n\r\n" NEXT)), "400" },
	{ "chunked twice in one header",
	  B(POST("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n" NEXT)), "501" },
	{ "chunked with a parameter",
	  B(POST("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n" NEXT)), "501" },
	{ "chunked after a vertical tab",
	  B(POST("Transfer-Encoding: \x0b"
	         "chunked\r\n",
	         "0\r\n\r\n" NEXT)),
	  "400" },
	{ "an empty coding", B(POST("Transfer-Encoding:\r\n", "" NEXT)), "501" },
	{ "identity", B(POST("Transfer-Encoding: identity\r\n", "" NEXT)), "501" },
	{ "chunks in HTTP/1.0", B("POST /echo HTTP/1.0\r\n" CHUNKED "\r\n0\r\n\r\n"), "400" },
	{ "a chunk extension", B(POST(CHUNKED, "3;a=b\r\nabc\r\n0\r\n\r\n" NEXT)), "400" },
	{ "a space after a chunk size", B(POST(CHUNKED, "3 \r\nabc\r\n0\r\n\r\n" NEXT)), "400" },
	{ "a chunk size with a sign", B(POST(CHUNKED, "+3\r\nabc\r\n0\r\n\r\n")), "400" },
	{ "a chunk size with a prefix", B(POST(CHUNKED, "0x3\r\nabc\r\n0\r\n\r\n")), "400" },
	{ "a chunk size that overflows",
	  B(POST(CHUNKED, "10000000000000005\r\nhello\r\n0\r\n\r\n")), "400" },
	{ "no chunk size", B(POST(CHUNKED, "\r\nabc\r\n0\r\n\r\n")), "400" },
	{ "a bare line feed after a chunk size", B(POST(CHUNKED, "3\nabc\r\n0\r\n\r\n" NEXT)),
	  "400" },
	{ "a chunk longer than its size", B(POST(CHUNKED, "3\r\nabcd\r\n0\r\n\r\n" NEXT)), "400" },
	{ "an invalid end of a chunk", B(POST(CHUNKED, "3\r\nabc\n\n0\r\n\r\n")), "400" },
	{ "chunks too large in total",
	  B(POST(CHUNKED, "1\r\nx\r\n40000\r\n"
	                  "")),
	  "413" },
	{ "a trailer", B(POST(CHUNKED, "0\r\nX: y\r\n\r\n" NEXT)), "400" },
	{ "a request as a trailer",
	  B(POST(CHUNKED, "0\r\nX: y\r\nGET /echo HTTP/1.1\r\nX: z\r\n\r\n")), "400" },
	{ "a bad body after a good request", B(NEXT POST(CHUNKED, "x")), "200 400" },
};

const size_t sample_count = COUNT_OF(samples);

static void repeat(struct buf *out, const char *text, int count)
{
	while (count-- > 0)
		buf_text(out, text);
}

static struct sample target_of(struct buf *out, const char *name, int length, const char *statuses)
{
	buf_text(out, "GET /echo?");
	repeat(out, "q", length - 6);
	buf_text(out, " HTTP/1.1\r\n" H "\r\n" NEXT);
	return (struct sample){ name, buf_as_str(out), statuses };
}

static struct sample path_of(struct buf *out, const char *name, int length, const char *statuses)
{
	buf_text(out, "GET /items/");
	repeat(out, "i", length - 7);
	buf_text(out, " HTTP/1.1\r\n" H "\r\n" NEXT);
	return (struct sample){ name, buf_as_str(out), statuses };
}

static struct sample fields_of(struct buf *out, const char *name, int count, const char *statuses)
{
	buf_text(out, "GET /echo HTTP/1.1\r\n" H);
	repeat(out, "X: y\r\n", count - 1);
	buf_text(out, "\r\n" NEXT);
	return (struct sample){ name, buf_as_str(out), statuses };
}

/* A header section of `bytes`, with its final empty line. */
static struct sample section_of(struct buf *out, const char *name, int bytes, const char *statuses)
{
	buf_text(out, "GET /echo HTTP/1.1\r\n" H "User-Agent: ");
	repeat(out, "s", bytes - (int)sizeof(H "User-Agent: \r\n\r\n") + 1);
	buf_text(out, "\r\n\r\n" NEXT);
	return (struct sample){ name, buf_as_str(out), statuses };
}

static struct sample body_of_size(struct buf *out, const char *name, int bytes,
                                  const char *statuses)
{
	buf_print(out, "POST /echo HTTP/1.1\r\n" H "Content-Length: %d\r\n\r\n", bytes);
	repeat(out, "0123456789abcdef", bytes / 16);
	buf_text(out, NEXT);
	return (struct sample){ name, buf_as_str(out), statuses };
}

static struct sample chunks_of_size(struct buf *out, const char *name, int chunks,
                                    const char *statuses)
{
	buf_text(out, "POST /echo HTTP/1.1\r\n" H CHUNKED "\r\n");
	for (int i = 0; i < chunks; i++) {
		buf_text(out, "1000\r\n");
		repeat(out, "0123456789abcdef", 256);
		buf_text(out, "\r\n");
	}
	buf_text(out, "0\r\n\r\n" NEXT);
	return (struct sample){ name, buf_as_str(out), statuses };
}

const struct sample *long_samples(size_t *count)
{
	static struct buf text[16];
	static struct sample made[16];
	struct buf *out = text;
	struct sample *sample = made;

	*count = 14;
	if (made[0].name)
		return made;
	*sample++ = target_of(out++, "the longest target", 8192, "200 200");
	*sample++ = target_of(out++, "a target too long", 8193, "414");
	*sample++ = target_of(out++, "a target far too long", 9000, "414");
	*sample++ = path_of(out++, "the longest path", 8192, "200 200");
	*sample++ = path_of(out++, "a path too long", 8193, "414");
	*sample++ = fields_of(out++, "the maximum number of headers", 100, "200 200");
	*sample++ = fields_of(out++, "one header too many", 101, "431");
	*sample++ = section_of(out++, "the largest header section", 16384, "200 200");
	*sample++ = section_of(out++, "a header section too large", 16385, "431");
	*sample++ = section_of(out++, "a header section far too large", 40000, "431");
	*sample++ = body_of_size(out++, "the largest body", 262144, "200 200");
	*sample++ = chunks_of_size(out++, "the largest chunked body", 64, "200 200");
	*sample++ = chunks_of_size(out++, "a chunked body too large", 65, "413");
	buf_text(out, GET("/large", "") NEXT "HEAD /large HTTP/1.1\r\n" H "\r\n" NEXT);
	*sample = (struct sample){ "a large response", buf_as_str(out), "200 200 200 200" };
	return made;
}
