/* config.h: the settings, read from the environment by way of table/settings.def.
 *
 * Every fault is named, not only the first. Values last as long as the config. */

#ifndef CONFIG_H
#define CONFIG_H

#include "str.h"

struct config {
#define TEXT   const char *
#define SECRET const char *
#define LIST   const char *
#define CHOICE const char *
#define NUMBER long long
#define SETTING(kind, member, ...) kind member;
#include "table/settings.def"
#undef SETTING
#undef TEXT
#undef SECRET
#undef LIST
#undef CHOICE
#undef NUMBER
	const char *origins[96]; /* where each came from, in the order of the table */
};

/* Sees to each value before the environment does: what a command line said. */
struct config_override {
	const char *variable;
	const char *value;
	const char *origin; /* "--port" */
};

/* Reads `.env.<ENVIRONMENT>` (never in production), the environment, X_FILE for
 * a secret X, and the overrides, strongest last. False when something is wrong;
 * one line for each fault is added to `faults`. */
bool config_read(struct config *config, const struct config_override *overrides, size_t count,
                 struct buf *faults);
void config_finish(struct config *config);

/* What a process that serves must have and must not have, as lines; rooms have their
 * say about their own settings (auth_fit()). True when all is well. */
bool config_fit_to_serve(const struct config *config, struct buf *faults);

/* Each value with its origin, secrets masked. */
void config_print(const struct config *config, struct buf *out);

bool config_is_development(const struct config *config);

#endif
