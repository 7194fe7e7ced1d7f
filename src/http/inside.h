/* inside.h: what the files of this room know of each other.
 *
 * A *wire* is one TCP connection; its place says what it is doing, and each place
 * is a list. An *inside* is a request with what the room keeps about it. */

#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "http.h"

/* The bounds of a request head. */
enum {
	TARGET_MOST = 8192,
	LINE_MOST = TARGET_MOST + 64,  /* method, target and version */
	SECTION_MOST = 16 * 1024,      /* the header section, its last empty line included */
	FIELDS_MOST = 100,
	HEAD_MOST = 4 + LINE_MOST + SECTION_MOST,
};

/* target.c: the request target, checked and taken apart. Slices of what was given,
 * except `path`, which is the decoder's own until the next call when anything in it
 * was percent-encoded. */
struct target {
	struct str authority; /* of an absolute form; at is NULL otherwise */
	struct str raw_path;  /* as it came */
	struct str path;      /* decoded */
	struct str query;
};

/* NULL when all is well, otherwise a sentence. */
const char *target_read(struct str text, enum method method, struct target *target);
/* Does an authority have the form of RFC 3986, without user and password? */
bool target_is_authority(struct str text);
/* Decodes %XX (and '+', if `plus`) into `out`, which has room for text.length bytes.
 * Returns the length, or -1 when it is malformed, holds a NUL or is not UTF-8. */
long target_decode(struct str text, bool plus, char *out);

/* head.c: a request head, read strictly. */
enum head_verdict { HEAD_MORE, HEAD_WHOLE, HEAD_BAD };

struct head_field {
	enum header header;
	struct str value;
};

/* Slices of the bytes that head_read() was given. */
struct head {
	enum method method;
	int minor; /* HTTP/1.minor */
	struct str text; /* of the target */
	struct target target;
	struct head_field fields[FIELDS_MOST]; /* only those that mean something to us */
	int field_count;
	bool has_length, chunked, close, keep_alive, expects;
	unsigned long long content_length;
	size_t length; /* in bytes, to its last empty line */

	/* HEAD_MORE: without a line's end nothing is new before this many bytes. */
	size_t enough;
	enum problem problem; /* HEAD_BAD */
	const char *detail;
};

/* What is said of the first bytes stays said, whatever follows them: the verdict
 * does not depend on how the bytes were cut into segments. */
enum head_verdict head_read(struct str bytes, struct head *head);

/* Does a list of protocols or options name this one? A version behind a slash does not count. */
bool head_names(struct str list, const char *name);

/* The value of a field: one occurrence, the first, or all joined into `arena`. */
struct str head_value(const struct head *head, enum header header, struct arena *arena);

/* chunk.c: the chunked coding, read strictly, a byte at a time if need be. */
enum chunk_verdict { CHUNK_MORE, CHUNK_DATA, CHUNK_END, CHUNK_BAD, CHUNK_TOO_LARGE };

/* All zero, with its limit set, is ready to begin. */
struct chunks {
	unsigned long long limit; /* of the decoded body */
	unsigned long long total; /* announced so far */
	unsigned long long left;  /* of the present chunk */
	unsigned char state, digits;
};

/* Takes bytes out of *in; CHUNK_DATA: *data is the next piece of the body, in place. */
enum chunk_verdict chunk_take(struct chunks *chunks, struct str *in, struct str *data);

/* router.c */
struct router;
struct found {
	const struct route *route; /* NULL: no row */
	unsigned methods;	   /* bit for each method the path knows; 0: no such path */
};

struct router *router_new(const struct route *routes, size_t count);
void router_free(struct router *router);
struct found router_find(const struct router *router, enum method method, struct str path,
                         struct str params[PATH_PARAMS]);
/* "GET, HEAD, OPTIONS" */
const char *router_allow(unsigned methods, struct arena *arena);

/* wire.c: a connection's life. State is place: each is a list. */
enum place {
	PLACE_IDLE,    /* nothing of a next request has come */
	PLACE_HEAD,    /* some of its head */
	PLACE_BODY,    /* some of its body */
	PLACE_BUSY,    /* it is being answered */
	PLACE_WRITING, /* the answer waits for the reader */
	PLACE_LINGER,  /* we have said all; what still comes is thrown away */
	PLACES,
};

/* In which a body or a reader need not have moved at all. */
enum { GRACE_US = 5 * 1000 * 1000 };

struct inside;

struct wire {
	struct http *http;
	enum place place;
	TAILQ_ENTRY(wire) link;		/* http->places[place] */
	TAILQ_ENTRY(wire) hungry_link;	/* http->hungry */
	long long since_us;		/* in this place */
	long long until_us;		/* body, writing: the deadline, which progress moves on */
	size_t seen;			/* body, writing, linger: bytes counted for that */
	unsigned served;

	int fd;
	struct event readable;
	struct buf pending; /* came, and could not be taken yet */
	size_t scanned;	    /* bytes of the pending head that hold no new line */
	size_t enough;	    /* head_read()'s */
	struct str behind;  /* the request that is being run; at is NULL later on */

	struct inside *inside; /* the request under way, from its whole head to its answer */
	struct chunks chunks;
	size_t body_left;
	bool chunked;

	bool reading;	/* the event is added */
	bool eof;	/* the peer will send nothing more */
	bool closing;	/* the present answer is the last */
	bool legacy;	/* HTTP/1.0: say keep-alive, if so */
	bool hungry;	/* whole requests may wait in `pending` for their turn */
	bool dead;	/* closed; the memory goes when `entered` is zero */
	int entered;

	bool trusted;	      /* as a proxy */
	struct in6_addr peer; /* one of version 4 is mapped */
	char client[INET6_ADDRSTRLEN];
};

TAILQ_HEAD(wires, wire);

void wire_open(struct wire *wire, struct http *http, int fd, const struct sockaddr *peer);
void wire_move(struct wire *wire, enum place place);
/* Sends an answer, and ends the request's stay on the wire. */
void wire_answer(struct wire *wire, struct str head, struct str body);
/* Sends this much, and lets go of the descriptor: it is returned, or -1 when the socket did not
 * take it all at once. `rest` becomes what came behind the request. */
int wire_take(struct wire *wire, struct str head, struct buf *rest);
/* For the room's clocks and server.c. */
void wire_feed(struct wire *wire);
void wire_on_written(struct wire *wire);
void wire_lost(struct wire *wire); /* it ends here; a request under way is told */

/* intake.c: bytes to requests. Returns what it could not take yet. */
struct str intake_run(struct wire *wire, struct str in);
void intake_refuse(struct wire *wire, enum problem problem, const char *detail);
/* The request on the wire will not be run: its peer went before it was whole. */
void intake_drop(struct wire *wire);

/* server.c: libevhtp's glue. */
struct server;

bool server_fit(const struct config *config, struct buf *faults);
struct server *server_new(struct http *http, const char *host, int port);
void server_free(struct server *server);
int server_port(const struct server *server);
void server_unlisten(struct server *server);
bool server_listens(const struct server *server);
void server_listen_again(struct server *server); /* after descriptors had run out */

/* Gives libevhtp the head of the request on the wire, written anew. False when it did not
 * take it for one. */
bool server_hand(struct wire *wire);
/* Head and body go out at once, as far as the socket takes them; false when it is broken. */
bool server_send(struct wire *wire, struct str head, struct str body);
size_t server_unsent(const struct wire *wire);
bool server_answered(struct wire *wire); /* the wire stays: libevhtp makes ready for the next */
void server_close(struct wire *wire);	 /* frees libevhtp's connection and the descriptor */
void server_let_go(struct wire *wire);	 /* of the descriptor: the connection's end will leave it open */
void server_shut(struct wire *wire);	 /* we will send nothing more */
void wire_free(struct wire *wire);	 /* server.c's, since the memory is */

/* What was taken from a bucket, for the answer's head. */
struct spent {
	enum limit limit;
	unsigned left, whole_s; /* requests; seconds until it is full again */
};

/* request.c */
struct inside {
	struct request request;
	struct http *http; /* NULL: the room is closed */
	struct loop *loop;
	struct wire *wire; /* NULL: the client has left, or was answered */
	struct buf body;   /* one that came in pieces */
	struct str raw_path;
	int minor; /* HTTP/1.minor */
	unsigned methods; /* what the path knows: router_find()'s */
	struct spent spent[LIMITS]; /* in that order; one for each class */
	int spent_count;
	int holders;
	bool entered;  /* the stages were */
	bool answered;
	bool gone;
	struct later later;
	LIST_ENTRY(inside) link; /* http->requests */
};

LIST_HEAD(insides, inside);

/* The bytes are copied: the head's, and its body behind it if it is already there. No head:
 * there is none that could be trusted. */
struct inside *request_new(struct wire *wire, const struct head *head, struct str bytes);
void request_grow(struct inside *inside, struct str piece); /* of the body */
void request_forget_spares(void);

/* reply.c */
int reply_slot(int status); /* a small number for each status we know */
enum { REPLY_SLOTS = 48 };

/* stages.c */
void stages_run(struct request *request);	 /* in, and to the route */
void stages_enter_refused(struct request *request); /* in, as far as every answer must */
void stages_leave(struct request *request, const struct reply *reply, struct buf *head);

/* account.c */
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

/* hops.c: through whose hands a request came. */
struct hops;
bool hops_fit(const struct config *config, struct buf *faults);
struct hops *hops_new(const struct config *config); /* what is not fit is left out */
void hops_free(struct hops *hops);
bool hops_trust(const struct hops *hops, const struct in6_addr *address);
/* Says whose request it is, by its wire and its headers. */
void hops_find(struct request *request, const struct wire *wire);
/* Addresses of version 4 are mapped into those of version 6. */
struct in6_addr address_map(struct in_addr four);
void address_print(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]);

/* limit.c */
struct limits;
struct limits *limits_new(const struct config *config); /* NULL: no memory */
void limits_free(struct limits *limits);
bool limit_enter(struct request *request);
void limit_leave(struct request *request, const struct reply *reply, struct buf *head);

/* shield.c */
void shield_leave(struct request *request, const struct reply *reply, struct buf *head);

/* sweep.c: the deadlines. */
void sweep_start(struct http *http);
void sweep_stop(struct http *http);
void sweep_soon(struct http *http);

/* http.c: the room. */
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
	struct insides requests;     /* inside.link: all that are alive */
	long long open;		     /* wires */
	long long under_way;	     /* requests that entered and were not answered */
	long long body_bytes;	     /* held for bodies that came in pieces */
	long long unsent;	     /* answers that wait for readers, at the last count */

	struct event *more;	 /* feeds the hungry, on the next turn */
	struct event *sweep;
	struct event *drained_event;
	void (*drained)(void *arg);
	void *drained_arg;
	bool draining;

	struct buf out;	    /* the answer being put together */
	struct buf problem; /* its body, when it is a problem */
};

void http_hunger(struct http *http, struct wire *wire);
void http_perhaps_drained(struct http *http);

#endif
