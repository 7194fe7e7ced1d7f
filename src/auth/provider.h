/* provider.h: a token provider: how it is configured, and rules for its tokens.
 *
 * What applies to every token (signature, exp, nbf, types of claims) is checked elsewhere.
 * A provider has the additional rules of its documentation: each provider also issues
 * tokens that are signed with the same keys but are not intended for an API. */

#ifndef PROVIDER_H
#define PROVIDER_H

#include "issuer.h"

struct rule {
	bool (*holds)(const struct issuer *issuer, const struct claims *claims);
	enum auth_result result; /* if it does not hold */
	const char *hint;        /* likewise, for the log */
};

struct provider {
	const char *setting; /* the setting that configures it */
	/* Adds the configured issuers, and a line per error. */
	void (*read)(struct issuers *issuers, const struct config *config, struct buf *errors);
	const struct rule *rules; /* checked in this order; ends with `holds` NULL */
};

extern const struct provider clerk, firebase, cognito, oidc;

/* Takes ownership of both strings (keys_url is NULL for discovery) and checks that keys
 * may be fetched from these URLs. */
struct issuer *issuers_add(struct issuers *issuers, const struct provider *provider, char *name,
                           char *keys_url, struct buf *errors);

/* Shared by several providers. */

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool consists_of(const char *text, const char *accepted);

/* Splits a comma-separated setting; an error if it has no name, an empty one, or too many. */
void name_list_parse(struct name_list *names, const char *setting, const char *text,
                     struct buf *errors);
bool name_list_contains(const struct name_list *names, struct str name);

/* An error if a setting is set that has no effect without another one: the operator would
 * rely on a check that does not happen. */
void reject_unused_setting(const char *setting, const char *value, const char *required,
                           struct buf *errors);

/* A rule: the token names one of the issuer's audiences, or none are configured. */
bool audience_allowed(const struct issuer *issuer, const struct claims *claims);

#endif
