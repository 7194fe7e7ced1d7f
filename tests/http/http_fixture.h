/* http_fixture.h: an HTTP server on the test's own loop, and clients for it.
 *
 * Server and clients share one thread: a client sends, the loop turns, the client receives. Every
 * wait has a time limit. */

#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include <criterion/criterion.h>

#include "clock.h"
#include "config.h"
#include "http.h"
#include "metrics.h"

enum { LARGE = 1024 * 1024 }; /* body of /large */

struct http_fixture {
	struct loop *loop;
	struct config config;
	struct http *http;
	struct request *held;     /* the request to /held, until fixture_reply_held() */
	struct detached detached; /* by a detaching route, or by fixture_detach_held() */
	int detached_count;
	int not_detached;
	int disconnects; /* calls of on_disconnect() */
	int ran;         /* requests that reached a route */
	bool drained;
	long long now_us; /* the clock, once it is stopped */
};

extern struct http_fixture f;

/* For Criterion's .init and .fini. To change settings, call fixture_stop(), set f.config and call
 * fixture_serve(). */
void fixture_open(void);
void fixture_close(void);
void fixture_serve(void);
void fixture_stop(void);

void fixture_turn(void);       /* runs one loop turn without waiting */
void fixture_reply_held(void); /* replies to /held */
/* Detaches the connection of /held, with this status. */
void fixture_detach_held(int status);
/* Stops the clock if it is running, and advances it. */
void fixture_advance(long long ms);

int client_new(void); /* connected and accepted */
/* Sends all bytes, with loop turns while the socket is full. */
void client_send(int client, struct str bytes);
void client_shutdown(int client);
/* Receives until the server closes; false after `seconds`. */
bool client_receive_all(int client, struct buf *response, int seconds);
/* Receives until there are `least` bytes. */
bool client_receive(int client, struct buf *response, size_t least, int seconds);
/* Connects, sends, shuts down the write side and receives all. Valid until the next call. */
struct str send_request(struct str bytes);

/* The same from another loopback address, such as 127.9.8.7. */
struct str send_request_from(const char *address, struct str bytes);
/* The same, but returns the log output. Valid until the next call. */
const char *log_of(struct str bytes);

/* The statuses in the received bytes: "200 404" */
const char *statuses_of(struct str response);
/* The value of the first header with this name; at is NULL if there is none. */
struct str header_of(struct str response, const char *name);
struct str body_of(struct str response);
int count_of(struct str response, const char *text);
/* Overwrites all UUIDs, which differ from run to run. */
void mask_ids(struct buf *response);

#endif
