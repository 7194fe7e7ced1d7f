/* issuer.h: who may issue tokens, as the settings say. */

#ifndef ISSUER_H
#define ISSUER_H

#include "jwks.h"

struct issuer {
	struct auth *auth;
	char *name;	      /* exactly as a token's `iss` says it */
	char *keys_url;	      /* NULL: found by discovery */
	const char *audience; /* that its tokens must name; NULL: any */
	struct jwks *jwks;
	TAILQ_HEAD(, auth_query) waiting; /* auth_query.link; for the fetch under way */
	size_t waiting_count;
	TAILQ_ENTRY(issuer) link;
};

TAILQ_HEAD(issuers, issuer);

/* One of each kind that is configured. False when a setting will not do, which
 * the log then says. */
bool issuers_read(struct issuers *issuers, const struct config *config);
void issuers_finish(struct issuers *issuers);

#endif
