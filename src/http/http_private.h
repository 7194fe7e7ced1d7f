/* http_private.h: interfaces between the files of this module.
 *
 * A `conn` is one TCP connection. Its `state` says what it is doing; each state is a list of
 * connections. A `request_private` is a request with the server's private data. */

#ifndef HTTP_PRIVATE_H
#define HTTP_PRIVATE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "http.h"

/* problem.c: the problems of this module. */
enum http_problem {
#define PROBLEM(name, ...) HTTP_##name,
#include "table/http_problems.def"
#undef PROBLEM
	HTTP_PROBLEMS
};

extern const struct problem_row http_problems[HTTP_PROBLEMS];

/* Maximum sizes of a request head. */
enum {
	MAX_TARGET = 8192,
	MAX_REQUEST_LINE = MAX_TARGET + 64,  /* method, target and version */
	MAX_HEADER_SECTION = 16 * 1024,      /* header section with its final empty line */
	MAX_FIELDS = 100,
	MAX_HEAD = 4 + MAX_REQUEST_LINE + MAX_HEADER_SECTION,
};

/* target.c: parses and checks the request target. All members are slices of the input, except
 * `path`: if it was percent-encoded, it is in a static buffer that the next call overwrites. */
struct target {
	struct str authority; /* of an absolute-form target; otherwise at is NULL */
	struct str raw_path;  /* as received */
	struct str path;      /* decoded */
	struct str query;
};

/* NULL on success, otherwise the error as a sentence. */
const char *target_read(struct str text, enum method method, struct target *target);
/* Whether the text is an RFC 3986 authority without userinfo. */
bool target_is_authority(struct str text);
/* Decodes %XX (and '+', if `plus`) into `out`, which must hold text.length bytes. Returns the
 * length, or -1 if the text is malformed, contains a NUL or is not UTF-8. */
long target_decode(struct str text, bool plus, char *out);

/* head.c: a strict parser of request heads. */
enum head_result { HEAD_INCOMPLETE, HEAD_COMPLETE, HEAD_INVALID };

struct head_field {
	enum header header;
	struct str value;
};

/* All slices point into the input of head_read(). */
struct head {
	enum method method;
	int minor; /* HTTP/1.minor */
	struct str raw_target; /* as received */
	struct target target;
	struct head_field fields[MAX_FIELDS]; /* only those in headers.def */
	int field_count;
	bool has_length, chunked, close, keep_alive, expect_continue;
	unsigned long long content_length;
	size_t length; /* in bytes, with its final empty line */

	/* HEAD_INCOMPLETE: until a line feed arrives, the result stays the same below
	 * this length. */
	size_t needed;
	enum http_problem problem; /* HEAD_INVALID */
	const char *detail;
};

/* A result other than HEAD_INCOMPLETE is final: it stays the same for any continuation. The result
 * therefore does not depend on how the bytes were segmented. */
enum head_result head_read(struct str bytes, struct head *head);

/* Whether a comma-separated list contains this name, ignoring case and any "/version". */
bool header_list_has(struct str list, const char *name);

/* The value of a header; at is NULL if absent. Repeated values are joined into `arena`, or, without
 * one, the first is returned. */
struct str head_value(const struct head *head, enum header header, struct arena *arena);

/* chunk.c: a strict incremental decoder of the chunked transfer coding. */
enum chunk_result { CHUNK_INCOMPLETE, CHUNK_DATA, CHUNK_END, CHUNK_INVALID, CHUNK_TOO_LARGE };

/* Initialize with zeros and `limit`. */
struct chunk_decoder {
	unsigned long long limit; /* of the decoded body */
	unsigned long long total; /* sum of the chunk sizes read so far */
	unsigned long long left;  /* of the current chunk */
	unsigned char state, digits;
};

/* Consumes bytes of *in. CHUNK_DATA: *data is the next part of the body, a slice of the input. */
enum chunk_result chunk_decode(struct chunk_decoder *chunks, struct str *in, struct str *data);

/* router.c */
struct router;
struct route_match {
	const struct route *route; /* NULL: no match */
	unsigned methods;	   /* a bit per method of the path; 0: no such path */
};

struct router *router_new(const struct route *routes, size_t count);
void router_free(struct router *router);
struct route_match router_find(const struct router *router, enum method method, struct str path,
                         struct str params[PATH_PARAMS]);
/* Value of an Allow header: "GET, HEAD, OPTIONS". */
const char *router_allow(unsigned methods, struct arena *arena);

/* conn.c: connections. The server keeps a list of connections for each state. */
enum http_conn_state {
	CONN_IDLE,    /* no byte of the next request received */
	CONN_READING_HEAD,    /* receiving a head */
	CONN_READING_BODY,    /* receiving a body */
	CONN_HANDLING,    /* a request is being handled */
	CONN_WRITING, /* the reply waits for the client to read */
	CONN_LINGERING,  /* write side shut down; input is discarded */
	CONN_STATES,
};

/* Time a body or a reader may make no progress. */
enum { GRACE_US = 5 * 1000 * 1000 };

struct request_private;

struct http_conn {
	struct http *http;
	enum http_conn_state state;
	TAILQ_ENTRY(http_conn) link;		/* http->conns[state] */
	TAILQ_ENTRY(http_conn) resuming_link;	/* http->resuming */
	long long since_us;		/* time of entering the state */
	long long deadline_us;		/* body, writing: deadline; progress extends it */
	size_t last_count;			/* body, writing: at last check; linger: total */
	unsigned served;

	int fd;
	struct event readable;
	struct buf pending; /* received but not yet parsed */
	size_t scanned;	    /* bytes of the pending head known to contain no line feed */
	size_t needed;	    /* from head_read() */
	struct str following;  /* input after the request while run() is called; else at is NULL */

	struct request_private *priv; /* the current request, from its complete head to its reply */
	struct chunk_decoder chunks;
	size_t body_left;
	bool chunked;

	bool reading;	/* the event is added */
	bool eof;	/* the peer has shut down its write side */
	bool closing;	/* close after the current reply */
	bool http10;	/* HTTP/1.0: keep-alive must be confirmed */
	bool resuming;	/* in http->resuming: `pending` may hold complete requests */
	bool closed;	/* closed; freed when `depth` drops to zero */
	int depth;

	bool trusted;	      /* the peer is a trusted proxy */
	struct in6_addr peer; /* IPv4 is mapped */
	char client[INET6_ADDRSTRLEN];
};

TAILQ_HEAD(http_conns, http_conn);

void http_conn_open(struct http_conn *conn, struct http *http, int fd, const struct sockaddr *peer);
void http_conn_set_state(struct http_conn *conn, enum http_conn_state state);
/* Sends a reply and ends the current request. */
void http_conn_reply(struct http_conn *conn, struct str head, struct str body);
/* Sends `head` and closes the connection without its descriptor, which is returned; -1 if the
 * socket did not accept all bytes at once. `rest` receives the input after the request. */
int http_conn_detach(struct http_conn *conn, struct str head, struct buf *rest);
/* For http.c, timeouts.c and evhtp.c. */
void http_conn_resume(struct http_conn *conn);
void http_conn_on_written(struct http_conn *conn);
void http_conn_abort(struct http_conn *conn); /* closes it; notifies the current request */

/* request_reader.c: turns input into requests. Returns the input it could not process yet. */
struct str reader_run(struct http_conn *conn, struct str in);
void reader_reject(struct http_conn *conn, enum http_problem problem, const char *detail);
/* Drops the current request, which will not be run because the peer left before it was complete. */
void reader_drop(struct http_conn *conn);

/* evhtp.c: the interface to libevhtp. */
struct listener;

bool listener_check_config(const struct config *config, struct buf *errors);
struct listener *listener_new(struct http *http, const char *host, int port);
void listener_free(struct listener *listener);
int listener_port(const struct listener *listener);
void listener_stop(struct listener *listener);
bool listener_is_active(const struct listener *listener);
void listener_resume(struct listener *listener); /* after running out of descriptors */

/* Passes a newly written head of the current request to libevhtp. False if libevhtp did not accept
 * it. */
bool http_conn_feed_evhtp(struct http_conn *conn);
/* Sends head and body; what the socket does not accept at once is queued. False if the connection
 * is broken or the queue is full. */
bool http_conn_send(struct http_conn *conn, struct str head, struct str body);
size_t http_conn_unsent(const struct http_conn *conn);
bool http_conn_reset_evhtp(struct http_conn *conn); /* prepares libevhtp for the next request */
void http_conn_free_evhtp(struct http_conn *conn); /* frees libevhtp's connection and closes it */
void http_conn_release_fd(struct http_conn *conn); /* keeps the descriptor open on close */
void http_conn_shut_write(struct http_conn *conn);	 /* shuts down the write side */
void http_conn_free(struct http_conn *conn);	 /* in evhtp.c, which allocates it */

/* State of a rate limit bucket, for the reply's headers. */
struct rate_status {
	enum limit limit;
	unsigned remaining, reset_s; /* requests; seconds until full */
};

/* request.c */
struct request_private {
	struct request request;
	struct http *http; /* NULL: the server has been freed */
	struct loop *loop;
	struct http_conn *conn; /* NULL: the client disconnected, or the reply was sent */
	struct buf body;   /* if it arrived in several parts */
	struct str raw_path;
	int minor; /* HTTP/1.minor */
	unsigned methods; /* of the path, from router_find() */
	struct rate_status rate_status[LIMITS]; /* in order of first use; one per class */
	int rate_count;
	int holders;
	bool entered;  /* the middleware was entered */
	bool replied;
	bool disconnected;
	struct deferred deferred;
	LIST_ENTRY(request_private) link; /* http->requests, or the free list */
};

LIST_HEAD(request_list, request_private);

/* Copies `bytes`: the head, followed by the body if it has been received. `head` is NULL if no
 * valid head was received. */
struct request_private *request_new(struct http_conn *conn, const struct head *head, struct str bytes);
void request_append_body(struct request_private *priv, struct str piece); /* appends to the body */
void request_free_spares(void);

/* reply.c */
int reply_status_index(int status); /* a small index for each supported status */
enum { STATUS_SLOTS = 48 };

/* middleware.c */
/* Enters all rows, then runs the route. */
void middleware_run(struct request *request);
/* Enters only the rows marked `always`. */
void middleware_enter_rejected(struct request *request);
void middleware_leave(struct request *request, const struct reply *reply, struct buf *head);

/* access_log.c */
struct access_log;
struct access_log *access_log_new(const struct route *routes, size_t count);
void access_log_free(struct access_log *access_log);
bool access_log_enter(struct request *request);
void access_log_leave(struct request *request, const struct reply *reply, struct buf *head);

/* cors.c */
struct cors;
bool cors_check_config(const struct config *config, struct buf *errors);
struct cors *cors_new(const struct config *config);
void cors_free(struct cors *cors);
bool cors_enter(struct request *request);
void cors_leave(struct request *request, const struct reply *reply, struct buf *head);

/* forwarded.c: the client address behind trusted proxies. */
struct forwarded;
bool forwarded_check_config(const struct config *config, struct buf *errors);
struct forwarded *forwarded_new(const struct config *config); /* skips invalid entries */
void forwarded_free(struct forwarded *forwarded);
bool forwarded_is_trusted(const struct forwarded *forwarded, const struct in6_addr *address);
/* Sets the client's address, `loopback` and `secure` from the connection and the headers. */
void forwarded_resolve(struct request *request, const struct http_conn *conn);
/* IPv4 addresses are stored as IPv4-mapped IPv6 addresses. */
struct in6_addr address_map(struct in_addr four);
void address_print(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]);

/* limit.c */
struct limits;
struct limits *limits_new(const struct config *config); /* NULL: out of memory */
void limits_free(struct limits *limits);
bool limit_enter(struct request *request);
void limit_leave(struct request *request, const struct reply *reply, struct buf *head);

/* security_headers.c */
void security_headers_leave(struct request *request, const struct reply *reply, struct buf *head);

/* timeouts.c: timeouts. */
void timeouts_start(struct http *http);
void timeouts_stop(struct http *http);
void timeouts_run_soon(struct http *http);

/* http.c: the server. */
struct http {
	struct loop *loop;
	const struct config *config;
	struct listener *listener;
	struct router *router;
	struct access_log *access_log;
	struct forwarded *forwarded;
	struct cors *cors;
	struct limits *limits;

	struct http_conns conns[CONN_STATES]; /* conn.link */
	struct http_conns resuming;	     /* conn.resuming_link */
	struct request_list requests;     /* priv.link: all live requests */
	long long conn_count;		     /* connections */
	long long active_requests;	     /* requests entered and not yet replied to */
	long long body_bytes;	     /* allocated for bodies that arrived in several parts */
	long long unsent;	     /* queued reply bytes, at the last count */

	struct event *resume_timer;	 /* resumes connections on the next turn */
	struct event *timeout_timer;
	struct event *drained_event;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;

	struct buf out;	    /* the reply being built */
	struct buf problem; /* its body, if it is a problem */
};

void http_resume_later(struct http *http, struct http_conn *conn);
void http_check_drained(struct http *http);

#endif
