/* manners.h: the provider's own side: what it is told, and the process that does it. */

#ifndef MANNERS_H
#define MANNERS_H

#include <stdatomic.h>

#include "provider.h"

enum { URL_ROOM = 64, HEADERS_ROOM = 256, TEXT_ROOM = 16 * 1024 };

struct face {
	bool open, tags;
	enum certificate certificate;
	enum manner manners[PAGES];
	char headers[HEADERS_ROOM], away[URL_ROOM];
	char keys[TEXT_ROOM];
};

/* Between the two processes. */
struct shared {
	struct face face;	/* the test's to write, while it is not waiting for the byte */
	int port, plain_port;
	char url[URL_ROOM];
	atomic_int counts[PAGES], unchanged, connections; /* the provider's */
};

/* Serves until it is killed, or the other end of the line is gone. */
_Noreturn void manners_serve(struct shared *shared, const struct ca *ca, int end);

#endif
