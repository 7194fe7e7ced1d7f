/* health.c: `binnacle health`: exits with 0 if the server on this machine is healthy. */

#include <stdio.h>
#include <stdlib.h>

#include "http_call.h"
#include "settings.h"

/* The address to reach a server that listens on `host`. */
static const char *near(const char *host)
{
	if (strcmp(host, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(host, "::") == 0 ? "::1" : host;
}

int command_health(const struct args *args)
{
	struct buf faults = { 0 }, url = { 0 };
	struct answer answer = { 0 };
	struct config config;
	const char *host;

	if (!settings_read(&config, args, NULL, 0, &faults)) {
		config_finish(&config);
		return settings_refuse(args, &faults);
	}
	host = near(config.host);
	buf_print(&url, strchr(host, ':') ? "http://[%s]:%lld%s" : "http://%s:%lld%s", host, config.port,
	          args->options[OPTION_READY] ? "/ready" : "/health");
	ask(&(struct fetch_request){ .url = buf_cstr(&url), .limit = 64 * 1024, .timeout_ms = 3000 }, &answer);
	if (answer.status)
		printf("%.*s\n", STR_ARGS(str_trim(buf_as_str(&answer.body))));
	else
		fprintf(stderr, "%s: cannot reach %s: %s\n", args->program, buf_cstr(&url),
		        buf_cstr(&answer.body));
	buf_finish(&answer.body);
	buf_finish(&url);
	config_finish(&config);
	return answer.status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
}
