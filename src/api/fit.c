/* fit.c: are the settings of this room fit to serve? */

#include "call.h"
#include "config.h"

/* What a header has to bring must be what a header can. */
static void check_secret(const char *variable, const char *secret, struct buf *faults)
{
	for (const char *at = secret ? secret : ""; *at; at++) {
		if (*at > ' ' && *at < 0x7f)
			continue;
		buf_print(faults, "%s must hold visible characters of ASCII alone, without blanks or line breaks.\n",
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
