/* two_issuers.h: a server that accepts the tokens of two issuers, both controlled by the test, and
 * clients with such tokens. */

#ifndef TWO_ISSUERS_H
#define TWO_ISSUERS_H

#include "provider.h"
#include "e2e.h"

enum {
	INTERVAL_MS = 1000, /* JWKS_INTERVAL_SECONDS */
	DEADLINE_MS = 5000, /* timeout of a refresh */
	FRESH_MS = 4000,    /* time limit for a refresh of keys that were published with SOON */
	CLIENTS = 4,
};

struct believer {
	struct ca ca;
	/* The first publishes E1 and R1, for the audience "api"; the other E2, for "api"
	 * and "other-api". */
	struct provider *issuer, *other;
	int least; /* JWKS_MIN_SECONDS; keys are usually not refreshed within the time of a test */
	struct server *server;
	struct client *client, *clients[CLIENTS];
	int asked, refused; /* counted by ask_all() */
};

extern struct believer f;

/* Makes the server fetch an issuer's keys again as soon as possible. */
#define SOON "Cache-Control: public, max-age=1\r\n"

void believer_open(void); /* starts the issuers; serve() starts the server */
void believer_close(void);

void serve(void);       /* until it accepts connections; it may not be ready */
void serve_ready(void); /* until it has the keys of the first issuer and is ready */
void serve_both(void);  /* until it has the keys of both issuers */

/* A new token of the first issuer; valid until some hundreds more were made. */
const char *sign(enum test_key key_id);
const char *keep(const char *token); /* copies it until the end of the test */

/* The result of an answer, or of a request with a token: "200", or the code of a problem. */
const char *told_by(const struct answer *answer);
const char *told(const char *token);
#define expect_told(token, expected) cr_expect_str_eq(told(token), expected)
/* Repeats a request with new tokens until it has this result; false if it has not in time. */
bool is_told_within(enum test_key key_id, const char *expected, int ms);

long metric(const char *name); /* -1: no such metric */
/* How often an event such as "jwks.stale" was logged for an issuer. */
int times_said(const char *event, const struct provider *issuer);

/* Waits until the next unknown key causes a fetch. */
void let_interval_pass(void);

/* Sends requests from all clients at once; counts those that are rejected, and logs the first. */
void ask_all(const char *const tokens[CLIENTS]);
/* The same with two new and two kept tokens: once, or repeatedly for some time. */
void ask_with(enum test_key one, enum test_key another, const char *kept, const char *also_kept);
void ask_for(int ms, enum test_key one, enum test_key another, const char *kept,
             const char *also_kept);
/* The 99th percentile of the duration of all requests since the last call. */
int p99_ms(void);

#endif
