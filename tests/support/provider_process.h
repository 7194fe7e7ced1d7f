/* provider_process.h: the process of a fake provider, and the memory it shares with the test. */

#ifndef PROVIDER_PROCESS_H
#define PROVIDER_PROCESS_H

#include <stdatomic.h>

#include "provider.h"

enum { URL_SIZE = 64, HEADERS_SIZE = 256, KEYS_SIZE = 16 * 1024 };

struct provider_settings {
	bool listening, send_etag;
	enum certificate certificate;
	enum response responses[ENDPOINTS];
	char headers[HEADERS_SIZE], redirect[URL_SIZE];
	char keys[KEYS_SIZE];
};

/* Shared by the two processes. */
struct provider_shared {
	struct provider_settings
		settings; /* written by the test, while it does not wait for the byte */
	int port, plain_port;
	char url[URL_SIZE];
	atomic_int counts[ENDPOINTS], unchanged, connections; /* written by the provider */
};

/* Serves until it is killed or the other end of the socket pair is closed. */
_Noreturn void provider_process_serve(struct provider_shared *shared, const struct ca *ca, int end);

#endif
