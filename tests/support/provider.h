/* provider.h: a fake OpenID Connect provider over TLS, controlled by the test.
 *
 * It runs in its own process and ends with the test. The test can change what it publishes
 * and how it responds at any time; a change is in effect when the call returns. It counts
 * requests. If something cannot be set up, the test ends with a message. */

#ifndef PROVIDER_H
#define PROVIDER_H

#include "ca.h"
#include "test_tokens.h"

struct provider;

/* Its certificate is signed by `ca`; it publishes an empty key set. */
struct provider *provider_new(const struct ca *ca);
void provider_free(struct provider *provider);

const char *provider_url(const struct provider *provider); /* the `iss` of its tokens */

/* Sets the key set: these keys (ended by FORGERS), each with forge_name() as kid; or this
 * text. */
void provider_publish(struct provider *provider, ...);
void provider_publish_text(struct provider *provider, const char *text);

/* What can be requested. */
enum page {
	PAGE_DISCOVERY,
	PAGE_KEYS,
	PAGE_ELSEWHERE, /* valid keys at a URL that must not be used */
	PAGE_PLAIN,     /* likewise, without TLS */
	PAGES
};

/* How it responds. */
enum manner {
	MANNER_GOOD,
	MANNER_SILENT,   /* not at all */
	MANNER_DRIPPING, /* a byte at a time, slowly */
	MANNER_CUT_OFF,  /* closes the connection in the middle */
	MANNER_NO_HTTP,  /* another protocol */
	MANNER_ERROR,    /* 500 */
	MANNER_PAGE,     /* 200 with HTML */
	MANNER_HALF,     /* truncated JSON with a matching Content-Length */
	MANNER_NOTHING,  /* an empty object */
	MANNER_USELESS,  /* a key set without usable keys */
	MANNER_HUGE,     /* valid, but far too large */
	MANNER_REDIRECT, /* 302 to PAGE_ELSEWHERE */
	MANNER_AWAY,     /* 302 to PAGE_ELSEWHERE of another provider */
	MANNER_IMPOSTOR, /* a discovery document of another issuer */
	MANNER_UNSAFE,   /* a discovery document that points to PAGE_PLAIN */
	MANNERS
};
extern const char *const manner_names[MANNERS];

void provider_behave(struct provider *provider, enum page page, enum manner manner);
void provider_send_away(struct provider *provider, const struct provider *to); /* for MANNER_AWAY */

/* Additional header lines of the key set, each with CRLF; "" for none. */
void provider_add_headers(struct provider *provider, const char *lines);
/* Whether the key set has an ETag, and a matching If-None-Match gets 304. */
void provider_tag(struct provider *provider, bool tags);

enum certificate {
	CERTIFICATE_GOOD,
	CERTIFICATE_OF_ANOTHER, /* for another host */
	CERTIFICATE_EXPIRED,
	CERTIFICATE_SELF_SIGNED,
	CERTIFICATES
};
void provider_certify(struct provider *provider, enum certificate certificate);

/* Opens or closes its listening socket. */
void provider_open(struct provider *provider, bool open);

int provider_count(const struct provider *provider, enum page page); /* requests */
int provider_unchanged(const struct provider *provider);             /* responses with 304 */
int provider_connections(const struct provider *provider);

/* A token of this provider. The string is valid until some hundreds more were made. */
struct provider_token {
	enum forger forger;
	const char *subject;  /* NULL: "somebody" */
	const char *audience; /* NULL: "api" */
	const char *issuer;   /* NULL: the provider's URL */
	const char *kid;      /* NULL: the key's */
	const char *algorithm; /* NULL: the key's default */
	enum seal seal;        /* used with `algorithm` */
	long long ttl;	      /* seconds; 0: 300 */
	bool anonymous;       /* adds Firebase's claim for an anonymous sign-in */
};
const char *provider_sign(const struct provider *provider, const struct provider_token *token);

#endif
