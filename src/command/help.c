/* help.c: the tables of commands and options, as a page. */

#include "command.h"

/* The column that the sentences of a page begin in. */
enum { COLUMN = 22 };

static void add_row(struct buf *out, const char *name, const char *follows, const char *says)
{
	size_t begin = out->length;

	buf_print(out, "  %s%s%s", name, follows ? " " : "", follows ? follows : "");
	do
		buf_char(out, ' ');
	while (out->length - begin < COLUMN);
	buf_print(out, "%s\n", says);
}

void help_all(const char *program, struct buf *out)
{
	buf_print(out, "The logbook server for people who stand watch.\n\n"
	               "  %s dev             everything at once, to try it out\n"
	               "  %s token guard     a token for the API, while that runs\n\n"
	               "Commands:\n",
	          program, program);
	for (const struct command *command = commands; command->name; command++)
		add_row(out, command->name, command->words, command->says);
	add_row(out, "help", "COMMAND", "Examples and options of a command, as its --help.");
}

void help_family(const char *program, const char *family, struct buf *out)
{
	for (const struct command *command = NULL; (command = family_next(family, command));)
		add_row(out, command->name, command->words, command->says);
	buf_print(out, "\nUsage: %s %s COMMAND; its --help has examples and options.\n", program, family);
}

void help_command(const char *program, const struct command *command, struct buf *out)
{
	buf_print(out, "%s\n\n", command->says);
	for (const char *const *example = command->examples; *example; example++)
		buf_print(out, "  %s\n", *example);
	buf_print(out, "\nUsage: %s %s%s%s%s\n", program, command->name, command->words ? " " : "",
	          command->words ? command->words : "", command->takes ? " [options]" : "");
	for (enum option option = 0; option < OPTION_COUNT; option++) {
		const struct option_row *row = &option_rows[option];
		struct buf name = { 0 };

		if (!(command->takes & (1u << option)))
			continue;
		buf_print(&name, "--%s", row->name);
		add_row(out, buf_cstr(&name), row->follows, row->says);
		buf_finish(&name);
	}
	add_row(out, "-h, --help", NULL, "This page.");
}
