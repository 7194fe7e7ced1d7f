/* stand.h: an issuer on loopback, and a server's auth room that believes it.
 *
 * The clock stands still at NOW until a test moves it. */

#ifndef STAND_H
#define STAND_H

#include "auth.h"
#include "config.h"
#include "forge.h"
#include "resolve.h"

#define NOW 1800000000LL /* seconds since 1970 */

#define ISSUER "https://issuer.example/"
#define CLAIMS "\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1800000060,\"iat\":1799999990"

struct stand {
	struct loop *loop;
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct auth *auth;
	struct config config; /* as auth_new() gets it */

	/* The issuer. */
	struct evhttp *http;
	int port;
	char url[80], keys_url[100], other_url[100], issuers[300];
	struct buf keys, other_keys, discovery;
	const char *cache_control, *age, *etag; /* of the keys; NULL: it does not say */
	int status;	/* 0: 200, or 304 for who has what `etag` stands for */
	int delay_ms;	/* between the request and the answer, which is made at once */
	bool silent;	/* takes the request and never answers */
	int fetches, discoveries, unchanged;
	char if_none_match[80]; /* of the last fetch; empty: none */

	/* What came of the last stand_check(). */
	struct buf token;
	struct identity *identity;
	const char *hint;
	bool answered; /* by done() */
	int answers;
};

/* Loop, fetcher and issuer; config trusts ISSUER with the keys of keys_url, and wants
 * the audience "api". */
void stand_open(struct stand *stand);
void stand_close(struct stand *stand);

/* Makes the auth room and waits for its first fetch to end. */
void stand_believe(struct stand *stand);

/* The same, with the keys of every configured issuer at keys_url: no provider is asked. */
void stand_believe_all(struct stand *stand);

/* The issuer's door, on the port it had before. */
void stand_listen(struct stand *stand);
void stand_unlisten(struct stand *stand);

/* A key set of these, ended by FORGERS: R1 is published as "r1", E1 as "e1" and so on. */
void stand_publish(struct stand *stand, ...);

/* A token of `forger`, with its name as kid. */
void stand_forge(struct stand *stand, enum forger forger, const char *claims);

/* The verdict, waiting for it when it comes later. */
enum auth_verdict stand_check(struct stand *stand, struct str token);
enum auth_verdict stand_check_forged(struct stand *stand);

/* Claims, and what must come of them. */
struct stand_row {
	const char *what, *claims;
	enum auth_verdict verdict;
	const char *hint; /* how the log's must begin; NULL: in any way */
};

/* In tokens that R1 signs. */
void stand_judge(struct stand *stand, const struct stand_row *rows, size_t count);

/* Moves both clocks. */
void stand_wait(struct stand *stand, long long seconds);
void stand_wait_us(struct stand *stand, long long us);
bool stand_turn(struct stand *stand, const bool *flag, int ms);

const char *verdict_name(enum auth_verdict verdict);

#endif
