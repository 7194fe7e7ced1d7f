/* two_issuers.h: a server that accepts the tokens of two issuers, both controlled by the test, and
 * clients with such tokens. */

#ifndef TWO_ISSUERS_H
#define TWO_ISSUERS_H

#include "provider.h"
#include "e2e.h"

enum {
	INTERVAL_MS = 1000, /* JWKS_INTERVAL_SECONDS */
	DEADLINE_MS = 5000, /* timeout of a refresh */
	FRESH_MS = 4000, /* time limit for a refresh of keys that were published with MAX_AGE_1 */
	CLIENTS = 4,
};

struct two_issuers {
	struct ca ca;
	/* The first publishes E1 and R1, for the audience "api"; the other E2, for "api"
	 * and "other-api". */
	struct provider *issuer, *other;
	int min_seconds; /* JWKS_MIN_SECONDS; keys are usually not refreshed within a test */
	struct server *server;
	struct client *client, *clients[CLIENTS];
	int requests, rejected; /* counted by request_all() */
};

extern struct two_issuers f;

/* Makes the server fetch an issuer's keys again as soon as possible. */
#define MAX_AGE_1 "Cache-Control: public, max-age=1\r\n"

void two_issuers_open(void); /* starts the issuers; start_server() starts the server */
void two_issuers_close(void);

void start_server(void);           /* until it accepts connections; it may not be ready */
void start_server_ready(void);     /* until it has the keys of the first issuer and is ready */
void start_server_with_both(void); /* until it has the keys of both issuers */

/* A new token of the first issuer; valid until some hundreds more were made. */
const char *sign_token(enum test_key key_id);
const char *keep_token(const char *token); /* copies it until the end of the test */

/* The result of an answer, or of a request with a token: "200", or the code of a problem. */
const char *result_of_answer(const struct answer *answer);
const char *result_of_token(const char *token);
#define expect_result(token, expected) cr_expect_str_eq(result_of_token(token), expected)
/* Repeats a request with new tokens until it has this result; false if it has not in time. */
bool has_result_within(enum test_key key_id, const char *expected, int ms);

long read_metric(const char *name); /* -1: no such metric */
/* How often an event such as "jwks.stale" was logged for an issuer. */
int count_logged(const char *event, const struct provider *issuer);

/* Waits until the next unknown key causes a fetch. */
void wait_interval(void);

/* Sends requests from all clients at once; counts those that are rejected, and logs the first. */
void request_all(const char *const tokens[CLIENTS]);
/* The same with two new and two kept tokens: once, or repeatedly for some time. */
void request_with(enum test_key one, enum test_key another, const char *kept,
                  const char *also_kept);
void request_for(int ms, enum test_key one, enum test_key another, const char *kept,
                 const char *also_kept);
/* The 99th percentile of the duration of all requests since the last call. */
int p99_ms(void);

#endif
