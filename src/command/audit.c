/* audit.c: `binnacle audit`: verifies, seals and prunes the trail. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "cli_db.h"
#include "config.h"
#include "json.h"
#include "schema.h"
#include "settings.h"

/* ---- Verifying ---- */

enum { MAX_FAULTS = 20, MAX_SEAL = 1 << 20, CHAINS = 256 };

/* Chain 17, entry 4 (log 0190…): its values were changed */
static void print_fault(const struct db_rows *rows, int row)
{
	struct str chain = db_rows_value(rows, row, "chain"),
		   id = db_rows_value(rows, row, "object_id"),
		   kind = db_rows_value(rows, row, "kind"),
		   fault = db_rows_value(rows, row, "fault");

	if (chain.length)
		printf("chain %.*s, entry %.*s", STR_ARGS(chain),
		       STR_ARGS(db_rows_value(rows, row, "seq")));
	if (id.length)
		printf("%s%.*s %.*s%s", chain.length ? " (" : "", STR_ARGS(kind), STR_ARGS(id),
		       chain.length ? ")" : "");
	printf("%s%.*s\n", chain.length || id.length ? ": " : "", STR_ARGS(fault));
}

/* False: there are faults, which are printed, or the statement failed. */
static bool has_no_faults(const struct cli_db *db, enum sql statement, struct cli_db_param param)
{
	struct db_rows *rows = cli_db_query(db, statement, &param, 1);
	int count = rows ? db_rows_count(rows) : 0;
	bool ok = rows && count == 0;

	for (int i = 0; i < count && i < MAX_FAULTS; i++)
		print_fault(rows, i);
	if (count > MAX_FAULTS)
		printf("… and %d more\n", count - MAX_FAULTS);
	db_rows_free(rows);
	return ok;
}

/* Whoever can change the trail can also change the functions in the database, which verify it. */
static bool functions_are_ours(const struct cli_db *db)
{
	struct buf source = { 0 };
	bool ok;

	for (const struct sql_file *file = sql_functions; file->name; file++)
		buf_text(&source, file->text);
	ok = has_no_faults(db, SQL_AUDIT_VERIFY_FUNCTIONS,
	                   (struct cli_db_param){ "source", buf_cstr(&source) });
	buf_finish(&source);
	return ok;
}

/* What is named first makes what follows worth less: functions, then chains, then objects. */
static bool verify(const struct cli_db *db, const char *seal)
{
	static const enum sql statements[] = { SQL_AUDIT_VERIFY_TABLES,   SQL_AUDIT_VERIFY_CHAINS,
		                               SQL_AUDIT_VERIFY_REMOVALS, SQL_AUDIT_VERIFY_SEALS,
		                               SQL_AUDIT_VERIFY_KINDS,    SQL_AUDIT_VERIFY_OBJECTS,
		                               SQL_AUDIT_VERIFY_HISTORIES };
	bool ok = functions_are_ours(db);

	if (seal)
		ok = has_no_faults(db, SQL_AUDIT_VERIFY_SEAL, (struct cli_db_param){ "seal", seal })
		     && ok;
	for (size_t i = 0; i < COUNT_OF(statements); i++)
		ok = has_no_faults(db, statements[i], (struct cli_db_param){ 0 }) && ok;
	return ok;
}

/* [chain, entry, hash] */
static bool is_head(const struct json *head)
{
	return json_kind(head) == JSON_ARRAY && json_count(head) == 3
	       && json_kind(json_at(head, 0)) == JSON_INTEGER && json_integer(json_at(head, 0)) >= 0
	       && json_integer(json_at(head, 0)) < CHAINS
	       && json_kind(json_at(head, 1)) == JSON_INTEGER
	       && json_kind(json_at(head, 2)) == JSON_STRING;
}

static bool is_seal(const struct json *seal)
{
	const struct json *heads = json_member(seal, "heads"),
			  *number = json_member(seal, "number");
	bool ok = heads && json_kind(heads) == JSON_ARRAY && number
	          && json_kind(number) == JSON_INTEGER && json_member_string(seal, "hash").length;

	for (size_t i = 0; ok && i < json_count(heads); i++)
		ok = is_head(json_at(heads, i));
	return ok;
}

/* The text of a seal, from a file; NULL with a message if it is none. */
static char *read_seal(const struct args *args, const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = xcalloc(1, MAX_SEAL + 1);
	size_t length = file ? fread(text, 1, MAX_SEAL, file) : 0;
	struct json *seal = json_parse((struct str){ text, length }, NULL, NULL);
	bool ok = seal && json_kind(seal) == JSON_OBJECT && is_seal(seal);

	if (!file)
		fprintf(stderr, "%s: cannot read %s\n", args->program, path);
	else if (!ok)
		fprintf(stderr,
		        "%s: %s is not a seal that `audit seal` or `audit export` printed\n",
		        args->program, path);
	if (file)
		fclose(file);
	json_free(seal);
	if (ok)
		return text;
	free(text);
	return NULL;
}

int command_audit_verify(const struct args *args)
{
	const char *path = args->options[OPTION_FROM];
	char *seal = path ? read_seal(args, path) : NULL;
	struct cli_db db;
	int status;

	if (path && !seal)
		return EXIT_USAGE;
	if (cli_db_open(&db, args, &status)) {
		struct db_rows *rows;

		status = verify(&db, seal) ? EXIT_SUCCESS : EXIT_FAILURE;
		rows = CLI_DB_QUERY(&db, SQL_AUDIT_COUNT, { NULL });
		if (rows && status == EXIT_SUCCESS)
			printf("verified %.*s entries\n",
			       STR_ARGS(db_rows_value(rows, 0, "entries")));
		db_rows_free(rows);
	}
	cli_db_close(&db);
	free(seal);
	return status;
}

/* ---- Seals ---- */

static int print_seal(const struct args *args, enum sql statement)
{
	struct cli_db db;
	int status;

	if (cli_db_open(&db, args, &status)) {
		struct db_rows *rows = CLI_DB_QUERY(&db, statement, { NULL });
		struct str seal = rows ? db_rows_column(rows, DB_BODY) : (struct str){ 0 };

		status = seal.length ? EXIT_SUCCESS : EXIT_FAILURE;
		if (seal.length)
			printf("%.*s\n", STR_ARGS(seal));
		else if (rows)
			fprintf(stderr, "%s: there is no seal yet. Run `%s audit seal`.\n",
			        args->program, args->program);
		db_rows_free(rows);
	}
	cli_db_close(&db);
	return status;
}

int command_audit_seal(const struct args *args)
{
	return print_seal(args, SQL_AUDIT_SEAL);
}

int command_audit_export(const struct args *args)
{
	return print_seal(args, SQL_AUDIT_LAST_SEAL);
}

/* ---- Pruning ---- */

/* In batches, each a transaction of its own. */
static bool prune(const struct cli_db *db, const struct audit_retention *retention)
{
	long long total = 0, removed;

	do {
		struct db_rows *rows =
			CLI_DB_QUERY(db, SQL_AUDIT_PRUNE, { "kind", retention->kind },
		                     { "days", retention->days });

		if (!rows)
			return false;
		removed = atoll(db_rows_value(rows, 0, "removed").at);
		total += removed;
		db_rows_free(rows);
	} while (removed > 0);
	printf("%s: removed the values of %lld entries\n", retention->kind, total);
	return true;
}

static int prune_all(const struct args *args, const struct config *config)
{
	struct str rest = str_of(config->audit_retention), part;
	struct audit_retention retention;
	struct cli_db db;
	int status;

	if (cli_db_open(&db, args, &status)) {
		status = EXIT_SUCCESS;
		while (status == EXIT_SUCCESS && audit_retention_next(&rest, &retention, &part))
			status = prune(&db, &retention) ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	cli_db_close(&db);
	return status;
}

int command_audit_prune(const struct args *args)
{
	struct buf errors = { 0 };
	struct config config;
	int status;

	if (settings_read(&config, args, NULL, 0, &errors) && audit_check_config(&config, &errors)
	    && !config.audit_retention)
		buf_text(&errors, "AUDIT_RETENTION must say what to prune, such as visitor=365.\n");
	status = errors.length ? settings_print_errors(args, &errors) : prune_all(args, &config);
	config_finish(&config);
	return status;
}
