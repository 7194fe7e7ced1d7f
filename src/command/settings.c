/* settings.c: reads and checks the settings for a command. Options are settings that take
 * precedence over all others. */

#include <stdio.h>
#include <unistd.h>

#include "api.h"
#include "auth.h"
#include "http.h"
#include "log.h"
#include "settings.h"

static const struct {
	enum option option;
	const char *variable, *origin;
} said[] = {
	{ OPTION_PORT, "PORT", "--port" },
	{ OPTION_DATA, "DATA", "--data" },
};

enum { MOST = COUNT_OF(said) + 16 };

bool settings_read(struct config *config, const struct args *args, const struct config_override *more,
                   size_t count, struct buf *faults)
{
	struct config_override all[MOST];
	size_t used = 0;

	for (size_t i = 0; i < COUNT_OF(said); i++) {
		if (args->options[said[i].option])
			all[used++] = (struct config_override){ said[i].variable,
				                                args->options[said[i].option],
				                                said[i].origin };
	}
	for (size_t i = 0; i < count && used < MOST; i++)
		all[used++] = more[i];
	return config_read(config, all, used, faults);
}

bool settings_fit(const struct config *config, struct buf *faults)
{
	static bool (*const rooms[])(const struct config *, struct buf *) = {
		config_check_serve,
		auth_check_config,
		http_check_config,
		api_check_config,
	};
	bool fit = true;

	for (size_t i = 0; i < COUNT_OF(rooms); i++)
		fit = rooms[i](config, faults) && fit;
	return fit;
}

bool settings_name_one_database(const struct config *config, const struct args *args, struct buf *faults)
{
	if (!args->options[OPTION_DATA] || !config->database_url)
		return true;
	buf_text(faults, "--data and DATABASE_URL cannot be used together: --data starts a private "
	                 "PostgreSQL.\n");
	return false;
}

int settings_refuse(const struct args *args, struct buf *faults)
{
	struct str rest = buf_as_str(faults), line;

	fprintf(stderr, "%s: invalid settings:\n", args->program);
	while (str_cut(&rest, '\n', &line))
		fprintf(stderr, "  %.*s\n", STR_ARGS(line));
	buf_finish(faults);
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
