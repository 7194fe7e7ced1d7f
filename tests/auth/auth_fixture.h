/* auth_fixture.h: an issuer on loopback, and an auth module that trusts it.
 *
 * The clock stands still at NOW until a test moves it. */

#ifndef AUTH_FIXTURE_H
#define AUTH_FIXTURE_H

#include "auth.h"
#include "config.h"
#include "test_tokens.h"
#include "resolve.h"

#define NOW 1800000000LL /* seconds since 1970 */

#define ISSUER "https://issuer.example/"
#define CLAIMS                                                                                     \
	"\"iss\":\"" ISSUER                                                                        \
	"\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1800000060,\"iat\":1799999990"

struct auth_fixture {
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
	int status;                             /* 0: 200, or 304 if If-None-Match equals `etag` */
	int delay_ms;     /* before the response, whose contents are fixed at once */
	bool no_response; /* never responds */
	int fetches, discoveries, not_modified;
	char if_none_match[80]; /* of the last fetch; empty: none */

	/* Results of the last auth_fixture_check(). */
	struct buf token;
	struct identity *identity;
	const char *hint;
	bool done_called; /* done() was called */
	int done_count;
};

/* Creates loop, fetcher and issuer. The config trusts ISSUER with the keys at keys_url and
 * the audience "api". */
void auth_fixture_open(struct auth_fixture *fixture);
void auth_fixture_close(struct auth_fixture *fixture);

/* Creates the auth module and waits until its first fetch has ended. */
void auth_fixture_start(struct auth_fixture *fixture);

/* The same, with every configured issuer's keys at keys_url, so that no real provider is
 * contacted. */
void auth_fixture_start_all(struct auth_fixture *fixture);

/* Starts and stops the issuer's HTTP server; it keeps its port. */
void auth_fixture_listen(struct auth_fixture *fixture);
void auth_fixture_stop_listening(struct auth_fixture *fixture);

/* Publishes these keys, ended by TEST_KEYS: R1 with the kid "r1", E1 with "e1" and so on. */
void auth_fixture_publish(struct auth_fixture *fixture, ...);

/* Makes a token signed by `key_id`, with its name as kid. */
void auth_fixture_sign(struct auth_fixture *fixture, enum test_key key_id, const char *claims);

/* The result, after waiting for it if necessary. */
enum auth_result auth_fixture_check(struct auth_fixture *fixture, struct str token);
enum auth_result auth_fixture_check_token(struct auth_fixture *fixture);

/* Claims and their expected result. */
struct auth_fixture_row {
	const char *what, *claims;
	enum auth_result result;
	const char *hint; /* how the hint must begin; NULL: any */
};

/* Checks each row in a token signed by R1. */
void auth_fixture_check_rows(struct auth_fixture *fixture, const struct auth_fixture_row *rows,
                             size_t count);

/* Moves both clocks. */
void auth_fixture_advance(struct auth_fixture *fixture, long long seconds);
void auth_fixture_advance_us(struct auth_fixture *fixture, long long us);
bool auth_fixture_run(struct auth_fixture *fixture, const bool *flag, int ms);

const char *result_name(enum auth_result result);

#endif
