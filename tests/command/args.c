/* args.c: tests of the parsing of commands, arguments and options, and of help. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "command.h"

static int nothing(const struct args *)
{
	return 0;
}

/* The table that is tested; the real one is in main.c. */
const struct command commands[] = {
	{ "paint", "WHAT", TAKES(PORT) | TAKES(RESET), nothing, "Paint something.",
	  (const char *const[]){ "binnacle paint boat --port 2", NULL } },
	{ "rest", NULL, 0, nothing, "Do nothing.", (const char *const[]){ "binnacle rest", NULL } },
	{ "boat row", "WHO WHERE", TAKES(PORT), nothing, "Row.", (const char *const[]){ "binnacle boat row", NULL } },
	{ "boat sail", NULL, 0, nothing, "Sail.", (const char *const[]){ "binnacle boat sail", NULL } },
	{ 0 },
};

static const struct {
	int command;
	char *words[6];
	const char *word, *port, *reset; /* NULL: not given */
	const char *fault;               /* "" on success */
	const char *second;
} rows[] = {
	{ 0, { "boat" }, "boat", NULL, NULL, "" },
	{ 0, { "boat", "--port", "2" }, "boat", "2", NULL, "" },
	{ 0, { "--port=2", "boat" }, "boat", "2", NULL, "" },
	{ 0, { "boat", "--reset" }, "boat", NULL, "", "" },
	{ 0, { "--port", "1", "--port", "2", "boat" }, "boat", "2", NULL, "" },
	{ 0, { "--", "--port" }, "--port", NULL, NULL, "" },
	{ 0, { "boat", "--port", "--reset" }, "boat", "--reset", NULL, "" },
	{ 0, { "boat", "--port" }, .fault = "option --port requires a value (N)" },
	{ 0, { "boat", "--port=" }, .fault = "option --port requires a value (N)" },
	{ 0, { "boat", "--reset=yes" }, .fault = "option --reset does not take a value" },
	{ 0, { "boat", "--prot", "2" }, .fault = "unknown option --prot (did you mean --port?)" },
	{ 0, { "boat", "--data", "x" }, .fault = "unknown option --data" },
	{ 0,
	  { "boat", "-p" },
	  .fault = "unknown option -p; options have long names, such as --port" },
	{ 0, { "boat", "house" }, .fault = "unexpected argument \"house\"" },
	{ 0, { NULL }, .fault = "missing argument WHAT" },
	{ 1, { NULL }, .fault = "" },
	{ 1, { "well" }, .fault = "unexpected argument \"well\"" },
	{ 1, { "--" }, .fault = "" },
	{ 1, { "--=" }, .fault = "unknown option --" },
	{ 2, { "Ada", "home" }, "Ada", NULL, NULL, "", "home" },
	{ 2, { "Ada", "--port", "2", "home" }, "Ada", "2", NULL, "", "home" },
	{ 2, { "Ada", "--", "-x" }, "Ada", NULL, NULL, "", "-x" },
	{ 2, { NULL }, .fault = "missing argument WHO" },
	{ 2, { "Ada" }, .fault = "missing argument WHERE" },
	{ 2, { "Ada", "home", "now" }, .fault = "unexpected argument \"now\"" },
	{ 2, { "Ada", "--prot" }, .fault = "unknown option --prot (did you mean --port?)" },
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

Test(args, are_read_by_the_tables)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct args args = { 0 };
		struct buf fault = { 0 };
		bool ok = args_read(&commands[rows[i].command], count_of(rows[i].words), rows[i].words, &args,
		                    &fault);

		cr_expect(ok == (rows[i].fault[0] == '\0'), "row %zu", i);
		cr_expect(eq(str, (char *)buf_cstr(&fault), (char *)rows[i].fault), "row %zu", i);
		if (ok) {
			cr_expect(same(args.word, rows[i].word), "row %zu: word", i);
			cr_expect(same(args.words[1], rows[i].second), "row %zu: second word", i);
			cr_expect(same(args.options[OPTION_PORT], rows[i].port), "row %zu: port", i);
			cr_expect(same(args.options[OPTION_RESET], rows[i].reset), "row %zu: reset", i);
		}
		buf_finish(&fault);
	}
}

Test(args, a_wish_for_help_needs_no_word)
{
	struct args args = { 0 };
	struct buf fault = { 0 };

	cr_assert(args_read(&commands[0], 1, (char *const[]){ "-h" }, &args, &fault));
	cr_expect(args.help);
}

/* The command that these words select, or the error message. */
static const struct {
	char *words[4];
	int command, used; /* -1: none */
	const char *fault;
} choices[] = {
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

Test(choose, finds_commands_of_one_word_and_of_two)
{
	for (size_t i = 0; i < COUNT_OF(choices); i++) {
		struct buf fault = { 0 };
		int used;
		const struct command *command = command_choose(count_of(choices[i].words), choices[i].words, &used,
		                                               &fault);

		cr_expect(command == (choices[i].command < 0 ? NULL : &commands[choices[i].command]), "row %zu", i);
		if (command)
			cr_expect(eq(int, used, choices[i].used), "row %zu", i);
		cr_expect(eq(str, (char *)buf_cstr(&fault), (char *)choices[i].fault), "row %zu", i);
		buf_finish(&fault);
	}
}

Test(choose, knows_the_families)
{
	const struct command *first = family_next("boat", NULL), *second = family_next("boat", first);

	cr_expect(is_family("boat"));
	cr_expect(not(is_family("paint")));
	cr_expect(not(is_family("")));
	cr_expect(first == &commands[2] && second == &commands[3]);
	cr_expect(family_next("boat", second) == NULL);
	cr_expect(family_next("paint", NULL) == NULL);
}

static struct str name_at(size_t index)
{
	static const char *const names[] = { "serve", "dev", "token", "version", NULL };

	return str_of(names[index]);
}

static const struct {
	const char *typed, *meant; /* NULL: none is similar */
} typos[] = {
	{ "srve", "serve" }, { "servee", "serve" }, { "tokne", "token" }, { "ver", "version" },
	{ "dve", "dev" },    { "xyz", NULL },	    { "", NULL },	  { "banana", NULL },
};

Test(args, a_typing_error_finds_the_nearest_name)
{
	for (size_t i = 0; i < COUNT_OF(typos); i++)
		cr_expect(same(nearest(str_of(typos[i].typed), name_at).at, typos[i].meant), "%s", typos[i].typed);
}

Test(args, a_very_long_word_is_near_to_nothing)
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

Test(help, shows_a_command_with_its_examples_and_all_its_options)
{
	struct buf page = { 0 };

	help_command("binnacle", &commands[0], &page);
	cr_expect(has(&page, "binnacle paint boat --port 2"));
	cr_expect(has(&page, "--port N"));
	cr_expect(has(&page, "--reset"));
	cr_expect(has(&page, option_rows[OPTION_PORT].says));
	cr_expect(not(has(&page, "--data")));
	cr_expect(strstr(buf_cstr(&page), "paint boat") < strstr(buf_cstr(&page), "--port N"),
	          "examples come first");
	buf_finish(&page);
}

Test(help, shows_a_family)
{
	struct buf page = { 0 };

	help_family("binnacle", "boat", &page);
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
