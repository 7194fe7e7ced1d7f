/* command.h: the table of commands, their options and their arguments. */

#ifndef COMMAND_H
#define COMMAND_H

#include "str.h"

enum option {
#define OPTION(name, ...) OPTION_##name,
#include "option.def"
#undef OPTION
	OPTION_COUNT
};

struct option_row {
	const char *name;
	const char *value_name; /* "N"; NULL: takes no value */
	const char *description;
};

extern const struct option_row option_rows[OPTION_COUNT];

_Static_assert(OPTION_COUNT <= 32, "options are bits of an unsigned");
#define ACCEPTS(name) (1u << OPTION_##name)

/* The options for invalid tokens. */
enum {
	TOKEN_FAULT_OPTIONS = 0
#define TOKEN_FAULT(name, ...) | ACCEPTS(TOKEN_FAULT_##name)
#include "token_faults.def"
#undef TOKEN_FAULT
};

enum { MAX_ARGUMENTS = 2 };

struct args {
	const char *program; /* argv[0] */
	const char *command; /* its name */
	union {
		const char *word; /* its argument; NULL: it takes none */
		const char *words[MAX_ARGUMENTS];
	};
	const char *options[OPTION_COUNT]; /* NULL: not given; "" if it takes no value */
	bool help;
};

typedef int command_fn(const struct args *args);

struct command {
	const char *name;  /* one word, or two: "user add" is in the group "user" */
	const char *words; /* its arguments: "USER ROLE"; NULL: none */
	unsigned accepts;  /* options, as bits */
	command_fn *run;
	const char *description;
	const char *const *examples; /* NULL-terminated */
};

extern const struct command commands[]; /* terminated by a NULL name */

command_fn command_serve, command_dev, command_migrate, command_check, command_token,
	command_health, command_openapi, command_asyncapi, command_version, command_user_add,
	command_user_list, command_user_role, command_user_archive, command_user_unarchive,
	command_apikey_add, command_apikey_list, command_apikey_revoke, command_audit_verify,
	command_audit_seal, command_audit_export, command_audit_prune;

/* Exit codes besides EXIT_SUCCESS and EXIT_FAILURE. */
enum { EXIT_USAGE = 2, EXIT_SETTINGS = 78 };

/* The command that the words start with; its name takes *used of them. NULL with a message in
 * `error` if there is none. */
const struct command *command_find(int count, char *const *words, int *used, struct buf *error);

/* Whether the word is a group of commands, such as "user". */
bool is_command_group(const char *word);
/* The next command of the group after `last`, or the first one if that is NULL. */
const struct command *command_group_next(const char *group, const struct command *last);

/* Parses what follows the command's name. False with a message in `error`. */
bool args_read(const struct command *command, int count, char *const *words, struct args *args,
               struct buf *error);

/* The name that was probably meant; `at` is NULL if none is similar. `name_at` returns the names by
 * index; `at` is NULL after the last one. */
struct str nearest(struct str typed, struct str (*name_at)(size_t index));

void help_all(const char *program, struct buf *out);
void help_group(const char *program, const char *group, struct buf *out);
void help_command(const char *program, const struct command *command, struct buf *out);

#endif
