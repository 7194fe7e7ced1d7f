/* auth.h: is this token true, and whose is it?
 *
 * The verdict comes at once, or — while a key set is being fetched, or when more
 * new tokens come than there is time for — once, later, through done(). Verified
 * tokens are remembered, at most as many as the setting says, until they expire or
 * their key goes; their bearers never wait. */

#ifndef AUTH_H
#define AUTH_H

#include "fetch.h"

struct config;

struct auth;

enum { TOKEN_MOST = 8 * 1024 }; /* bytes of a token */

enum auth_verdict {
	AUTH_TRUE,
	AUTH_LATER, /* done() will say */
#define VERDICT(name, ...) AUTH_##name,
#include "table/verdicts.def"
#undef VERDICT
	AUTH_VERDICTS
};

/* A sentence for the caller. Never the token. */
const char *auth_says(enum auth_verdict verdict);

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
	/* After a refusal, for the log: the claim at fault and the setting that would mend
	 * it. Never the token. */
	const char *hint;
	struct str token; /* lent until done() */
	bool waiting;	  /* done() will be called */
	struct auth_queue *queue; /* the one that it waits in */
	TAILQ_ENTRY(auth_query) link;
	int fetches;	  /* of keys that it waited for */
	unsigned turn;	  /* its issuer's, when it began to */
};

/* Are this room's settings fit to serve? Each fault is a line. */
bool auth_fit(const struct config *config, struct buf *faults);

/* Several issuers may be given; a token is judged only by the one it names.
 * NULL when the settings do not go together: the log says why. */
struct auth *auth_new(struct loop *loop, struct fetcher *fetcher, const struct config *config);
void auth_free(struct auth *auth); /* forgets who waits; not from inside done() */

/* A token that was verified before, and still holds: no signature is needed to know it.
 * NULL: it is not remembered. Lent until the caller returns to the loop. */
struct identity *auth_remembered(struct auth *auth, struct str token);

/* AUTH_TRUE: *identity is lent until the caller returns to the loop; any other
 * verdict leaves it NULL. */
enum auth_verdict auth_check(struct auth *auth, struct auth_query *query, struct str token,
                             auth_done_fn *done, struct identity **identity);
void auth_forget(struct auth_query *query);

/* What a secret is kept as: its SHA-256, in hexadecimal. */
enum { DIGEST_TEXT = 65 };
void auth_digest(struct str secret, char out[DIGEST_TEXT]);

/* Has a first key set arrived, from any issuer? */
bool auth_has_keys(const struct auth *auth);

#endif
