/* args.c: parses the arguments and options of a command. */

#include "command.h"

const struct option_row option_rows[OPTION_COUNT] = {
#define OPTION(name, ...) [OPTION_##name] = { __VA_ARGS__ },
#include "option.def"
#undef OPTION
};

/* The Levenshtein distance. */
static size_t distance(struct str a, struct str b)
{
	enum { MAX_LENGTH = 32 };
	size_t row[MAX_LENGTH];

	if (b.length >= MAX_LENGTH || a.length >= MAX_LENGTH)
		return MAX_LENGTH;
	for (size_t j = 0; j <= b.length; j++)
		row[j] = j;
	for (size_t i = 0; i < a.length; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.length; j++) {
			size_t best = diagonal + (a.at[i] != b.at[j]);

			diagonal = row[j + 1];
			best = row[j] + 1 < best ? row[j] + 1 : best;
			row[j + 1] = diagonal + 1 < best ? diagonal + 1 : best;
		}
	}
	return row[b.length];
}

struct str nearest(struct str typed, struct str (*name_at)(size_t index))
{
	struct str best = { 0 }, name;
	size_t best_distance = 3; /* with more than two differences, it is another word */

	for (size_t i = 0; (name = name_at(i)).at; i++) {
		size_t difference = distance(typed, name);

		if (typed.length && name.length >= typed.length
		    && memcmp(name.at, typed.at, typed.length) == 0)
			return name;
		/* At least one character must be the same. */
		if (difference < best_distance && difference < name.length) {
			best = name;
			best_distance = difference;
		}
	}
	return best;
}

static struct str option_at(size_t index)
{
	return index < OPTION_COUNT ? str_of(option_rows[index].name) : (struct str){ 0 };
}

/* OPTION_COUNT: the command has no such option. */
static enum option find_option(const struct command *command, struct str name)
{
	for (enum option option = 0; option < OPTION_COUNT; option++) {
		if ((command->accepts & (1u << option)) && str_is(name, option_rows[option].name))
			return option;
	}
	return OPTION_COUNT;
}

static void report_unknown_option(const struct command *command, struct str name, struct buf *error)
{
	struct str suggestion = nearest(name, option_at);

	buf_print(error, "unknown option --%.*s", STR_ARGS(name));
	if (suggestion.at && find_option(command, suggestion) != OPTION_COUNT)
		buf_print(error, " (did you mean --%.*s?)", STR_ARGS(suggestion));
}

/* Parses "--name", "--name=value", or "--name" and the next word. Advances *used. */
static bool read_option(const struct command *command, int count, char *const *words, int *used,
                        struct args *args, struct buf *error)
{
	struct str rest = str_of(words[*used] + 2), name;
	const char *equals = strchr(words[*used], '=');
	enum option option;

	if (!str_cut(&rest, '=', &name))
		name = STR("");
	option = find_option(command, name);
	if (option == OPTION_COUNT) {
		report_unknown_option(command, name, error);
		return false;
	}
	(*used)++;
	if (!option_rows[option].value_name) {
		args->options[option] = "";
		if (equals)
			buf_print(error, "option --%s does not take a value",
			          option_rows[option].name);
		return !equals;
	}
	if (equals)
		args->options[option] = equals + 1;
	else if (*used < count)
		args->options[option] = words[(*used)++];
	if (!args->options[option] || !args->options[option][0]) {
		buf_print(error, "option --%s requires a value (%s)", option_rows[option].name,
		          option_rows[option].value_name);
		return false;
	}
	return true;
}

/* The name of an argument, counted from 0: "ROLE" is number 1 of "USER ROLE". */
static struct str argument_name(const struct command *command, int number)
{
	struct str rest = str_of(command->words), word = { 0 };

	for (int i = 0; i <= number; i++)
		str_cut(&rest, ' ', &word);
	return word;
}

bool args_read(const struct command *command, int count, char *const *words, struct args *args,
               struct buf *error)
{
	bool only_words = false;
	int argument_count = 0;

	args->command = command->name;
	for (int i = 0; i < count;) {
		const char *word = words[i];

		if (!only_words && strcmp(word, "--") == 0) {
			only_words = true;
			i++;
		} else if (!only_words
		           && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)) {
			args->help = true;
			i++;
		} else if (!only_words && word[0] == '-' && word[1] == '-') {
			if (!read_option(command, count, words, &i, args, error))
				return false;
		} else if (!only_words && word[0] == '-') {
			buf_print(error,
			          "unknown option %s; options have long names, such as --port",
			          word);
			return false;
		} else if (argument_count < MAX_ARGUMENTS
		           && argument_name(command, argument_count).length) {
			args->words[argument_count++] = word;
			i++;
		} else {
			buf_print(error, "unexpected argument \"%s\"", word);
			return false;
		}
	}
	if (argument_count < MAX_ARGUMENTS && argument_name(command, argument_count).length
	    && !args->help) {
		buf_print(error, "missing argument %.*s",
		          STR_ARGS(argument_name(command, argument_count)));
		return false;
	}
	return true;
}
