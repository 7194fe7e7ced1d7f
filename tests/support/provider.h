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

/* Sets the key set: these keys (ended by TEST_KEYS), each with test_key_kid() as kid; or this
 * text. */
void provider_publish(struct provider *provider, ...);
void provider_publish_json(struct provider *provider, const char *text);

/* What can be requested. */
enum endpoint {
	ENDPOINT_DISCOVERY,
	ENDPOINT_KEYS,
	ENDPOINT_OTHER_KEYS, /* valid keys at a URL that must not be used */
	ENDPOINT_HTTP_KEYS,  /* likewise, without TLS */
	ENDPOINTS
};

/* How it responds. */
enum response {
	RESPONSE_VALID,
	RESPONSE_NONE,          /* not at all */
	RESPONSE_SLOW,          /* a byte at a time, slowly */
	RESPONSE_CUT_OFF,       /* closes the connection in the middle */
	RESPONSE_NOT_HTTP,      /* another protocol */
	RESPONSE_ERROR,         /* 500 */
	RESPONSE_HTML,          /* 200 with HTML */
	RESPONSE_TRUNCATED,     /* truncated JSON with a matching Content-Length */
	RESPONSE_EMPTY,         /* an empty object */
	RESPONSE_UNUSABLE_KEYS, /* a key set without usable keys */
	RESPONSE_TOO_LARGE,     /* valid, but far too large */
	RESPONSE_REDIRECT,      /* 302 to ENDPOINT_OTHER_KEYS */
	RESPONSE_REDIRECT_AWAY, /* 302 to ENDPOINT_OTHER_KEYS of another provider */
	RESPONSE_WRONG_ISSUER,  /* a discovery document of another issuer */
	RESPONSE_HTTP_KEYS,     /* a discovery document that points to ENDPOINT_HTTP_KEYS */
	RESPONSES
};
extern const char *const response_names[RESPONSES];

void provider_set_response(struct provider *provider, enum endpoint endpoint,
                           enum response response);
void provider_set_redirect(struct provider *provider,
                           const struct provider *to); /* for RESPONSE_REDIRECT_AWAY */

/* Additional header lines of the key set, each with CRLF; "" for none. */
void provider_set_headers(struct provider *provider, const char *lines);
/* Whether the key set has an ETag, and a matching If-None-Match gets 304. */
void provider_set_etag(struct provider *provider, bool enabled);

enum certificate {
	CERTIFICATE_VALID,
	CERTIFICATE_WRONG_HOST, /* for another host */
	CERTIFICATE_EXPIRED,
	CERTIFICATE_SELF_SIGNED,
	CERTIFICATES
};
void provider_set_certificate(struct provider *provider, enum certificate certificate);

/* Opens or closes its listening socket. */
void provider_set_listening(struct provider *provider, bool open);

int provider_request_count(const struct provider *provider, enum endpoint endpoint); /* requests */
int provider_not_modified_count(const struct provider *provider); /* responses with 304 */
int provider_connection_count(const struct provider *provider);

/* A token of this provider. The string is valid until some hundreds more were made. */
struct provider_token {
	enum test_key key_id;
	const char *subject;       /* NULL: "somebody" */
	const char *audience;      /* NULL: "api" */
	const char *issuer;        /* NULL: the provider's URL */
	const char *kid;           /* NULL: the key's */
	const char *algorithm;     /* NULL: the key's default */
	enum test_signing signing; /* used with `algorithm` */
	long long ttl;             /* seconds; 0: 300 */
	bool anonymous;            /* adds Firebase's claim for an anonymous sign-in */
};
const char *provider_sign(const struct provider *provider, const struct provider_token *token);

#endif
