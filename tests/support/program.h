/* program.h: the program itself, run with a few words until it ends. */

#ifndef PROGRAM_H
#define PROGRAM_H

#include "str.h"

struct program_result {
	int status; /* its exit status, or 128 and the signal that ended it */
	struct buf out, err;
};

enum { PROGRAM_ENV = 24 };

/* What a program of ours needs to be told of its surroundings, and `more` before
 * that: "NAME=value", ending with NULL; NULL for none. */
void program_environment(const char *const *more, const char *environment[PROGRAM_ENV]);

/* The path of the program under test: the environment's BINNACLE. */
const char *program_path(void);

/* Runs it with these words (ending with NULL) and settings; ends it after ten
 * seconds. result_finish() afterwards. */
void program_run(struct program_result *said, const char *const *settings, const char *const *words);
void result_finish(struct program_result *said);

/* What it said to standard output, without the newline at its end. */
struct str result_line(const struct program_result *said);

/* Did it say that? */
bool result_has_output(struct program_result *said, const char *text);
bool result_has_error(struct program_result *said, const char *text);

/* What cannot go on ends the test with a line. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
