/* believer.h: a server that believes two issuers, which the test has in its hands, and
 * clients who come with their tokens. */

#ifndef BELIEVER_H
#define BELIEVER_H

#include "provider.h"
#include "story.h"

enum {
	INTERVAL_MS = 1000, /* JWKS_INTERVAL_SECONDS */
	DEADLINE_MS = 5000, /* of a refresh */
	REFRESH_S = 5,	    /* JWKS_REFRESH_SECONDS where that is wanted often */
	FRESH_MS = 8000,    /* within which such a refresh has come */
	CLIENTS = 4,
};

struct believer {
	struct ca ca;
	/* The first publishes E1 and R1, for the audience "api"; the other E2, for "api"
	 * and "other-api". */
	struct provider *issuer, *other;
	int refresh; /* seconds; usually so many that none comes by itself */
	struct server *server;
	struct client *client, *clients[CLIENTS];
	int asked, refused; /* by ask_all() */
};

extern struct believer f;

void believer_open(void); /* the issuers; the server comes with serve() */
void believer_close(void);

void serve(void);	/* it answers, be it that it is not ready */
void serve_ready(void);	/* it has keys, of one at least */
void serve_both(void);	/* of both */

/* A new token of the first issuer, lent until some hundreds more were made. */
const char *sign(enum forger forger);
const char *keep(const char *token); /* to the end of the test */

/* What its bearer is told: "200", or the code of a problem. */
const char *told_by(const struct answer *answer);
const char *told(const char *token);
#define expect_told(token, wanted) cr_expect_str_eq(told(token), wanted)
/* Until he who brings a new token is told that. */
bool is_told_within(enum forger forger, const char *wanted, int ms);

long metric(const char *name); /* -1: there is none */

/* The interval between two fetches is over: the next unknown key is asked for. */
void let_interval_pass(void);

/* All clients ask at once; who is refused is counted, and the first of them told. */
void ask_all(const char *const tokens[CLIENTS]);
/* The same with two new tokens and two that were kept; and that for a while. */
void ask_with(enum forger one, enum forger another, const char *kept, const char *also_kept);
void ask_for(int ms, enum forger one, enum forger another, const char *kept, const char *also_kept);
/* Of all answers since the last time, how long 99 of 100 took at most. */
int p99_ms(void);

#endif
