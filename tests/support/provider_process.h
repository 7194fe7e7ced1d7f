/* provider_process.h: the process of a fake provider, and the memory it shares with the test. */

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

/* Shared by the two processes. */
struct shared {
	struct face face; /* written by the test, while it does not wait for the byte */
	int port, plain_port;
	char url[URL_ROOM];
	atomic_int counts[PAGES], unchanged, connections; /* written by the provider */
};

/* Serves until it is killed or the other end of the socket pair is closed. */
_Noreturn void manners_serve(struct shared *shared, const struct ca *ca, int end);

#endif
