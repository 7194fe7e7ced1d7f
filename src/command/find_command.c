/* find_command.c: finds the command that was typed.
 *
 * The name of a command has one or two words; those with the same first word are a group:
 * `user add`, `user list`. For an unknown command, the most similar one is suggested. */

#include "command.h"

/* "user" of "user add"; empty if the name has one word. */
static struct str group_of(const struct command *command)
{
	struct str rest = str_of(command->name), group;

	str_cut(&rest, ' ', &group);
	return rest.length ? group : (struct str){ 0 };
}

bool is_command_group(const char *word)
{
	for (const struct command *command = commands; command->name; command++) {
		if (group_of(command).at && str_is(group_of(command), word))
			return true;
	}
	return false;
}

const struct command *command_group_next(const char *group, const struct command *last)
{
	for (const struct command *command = last ? last + 1 : commands; command->name; command++) {
		if (group_of(command).at && str_is(group_of(command), group))
			return command;
	}
	return NULL;
}

static struct str name_at(size_t index)
{
	return str_of(commands[index].name);
}

static struct str first_at(size_t index)
{
	struct str rest = name_at(index), first;

	str_cut(&rest, ' ', &first);
	return first;
}

/* The command with this name; `second` may be NULL. */
static const struct command *lookup(const char *first, const char *second)
{
	for (const struct command *command = commands; command->name; command++) {
		struct str rest = str_of(command->name), word;

		str_cut(&rest, ' ', &word);
		if (str_is(word, first) && (second ? str_is(rest, second) : rest.length == 0))
			return command;
	}
	return NULL;
}

static void report_unknown(const char *first, const char *second, struct buf *error)
{
	struct buf typed = { 0 };
	struct str suggestion;

	buf_text(&typed, first);
	if (is_command_group(first) && second)
		buf_print(&typed, " %s", second);
	suggestion = nearest(buf_as_str(&typed), is_command_group(first) ? name_at : first_at);
	buf_print(error, "unknown command \"%s\"", buf_cstr(&typed));
	if (suggestion.at)
		buf_print(error, " (did you mean \"%.*s\"?)", STR_ARGS(suggestion));
	buf_finish(&typed);
}

const struct command *command_find(int count, char *const *words, int *used, struct buf *error)
{
	const char *second = count > 1 ? words[1] : NULL;
	const struct command *command = lookup(words[0], NULL);

	*used = 1;
	if (!command && second) {
		command = lookup(words[0], second);
		*used = 2;
	}
	if (!command)
		report_unknown(words[0], second, error);
	return command;
}
