/* url.h: a parsed http or https URL. */

#ifndef URL_H
#define URL_H

#include "str.h"

enum { URL_MAX = 2048 };

struct url {
	bool tls;
	bool numeric;          /* the host is an address, not a name */
	char host[256];        /* without the brackets of an IPv6 address */
	char host_header[280]; /* the value of the Host header */
	int port;
	char path[URL_MAX + 2]; /* with the query; at least "/" */
};

/* Returns NULL, or what is wrong with the URL. */
const char *url_parse(struct url *url, const char *text);

#endif
