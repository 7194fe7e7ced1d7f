/* settings.h: reads and checks the settings for a command. */

#ifndef SETTINGS_H
#define SETTINGS_H

#include "command.h"
#include "config.h"

/* Like config_read(), with the options of the command line and `more`, which takes precedence.
 * False if something is invalid. Call config_finish() in both cases. */
bool settings_read(struct config *config, const struct args *args,
                   const struct config_override *more, size_t count, struct buf *errors);

/* Checks the settings for serving, in all modules. Adds a line for each error. */
bool settings_check(const struct config *config, struct buf *errors);

/* Adds a line if both DATABASE_URL and --data are given. */
bool settings_check_database(const struct config *config, const struct args *args,
                             struct buf *errors);

/* Prints the lines to standard error; returns EXIT_SETTINGS. */
int settings_print_errors(const struct args *args, struct buf *errors);

/* Opens the log on standard output, with the configured level. */
void settings_open_log(const struct config *config);

#endif
