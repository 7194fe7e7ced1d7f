/* program.h: runs a command of the program under test. */

#ifndef PROGRAM_H
#define PROGRAM_H

#include "str.h"

struct program_result {
	int status; /* its exit status, or 128 plus the signal that ended it */
	struct buf out, err;
};

enum { PROGRAM_ENV = 24 };

/* Fills in the environment for the program under test: `settings`, then the variables that it needs
 * from ours. Settings are "NAME=value", ended by NULL; NULL for none. */
void program_environment(const char *const *settings, const char *environment[PROGRAM_ENV]);

/* The path of the program under test, from the environment variable BINNACLE. */
const char *program_path(void);

/* Runs it with these arguments (ended by NULL) and settings, and kills it after ten seconds. Call
 * result_finish() afterwards. */
void program_run(struct program_result *result, const char *const *settings,
                 const char *const *args);
void result_finish(struct program_result *result);

/* Its standard output without the final newline. */
struct str result_line(const struct program_result *result);

/* Whether its standard output, or standard error, contains a text. */
bool result_has_output(struct program_result *result, const char *text);
bool result_has_error(struct program_result *result, const char *text);

/* Ends the test with a message. */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
