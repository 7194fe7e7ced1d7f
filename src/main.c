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
#include "resources.h"
#include "rest.h"

/* The options of commands that access the database. */
#define DATABASE_OPTIONS (ACCEPTS(DATA) | ACCEPTS(JSON))

#define EXAMPLES(...)                                                                              \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* clang-format off */
const struct command commands[] = {
	{ "dev", NULL, ACCEPTS(PORT) | ACCEPTS(DATA) | ACCEPTS(RESET), command_dev,
	  "Run a development server with a private PostgreSQL, demo data and a token issuer.",
	  EXAMPLES("binnacle dev", "binnacle dev --port 8081 --data ./data",
	           "binnacle dev --reset               # start over with fresh demo data") },
	{ "token", "WHO", ACCEPTS(PORT) | ACCEPTS(TTL) | ACCEPTS(JSON) | TOKEN_FAULT_OPTIONS, command_token,
	  "Print a token for the running `dev`; WHO is a role or the email of a demo user.",
	  EXAMPLES("binnacle token guard", "binnacle token supervisor --ttl 5m",
	           "curl -H \"Authorization: Bearer $(binnacle token guard)\" "
	           "http://127.0.0.1:8080/api/v1/users/me",
	           "binnacle token guard --expired     # an invalid token, to test a client",
	           "curl -H \"Authorization: Bearer $(binnacle token guard --wrong-aud)\" "
	           "http://127.0.0.1:8080/api/v1/users/me") },
	{ "serve", NULL, ACCEPTS(PORT) | ACCEPTS(DATA), command_serve,
	  "Run the server, with the PostgreSQL of DATABASE_URL or a private one in --data DIR.",
	  EXAMPLES("DATABASE_URL=postgresql://db.internal/binnacle "
	           "OIDC_ISSUERS='https://id.example.com binnacle' binnacle serve",
	           "CLERK_DOMAIN=clerk.example.com binnacle serve --data /var/lib/binnacle/serve") },
	{ "migrate", NULL, 0, command_migrate,
	  "Migrate the database of DATABASE_URL to this version; run it before each deployment.",
	  EXAMPLES("DATABASE_URL=postgresql://db.internal/binnacle binnacle migrate") },
	{ "check", NULL, ACCEPTS(PORT) | ACCEPTS(DATA), command_check,
	  "Check the settings for `serve`; print each with its origin, and all errors.",
	  EXAMPLES("binnacle check", "binnacle check && binnacle serve") },
	{ "user add", "EMAIL", ACCEPTS(ROLE) | ACCEPTS(FIRST_NAME) | ACCEPTS(LAST_NAME) | DATABASE_OPTIONS,
	  command_user_add,
	  "Add a user, who signs in with a token for this verified email address.",
	  EXAMPLES("binnacle user add chief@harbour.example --role super_admin   # the first user",
	           "binnacle user add rosa@harbour.example --first-name Rosa --last-name Brandt") },
	{ "user list", NULL, DATABASE_OPTIONS, command_user_list,
	  "List all users, archived ones last.",
	  EXAMPLES("binnacle user list", "binnacle user list --json --data /var/lib/binnacle/serve") },
	{ "user role", "USER ROLE", DATABASE_OPTIONS, command_user_role,
	  "Change the role of a user, effective immediately; USER is an email address or ID.",
	  EXAMPLES("binnacle user role rosa@harbour.example supervisor") },
	{ "user archive", "USER", DATABASE_OPTIONS, command_user_archive,
	  "Archive a user, who loses access immediately.",
	  EXAMPLES("binnacle user archive rosa@harbour.example") },
	{ "user unarchive", "USER", DATABASE_OPTIONS, command_user_unarchive,
	  "Restore an archived user.",
	  EXAMPLES("binnacle user unarchive rosa@harbour.example") },
	{ "apikey add", "NAME", ACCEPTS(SCOPES) | ACCEPTS(EXPIRES) | DATABASE_OPTIONS, command_apikey_add,
	  "Create an API key and print it; it cannot be shown again.",
	  EXAMPLES("binnacle apikey add 'Harbour map' --scopes places:read",
	           "binnacle apikey add 'Night report' --scopes places:read,logbook:read "
	           "--expires 2027-01-01T00:00:00Z") },
	{ "apikey list", NULL, DATABASE_OPTIONS, command_apikey_list,
	  "List API keys, newest first; the keys themselves are not stored.",
	  EXAMPLES("binnacle apikey list") },
	{ "apikey revoke", "ID", DATABASE_OPTIONS, command_apikey_revoke,
	  "Revoke an API key permanently, effective immediately.",
	  EXAMPLES("binnacle apikey revoke 019a2b3c-4d5e-7f60-8123-456789abcdef") },
	{ "audit verify", NULL, ACCEPTS(FROM) | DATABASE_OPTIONS, command_audit_verify,
	  "Verify that neither the trail nor the records were changed behind its back.",
	  EXAMPLES("binnacle audit verify", "binnacle audit verify --from seal-41.json") },
	{ "audit seal", NULL, DATABASE_OPTIONS, command_audit_seal,
	  "Seal the trail now, and print the seal. Keep it elsewhere: see audit verify --from.",
	  EXAMPLES("binnacle audit seal > seal.json") },
	{ "audit export", NULL, DATABASE_OPTIONS, command_audit_export,
	  "Print the last seal; the server seals the trail daily.",
	  EXAMPLES("binnacle audit export > seal.json") },
	{ "audit prune", NULL, DATABASE_OPTIONS, command_audit_prune,
	  "Remove old values from the trail, as AUDIT_RETENTION says; the entries stay.",
	  EXAMPLES("AUDIT_RETENTION=message=90,visitor=365 binnacle audit prune") },
	{ "health", NULL, ACCEPTS(PORT) | ACCEPTS(READY), command_health,
	  "Check the health of the server on this machine; for container health checks.",
	  EXAMPLES("binnacle health", "binnacle health --ready --port 8081") },
	{ "openapi", NULL, 0, command_openapi, "Print the OpenAPI 3.1 description of the REST API.",
	  EXAMPLES("binnacle openapi > openapi.json") },
	{ "asyncapi", NULL, 0, command_asyncapi,
	  "Print the AsyncAPI 3.0 description of the event streams.",
	  EXAMPLES("binnacle asyncapi > asyncapi.json") },
	{ "version", NULL, ACCEPTS(JSON), command_version, "Print the version.",
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

static int usage_error(const char *program, struct buf *error, const char *topic)
{
	fprintf(stderr, "%s: %s\nTry `%s %s` for more information.\n", program, buf_cstr(error),
	        program, topic);
	buf_finish(error);
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

static int print_group(const char *group, FILE *to)
{
	struct buf page = { 0 };

	help_group("binnacle", group, &page);
	return print_page(&page, to);
}

static int print_command(const struct command *command)
{
	struct buf page = { 0 };

	help_command("binnacle", command, &page);
	return print_page(&page, stdout);
}

static bool is_help_option(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int help(const char *program, int count, char *const *words)
{
	struct buf error = { 0 };
	const struct command *command;
	int used;

	if (count == 0 || is_help_option(words[0]))
		return print_all(stdout);
	if (count == 1 && is_command_group(words[0]))
		return print_group(words[0], stdout);
	command = command_find(count, words, &used, &error);
	return command ? print_command(command) : usage_error(program, &error, "help");
}

/* Checks the tables before anything is opened. An error in them is a bug in this build. */
static bool tables_are_valid(const char *program)
{
	struct buf errors = { 0 };
	bool ok = rest_check_tables(resources, &errors);

	if (!ok)
		fprintf(stderr, "%s: the resource tables are invalid:\n%s", program,
		        buf_cstr(&errors));
	buf_finish(&errors);
	return ok;
}

static int run(int count, char *const *words, struct args *args)
{
	struct buf error = { 0 };
	int used, status;
	const struct command *command = command_find(count, words, &used, &error);

	if (!command)
		return usage_error(args->program, &error, "help");
	if (!args_read(command, count - used, words + used, args, &error)) {
		struct buf topic = { 0 };

		buf_print(&topic, "help %s", command->name);
		status = usage_error(args->program, &error, buf_cstr(&topic));
		buf_finish(&topic);
		return status;
	}
	if (args->help)
		return print_command(command);
	return tables_are_valid(args->program) ? command->run(args) : EXIT_FAILURE;
}

/* The parent process may have closed them. The next file that we open would then get one of these
 * descriptors, and the log would be written into it. */
static void open_standard_descriptors(void)
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

	open_standard_descriptors();
	/* If the reader of a pipe goes away, the write fails instead of ending the process. */
	signal(SIGPIPE, SIG_IGN);

	if (count == 0)
		return print_all(stderr);
	if (strcmp(words[0], "help") == 0 || is_help_option(words[0]))
		return help(args.program, count - 1, words + 1);
	if (strcmp(words[0], "--version") == 0)
		words[0] = "version";
	if (is_command_group(words[0]) && (count == 1 || is_help_option(words[1])))
		return print_group(words[0], count == 1 ? stderr : stdout);
	return run(count, words, &args);
}
