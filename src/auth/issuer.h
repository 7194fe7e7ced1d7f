/* issuer.h: the configured token issuers. */

#ifndef ISSUER_H
#define ISSUER_H

#include "claims.h"
#include "jwks.h"
#include "queue.h"

enum { MAX_ISSUERS = 16, MAX_NAMES = 32 };

/* The names listed in a setting; they point into its value. */
struct name_list {
	struct str at[MAX_NAMES];
	size_t count;
};

struct issuer {
	struct auth *auth;
	const struct provider *provider;
	char *name;                          /* must equal a token's `iss` exactly */
	char *keys_url;                      /* NULL: use discovery */
	struct name_list audiences;          /* a token must name one of them; empty: any */
	struct name_list authorized_parties; /* likewise, for Clerk's `azp` */
	const char *token_use;               /* for Cognito: both, access or id */
	long long leeway_ms;
	struct jwks *jwks;
	struct auth_queue waiting; /* for the fetch under way */
	unsigned generation;       /* counts the fetches that have ended */
	TAILQ_ENTRY(issuer) link;
};

TAILQ_HEAD(issuers, issuer);

/* Reads all configured issuers. False if a setting is invalid, with a line in `errors`
 * for each error. Call issuers_finish() in either case. */
bool issuers_read(struct issuers *issuers, const struct config *config, struct buf *errors);
void issuers_finish(struct issuers *issuers);
struct issuer *issuers_find(const struct issuers *issuers, struct str name);

/* Checks the claims against the rules of this issuer. Sets *hint on failure. */
enum auth_result issuer_check_claims(const struct issuer *issuer, const struct claims *claims,
                                     const char **hint);

/* auth_new() with issuers that have already been read; takes ownership of them. */
struct auth *auth_new_with_issuers(struct loop *loop, struct fetcher *fetcher,
                                   const struct config *config, struct issuers *issuers);

#endif
