/* provider.h: an OpenID issuer of the test's own, over TLS, which behaves as it is told.
 *
 * It is a process beside the test and ends with it. What it publishes and how it
 * answers may be changed while it runs, and is so from the moment the call
 * returns. It counts who comes. What cannot be had ends the test with a line. */

#ifndef PROVIDER_H
#define PROVIDER_H

#include "ca.h"
#include "forge.h"

struct provider;

/* Its certificate is the authority's; it publishes no keys yet. */
struct provider *provider_new(const struct ca *ca);
void provider_free(struct provider *provider);

const char *provider_url(const struct provider *provider); /* its tokens' `iss` */

/* The key set: these keys (ending with FORGERS), each under forge_name(); or this text. */
void provider_publish(struct provider *provider, ...);
void provider_publish_text(struct provider *provider, const char *text);

/* What it is asked for. */
enum page {
	PAGE_DISCOVERY,
	PAGE_KEYS,
	PAGE_ELSEWHERE, /* good keys, where nobody should look for them */
	PAGE_PLAIN,	/* likewise, without TLS */
	PAGES
};

/* How it answers that. */
enum manner {
	MANNER_GOOD,
	MANNER_SILENT,	  /* never */
	MANNER_DRIPPING,  /* a byte now and then */
	MANNER_CUT_OFF,	  /* it leaves in the middle */
	MANNER_NO_HTTP,	  /* it speaks something else */
	MANNER_ERROR,	  /* 500 */
	MANNER_PAGE,	  /* 200 and a page for people */
	MANNER_HALF,	  /* JSON that ends too early */
	MANNER_NOTHING,	  /* an object with nothing in it */
	MANNER_USELESS,	  /* a key set of keys for other purposes */
	MANNER_HUGE,	  /* all is well, and far too long */
	MANNER_REDIRECT,  /* 302 to PAGE_ELSEWHERE */
	MANNER_AWAY,	  /* 302 to that of another issuer */
	MANNER_IMPOSTOR,  /* a discovery document of another issuer */
	MANNER_UNSAFE,	  /* one that says PAGE_PLAIN */
	MANNERS
};
extern const char *const manner_names[MANNERS];

void provider_behave(struct provider *provider, enum page page, enum manner manner);
void provider_send_away(struct provider *provider, const struct provider *to); /* for MANNER_AWAY */

/* More header lines of the key set, each with its CRLF; "" for none. */
void provider_add_headers(struct provider *provider, const char *lines);
/* Does the key set have an ETag, and 304 for those who have it? */
void provider_tag(struct provider *provider, bool tags);

enum certificate {
	CERTIFICATE_GOOD,
	CERTIFICATE_OF_ANOTHER, /* host */
	CERTIFICATE_EXPIRED,
	CERTIFICATE_SELF_SIGNED,
	CERTIFICATES
};
void provider_certify(struct provider *provider, enum certificate certificate);

/* With its door closed, nobody listens there. */
void provider_open(struct provider *provider, bool open);

int provider_count(const struct provider *provider, enum page page); /* how often it was asked */
int provider_unchanged(const struct provider *provider);	     /* how often 304 was enough */
int provider_connections(const struct provider *provider);

/* A token signed with this key, as the issuer's; lent until some hundreds more were made. */
struct provider_token {
	enum forger forger;
	const char *subject;  /* NULL: somebody's */
	const char *audience; /* NULL: "api" */
	const char *issuer;   /* NULL: the provider's */
	const char *kid;      /* NULL: the key's */
	const char *algorithm; /* NULL: the key's usual way */
	enum seal seal;	      /* of that algorithm */
	long long ttl;	      /* seconds; 0: 300 */
	bool anonymous;	      /* signed in without saying who he is */
};
const char *provider_sign(const struct provider *provider, const struct provider_token *token);

#endif
