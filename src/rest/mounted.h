/* mounted.h: an endpoint in one version of the API. All versions share the endpoint. */

#ifndef MOUNTED_H
#define MOUNTED_H

#include "endpoint.h"

struct mounted {
	const struct endpoint *endpoint;
	enum version version;
	char *pattern; /* owned */
};

#endif
