/* command.h: what main.c chooses from, and what a command is given. */

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
	const char *follows; /* "N"; NULL: a switch */
	const char *says;
};

extern const struct option_row option_rows[OPTION_COUNT];

_Static_assert(OPTION_COUNT <= 32, "they are the bits of an unsigned");
#define TAKES(name) (1u << OPTION_##name)

/* All flaws of a token. */
enum {
	TAKES_FLAWS = 0
#define FLAW(name, ...) | TAKES(FLAW_##name)
#include "flaws.def"
#undef FLAW
};

enum { ARGS_WORDS = 2 };

struct args {
	const char *program;	      /* as we were called */
	union {
		const char *word;     /* what the command is about; NULL: it takes none */
		const char *words[ARGS_WORDS];
	};
	const char *options[OPTION_COUNT]; /* NULL: not given; "" for a switch */
	bool help;
};

typedef int command_fn(const struct args *args);

struct command {
	const char *name;  /* one word, or two: "user add" is of the family "user" */
	const char *words; /* "WHO ROLE": what it is told besides; NULL: nothing */
	unsigned takes;	   /* options */
	command_fn *run;
	const char *says;
	const char *const *examples; /* ends with NULL */
};

extern const struct command commands[]; /* ends with a NULL name */

command_fn command_serve, command_dev, command_migrate, command_check, command_token, command_health,
	command_openapi, command_asyncapi, command_version, command_user_add, command_user_list, command_user_role,
	command_user_archive, command_user_unarchive, command_apikey_add, command_apikey_list,
	command_apikey_revoke;

/* What a process ends with, besides EXIT_SUCCESS and EXIT_FAILURE. */
enum { EXIT_USAGE = 2, EXIT_SETTINGS = 78 };

/* The command that these words begin with, of which *used are its name. NULL with a
 * fault when there is none. */
const struct command *command_choose(int count, char *const *words, int *used, struct buf *fault);

/* Is that the first word of several commands? And these, one after the other. */
bool is_family(const char *word);
const struct command *family_next(const char *family, const struct command *last);

/* Reads what follows the command's name. False with a sentence in `fault`. */
bool args_read(const struct command *command, int count, char *const *words, struct args *args,
               struct buf *fault);

/* The name that was probably meant; none is near: its `at` is NULL. `name_at` gives
 * the names one by one, then none. */
struct str nearest(struct str typed, struct str (*name_at)(size_t index));

void help_all(const char *program, struct buf *out);
void help_family(const char *program, const char *family, struct buf *out);
void help_command(const char *program, const struct command *command, struct buf *out);

#endif
