/* banner.h: prints the banner of `binnacle dev`. */

#ifndef BANNER_H
#define BANNER_H

struct banner {
	const char *program; /* argv[0] */
	const char *origin, *issuer, *data, *database;
	long long port, took_us;
};

void banner_print(const struct banner *banner);

#endif
