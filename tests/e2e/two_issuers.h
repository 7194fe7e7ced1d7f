/* two_issuers.h: a server that believes two issuers, which the test has in its hands, and
 * clients who come with their tokens. */

#ifndef BELIEVER_H
#define BELIEVER_H

#include "provider.h"
#include "e2e.h"

enum {
	INTERVAL_MS = 1000, /* JWKS_INTERVAL_SECONDS */
	DEADLINE_MS = 5000, /* of a refresh */
	FRESH_MS = 4000,    /* within which keys have come that are kept for no longer than SOON */
	CLIENTS = 4,
};

struct believer {
	struct ca ca;
	/* The first publishes E1 and R1, for the audience "api"; the other E2, for "api"
	 * and "other-api". */
	struct provider *issuer, *other;
	int least; /* JWKS_MIN_SECONDS; usually no refresh comes by itself in the time of a test */
	struct server *server;
	struct client *client, *clients[CLIENTS];
	int asked, refused; /* by ask_all() */
};

extern struct believer f;

/* What an issuer says whose keys are to be fetched again as soon as may be. */
#define SOON "Cache-Control: public, max-age=1\r\n"

void believer_open(void); /* the issuers; the server comes with serve() */
void believer_close(void);

void serve(void);	/* it answers, be it that it is not ready */
void serve_ready(void);	/* it has the first one's keys */
void serve_both(void);	/* and the other's */

/* A new token of the first issuer, lent until some hundreds more were made. */
const char *sign(enum test_key key_id);
const char *keep(const char *token); /* to the end of the test */

/* What its bearer is told: "200", or the code of a problem. */
const char *told_by(const struct answer *answer);
const char *told(const char *token);
#define expect_told(token, wanted) cr_expect_str_eq(told(token), wanted)
/* Until he who brings a new token is told that. */
bool is_told_within(enum test_key key_id, const char *wanted, int ms);

long metric(const char *name); /* -1: there is none */
/* How often the log says that of an issuer: "jwks.stale". */
int times_said(const char *event, const struct provider *issuer);

/* The interval between two fetches is over: the next unknown key is asked for. */
void let_interval_pass(void);

/* All clients ask at once; who is refused is counted, and the first of them told. */
void ask_all(const char *const tokens[CLIENTS]);
/* The same with two new tokens and two that were kept; and that for a while. */
void ask_with(enum test_key one, enum test_key another, const char *kept, const char *also_kept);
void ask_for(int ms, enum test_key one, enum test_key another, const char *kept, const char *also_kept);
/* Of all answers since the last time, how long 99 of 100 took at most. */
int p99_ms(void);

#endif
