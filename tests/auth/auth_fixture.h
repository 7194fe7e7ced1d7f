/* auth_fixture.h: an issuer on loopback, and an auth module that trusts it.
 *
 * The clock stands still at NOW until a test moves it. */

#ifndef STAND_H
#define STAND_H

#include "auth.h"
#include "config.h"
#include "test_tokens.h"
#include "resolve.h"

#define NOW 1800000000LL /* seconds since 1970 */

#define ISSUER "https://issuer.example/"
#define CLAIMS "\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1800000060,\"iat\":1799999990"

struct stand {
	struct loop *loop;
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct auth *auth;
	struct config config; /* passed to auth_new() */

	/* The issuer. */
	struct evhttp *http;
	int port;
	char url[80], keys_url[100], other_url[100], issuers[300];
	struct buf keys, other_keys, discovery;
	const char *cache_control, *age, *etag; /* headers of the key set; NULL: none */
	int status;	/* 0: 200, or 304 if If-None-Match equals `etag` */
	int delay_ms;	/* before the response, whose contents are fixed at once */
	bool silent;	/* never responds */
	int fetches, discoveries, unchanged;
	char if_none_match[80]; /* of the last fetch; empty: none */

	/* Results of the last stand_check(). */
	struct buf token;
	struct identity *identity;
	const char *hint;
	bool answered; /* done() was called */
	int answers;
};

/* Creates loop, fetcher and issuer. The config trusts ISSUER with the keys at keys_url and
 * the audience "api". */
void stand_open(struct stand *stand);
void stand_close(struct stand *stand);

/* Creates the auth module and waits until its first fetch has ended. */
void stand_believe(struct stand *stand);

/* The same, with every configured issuer's keys at keys_url, so that no real provider is
 * contacted. */
void stand_believe_all(struct stand *stand);

/* Starts and stops the issuer's HTTP server; it keeps its port. */
void stand_listen(struct stand *stand);
void stand_unlisten(struct stand *stand);

/* Publishes these keys, ended by FORGERS: R1 with the kid "r1", E1 with "e1" and so on. */
void stand_publish(struct stand *stand, ...);

/* Makes a token signed by `forger`, with its name as kid. */
void stand_forge(struct stand *stand, enum forger forger, const char *claims);

/* The result, after waiting for it if necessary. */
enum auth_verdict stand_check(struct stand *stand, struct str token);
enum auth_verdict stand_check_forged(struct stand *stand);

/* Claims and their expected result. */
struct stand_row {
	const char *what, *claims;
	enum auth_verdict verdict;
	const char *hint; /* how the hint must begin; NULL: any */
};

/* Checks each row in a token signed by R1. */
void stand_judge(struct stand *stand, const struct stand_row *rows, size_t count);

/* Moves both clocks. */
void stand_wait(struct stand *stand, long long seconds);
void stand_wait_us(struct stand *stand, long long us);
bool stand_turn(struct stand *stand, const bool *flag, int ms);

const char *verdict_name(enum auth_verdict verdict);

#endif
