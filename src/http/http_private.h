/* http_private.h: interfaces between the files of this module.
 *
 * A `wire` is one TCP connection. Its `place` is its state, and each state is a list of
 * connections. An `inside` is a request with the server's private state. */

#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "http.h"

/* Maximum sizes of a request head. */
enum {
	TARGET_MOST = 8192,
	LINE_MOST = TARGET_MOST + 64,  /* method, target and version */
	SECTION_MOST = 16 * 1024,      /* header section with its final empty line */
	FIELDS_MOST = 100,
	HEAD_MOST = 4 + LINE_MOST + SECTION_MOST,
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
enum head_verdict { HEAD_MORE, HEAD_WHOLE, HEAD_BAD };

struct head_field {
	enum header header;
	struct str value;
};

/* All slices point into the input of head_read(). */
struct head {
	enum method method;
	int minor; /* HTTP/1.minor */
	struct str text; /* request target as received */
	struct target target;
	struct head_field fields[FIELDS_MOST]; /* only those in headers.def */
	int field_count;
	bool has_length, chunked, close, keep_alive, expects;
	unsigned long long content_length;
	size_t length; /* in bytes, with its final empty line */

	/* HEAD_MORE: until a line feed arrives, the result stays the same below this length. */
	size_t enough;
	enum problem problem; /* HEAD_BAD */
	const char *detail;
};

/* A result other than HEAD_MORE is final: it stays the same for any continuation. The result
 * therefore does not depend on how the bytes were segmented. */
enum head_verdict head_read(struct str bytes, struct head *head);

/* Whether a comma-separated list contains this name, ignoring case and any "/version". */
bool head_names(struct str list, const char *name);

/* The value of a header; at is NULL if absent. Repeated values are joined into `arena`, or, without
 * one, the first is returned. */
struct str head_value(const struct head *head, enum header header, struct arena *arena);

/* chunk.c: a strict incremental decoder of the chunked transfer coding. */
enum chunk_verdict { CHUNK_MORE, CHUNK_DATA, CHUNK_END, CHUNK_BAD, CHUNK_TOO_LARGE };

/* Initialize with zeros and `limit`. */
struct chunks {
	unsigned long long limit; /* of the decoded body */
	unsigned long long total; /* sum of the chunk sizes read so far */
	unsigned long long left;  /* of the current chunk */
	unsigned char state, digits;
};

/* Consumes bytes of *in. CHUNK_DATA: *data is the next part of the body, a slice of the input. */
enum chunk_verdict chunk_take(struct chunks *chunks, struct str *in, struct str *data);

/* router.c */
struct router;
struct found {
	const struct route *route; /* NULL: no match */
	unsigned methods;	   /* a bit per method of the path; 0: no such path */
};

struct router *router_new(const struct route *routes, size_t count);
void router_free(struct router *router);
struct found router_find(const struct router *router, enum method method, struct str path,
                         struct str params[PATH_PARAMS]);
/* Value of an Allow header: "GET, HEAD, OPTIONS". */
const char *router_allow(unsigned methods, struct arena *arena);

/* conn.c: connections. The server keeps a list of connections for each state. */
enum place {
	PLACE_IDLE,    /* no byte of the next request received */
	PLACE_HEAD,    /* receiving a head */
	PLACE_BODY,    /* receiving a body */
	PLACE_BUSY,    /* a request is being handled */
	PLACE_WRITING, /* the reply waits for the client to read */
	PLACE_LINGER,  /* write side shut down; input is discarded */
	PLACES,
};

/* Time a body or a reader may make no progress. */
enum { GRACE_US = 5 * 1000 * 1000 };

struct inside;

struct wire {
	struct http *http;
	enum place place;
	TAILQ_ENTRY(wire) link;		/* http->places[place] */
	TAILQ_ENTRY(wire) hungry_link;	/* http->hungry */
	long long since_us;		/* time of entering the state */
	long long until_us;		/* body, writing: deadline; progress extends it */
	size_t seen;			/* body, writing: at the last check; linger: discarded */
	unsigned served;

	int fd;
	struct event readable;
	struct buf pending; /* received but not yet parsed */
	size_t scanned;	    /* bytes of the pending head known to contain no line feed */
	size_t enough;	    /* from head_read() */
	struct str behind;  /* input after the request while run() is called; else at is NULL */

	struct inside *inside; /* the current request, from its complete head to its reply */
	struct chunks chunks;
	size_t body_left;
	bool chunked;

	bool reading;	/* the event is added */
	bool eof;	/* the peer has shut down its write side */
	bool closing;	/* close after the current reply */
	bool legacy;	/* HTTP/1.0: keep-alive must be confirmed */
	bool hungry;	/* in http->hungry: `pending` may hold complete requests */
	bool dead;	/* closed; freed when `entered` drops to zero */
	int entered;

	bool trusted;	      /* the peer is a trusted proxy */
	struct in6_addr peer; /* IPv4 is mapped */
	char client[INET6_ADDRSTRLEN];
};

TAILQ_HEAD(wires, wire);

void wire_open(struct wire *wire, struct http *http, int fd, const struct sockaddr *peer);
void wire_move(struct wire *wire, enum place place);
/* Sends a reply and ends the current request. */
void wire_answer(struct wire *wire, struct str head, struct str body);
/* Sends `head` and closes the connection without its descriptor, which is returned; -1 if the
 * socket did not accept all bytes at once. `rest` receives the input after the request. */
int wire_take(struct wire *wire, struct str head, struct buf *rest);
/* For http.c, timeouts.c and evhtp.c. */
void wire_feed(struct wire *wire);
void wire_on_written(struct wire *wire);
void wire_lost(struct wire *wire); /* closes it; notifies the current request */

/* request_reader.c: turns input into requests. Returns the input it could not process yet. */
struct str intake_run(struct wire *wire, struct str in);
void intake_refuse(struct wire *wire, enum problem problem, const char *detail);
/* Drops the current request, which will not be run because the peer left before it was complete. */
void intake_drop(struct wire *wire);

/* evhtp.c: the interface to libevhtp. */
struct server;

bool server_fit(const struct config *config, struct buf *faults);
struct server *server_new(struct http *http, const char *host, int port);
void server_free(struct server *server);
int server_port(const struct server *server);
void server_unlisten(struct server *server);
bool server_listens(const struct server *server);
void server_listen_again(struct server *server); /* after running out of descriptors */

/* Passes a newly written head of the current request to libevhtp. False if libevhtp did not accept
 * it. */
bool server_hand(struct wire *wire);
/* Sends head and body; what the socket does not accept at once is queued. False if the connection
 * is broken or the queue is full. */
bool server_send(struct wire *wire, struct str head, struct str body);
size_t server_unsent(const struct wire *wire);
bool server_answered(struct wire *wire); /* prepares libevhtp for the next request */
void server_close(struct wire *wire);	 /* frees libevhtp's connection and the descriptor */
void server_let_go(struct wire *wire);	 /* closing the connection will leave the descriptor open */
void server_shut(struct wire *wire);	 /* shuts down the write side */
void wire_free(struct wire *wire);	 /* in evhtp.c, which allocates it */

/* State of a rate limit bucket, for the reply's headers. */
struct spent {
	enum limit limit;
	unsigned left, whole_s; /* requests; seconds until full */
};

/* request.c */
struct inside {
	struct request request;
	struct http *http; /* NULL: the server has been freed */
	struct loop *loop;
	struct wire *wire; /* NULL: the client disconnected, or the reply was sent */
	struct buf body;   /* if it arrived in several parts */
	struct str raw_path;
	int minor; /* HTTP/1.minor */
	unsigned methods; /* of the path, from router_find() */
	struct spent spent[LIMITS]; /* in order of first use; one per class */
	int spent_count;
	int holders;
	bool entered;  /* the middleware was entered */
	bool answered;
	bool gone;
	struct deferred deferred;
	LIST_ENTRY(inside) link; /* http->requests, or the free list */
};

LIST_HEAD(insides, inside);

/* Copies `bytes`: the head, followed by the body if it has been received. `head` is NULL if no
 * valid head was received. */
struct inside *request_new(struct wire *wire, const struct head *head, struct str bytes);
void request_grow(struct inside *inside, struct str piece); /* appends to the body */
void request_forget_spares(void);

/* reply.c */
int reply_slot(int status); /* a small index for each supported status */
enum { REPLY_SLOTS = 48 };

/* middleware.c */
/* Enters all rows, then runs the route. */
void stages_run(struct request *request);
/* Enters only the rows marked `always`. */
void stages_enter_refused(struct request *request);
void stages_leave(struct request *request, const struct reply *reply, struct buf *head);

/* access_log.c */
struct account;
struct account *account_new(const struct route *routes, size_t count);
void account_free(struct account *account);
bool account_enter(struct request *request);
void account_leave(struct request *request, const struct reply *reply, struct buf *head);

/* cors.c */
struct cors;
bool cors_fit(const struct config *config, struct buf *faults);
struct cors *cors_new(const struct config *config);
void cors_free(struct cors *cors);
bool cors_enter(struct request *request);
void cors_leave(struct request *request, const struct reply *reply, struct buf *head);

/* forwarded.c: the client address behind trusted proxies. */
struct hops;
bool hops_fit(const struct config *config, struct buf *faults);
struct hops *hops_new(const struct config *config); /* skips invalid entries */
void hops_free(struct hops *hops);
bool hops_trust(const struct hops *hops, const struct in6_addr *address);
/* Sets the client's address, `loopback` and `secure` from the connection and the headers. */
void hops_find(struct request *request, const struct wire *wire);
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
void shield_leave(struct request *request, const struct reply *reply, struct buf *head);

/* timeouts.c: timeouts. */
void sweep_start(struct http *http);
void sweep_stop(struct http *http);
void sweep_soon(struct http *http);

/* http.c: the server. */
struct http {
	struct loop *loop;
	const struct config *config;
	void *context;
	struct server *server;
	struct router *router;
	struct account *account;
	struct hops *hops;
	struct cors *cors;
	struct limits *limits;

	struct wires places[PLACES]; /* wire.link */
	struct wires hungry;	     /* wire.hungry_link */
	struct insides requests;     /* inside.link: all live requests */
	long long open;		     /* connections */
	long long under_way;	     /* requests entered and not yet replied to */
	long long body_bytes;	     /* allocated for bodies that arrived in several parts */
	long long unsent;	     /* queued reply bytes, at the last count */

	struct event *more;	 /* resumes the hungry connections, on the next turn */
	struct event *sweep;
	struct event *drained_event;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;

	struct buf out;	    /* the reply being built */
	struct buf problem; /* its body, if it is a problem */
};

void http_hunger(struct http *http, struct wire *wire);
void http_perhaps_drained(struct http *http);

#endif
