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
	const char *follows; /* "N"; NULL: takes no value */
	const char *says;
};

extern const struct option_row option_rows[OPTION_COUNT];

_Static_assert(OPTION_COUNT <= 32, "options are bits of an unsigned");
#define TAKES(name) (1u << OPTION_##name)

/* The options for invalid tokens. */
enum {
	TAKES_FLAWS = 0
#define FLAW(name, ...) | TAKES(FLAW_##name)
#include "token_faults.def"
#undef FLAW
};

enum { ARGS_WORDS = 2 };

struct args {
	const char *program; /* argv[0] */
	union {
		const char *word; /* its argument; NULL: it takes none */
		const char *words[ARGS_WORDS];
	};
	const char *options[OPTION_COUNT]; /* NULL: not given; "" if it takes no value */
	bool help;
};

typedef int command_fn(const struct args *args);

struct command {
	const char *name;  /* one word, or two: "user add" is in the group "user" */
	const char *words; /* its arguments: "USER ROLE"; NULL: none */
	unsigned takes;    /* options, as bits */
	command_fn *run;
	const char *says;
	const char *const *examples; /* NULL-terminated */
};

extern const struct command commands[]; /* terminated by a NULL name */

command_fn command_serve, command_dev, command_migrate, command_check, command_token, command_health,
	command_openapi, command_asyncapi, command_version, command_user_add, command_user_list, command_user_role,
	command_user_archive, command_user_unarchive, command_apikey_add, command_apikey_list,
	command_apikey_revoke;

/* Exit codes besides EXIT_SUCCESS and EXIT_FAILURE. */
enum { EXIT_USAGE = 2, EXIT_SETTINGS = 78 };

/* The command that the words start with; its name takes *used of them. NULL with a message in
 * `fault` if there is none. */
const struct command *command_choose(int count, char *const *words, int *used, struct buf *fault);

/* Whether the word is a group of commands, such as "user"; and its commands, one by one. */
bool is_family(const char *word);
const struct command *family_next(const char *family, const struct command *last);

/* Parses what follows the command's name. False with a message in `fault`. */
bool args_read(const struct command *command, int count, char *const *words, struct args *args,
               struct buf *fault);

/* The name that was probably meant; `at` is NULL if none is similar. `name_at` returns the names
 * one by one, then an empty one. */
struct str nearest(struct str typed, struct str (*name_at)(size_t index));

void help_all(const char *program, struct buf *out);
void help_family(const char *program, const char *family, struct buf *out);
void help_command(const char *program, const struct command *command, struct buf *out);

#endif
