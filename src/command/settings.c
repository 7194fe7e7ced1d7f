/* settings.c: reads and checks the settings for a command. Options are settings that take
 * precedence over the environment. */

#include <stdio.h>
#include <unistd.h>

#include "access.h"
#include "auth.h"
#include "http.h"
#include "log.h"
#include "pages.h"
#include "rest.h"
#include "settings.h"

static const struct {
	enum option option;
	const char *variable, *origin;
} option_settings[] = {
	{ OPTION_PORT, "PORT", "--port" },
	{ OPTION_DATA, "DATA", "--data" },
};

enum { MAX_OVERRIDES = COUNT_OF(option_settings) + 16 };

bool settings_read(struct config *config, const struct args *args,
                   const struct config_override *more, size_t count, struct buf *errors)
{
	struct config_override all[MAX_OVERRIDES];
	size_t used = 0;

	for (size_t i = 0; i < COUNT_OF(option_settings); i++) {
		if (args->options[option_settings[i].option])
			all[used++] =
				(struct config_override){ option_settings[i].variable,
				                          args->options[option_settings[i].option],
				                          option_settings[i].origin };
	}
	for (size_t i = 0; i < count && used < MAX_OVERRIDES; i++)
		all[used++] = more[i];
	return config_read(config, all, used, errors);
}

bool settings_check(const struct config *config, struct buf *errors)
{
	static bool (*const checks[])(const struct config *, struct buf *) = {
		config_check_serve, auth_check_config,  http_check_config,  access_check_config,
		rest_check_config,  pages_check_config, audit_check_config,
	};
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(checks); i++)
		ok = checks[i](config, errors) && ok;
	return ok;
}

bool settings_check_database(const struct config *config, const struct args *args,
                             struct buf *errors)
{
	if (!args->options[OPTION_DATA] || !config->database_url)
		return true;
	buf_text(errors, "--data and DATABASE_URL cannot be used together: --data starts a private "
	                 "PostgreSQL.\n");
	return false;
}

int settings_print_errors(const struct args *args, struct buf *errors)
{
	struct str rest = buf_as_str(errors), line;

	fprintf(stderr, "%s: invalid settings:\n", args->program);
	while (str_cut(&rest, '\n', &line))
		fprintf(stderr, "  %.*s\n", STR_ARGS(line));
	buf_finish(errors);
	return EXIT_SETTINGS;
}

void settings_open_log(const struct config *config)
{
	static const char *const names[] = { "DEBUG", "INFO", "WARN", "ERROR" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcmp(names[i], config->log_level) == 0)
			log_open(STDOUT_FILENO, (enum log_level)i);
	}
}
