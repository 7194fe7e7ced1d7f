/* help.c: prints help from the tables of commands and options. */

#include "command.h"

/* The column in which descriptions begin. */
enum { COLUMN = 24 };

static void add_row(struct buf *out, const char *name, const char *value_name,
                    const char *description)
{
	size_t begin = out->length;

	buf_print(out, "  %s%s%s", name, value_name ? " " : "", value_name ? value_name : "");
	do
		buf_char(out, ' ');
	while (out->length - begin < COLUMN);
	buf_print(out, "%s\n", description);
}

void help_all(const char *program, struct buf *out)
{
	buf_print(out,
	          "Binnacle is a logbook server for guards, marinas and harbours.\n\n"
	          "  %s dev             start a server with demo data\n"
	          "  %s token guard     print a token for its API\n\n"
	          "Usage: %s COMMAND [options]\n\n"
	          "Commands:\n",
	          program, program, program);
	for (const struct command *command = commands; command->name; command++)
		add_row(out, command->name, command->words, command->description);
	add_row(out, "help", "COMMAND", "Show the examples and options of a command, like --help.");
}

void help_group(const char *program, const char *group, struct buf *out)
{
	for (const struct command *command = NULL; (command = command_group_next(group, command));)
		add_row(out, command->name, command->words, command->description);
	buf_print(out,
	          "\nUsage: %s %s COMMAND [options]\n"
	          "Run a command with --help to see its examples and options.\n",
	          program, group);
}

void help_command(const char *program, const struct command *command, struct buf *out)
{
	buf_print(out, "%s\n\n", command->description);
	for (const char *const *example = command->examples; *example; example++)
		buf_print(out, "  %s\n", *example);
	buf_print(out, "\nUsage: %s %s%s%s%s\n", program, command->name, command->words ? " " : "",
	          command->words ? command->words : "", command->accepts ? " [options]" : "");
	for (enum option option = 0; option < OPTION_COUNT; option++) {
		const struct option_row *row = &option_rows[option];
		struct buf name = { 0 };

		if (!(command->accepts & (1u << option)))
			continue;
		buf_print(&name, "--%s", row->name);
		add_row(out, buf_cstr(&name), row->value_name, row->description);
		buf_finish(&name);
	}
	add_row(out, "-h, --help", NULL, "Show this help.");
}
