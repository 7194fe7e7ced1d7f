/* issuer.h: who may issue tokens, as the settings say. */

#ifndef ISSUER_H
#define ISSUER_H

#include "claims.h"
#include "jwks.h"
#include "queue.h"

enum { ISSUERS_MOST = 16, NAMES_MOST = 32 };

/* Names that a setting lists; lent by it. */
struct names {
	struct str at[NAMES_MOST];
	size_t count;
};

struct issuer {
	struct auth *auth;
	const struct kind *kind;
	char *name;		/* exactly as a token's `iss` says it */
	char *keys_url;		/* NULL: found by discovery */
	struct names audiences; /* of which its tokens must name one; none: any will do */
	struct names parties;	/* likewise, of Clerk's `azp` */
	const char *use;	/* of Cognito's tokens: both, access or id */
	long long leeway_ms;
	struct jwks *jwks;
	struct auth_queue waiting; /* for the fetch under way */
	unsigned turn; /* how often a fetch has ended */
	TAILQ_ENTRY(issuer) link;
};

TAILQ_HEAD(issuers, issuer);

/* All that are configured. False when a setting will not do; a line is added to
 * `faults` for each that will not. To be finished either way. */
bool issuers_read(struct issuers *issuers, const struct config *config, struct buf *faults);
void issuers_finish(struct issuers *issuers);
struct issuer *issuers_find(const struct issuers *issuers, struct str name);

/* Are the claims as this issuer's must be? *hint is set when they are not. */
enum auth_verdict issuer_judge(const struct issuer *issuer, const struct claims *claims, const char **hint);

/* auth_new() with issuers that were read already. They are taken. */
struct auth *auth_open(struct loop *loop, struct fetcher *fetcher, const struct config *config,
                       struct issuers *issuers);

#endif
