/* check_config.c: checks the settings of this module. */

#include "call.h"
#include "config.h"

/* A secret that is sent in a header must be valid in a header. */
static void check_secret(const char *variable, const char *secret, struct buf *errors)
{
	for (const char *at = secret ? secret : ""; *at; at++) {
		if (*at > ' ' && *at < 0x7f)
			continue;
		buf_print(errors, "%s must contain only visible ASCII characters and no spaces.\n",
		          variable);
		return;
	}
}

bool api_check_config(const struct config *config, struct buf *errors)
{
	size_t before = errors->length;

	check_secret("RAPIDAPI_PROXY_SECRET", config->rapidapi_secret, errors);
	check_secret("METRICS_TOKEN", config->metrics_token, errors);
	domains_check_config(config, errors);
	return errors->length == before;
}
