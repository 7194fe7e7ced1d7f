/* config.h: the settings of table/settings.def, read from the environment.
 *
 * All errors are reported, not only the first. Values live as long as the config. */

#ifndef CONFIG_H
#define CONFIG_H

#include "str.h"

struct config {
#define TEXT                       const char *
#define SECRET                     const char *
#define LIST                       const char *
#define CHOICE                     const char *
#define NUMBER                     long long
#define SETTING(kind, member, ...) kind member;
#include "table/settings.def"
#undef SETTING
#undef TEXT
#undef SECRET
#undef LIST
#undef CHOICE
#undef NUMBER
	const char *origins[96]; /* source of each value, in table order */
};

/* A value that takes precedence over the environment, such as a command-line option. */
struct config_override {
	const char *variable;
	const char *value;
	const char *origin; /* "--port" */
};

/* Reads `.env.<ENVIRONMENT>` (never in production), X_FILE for a secret X, the
 * environment and the overrides; later sources take precedence. Returns false if a
 * setting is invalid, and appends one line per error to `errors`. */
[[nodiscard]] bool config_read(struct config *config, const struct config_override *overrides,
                               size_t count, struct buf *errors);
void config_finish(struct config *config);

/* Checks what a server needs beyond valid values; appends one line per error. Other
 * modules check their own settings in the same way (auth_check_config()). */
bool config_check_serve(const struct config *config, struct buf *errors);

/* A value that is compared with a header must consist of characters that a header can have. Returns
 * false and appends a line to `errors` if it does not; `value` may be NULL. */
bool config_check_header_value(const char *variable, const char *value, struct buf *errors);

/* Prints each value with its source; secrets are masked. */
void config_print(const struct config *config, struct buf *out);

bool config_is_development(const struct config *config);

#endif
