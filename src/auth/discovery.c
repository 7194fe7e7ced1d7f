/* discovery.c: finds an issuer's key set (OpenID Connect Discovery). */

#include <stdlib.h>

#include "arena.h"
#include "discovery.h"
#include "fetch.h"
#include "json.h"

char *discovery_url(const char *issuer)
{
	size_t length = strlen(issuer);

	return xprint("%.*s/.well-known/openid-configuration",
	              (int)(issuer[length - 1] == '/' ? length - 1 : length), issuer);
}

char *discovery_read(struct str text, const char *issuer, const char **error)
{
	size_t offset;
	struct json *document = json_parse(text, error, &offset);
	struct str uri = json_member_string(document, "jwks_uri");
	char *url = xprint("%.*s", STR_ARGS(uri));

	*error = NULL;
	if (!document)
		*error = "the discovery document is not JSON";
	else if (!str_is(json_member_string(document, "issuer"), issuer))
		*error = "the discovery document names another issuer";
	else if (fetch_url_error(url))
		*error = "its jwks_uri is not a valid URL";
	else if (!fetch_url_is_safe(url))
		*error = "its jwks_uri is not https";
	json_free(document);
	if (*error) {
		free(url);
		return NULL;
	}
	return url;
}
