/* banner.h: prints the banner of `binnacle dev`. */

#ifndef BANNER_H
#define BANNER_H

#include <stdbool.h>

struct banner {
	const char *program; /* argv[0] */
	const char *origin, *issuer, *data, *database;
	long long port, took_us;
	bool docs; /* the setting DOCS is on */
};

void banner_print(const struct banner *banner);

#endif
