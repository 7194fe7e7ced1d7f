/* migrate.c: migrates a database to this version; for commands, before the loop runs.
 *
 * Normal sequence of db_migrate():
 *
 * - an advisory lock is taken, so that concurrent runs wait for each other;
 * - each pending migration runs in a transaction, which also records its checksum;
 * - if a migration was applied, the text of any function has changed, or the serving role has no access
 *   yet, all functions are replaced, in order and in one transaction. They include the grants
 *   (sql/functions/grants.sql) and the trail, which records new columns (sql/functions/audit.sql).
 *
 * Failures:
 *
 * - the text of an applied migration has changed, or a migration before an applied one is missing:
 *   nothing is done;
 * - a migration fails: it is rolled back, those before it stay, and the message names it and the
 *   line;
 * - the database is newer than this program: its migrations are complete, and its functions are
 *   not replaced. */

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "statement.h"
#include "sync.h"

#define UNDEFINED_TABLE "42P01"
#define LOCK            "7165216402735911237" /* arbitrary, but must never change */

static const char tables[] = "create schema if not exists binnacle;"
			     "create table if not exists binnacle.schema_migrations ("
			     " version integer primary key,"
			     " name text not null,"
			     " checksum text not null,"
			     " applied_at timestamptz(3) not null default now());"
			     "create table if not exists binnacle.schema_functions ("
			     " name text primary key,"
			     " checksum text not null,"
			     " applied_at timestamptz(3) not null default now())";

static bool record(PGconn *pg, const char *text, const char *const *values, int count,
                   struct buf *error)
{
	PGresult *result = PQexecParams(pg, text, count, NULL, values, NULL, NULL, 0);
	bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;

	if (!ok)
		sync_explain(pg, result, "recording it", "", error);
	PQclear(result);
	return ok;
}

static bool rollback(PGconn *pg)
{
	PQclear(PQexec(pg, "rollback"));
	return false;
}

/* ---- Applied versions ---- */

struct applied {
	PGresult *migrations; /* version, name, checksum; by version */
	PGresult *functions;  /* name, checksum; by name */
	bool granted;         /* the serving role has its grants */
};

static void applied_finish(struct applied *applied)
{
	PQclear(applied->migrations);
	PQclear(applied->functions);
}

/* Roles are not part of a database's dump: restored elsewhere, it may be without. */
static bool is_granted(PGconn *pg)
{
	static const char text[] = "select has_schema_privilege(to_regrole('" DB_SERVING_ROLE
				   "')::oid, to_regnamespace('api')::oid, 'usage')";
	PGresult *result = PQexec(pg, text);
	bool granted = PQresultStatus(result) == PGRES_TUPLES_OK
	               && strcmp(PQgetvalue(result, 0, 0), "t") == 0;

	PQclear(result);
	return granted;
}

static bool applied_read(PGconn *pg, struct applied *applied, struct buf *error)
{
	static const char migrations[] = "select version, name, checksum from "
					 "binnacle.schema_migrations order by version";
	static const char functions[] = "select name, checksum from binnacle.schema_functions";
	const char *sqlstate;

	*applied = (struct applied){ 0 };
	applied->migrations = PQexec(pg, migrations);
	applied->functions = PQexec(pg, functions);
	if (PQresultStatus(applied->migrations) == PGRES_TUPLES_OK
	    && PQresultStatus(applied->functions) == PGRES_TUPLES_OK) {
		applied->granted = is_granted(pg);
		return true;
	}
	sqlstate = PQresultErrorField(applied->migrations, PG_DIAG_SQLSTATE);
	if (sqlstate && strcmp(sqlstate, UNDEFINED_TABLE) == 0)
		buf_text(error, "no migration has been applied");
	else
		sync_explain(pg, applied->migrations, "reading the applied migrations", migrations,
		             error);
	applied_finish(applied);
	return false;
}

static int version_of(const struct sql_file *migration)
{
	return atoi(migration->name);
}

static int last_version(void)
{
	int last = 0;

	for (const struct sql_file *file = sql_migrations; file->name; file++)
		last = version_of(file);
	return last;
}

static int newest(const struct applied *applied)
{
	int count = PQntuples(applied->migrations);

	return count ? atoi(PQgetvalue(applied->migrations, count - 1, 0)) : 0;
}

/* Its checksum in the database; NULL if it has not been applied. */
static const char *checksum_of(const PGresult *rows, int key, const char *value)
{
	for (int i = 0; i < PQntuples(rows); i++)
		if (strcmp(PQgetvalue(rows, i, key), value) == 0)
			return PQgetvalue(rows, i, PQnfields(rows) - 1);
	return NULL;
}

static bool is_applied(const struct applied *applied, const struct sql_file *migration)
{
	char version[16];

	snprintf(version, sizeof(version), "%d", version_of(migration));
	return checksum_of(applied->migrations, 0, version) != NULL;
}

/* Whether the applied migrations are the first of ours, unchanged and without gaps. */
static bool check_applied(const struct applied *applied, struct buf *error)
{
	for (const struct sql_file *file = sql_migrations; file->name; file++) {
		char version[16];
		const char *checksum;

		snprintf(version, sizeof(version), "%d", version_of(file));
		checksum = checksum_of(applied->migrations, 0, version);
		if (checksum && strcmp(checksum, file->checksum) != 0) {
			buf_print(error,
			          "the database was made by an incompatible version: %s was "
			          "applied with another text",
			          file->name);
			return false;
		}
		if (!checksum && version_of(file) < newest(applied)) {
			buf_print(error,
			          "the database was made by an incompatible version: %s has not "
			          "been applied, but a later migration has",
			          file->name);
			return false;
		}
	}
	return true;
}

static bool functions_are_current(const struct applied *applied)
{
	int count = 0;

	for (const struct sql_file *file = sql_functions; file->name; file++, count++) {
		const char *checksum = checksum_of(applied->functions, 0, file->name);

		if (!checksum || strcmp(checksum, file->checksum) != 0)
			return false;
	}
	return count == PQntuples(applied->functions);
}

/* ---- Migrating ---- */

static bool apply(PGconn *pg, const struct sql_file *file, struct buf *error)
{
	char version[16];

	snprintf(version, sizeof(version), "%d", version_of(file));
	/* The trail's triggers run at once: a table with triggers still to run cannot be altered. */
	if (sync_run(pg, file->name, "begin; set constraints all immediate", error)
	    && sync_run_file(pg, file, error)
	    && record(pg,
	              "insert into binnacle.schema_migrations (version, name, checksum)"
	              " values ($1, $2, $3)",
	              (const char *[]){ version, file->name, file->checksum }, 3, error)
	    && sync_run(pg, file->name, "commit", error))
		return true;
	return rollback(pg);
}

static bool replay_functions(PGconn *pg, struct buf *error)
{
	if (!sync_run(pg, "functions", "begin; delete from binnacle.schema_functions", error))
		return rollback(pg);
	for (const struct sql_file *file = sql_functions; file->name; file++)
		if (!sync_run_file(pg, file, error)
		    || !record(pg,
		               "insert into binnacle.schema_functions (name, checksum)"
		               " values ($1, $2)",
		               (const char *[]){ file->name, file->checksum }, 2, error))
			return rollback(pg);
	return sync_run(pg, "functions", "commit", error) || rollback(pg);
}

static void report_applied(void (*report)(const char *line), const struct sql_file *file)
{
	char *line = xprint("applied %s", file->name);

	report(line);
	free(line);
}

static bool migrate(PGconn *pg, void (*report)(const char *line), struct buf *error)
{
	struct applied applied;
	bool ok, changed = false;

	if (!sync_run(pg, "waiting for another migration", "select pg_advisory_lock(" LOCK ")",
	              error)
	    || !sync_run(pg, "creating the schema binnacle", tables, error)
	    || !applied_read(pg, &applied, error))
		return false;

	ok = check_applied(&applied, error);
	for (const struct sql_file *file = sql_migrations; ok && file->name; file++) {
		if (is_applied(&applied, file))
			continue;
		ok = changed = apply(pg, file, error);
		if (ok)
			report_applied(report, file);
	}
	if (ok && newest(&applied) > last_version()) {
		report("the database is newer than this program: its functions are not replaced");
	} else if (ok && (changed || !functions_are_current(&applied) || !applied.granted)) {
		ok = replay_functions(pg, error);
		if (ok)
			report("replaced the functions");
	}
	applied_finish(&applied);
	return ok;
}

bool db_migrate(const char *url, void (*report)(const char *line), struct buf *error)
{
	PGconn *pg = sync_open(url, error);
	bool ok = pg && migrate(pg, report, error);

	PQfinish(pg); /* releases the lock */
	return ok;
}

enum db_version_status db_check_version(const char *url, struct buf *error)
{
	PGconn *pg = sync_open(url, error);
	struct applied applied;
	bool ok;

	if (!pg)
		return DB_UNREACHABLE;
	ok = applied_read(pg, &applied, error);
	PQfinish(pg);
	if (!ok)
		return DB_VERSION_DIFFERENT;

	if (!check_applied(&applied, error)) {
		applied_finish(&applied);
		return DB_VERSION_INCOMPATIBLE;
	}
	for (const struct sql_file *file = sql_migrations; ok && file->name; file++)
		if (!is_applied(&applied, file)) {
			buf_print(error, "%s has not been applied", file->name);
			ok = false;
		}
	if (ok && newest(&applied) <= last_version() && !functions_are_current(&applied)) {
		buf_text(error, "the functions are from another version");
		ok = false;
	}
	if (ok && !applied.granted) {
		buf_text(error, "the role " DB_SERVING_ROLE " has no access to it");
		ok = false;
	}
	applied_finish(&applied);
	return ok ? DB_VERSION_CURRENT : DB_VERSION_DIFFERENT;
}
