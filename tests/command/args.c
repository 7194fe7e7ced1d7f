/* args.c: tests the parsing of commands, arguments and options, and the help. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "command.h"

static int no_op(const struct args *)
{
	return 0;
}

/* The table that is tested; the real one is in main.c. */
const struct command commands[] = {
	{ "paint", "WHAT", ACCEPTS(PORT) | ACCEPTS(RESET), no_op, "Paint something.",
	  (const char *const[]){ "binnacle paint boat --port 2", NULL } },
	{ "rest", NULL, 0, no_op, "Do nothing.", (const char *const[]){ "binnacle rest", NULL } },
	{ "boat row", "WHO WHERE", ACCEPTS(PORT), no_op, "Row.",
	  (const char *const[]){ "binnacle boat row", NULL } },
	{ "boat sail", NULL, 0, no_op, "Sail.",
	  (const char *const[]){ "binnacle boat sail", NULL } },
	{ 0 },
};

static const struct {
	int command;
	char *words[6];
	const char *word, *port, *reset; /* NULL: not given */
	const char *error;               /* "" on success */
	const char *second;
} rows[] = {
	{ 0, { "boat" }, "boat", NULL, NULL, "" },
	{ 0, { "boat", "--port", "2" }, "boat", "2", NULL, "" },
	{ 0, { "--port=2", "boat" }, "boat", "2", NULL, "" },
	{ 0, { "boat", "--reset" }, "boat", NULL, "", "" },
	{ 0, { "--port", "1", "--port", "2", "boat" }, "boat", "2", NULL, "" },
	{ 0, { "--", "--port" }, "--port", NULL, NULL, "" },
	{ 0, { "boat", "--port", "--reset" }, "boat", "--reset", NULL, "" },
	{ 0, { "boat", "--port" }, .error = "option --port requires a value (N)" },
	{ 0, { "boat", "--port=" }, .error = "option --port requires a value (N)" },
	{ 0, { "boat", "--reset=yes" }, .error = "option --reset does not take a value" },
	{ 0, { "boat", "--prot", "2" }, .error = "unknown option --prot (did you mean --port?)" },
	{ 0, { "boat", "--data", "x" }, .error = "unknown option --data" },
	{ 0,
	  { "boat", "-p" },
	  .error = "unknown option -p; options have long names, such as --port" },
	{ 0, { "boat", "house" }, .error = "unexpected argument \"house\"" },
	{ 0, { NULL }, .error = "missing argument WHAT" },
	{ 1, { NULL }, .error = "" },
	{ 1, { "well" }, .error = "unexpected argument \"well\"" },
	{ 1, { "--" }, .error = "" },
	{ 1, { "--=" }, .error = "unknown option --" },
	{ 2, { "Ada", "home" }, "Ada", NULL, NULL, "", "home" },
	{ 2, { "Ada", "--port", "2", "home" }, "Ada", "2", NULL, "", "home" },
	{ 2, { "Ada", "--", "-x" }, "Ada", NULL, NULL, "", "-x" },
	{ 2, { NULL }, .error = "missing argument WHO" },
	{ 2, { "Ada" }, .error = "missing argument WHERE" },
	{ 2, { "Ada", "home", "now" }, .error = "unexpected argument \"now\"" },
	{ 2, { "Ada", "--prot" }, .error = "unknown option --prot (did you mean --port?)" },
};

static int count_of(char *const *words)
{
	int count = 0;

	while (words[count])
		count++;
	return count;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

Test(args, are_parsed)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct args args = { 0 };
		struct buf error = { 0 };
		bool ok = args_read(&commands[rows[i].command], count_of(rows[i].words),
		                    rows[i].words, &args, &error);

		cr_expect(ok == (rows[i].error[0] == '\0'), "row %zu", i);
		cr_expect(eq(str, (char *)buf_cstr(&error), (char *)rows[i].error), "row %zu", i);
		if (ok) {
			cr_expect(same(args.word, rows[i].word), "row %zu: word", i);
			cr_expect(same(args.words[1], rows[i].second), "row %zu: second word", i);
			cr_expect(same(args.options[OPTION_PORT], rows[i].port), "row %zu: port",
			          i);
			cr_expect(same(args.options[OPTION_RESET], rows[i].reset), "row %zu: reset",
			          i);
		}
		buf_finish(&error);
	}
}

Test(args, help_needs_no_argument)
{
	struct args args = { 0 };
	struct buf error = { 0 };

	cr_assert(args_read(&commands[0], 1, (char *const[]){ "-h" }, &args, &error));
	cr_expect(args.help);
}

/* The command that these words select, or the error message. */
static const struct {
	char *words[4];
	int command, used; /* -1: none */
	const char *error;
} commands_found[] = {
	{ { "paint" }, 0, 1, "" },
	{ { "paint", "row" }, 0, 1, "" },
	{ { "boat", "row" }, 2, 2, "" },
	{ { "boat", "sail", "x" }, 3, 2, "" },
	{ { "boat", "sial" },
	  -1,
	  0,
	  "unknown command \"boat sial\" (did you mean \"boat sail\"?)" },
	{ { "boat", "s" }, -1, 0, "unknown command \"boat s\" (did you mean \"boat sail\"?)" },
	{ { "boat", "fly" }, -1, 0, "unknown command \"boat fly\"" },
	{ { "boat", "--port" }, -1, 0, "unknown command \"boat --port\"" },
	{ { "baot", "row" }, -1, 0, "unknown command \"baot\" (did you mean \"boat\"?)" },
	{ { "row", "boat" }, -1, 0, "unknown command \"row\"" },
	{ { "rset" }, -1, 0, "unknown command \"rset\" (did you mean \"rest\"?)" },
	{ { "" }, -1, 0, "unknown command \"\"" },
	{ { "boat", "" }, -1, 0, "unknown command \"boat \" (did you mean \"boat row\"?)" },
};

Test(find_command, finds_commands_of_one_and_two_words)
{
	for (size_t i = 0; i < COUNT_OF(commands_found); i++) {
		struct buf error = { 0 };
		int used;
		const struct command *command = command_find(
			count_of(commands_found[i].words), commands_found[i].words, &used, &error);

		cr_expect(command
		                  == (commands_found[i].command < 0
		                              ? NULL
		                              : &commands[commands_found[i].command]),
		          "row %zu", i);
		if (command)
			cr_expect(eq(int, used, commands_found[i].used), "row %zu", i);
		cr_expect(eq(str, (char *)buf_cstr(&error), (char *)commands_found[i].error),
		          "row %zu", i);
		buf_finish(&error);
	}
}

Test(find_command, lists_command_groups)
{
	const struct command *first = command_group_next("boat", NULL),
			     *second = command_group_next("boat", first);

	cr_expect(is_command_group("boat"));
	cr_expect(not(is_command_group("paint")));
	cr_expect(not(is_command_group("")));
	cr_expect(first == &commands[2] && second == &commands[3]);
	cr_expect(command_group_next("boat", second) == NULL);
	cr_expect(command_group_next("paint", NULL) == NULL);
}

static struct str name_at(size_t index)
{
	static const char *const names[] = { "serve", "dev", "token", "version", NULL };

	return str_of(names[index]);
}

static const struct {
	const char *typed, *suggestion; /* NULL: none is similar */
} typos[] = {
	{ "srve", "serve" }, { "servee", "serve" }, { "tokne", "token" }, { "ver", "version" },
	{ "dve", "dev" },    { "xyz", NULL },       { "", NULL },         { "banana", NULL },
};

Test(args, suggests_the_most_similar_name)
{
	for (size_t i = 0; i < COUNT_OF(typos); i++)
		cr_expect(same(nearest(str_of(typos[i].typed), name_at).at, typos[i].suggestion),
		          "%s", typos[i].typed);
}

Test(args, suggests_nothing_for_a_very_long_word)
{
	char word[4096];

	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	cr_expect(nearest(str_of(word), name_at).at == NULL);
}

static bool has(struct buf *page, const char *text)
{
	return strstr(buf_cstr(page), text) != NULL;
}

Test(help, shows_examples_and_options)
{
	struct buf page = { 0 };

	help_command("binnacle", &commands[0], &page);
	cr_expect(has(&page, "binnacle paint boat --port 2"));
	cr_expect(has(&page, "--port N"));
	cr_expect(has(&page, "--reset"));
	cr_expect(has(&page, option_rows[OPTION_PORT].description));
	cr_expect(not(has(&page, "--data")));
	cr_expect(strstr(buf_cstr(&page), "paint boat") < strstr(buf_cstr(&page), "--port N"),
	          "examples come first");
	buf_finish(&page);
}

Test(help, shows_a_command_group)
{
	struct buf page = { 0 };

	help_group("binnacle", "boat", &page);
	cr_expect(has(&page, "boat row WHO WHERE"));
	cr_expect(has(&page, "Sail."));
	cr_expect(not(has(&page, "paint")));
	buf_finish(&page);
	help_command("binnacle", &commands[2], &page);
	cr_expect(has(&page, "Usage: binnacle boat row WHO WHERE [options]"));
	buf_finish(&page);
}

Test(help, lists_every_command)
{
	struct buf page = { 0 };

	help_all("binnacle", &page);
	cr_expect(has(&page, "paint WHAT"));
	cr_expect(has(&page, "Do nothing."));
	buf_finish(&page);
}
