/* banner.h: prints the banner of `binnacle dev`. */

#ifndef SCREEN_H
#define SCREEN_H

struct screen {
	const char *program; /* argv[0] */
	const char *origin, *issuer, *data, *database;
	long long port, took_us;
};

void screen_print(const struct screen *screen);

#endif
