/* settings.h: the settings as a command sees them. */

#ifndef SETTINGS_H
#define SETTINGS_H

#include "command.h"
#include "config.h"

/* config_read() with what the command line said, and `more`, which wins over
 * that. False when something is wrong; config_finish() either way. */
bool settings_read(struct config *config, const struct args *args, const struct config_override *more,
                   size_t count, struct buf *faults);

/* What a process that serves must have and must not have, by all the rooms: a line
 * for each fault. */
bool settings_fit(const struct config *config, struct buf *faults);

/* Not both of DATABASE_URL and --data: a line if they do. */
bool settings_name_one_database(const struct config *config, const struct args *args, struct buf *faults);

/* One line for each fault, to standard error; gives EXIT_SETTINGS. */
int settings_refuse(const struct args *args, struct buf *faults);

/* Log lines go to standard output, from the level that is set. */
void settings_open_log(const struct config *config);

#endif
