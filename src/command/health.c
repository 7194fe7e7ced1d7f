/* health.c: `binnacle health`: exits with 0 if the server on this machine is healthy. */

#include <stdio.h>
#include <stdlib.h>

#include "http_call.h"
#include "settings.h"

/* The address to reach a server that listens on `host`. */
static const char *local_host(const char *host)
{
	if (strcmp(host, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(host, "::") == 0 ? "::1" : host;
}

int command_health(const struct args *args)
{
	struct buf errors = { 0 }, url = { 0 };
	struct http_reply reply = { 0 };
	struct config config;
	const char *host;

	if (!settings_read(&config, args, NULL, 0, &errors)) {
		config_finish(&config);
		return settings_print_errors(args, &errors);
	}
	host = local_host(config.host);
	buf_print(&url, strchr(host, ':') ? "http://[%s]:%lld%s" : "http://%s:%lld%s", host,
	          config.port, args->options[OPTION_READY] ? "/ready" : "/health");
	http_call(&(struct fetch_request){ .url = buf_cstr(&url),
	                                   .limit = 64 * 1024,
	                                   .timeout_ms = 3000 },
	          &reply);
	if (reply.status)
		printf("%.*s\n", STR_ARGS(str_trim(buf_as_str(&reply.body))));
	else
		fprintf(stderr, "%s: cannot reach %s: %s\n", args->program, buf_cstr(&url),
		        buf_cstr(&reply.body));
	buf_finish(&reply.body);
	buf_finish(&url);
	config_finish(&config);
	return reply.status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
}
