/* token.c: `binnacle token`: requests a token from the running `dev` and prints it. */

#include <stdio.h>
#include <stdlib.h>

#include "http_call.h"
#include "json.h"
#include "settings.h"

/* "90", "90s", "5m", "12h" → seconds; 0 if invalid. */
static long long seconds_of(const char *text)
{
	static const struct {
		char letter;
		long long seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	struct str number = str_of(text);
	long long count, unit = 1;

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (number.length && number.at[number.length - 1] == units[i].letter) {
			number.length--;
			unit = units[i].seconds;
			break;
		}
	}
	if (!str_number(number, &count) || count < 1 || count > 24 * 3600
	    || count * unit > 24 * 3600)
		return 0;
	return count * unit;
}

/* Why there is no token: the first error of the problem, or its detail. */
static struct str error_detail(const struct json *problem)
{
	const struct json *errors = json_member(problem, "errors");
	const struct json *source = json_kind(errors) == JSON_ARRAY ? json_at(errors, 0) : problem;

	return json_member_string(source, "detail");
}

static int print_reply(const struct args *args, struct http_reply *reply, long long port)
{
	struct json *body = reply->status ? json_parse(buf_as_str(&reply->body), NULL, NULL) : NULL;
	struct str token = json_member_string(body, "token");
	int status = EXIT_FAILURE;

	if (reply->status == 0) {
		fprintf(stderr,
		        "%s: no server on port %lld: %s. Start `%s dev`, or use --port N.\n",
		        args->program, port, buf_cstr(&reply->body), args->program);
	} else if (reply->status == 404) {
		fprintf(stderr, "%s: the server on port %lld is not `dev` and issues no tokens\n",
		        args->program, port);
	} else if (reply->status == 200 && token.length) {
		printf("%.*s\n",
		       STR_ARGS(args->options[OPTION_JSON] ? buf_as_str(&reply->body) : token));
		status = EXIT_SUCCESS;
	} else {
		fprintf(stderr, "%s: cannot get a token (HTTP %d): %.*s\n", args->program,
		        reply->status, STR_ARGS(error_detail(body)));
	}
	json_free(body);
	return status;
}

/* The requested kind of invalid token; NULL: none. False, with a message, if there are two. */
static bool find_fault(const struct args *args, const char **fault)
{
	*fault = NULL;
	for (enum option option = 0; option < OPTION_COUNT; option++) {
		if (!(TOKEN_FAULT_OPTIONS & (1u << option)) || !args->options[option])
			continue;
		if (*fault) {
			fprintf(stderr, "%s: options --%s and --%s cannot be used together\n",
			        args->program, *fault, option_rows[option].name);
			return false;
		}
		*fault = option_rows[option].name;
	}
	return true;
}

int command_token(const struct args *args)
{
	struct buf errors = { 0 }, url = { 0 }, body = { 0 };
	struct http_reply reply = { 0 };
	struct config config;
	long long port, ttl = 3600;
	const char *fault;
	int status;

	if (args->options[OPTION_TTL] && !(ttl = seconds_of(args->options[OPTION_TTL]))) {
		fprintf(stderr,
		        "%s: --ttl must be a duration such as 90s, 5m or 12h, at most 24h\n",
		        args->program);
		return EXIT_USAGE;
	}
	if (!find_fault(args, &fault))
		return EXIT_USAGE;
	if (!settings_read(&config, args, NULL, 0, &errors)) {
		config_finish(&config);
		return settings_print_errors(args, &errors);
	}
	port = config.port;
	config_finish(&config);

	buf_print(&url, "http://127.0.0.1:%lld/dev/token", port);
	buf_text(&body, "{\"who\":");
	buf_json(&body, str_of(args->word));
	buf_print(&body, ",\"ttl\":%lld", ttl);
	if (fault)
		buf_print(&body, ",\"fault\":\"%s\"", fault);
	buf_char(&body, '}');
	http_call(
		&(struct fetch_request){
			.url = buf_cstr(&url),
			.type = "application/json",
			.body = buf_as_str(&body),
			.limit = 64 * 1024,
			.timeout_ms = 5000,
		},
		&reply);
	status = print_reply(args, &reply, port);
	buf_finish(&reply.body);
	buf_finish(&body);
	buf_finish(&url);
	return status;
}
