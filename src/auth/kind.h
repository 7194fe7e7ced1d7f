/* kind.h: a kind of issuer: how it is configured, and what its tokens must fulfil.
 *
 * What holds for every token (the signature, exp, nbf, the types of the claims) is
 * looked at elsewhere. A kind has what its provider's documents ask for beside it:
 * each of them makes tokens, with the same keys, that are not for a server like
 * ours. */

#ifndef KIND_H
#define KIND_H

#include "issuer.h"

struct rule {
	bool (*holds)(const struct issuer *issuer, const struct claims *claims);
	enum auth_verdict verdict; /* when it does not */
	const char *hint;	   /* likewise, for the log */
};

struct kind {
	const char *setting; /* that names the issuer */
	/* Adds the issuers that are configured, and a line for each fault. */
	void (*read)(struct issuers *issuers, const struct config *config, struct buf *faults);
	const struct rule *rules; /* in this order; the last one's `holds` is NULL */
};

extern const struct kind clerk, firebase, cognito, oidc;

/* Takes both texts (keys_url is NULL for discovery), and looks whether keys may
 * come from there. */
struct issuer *issuers_add(struct issuers *issuers, const struct kind *kind, char *name, char *keys_url,
                           struct buf *faults);

/* What several kinds need. */

#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define UPPER	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DECIMAL "0123456789"

bool is_made_of(const char *text, const char *letters);

/* The names between the commas; a fault when there is none, an empty one, or too many. */
void names_read(struct names *names, const char *setting, const char *text, struct buf *faults);
bool names_hold(const struct names *names, struct str name);

/* A setting that would be believed to protect something, and does nothing. */
void refuse_alone(const char *setting, const char *value, const char *needs, struct buf *faults);

/* A rule: one of the issuer's audiences is named, or it has none to be named. */
bool names_audience(const struct issuer *issuer, const struct claims *claims);

#endif
