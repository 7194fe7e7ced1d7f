/* http_fixture.h: an HTTP server on the test's own loop, and clients for it.
 *
 * Server and clients share one thread: a client sends, the loop turns, the client receives. Every
 * wait has a time limit. */

#ifndef STREET_H
#define STREET_H

#include <criterion/criterion.h>

#include "clock.h"
#include "config.h"
#include "http.h"
#include "http_private.h"
#include "metrics.h"

enum { LARGE = 1024 * 1024 }; /* body of /large */

struct street {
	struct loop *loop;
	struct config config;
	struct http *http;
	struct request *held; /* the request to /held, until street_let_go() */
	struct taken taken;   /* by a detaching route, or by street_take() */
	int taken_count;
	int not_taken;
	int gone;	      /* calls of gone() */
	int ran;	      /* requests that reached a route */
	bool drained;
	long long now_us;     /* the clock, once it is stopped */
};

extern struct street f;

/* For Criterion's .init and .fini. To change settings, call street_stop(), set f.config and call
 * street_serve(). */
void street_open(void);
void street_close(void);
void street_serve(void);
void street_stop(void);

void street_turn(void); /* runs one loop turn without waiting */
void street_let_go(void); /* replies to /held */
/* Detaches the connection of /held, with this status. */
void street_take(int status);
/* Stops the clock if it is running, and advances it. */
void street_later(long long ms);

int caller_new(void); /* connected and accepted */
/* Sends all bytes, with loop turns while the socket is full. */
void caller_say(int caller, struct str bytes);
void caller_says_no_more(int caller);
/* Receives until the server closes; false after `seconds`. */
bool caller_hears_all(int caller, struct buf *heard, int seconds);
/* Receives until there are `least` bytes. */
bool caller_hears(int caller, struct buf *heard, size_t least, int seconds);
/* Connects, sends, shuts down the write side and receives all. Valid until the next call. */
struct str ask(struct str bytes);

/* The same from another loopback address, such as 127.9.8.7. */
struct str ask_from(const char *address, struct str bytes);
/* The same, but returns the log output. Valid until the next call. */
const char *log_of(struct str bytes);

/* The statuses in the received bytes: "200 404" */
const char *statuses_of(struct str heard);
/* The value of the first header with this name; at is NULL if there is none. */
struct str header_of(struct str heard, const char *name);
struct str body_of(struct str heard);
int count_of(struct str heard, const char *text);
/* Overwrites all UUIDs, which differ from run to run. */
void make_ids_equal(struct buf *heard);

#endif
