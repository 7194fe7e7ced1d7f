/* http.h: the HTTP server: receives requests, routes them, sends replies.
 *
 * The caller passes its routes as rows. For each request the server calls the row's run(), which
 * replies exactly once, now or later, with request_reply(), request_problem() or request_detach().
 * To keep the request beyond the reply, hold it (request_hold); its memory is freed at the end of
 * the turn of the last release. If the client disconnects first, on_disconnect() is called. The
 * request must still be replied to, then or later, and the reply is discarded. */

#ifndef HTTP_H
#define HTTP_H

#include <netinet/in.h>

#include "arena.h"
#include "log.h"
#include "loop.h"

struct config;

struct http;
struct request;
struct route;

enum method { METHOD_NONE, GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, METHODS };

const char *method_name(enum method method);

/* The request headers the server reads; all others are checked and dropped. */
enum header {
#define HEADER(name, wire, rule) HEADER_##name,
#include "table/headers.def"
#undef HEADER
	HEADERS
};

/* A problem (RFC 9457): an error response, and the page that explains it (pages.h). Other modules
 * define further problems. */
struct problem_row {
	const char *code; /* "LOG_ARCHIVED"; in the URL of its page "log-archived" */
	int status;
	const char *title, *cause, *remedy;
};

bool problem_has_slug(const struct problem_row *problem, struct str slug);
void problem_write_slug(struct buf *out, const struct problem_row *problem);

/* Rate limit classes; the first is the default of a route. */
enum limit {
#define RATE_LIMIT(name, ...) LIMIT_##name,
#include "table/limits.def"
#undef RATE_LIMIT
	LIMITS
};

enum { PATH_PARAMS = 4, REQUEST_LOG_FIELDS = 4 };

struct route {
	enum method method;
	const char *pattern; /* "/api/v1/logs/{id}" */
	void (*run)(struct request *request);
	const void *row;   /* for the owner of the route */
	enum limit limit;  /* charged before run() */
	bool event_stream; /* an event stream: a reconnect gets a retry interval, not 429 or 503 */
	/* Appends header lines to every reply, including those of the middleware; may be NULL. */
	void (*add_headers)(struct request *request, struct buf *head);
};

struct request {
	enum method method;
	struct str target; /* as received */
	struct str path;   /* percent-decoded; valid UTF-8 */
	struct str query;  /* as received, without '?' */
	struct str body;
	struct str headers[HEADERS];    /* at is NULL if absent */
	struct str params[PATH_PARAMS]; /* path parameters, in pattern order */
	const struct route *route;      /* NULL: no match */
	char id[129];
	/* The client's address, as IPv6 (IPv4-mapped if necessary). Behind trusted proxies, the
	 * address that they report. */
	struct in6_addr address;
	struct str client; /* address as text */
	bool loopback;     /* sent from this machine and not forwarded by a proxy */
	/* Also true if trusted proxies say that the client is on this machine, and for requests
	 * from a trusted address without forwarding headers. */
	bool local;
	bool secure; /* a trusted proxy received it over TLS */
	/* The end user named by a known API gateway, whose users all share its address. */
	struct str gateway_user;
	struct arena arena;
	long long started_us;

	/* Logged, never sent: the claim or setting that caused a rejection. */
	const char *why;
	/* Further fields of the access log, set by request_log(). */
	struct kv log_fields[REQUEST_LOG_FIELDS];
	int log_field_count;

	void (*on_disconnect)(struct request *request); /* the client disconnected; may be NULL */
	void *owner;                                    /* for on_disconnect() */

	struct request_private *priv; /* private to the server */
};

struct reply {
	int status;
	const char *type;     /* media type; NULL: no body */
	struct str body;      /* borrowed until request_reply() returns */
	const char *encoding; /* Content-Encoding of the body; NULL: identity */
	const char *etag;     /* with quotes; NULL: none */
	const char *location;
	const char *link;
	const char *allow;
	const char *vary;          /* request headers that the reply depends on, besides Origin */
	const char *cache_control; /* Cache-Control; NULL: no-store */
	const char *authenticate;
	int retry_after;           /* seconds; 0: none */
	long long total;           /* X-Total-Count; NO_TOTAL: none (zero is a valid total) */
	const char *csp;           /* Content-Security-Policy; NULL: the API's default */
	const char *extra_headers; /* extra header lines, each ending in CRLF */
	const char *code;          /* problem code for the access log */
	/* Allows the body to be compressed. Not for bodies with secrets, because the compressed
	 * length could reveal them. The other members of the reply must live as long as the
	 * request. */
	bool compress;
	bool has_encodings; /* `encoding` depends on Accept-Encoding, which is part of Vary */
	bool revalidate;    /* sends 304 if the client has this ETag; NULL: a hash of the body */
};

enum { NO_TOTAL = -1 };

void request_reply(struct request *request, const struct reply *reply);

/* Computes a strong ETag of the content. */
enum { ETAG_SIZE = 24 };
void etag_of(struct str content, char etag[ETAG_SIZE]);

/* A file embedded at build time or generated at startup, in up to three encodings. */
struct static_file {
	const char *type;
	const char *etag;          /* strong, with quotes; other encodings add a suffix */
	const char *cache_control; /* NULL: no-store */
	const char *csp;           /* NULL: the API's default */
	struct str identity;
	struct str gzip, brotli; /* .at is NULL: none */
	/* Request headers that selected the file, besides Origin and Accept-Encoding. */
	const char *vary;
};

/* Compresses the file into `gzip`, which must live as long as the file. */
void static_file_compress(struct static_file *file, struct buf *gzip);

/* Replies with the file in the best encoding that the client accepts, or with 304 if the client
 * already has it. */
void request_reply_file(struct request *request, const struct static_file *file);

struct problem_reply {
	const struct problem_row *problem;
	const char *detail; /* a sentence; NULL: the title */
	struct str errors;  /* a JSON array of the invalid fields and parameters */
	const char *allow, *authenticate;
	const char *extra_headers; /* extra header lines, each ending in CRLF */
	int retry_after;
};

void request_problem(struct request *request, const struct problem_reply *given);

/* Whether the request asks to upgrade to this protocol: HTTP/1.1 or later, Upgrade names it and
 * Connection includes "upgrade". */
bool request_upgrades(const struct request *request, const char *protocol);

/* A connection detached from the HTTP server; owned by the caller. */
struct detached {
	int fd;          /* non-blocking; the caller closes it */
	struct buf rest; /* bytes received after the request; the caller frees it */
};

/* Ends the request and detaches its connection, without sending the reply's body. With status 101
 * nothing is sent, and the caller writes the response itself. Otherwise the head is sent, with the
 * headers the middleware adds and `Connection: close`, but without a length. Returns false if the
 * connection cannot be detached: the client has disconnected, its socket buffer is full, the server
 * is shutting down, or the request is a HEAD, whose response ends with the head. In these cases the
 * request has been replied to. */
[[nodiscard]] bool request_detach(struct request *request, const struct reply *reply,
                                  struct detached *detached);

/* Takes one request from the bucket of `id` in this class (a user or API key ID; empty: the
 * client's address). False: the bucket is empty, and the request has been answered with 429.
 * Always true if rate limits are disabled. */
[[nodiscard]] bool rate_limit_take(struct request *request, enum limit limit, struct str id);
/* The same, but takes nothing: checks whether the bucket has a request left. */
[[nodiscard]] bool rate_limit_check(struct request *request, enum limit limit, struct str id);
/* Takes one even if the bucket is empty. Never replies; not reported in the RateLimit headers. */
void rate_limit_charge(struct request *request, enum limit limit, struct str id);

/* Adds a field to the access log; a field of the same name is replaced. Name and text must live as
 * long as the request. */
void request_log(struct request *request, struct kv field);

void request_hold(struct request *request);
void request_release(struct request *request);

/* The next name=value pair of a query, decoded into the arena. False at the end. A pair that
 * cannot be decoded has a NULL name and the raw text as its value. */
bool request_query_next(struct request *request, struct str *rest, struct str *name,
                        struct str *value);

/* The most specific range of an Accept header that covers a media type, and its weight in
 * thousandths; 0: not acceptable. */
enum media_range { RANGE_NONE, RANGE_ANY, RANGE_SUBTYPES, RANGE_EXACT };

struct acceptance {
	enum media_range range;
	int weight;
};

struct acceptance accept_media_type(struct str accept, const char *type);

/* Checks the HTTP settings. Appends one line per error; false if there are any. */
bool http_check_config(const struct config *config, struct buf *errors);

[[nodiscard]] struct http *http_new(struct loop *loop, const struct config *config,
                                    const struct route *routes, size_t count);
void http_free(struct http *http);
int http_port(const struct http *http); /* the port it listens on */

/* Accepts no more connections and sends `Connection: close` with the remaining replies. Calls
 * done() after the last reply has been sent. */
void http_drain(struct http *http, void (*done)(void *arg), void *arg);

#endif
