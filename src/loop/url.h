/* url.h: an http or https URL, taken apart. */

#ifndef URL_H
#define URL_H

#include "str.h"

enum { URL_MOST = 2048 };

struct url {
	bool tls;
	bool numeric;	   /* the host is an address, not a name */
	char host[256];	   /* without the brackets of an IPv6 address */
	char header[280];  /* the host as the Host header says it */
	int port;
	char path[URL_MOST + 2]; /* with its query; "/" when there is none */
};

/* NULL, or what is wrong with it. */
const char *url_read(struct url *url, const char *text);

#endif
