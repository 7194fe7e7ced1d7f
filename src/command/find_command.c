/* find_command.c: finds the command that was typed.
 *
 * The name of a command has one or two words; those with the same first word are a group:
 * `user add`, `user list`. For an unknown command, the most similar one is suggested. */

#include "command.h"

/* "user" of "user add"; empty if the name has one word. */
static struct str family_of(const struct command *command)
{
	struct str rest = str_of(command->name), family;

	str_cut(&rest, ' ', &family);
	return rest.length ? family : (struct str){ 0 };
}

bool is_family(const char *word)
{
	for (const struct command *command = commands; command->name; command++) {
		if (family_of(command).at && str_is(family_of(command), word))
			return true;
	}
	return false;
}

const struct command *family_next(const char *family, const struct command *last)
{
	for (const struct command *command = last ? last + 1 : commands; command->name; command++) {
		if (family_of(command).at && str_is(family_of(command), family))
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
static const struct command *find(const char *first, const char *second)
{
	for (const struct command *command = commands; command->name; command++) {
		struct str rest = str_of(command->name), word;

		str_cut(&rest, ' ', &word);
		if (str_is(word, first) && (second ? str_is(rest, second) : rest.length == 0))
			return command;
	}
	return NULL;
}

static void complain(const char *first, const char *second, struct buf *fault)
{
	struct buf typed = { 0 };
	struct str meant;

	buf_text(&typed, first);
	if (is_family(first) && second)
		buf_print(&typed, " %s", second);
	meant = nearest(buf_as_str(&typed), is_family(first) ? name_at : first_at);
	buf_print(fault, "unknown command \"%s\"", buf_cstr(&typed));
	if (meant.at)
		buf_print(fault, " (did you mean \"%.*s\"?)", STR_ARGS(meant));
	buf_finish(&typed);
}

const struct command *command_choose(int count, char *const *words, int *used, struct buf *fault)
{
	const char *second = count > 1 ? words[1] : NULL;
	const struct command *command = find(words[0], NULL);

	*used = 1;
	if (!command && second) {
		command = find(words[0], second);
		*used = 2;
	}
	if (!command)
		complain(words[0], second, fault);
	return command;
}
