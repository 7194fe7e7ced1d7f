/* http.h: requests in, replies out.
 *
 * The room is handed its routes as rows; for each request it calls the row's
 * run(), which answers now or later, exactly once, by request_reply() or
 * request_refuse(). Until then the request is the row's; whoever keeps it beyond
 * that holds it (request_hold), and its memory goes at the end of the turn in
 * which the last one let go. When the client leaves first, gone() is called; the
 * request must be answered all the same, be it in gone() itself, and the answer
 * goes nowhere. */

#ifndef HTTP_H
#define HTTP_H

#include <netinet/in.h>

#include "arena.h"
#include "loop.h"

struct config;

struct http;
struct request;
struct route;

enum method { METHOD_NONE, GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, METHODS };

const char *method_name(enum method method);

/* The headers we read; all others are checked and dropped. */
enum header {
#define HEADER(name, wire, rule) HEADER_##name,
#include "table/headers.def"
#undef HEADER
	HEADERS
};

enum problem {
#define PROBLEM(name, ...) PROBLEM_##name,
#include "table/problems.def"
#undef PROBLEM
	PROBLEMS
};

struct problem_row {
	const char *code;  /* "LOG_ARCHIVED" */
	const char *slug;  /* "log-archived" */
	int status;
	const char *title, *cause, *remedy;
};

extern const struct problem_row problem_rows[PROBLEMS];
/* PROBLEMS when there is none of this code. */
enum problem problem_find(struct str code);

/* How often a caller may come; the first is that of any request, by address. */
enum limit {
#define LIMIT(name, ...) LIMIT_##name,
#include "table/limits.def"
#undef LIMIT
	LIMITS
};

enum { PATH_PARAMS = 4 };

struct route {
	enum method method;
	const char *pattern; /* "/api/v1/logs/{id}" */
	void (*run)(struct request *request);
	const void *row;     /* the route's owner's */
	enum limit limit;    /* spent before it is run */
	bool streams;	     /* events; who comes again for them is told to come later, not refused, where it will pass */
};

struct request {
	enum method method;
	struct str target; /* as it came */
	struct str path;   /* percent-decoded, and known to be UTF-8 */
	struct str query;  /* as it came, without '?' */
	struct str body;
	struct str headers[HEADERS];  /* at is NULL for one that did not come */
	struct str params[PATH_PARAMS]; /* of the path, in the order of the pattern */
	const struct route *route;    /* NULL: none matched */
	void *context;		      /* http_new()'s */
	char id[129];
	struct in6_addr address;      /* the client's, one of version 4 mapped; behind trusted proxies
				       * the one they name */
	struct str client;	      /* the same, as text */
	bool loopback;		      /* it comes from this machine, and no proxy passed it on */
	bool secure;		      /* it came by TLS, as a trusted proxy says */
	struct str behalf;	      /* on whose, where a gateway that we know says so; its address is all of theirs */
	struct arena arena;
	long long began_us;

	/* For the log line; whoever knows sets them. */
	const char *user_id;
	const char *key_id; /* of the API key */
	const char *why;   /* for our eyes only: which claim, which setting */
	long long db_us;

	void (*gone)(struct request *request); /* the client has left; may be NULL */
	void *asker;			       /* of whoever set gone() */

	struct inside *inside; /* the room's */
};

struct reply {
	int status;
	const char *type;   /* media type; NULL: no body */
	struct str body;    /* lent until request_reply() returns */
	const char *etag;   /* with its quotes; NULL: none */
	const char *location;
	const char *link;
	const char *allow;
	const char *cache;  /* Cache-Control; NULL: no-store */
	const char *authenticate;
	int retry_after;    /* seconds; 0: none */
	long long total;    /* X-Total-Count; NO_TOTAL: none. Zero is a total */
	const char *policy; /* Content-Security-Policy; NULL: that of the API */
	const char *more;   /* further header lines, each with its CRLF */
	const char *code;   /* of a problem, for the log line */
};

enum { NO_TOTAL = -1 };

void request_reply(struct request *request, const struct reply *reply);

struct refusal {
	enum problem problem;
	const char *detail; /* a sentence; NULL: the title says it all */
	struct str errors;  /* a JSON array, for VALIDATION_FAILED */
	const char *allow, *authenticate;
	const char *more;   /* further header lines, each with its CRLF */
	int retry_after;
};

void request_refuse(struct request *request, const struct refusal *refusal);

/* Does it ask to become another protocol: does Upgrade name it, and Connection say so? */
bool request_upgrades(const struct request *request, const char *protocol);

/* A connection that has left HTTP: what comes next on it is the taker's. */
struct taken {
	int fd;		 /* non-blocking; the taker closes it */
	struct buf rest; /* what came behind the request; the taker finishes it */
};

/* Ends the request with this reply, whose body is not sent. With status 101 nothing is: the
 * taker answers in its own words; otherwise the head goes out, with all that the stages add
 * and `Connection: close`, but without a length. Then the connection is the taker's. False: the
 * client has left, or the room is closing, or it was a HEAD, whose answer ends there; the
 * request has been answered, and there is nothing to take. */
bool request_take(struct request *request, const struct reply *reply, struct taken *taken);

/* May its caller go on? Takes one from the bucket that `who` has in this class (a user's
 * id, an API key's; an empty text: the client's address). False: it has been answered 429.
 * Where callers are not limited, everybody may. */
bool request_spend(struct request *request, enum limit limit, struct str who);
/* The same without taking anything: is there one left? False: answered 429, too. */
bool request_may_spend(struct request *request, enum limit limit, struct str who);
/* Takes one whether it is there or not; answers nothing, and the answer tells nothing of it. */
void request_charge(struct request *request, enum limit limit, struct str who);

/* A route's run(): the page of the problem that the path's first parameter names. */
void problem_page(struct request *request);

void request_hold(struct request *request);
void request_release(struct request *request);

/* The next name=value of a query, decoded into the arena. False at the end; a
 * pair that cannot be decoded has a NULL name and the raw text as its value. */
bool request_query_next(struct request *request, struct str *rest, struct str *name, struct str *value);

/* Are this room's settings fit to serve? Each fault is a line. */
bool http_fit(const struct config *config, struct buf *faults);

struct http *http_new(struct loop *loop, const struct config *config, const struct route *routes,
                      size_t count, void *context);
void http_free(struct http *http);
int http_port(const struct http *http); /* the one it listens on */

/* No new connection, and `Connection: close` on what is still answered; done()
 * when the last answer is out. */
void http_drain(struct http *http, void (*done)(void *arg), void *arg);

#endif
