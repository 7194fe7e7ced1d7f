/* auth.h: is this token true, and whose is it?
 *
 * The verdict comes at once, or — while a key set is being fetched — once,
 * later, through done(). Verified tokens are remembered, at most as many as the
 * setting says, until they expire or their key goes. */

#ifndef AUTH_H
#define AUTH_H

#include "fetch.h"

struct config;

struct auth;

enum { TOKEN_MOST = 8 * 1024 }; /* bytes of a token */

enum auth_verdict {
	AUTH_TRUE,
	AUTH_LATER,	       /* done() will say */
	AUTH_MALFORMED,
	AUTH_ALGORITHM,	       /* not one of ours, or not the key's */
	AUTH_ISSUER,
	AUTH_AUDIENCE,
	AUTH_UNKNOWN_KEY,
	AUTH_SIGNATURE,
	AUTH_EXPIRED,
	AUTH_NOT_YET,
	AUTH_NO_KEYS,	       /* the first key set has not arrived */
};

/* A sentence for the caller, and the words for the log: the claim at fault and
 * the setting that would fix it. Never the token. */
const char *auth_says(enum auth_verdict verdict);
const char *auth_hint(enum auth_verdict verdict);

/* What a true token claims. Shared: hold it to keep it. */
struct identity {
	const char *issuer, *subject;
	const char *email;	/* NULL: none */
	bool email_verified;
	const char *first_name, *last_name, *image_url; /* NULL: none */
	bool is_anonymous;
	long long expires_ms;	/* on the wall clock, leeway included */
	int holders;
};

struct identity *identity_hold(struct identity *identity);
void identity_release(struct identity *identity);

struct auth_query;
typedef void auth_done_fn(struct auth_query *query, enum auth_verdict verdict,
                          struct identity *identity);

struct auth_query {
	auth_done_fn *done;
	struct str token; /* lent until done() */
	TAILQ_ENTRY(auth_query) link;
	bool waiting;
	struct issuer *issuer; /* whose keys it waits for */
};

/* Several issuers may be given; a token is judged only by the one it names.
 * NULL when the settings do not go together: the log says why. */
struct auth *auth_new(struct loop *loop, struct fetcher *fetcher, const struct config *config);
void auth_free(struct auth *auth); /* forgets who waits; not from inside done() */

/* AUTH_TRUE: *identity is lent until the caller returns to the loop; any other
 * verdict leaves it NULL. */
enum auth_verdict auth_check(struct auth *auth, struct auth_query *query, struct str token,
                             auth_done_fn *done, struct identity **identity);
void auth_forget(struct auth_query *query);

/* Has a first key set arrived, from any issuer? */
bool auth_has_keys(const struct auth *auth);

#endif
