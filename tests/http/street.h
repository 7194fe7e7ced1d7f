/* street.h: a small server on the loop of the test itself, and callers from the street.
 *
 * Server and callers share one thread: a caller says something, the loop turns,
 * the caller hears. Nothing here waits longer than its patience. */

#ifndef STREET_H
#define STREET_H

#include <criterion/criterion.h>

#include "clock.h"
#include "config.h"
#include "http.h"
#include "inside.h"
#include "metrics.h"

enum { LARGE = 1024 * 1024 }; /* what /large answers */

struct street {
	struct loop *loop;
	struct config config;
	struct http *http;
	struct request *held; /* by /held, until street_let_go() */
	struct taken taken;   /* by /take, or by street_take() */
	int taken_count;
	int not_taken;
	int gone;	      /* times gone() was called */
	int ran;	      /* requests that reached a route */
	bool drained;
	long long now_us;     /* when the clock stands still */
};

extern struct street f;

/* As Criterion's .init and .fini. Settings may be changed in between by closing,
 * setting f.config and calling street_serve(). */
void street_open(void);
void street_close(void);
void street_serve(void);
void street_stop(void);

void street_turn(void); /* one, which never waits */
void street_let_go(void);
/* Takes the connection of what /held holds, after this answer. */
void street_take(int status);
/* The clock stands still from now on, and goes on by so many milliseconds. */
void street_later(long long ms);

int caller_new(void); /* connected and accepted */
/* Given to the kernel, with turns in between while it is full. */
void caller_say(int caller, struct str bytes);
void caller_says_no_more(int caller);
/* Until the server has closed, or `seconds` are over: false. */
bool caller_hears_all(int caller, struct buf *heard, int seconds);
/* Until so much is there. */
bool caller_hears(int caller, struct buf *heard, size_t least, int seconds);
/* All of it in one go: says, says no more, hears all. The result lasts until the next ask. */
struct str ask(struct str bytes);

/* The same from another address of this machine: 127.9.8.7. */
struct str ask_from(const char *address, struct str bytes);
/* The same, and what the log says of it: also until the next time. */
const char *log_of(struct str bytes);

/* "200 404": the statuses in what was heard. */
const char *statuses_of(struct str heard);
/* The value of the first header of this name; at is NULL when there is none. */
struct str header_of(struct str heard, const char *name);
struct str body_of(struct str heard);
int count_of(struct str heard, const char *text);
/* What differs from one run to the next, the ids that we made, becomes the same. */
void make_ids_equal(struct buf *heard);

#endif
