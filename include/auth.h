/* auth.h: verifies bearer tokens (JWT) and returns the identity they carry.
 *
 * auth_check() returns the result at once, or calls done() later, exactly once: while
 * a key set is being fetched, and while more new tokens arrive than there is time to
 * verify. Verified tokens are cached, up to a configured number, until they expire or
 * their key is withdrawn; a cached token never waits. */

#ifndef AUTH_H
#define AUTH_H

#include "fetch.h"

struct config;

struct auth;

enum { MAX_TOKEN_BYTES = 8 * 1024 }; /* maximum length of a token */

enum auth_result {
	AUTH_OK,
	AUTH_PENDING, /* done() will be called with the result */
#define TOKEN_ERROR(name, ...) AUTH_##name,
#include "table/token_errors.def"
#undef TOKEN_ERROR
	AUTH_RESULTS
};

/* A sentence for the client. Never contains the token. */
const char *auth_result_text(enum auth_result result);

/* The claims of a verified token. Reference-counted: hold it to keep it. */
struct identity {
	const char *issuer, *subject;
	const char *email; /* NULL: none */
	bool email_verified;
	const char *first_name, *last_name, *image_url; /* NULL: none */
	bool is_anonymous;
	long long expires_ms; /* wall clock, leeway included */
	int references;
};

struct identity *identity_hold(struct identity *identity);
void identity_release(struct identity *identity);

struct auth_query;
typedef void auth_done_fn(struct auth_query *query, enum auth_result result,
                          struct identity *identity);

struct auth_query {
	auth_done_fn *done;
	/* After an error, for the log: the claim at fault and the setting that may fix
	 * it. Never contains the token. */
	const char *hint;
	struct str token;         /* borrowed until done() */
	bool waiting;             /* done() will be called */
	struct auth_queue *queue; /* the queue it waits in */
	TAILQ_ENTRY(auth_query) link;
	int fetches;         /* key set fetches it has waited for */
	unsigned generation; /* the issuer's when the query was queued */
};

/* Checks the settings of this module. Adds one line to `errors` per error. */
bool auth_check_config(const struct config *config, struct buf *errors);

/* A token is verified only by the issuer that its `iss` names. NULL if the settings
 * are invalid; the errors are logged. */
[[nodiscard]] struct auth *auth_new(struct loop *loop, struct fetcher *fetcher,
                                    const struct config *config);
void auth_free(struct auth *auth); /* cancels pending queries; not from inside done() */

/* The identity of a token that is in the cache and still valid; needs no signature
 * check. NULL if it is not cached. Borrowed until the caller returns to the loop. */
struct identity *auth_cached(struct auth *auth, struct str token);

/* With AUTH_OK, *identity is borrowed until the caller returns to the loop; otherwise
 * it is NULL. */
[[nodiscard]] enum auth_result auth_check(struct auth *auth, struct auth_query *query,
                                          struct str token, auth_done_fn *done,
                                          struct identity **identity);
void auth_cancel(struct auth_query *query);

/* SHA-256 in hexadecimal, NUL-terminated: the form in which secrets are stored. */
enum { SHA256_HEX_SIZE = 65 };
void auth_sha256_hex(struct str secret, char out[SHA256_HEX_SIZE]);

/* Calls back for each configured issuer, with the `iss` of its tokens. */
void auth_each_issuer(const struct auth *auth, void (*call)(void *arg, const char *issuer),
                      void *arg);

/* Whether any issuer's key set has been fetched. */
bool auth_has_keys(const struct auth *auth);

#endif
