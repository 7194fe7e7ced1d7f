/* main.c: runs the command that the command line names.
 *
 * Data goes to standard output, messages to standard error. Exit codes: 0 success, 1 failure,
 * 2 invalid command line, 78 invalid settings. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"

/* The options of commands that access the database. */
#define TAKES_DATABASE (TAKES(DATA) | TAKES(JSON))

#define EXAMPLES(...) (const char *const[]){ __VA_ARGS__, NULL }

/* clang-format off */
const struct command commands[] = {
	{ "dev", NULL, TAKES(PORT) | TAKES(DATA) | TAKES(RESET), command_dev,
	  "Run a development server with a private PostgreSQL, demo data and a token issuer.",
	  EXAMPLES("binnacle dev", "binnacle dev --port 8081 --data ./data",
	           "binnacle dev --reset               # start over with fresh demo data") },
	{ "token", "WHO", TAKES(PORT) | TAKES(TTL) | TAKES(JSON) | TAKES_FLAWS, command_token,
	  "Print a token for the running `dev`; WHO is a role or the email of a demo user.",
	  EXAMPLES("binnacle token guard", "binnacle token supervisor --ttl 5m",
	           "curl -H \"Authorization: Bearer $(binnacle token guard)\" "
	           "http://127.0.0.1:8080/api/v1/users/me",
	           "binnacle token guard --expired     # an invalid token, to test a client",
	           "curl -H \"Authorization: Bearer $(binnacle token guard --wrong-aud)\" "
	           "http://127.0.0.1:8080/api/v1/users/me") },
	{ "serve", NULL, TAKES(PORT) | TAKES(DATA), command_serve,
	  "Run the server, with the PostgreSQL of DATABASE_URL or a private one in --data DIR.",
	  EXAMPLES("DATABASE_URL=postgresql://db.internal/binnacle "
	           "OIDC_ISSUERS='https://id.example.com binnacle' binnacle serve",
	           "CLERK_DOMAIN=clerk.example.com binnacle serve --data /var/lib/binnacle/serve") },
	{ "migrate", NULL, 0, command_migrate,
	  "Migrate the database of DATABASE_URL to this version; run it before each deployment.",
	  EXAMPLES("DATABASE_URL=postgresql://db.internal/binnacle binnacle migrate") },
	{ "check", NULL, TAKES(PORT) | TAKES(DATA), command_check,
	  "Check the settings for `serve`; print each with its origin, and all errors.",
	  EXAMPLES("binnacle check", "binnacle check && binnacle serve") },
	{ "user add", "EMAIL", TAKES(ROLE) | TAKES(FIRST_NAME) | TAKES(LAST_NAME) | TAKES_DATABASE,
	  command_user_add,
	  "Add a user, who signs in with a token for this verified email address.",
	  EXAMPLES("binnacle user add chief@harbour.example --role super_admin   # the first user",
	           "binnacle user add rosa@harbour.example --first-name Rosa --last-name Brandt") },
	{ "user list", NULL, TAKES_DATABASE, command_user_list,
	  "List all users, archived ones last.",
	  EXAMPLES("binnacle user list", "binnacle user list --json --data /var/lib/binnacle/serve") },
	{ "user role", "USER ROLE", TAKES_DATABASE, command_user_role,
	  "Change the role of a user, effective immediately; USER is an email address or ID.",
	  EXAMPLES("binnacle user role rosa@harbour.example supervisor") },
	{ "user archive", "USER", TAKES_DATABASE, command_user_archive,
	  "Archive a user, who loses access immediately.",
	  EXAMPLES("binnacle user archive rosa@harbour.example") },
	{ "user unarchive", "USER", TAKES_DATABASE, command_user_unarchive,
	  "Restore an archived user.",
	  EXAMPLES("binnacle user unarchive rosa@harbour.example") },
	{ "apikey add", "NAME", TAKES(SCOPES) | TAKES(EXPIRES) | TAKES_DATABASE, command_apikey_add,
	  "Create an API key and print it; it cannot be shown again.",
	  EXAMPLES("binnacle apikey add 'Harbour map' --scopes places:read",
	           "binnacle apikey add 'Night report' --scopes places:read,logbook:read "
	           "--expires 2027-01-01T00:00:00Z") },
	{ "apikey list", NULL, TAKES_DATABASE, command_apikey_list,
	  "List API keys, newest first; the keys themselves are not stored.",
	  EXAMPLES("binnacle apikey list") },
	{ "apikey revoke", "ID", TAKES_DATABASE, command_apikey_revoke,
	  "Revoke an API key permanently, effective immediately.",
	  EXAMPLES("binnacle apikey revoke 019a2b3c-4d5e-7f60-8123-456789abcdef") },
	{ "health", NULL, TAKES(PORT) | TAKES(READY), command_health,
	  "Check the health of the server on this machine; for container health checks.",
	  EXAMPLES("binnacle health", "binnacle health --ready --port 8081") },
	{ "openapi", NULL, 0, command_openapi, "Print the OpenAPI 3.1 description of the REST API.",
	  EXAMPLES("binnacle openapi > openapi.json") },
	{ "asyncapi", NULL, 0, command_asyncapi,
	  "Print the AsyncAPI 3.0 description of the event streams.",
	  EXAMPLES("binnacle asyncapi > asyncapi.json") },
	{ "version", NULL, TAKES(JSON), command_version, "Print the version.",
	  EXAMPLES("binnacle version", "binnacle version --json") },
	{ 0 },
};
/* clang-format on */

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
	fprintf(stderr, "%s: %s\nTry `%s %s` for more information.\n", program, buf_cstr(fault),
	        program, more);
	buf_finish(fault);
	return EXIT_USAGE;
}

/* Help that was requested is data on standard output; otherwise it goes to standard error. */
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
	return command ? print_command(command) : not_understood(program, &fault, "help");
}

static int run(int count, char *const *words, struct args *args)
{
	struct buf fault = { 0 };
	int used, status;
	const struct command *command = command_choose(count, words, &used, &fault);

	if (!command)
		return not_understood(args->program, &fault, "help");
	if (!args_read(command, count - used, words + used, args, &fault)) {
		struct buf more = { 0 };

		buf_print(&more, "help %s", command->name);
		status = not_understood(args->program, &fault, buf_cstr(&more));
		buf_finish(&more);
		return status;
	}
	return args->help ? print_command(command) : command->run(args);
}

/* The parent process may have closed them. Then the next file we open would get one of these
 * descriptors, and the log would be written into it. */
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
	/* If the reader of a pipe goes away, the write fails instead of ending the process. */
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
