/* check_config.c: checks the settings of this module. */

#include "call.h"
#include "config.h"

/* A secret that is sent in a header must be valid in a header. */
static void check_secret(const char *variable, const char *secret, struct buf *faults)
{
	for (const char *at = secret ? secret : ""; *at; at++) {
		if (*at > ' ' && *at < 0x7f)
			continue;
		buf_print(faults, "%s must contain only visible ASCII characters and no spaces.\n",
		          variable);
		return;
	}
}

bool api_fit(const struct config *config, struct buf *faults)
{
	size_t before = faults->length;

	check_secret("RAPIDAPI_PROXY_SECRET", config->rapidapi_secret, faults);
	check_secret("METRICS_TOKEN", config->metrics_token, faults);
	domains_fit(config, faults);
	return faults->length == before;
}
