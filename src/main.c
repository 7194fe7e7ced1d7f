/* main.c: choose a command from the table of commands.
 *
 * Data goes to standard output, what is said to people to standard error. Exit
 * codes: 0 done, 1 not done, 2 not understood, 78 the settings are at fault. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"

/* What works on the database: which one, and how it answers. */
#define TAKES_DATABASE (TAKES(DATA) | TAKES(JSON))

#define EXAMPLES(...) (const char *const[]){ __VA_ARGS__, NULL }

const struct command commands[] = {
	{ "dev", NULL, TAKES(PORT) | TAKES(DATA) | TAKES(RESET), command_dev,
	  "Serve with everything around it: a private PostgreSQL, demo data, a token issuer.",
	  EXAMPLES("binnacle dev", "binnacle dev --port 8081 --data ./data",
	           "binnacle dev --reset               # begin with fresh demo data") },
	{ "token", "WHO", TAKES(PORT) | TAKES(TTL) | TAKES(JSON) | TAKES_FLAWS, command_token,
	  "Print a token of the running `dev`; WHO is a role or a demo person's e-mail.",
	  EXAMPLES("binnacle token guard", "binnacle token supervisor --ttl 5m",
	           "curl -H \"Authorization: Bearer $(binnacle token guard)\" "
	           "http://127.0.0.1:8080/api/v1/users/me",
	           "binnacle token guard --expired     # refused: each flaw is a refusal to try out",
	           "curl -H \"Authorization: Bearer $(binnacle token guard --wrong-aud)\" "
	           "http://127.0.0.1:8080/api/v1/users/me") },
	{ "serve", NULL, TAKES(PORT) | TAKES(DATA), command_serve,
	  "The server; with the PostgreSQL of DATABASE_URL, or its own in --data DIR.",
	  EXAMPLES("DATABASE_URL=postgresql://db.internal/binnacle OIDC_ISSUERS='https://id.example.com binnacle' "
	           "binnacle serve",
	           "CLERK_DOMAIN=clerk.example.com binnacle serve --data /var/lib/binnacle/serve") },
	{ "migrate", NULL, 0, command_migrate,
	  "Bring the database of DATABASE_URL to this version: a step before deploying.",
	  EXAMPLES("DATABASE_URL=postgresql://db.internal/binnacle binnacle migrate") },
	{ "check", NULL, TAKES(PORT) | TAKES(DATA), command_check,
	  "Read the settings as `serve` does; print each with its origin, and name every fault.",
	  EXAMPLES("binnacle check", "binnacle check && binnacle serve") },
	{ "user add", "EMAIL", TAKES(ROLE) | TAKES(FIRST_NAME) | TAKES(LAST_NAME) | TAKES_DATABASE, command_user_add,
	  "Let a person in, with the first token that has this address, verified.",
	  EXAMPLES("binnacle user add chief@harbour.example --role super_admin   # the first of all",
	           "binnacle user add rosa@harbour.example --first-name Rosa --last-name Brandt") },
	{ "user list", NULL, TAKES_DATABASE, command_user_list, "List all people, archived ones last.",
	  EXAMPLES("binnacle user list", "binnacle user list --json --data /var/lib/binnacle/serve") },
	{ "user role", "WHO ROLE", TAKES_DATABASE, command_user_role,
	  "Give a person another role, at once; WHO is an address or an id.",
	  EXAMPLES("binnacle user role rosa@harbour.example supervisor") },
	{ "user archive", "WHO", TAKES_DATABASE, command_user_archive, "Shut a person out, at once.",
	  EXAMPLES("binnacle user archive rosa@harbour.example") },
	{ "user unarchive", "WHO", TAKES_DATABASE, command_user_unarchive, "Let a person in again.",
	  EXAMPLES("binnacle user unarchive rosa@harbour.example") },
	{ "apikey add", "NAME", TAKES(SCOPES) | TAKES(EXPIRES) | TAKES_DATABASE, command_apikey_add,
	  "Make a key for a program, and print it: this once.",
	  EXAMPLES("binnacle apikey add 'Harbour map' --scopes places:read",
	           "binnacle apikey add 'Night report' --scopes places:read,logbook:read --expires 2027-01-01T00:00:00Z") },
	{ "apikey list", NULL, TAKES_DATABASE, command_apikey_list,
	  "List the keys of programs, newest first; the keys themselves nobody has.",
	  EXAMPLES("binnacle apikey list") },
	{ "apikey revoke", "ID", TAKES_DATABASE, command_apikey_revoke, "Revoke a key, for good and at once.",
	  EXAMPLES("binnacle apikey revoke 019a2b3c-4d5e-7f60-8123-456789abcdef") },
	{ "health", NULL, TAKES(PORT) | TAKES(READY), command_health,
	  "Ask the server of this machine how it is; for containers.",
	  EXAMPLES("binnacle health", "binnacle health --ready --port 8081") },
	{ "openapi", NULL, 0, command_openapi, "Print the contract, as OpenAPI 3.1.",
	  EXAMPLES("binnacle openapi > openapi.json") },
	{ "asyncapi", NULL, 0, command_asyncapi, "Print the contract of the streams, as AsyncAPI 3.0.",
	  EXAMPLES("binnacle asyncapi > asyncapi.json") },
	{ "version", NULL, TAKES(JSON), command_version, "Print the version.",
	  EXAMPLES("binnacle version", "binnacle version --json") },
	{ 0 },
};

int command_version(const struct args *args)
{
	if (args->options[OPTION_JSON])
		printf("{\"version\":\"%s\"}\n", BINNACLE_VERSION);
	else
		printf("binnacle %s\n", BINNACLE_VERSION);
	return EXIT_SUCCESS;
}

static int not_understood(const char *program, struct buf *fault, const char *more)
{
	fprintf(stderr, "%s: %s.\n%s %s\n", program, buf_cstr(fault), program, more);
	buf_finish(fault);
	return EXIT_USAGE;
}

/* A page, to whom it was asked by; what nobody asked for is no data. */
static int print_page(struct buf *page, FILE *to)
{
	fwrite(page->at, 1, page->length, to);
	buf_finish(page);
	return to == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

static int print_all(FILE *to)
{
	struct buf page = { 0 };

	help_all("binnacle", &page);
	return print_page(&page, to);
}

static int print_family(const char *family, FILE *to)
{
	struct buf page = { 0 };

	help_family("binnacle", family, &page);
	return print_page(&page, to);
}

static int print_command(const struct command *command)
{
	struct buf page = { 0 };

	help_command("binnacle", command, &page);
	return print_page(&page, stdout);
}

static bool is_wish_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int help(const char *program, int count, char *const *words)
{
	struct buf fault = { 0 };
	const struct command *command;
	int used;

	if (count == 0 || is_wish_for_help(words[0]))
		return print_all(stdout);
	if (count == 1 && is_family(words[0]))
		return print_family(words[0], stdout);
	command = command_choose(count, words, &used, &fault);
	return command ? print_command(command) : not_understood(program, &fault, "help lists them");
}

static int run(int count, char *const *words, struct args *args)
{
	struct buf fault = { 0 };
	int used, status;
	const struct command *command = command_choose(count, words, &used, &fault);

	if (!command)
		return not_understood(args->program, &fault, "help lists them");
	if (!args_read(command, count - used, words + used, args, &fault)) {
		struct buf more = { 0 };

		buf_print(&more, "help %s shows how", command->name);
		status = not_understood(args->program, &fault, buf_cstr(&more));
		buf_finish(&more);
		return status;
	}
	return args->help ? print_command(command) : command->run(args);
}

/* Whoever started us may have closed these; then the next file we open would be
 * taken for one of them, and the log be written into it. */
static void keep_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	struct args args = { .program = argv[0] ? argv[0] : "binnacle" };
	char **words = argv + 1;
	int count = argc > 1 ? argc - 1 : 0;

	keep_standard_descriptors();
	/* A reader that goes away is an error of the write, not our end. */
	signal(SIGPIPE, SIG_IGN);

	if (count == 0)
		return print_all(stderr);
	if (strcmp(words[0], "help") == 0 || is_wish_for_help(words[0]))
		return help(args.program, count - 1, words + 1);
	if (strcmp(words[0], "--version") == 0)
		words[0] = "version";
	if (is_family(words[0]) && (count == 1 || is_wish_for_help(words[1])))
		return print_family(words[0], count == 1 ? stderr : stdout);
	return run(count, words, &args);
}
