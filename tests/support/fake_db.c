/* fake_db.c: records the calls to the database module. */

#include <criterion/criterion.h>
#include <stdlib.h>

#include "arena.h"
#include "fake_db.h"
#include "statement.h"

struct db fake_db;

static const char *const column_names[DB_COLUMNS] = {
	[DB_STATUS] = "status",     [DB_CODE] = "code",
	[DB_DETAIL] = "detail",     [DB_ETAG] = "etag",
	[DB_LOCATION] = "location", [DB_NEXT] = "next",
	[DB_BODY] = "body",         [DB_EVENTS] = "events",
	[DB_TOTAL] = "total",       [DB_INVALIDATES] = "invalidates",
};

void fake_db_open(void)
{
	fake_db = (struct db){ .listening = true };
}

void fake_db_close(void)
{
	cr_assert(fake_db.waiting_count == 0, "%s is still waiting",
	          sql_statements[fake_db.waiting[0]->statement].name);
	buf_finish(&fake_db.notified);
}

/* ---- Statements ---- */

void db_run(struct db *db, struct db_query *query)
{
	cr_assert(!query->waiting, "a statement must not be run while it is waiting");
	cr_assert(db->waiting_count < FAKE_QUERIES);
	query->db = db;
	query->waiting = true;
	db->waiting[db->waiting_count++] = query;
	db->run_count++;
}

static void remove_query(struct db *db, const struct db_query *query)
{
	int i = 0;

	while (db->waiting[i] != query)
		i++;
	db->waiting_count--;
	for (; i < db->waiting_count; i++)
		db->waiting[i] = db->waiting[i + 1];
}

void db_cancel(struct db_query *query)
{
	if (!query->waiting)
		return;
	query->waiting = false;
	remove_query(query->db, query);
	query->db->cancel_count++;
}

struct db_query *fake_db_expect(enum sql statement)
{
	const struct db_query *query = fake_db.waiting[0];

	cr_assert(fake_db.waiting_count > 0, "%s must be waiting", sql_statements[statement].name);
	cr_assert(query->statement == statement, "%s must be waiting, not %s",
	          sql_statements[statement].name, sql_statements[query->statement].name);
	return fake_db.waiting[0];
}

const char *fake_db_param(const struct db_query *query, const char *name)
{
	const struct sql_statement *statement = &sql_statements[query->statement];

	for (int i = 0; i < statement->param_count; i++) {
		if (strcmp(statement->params[i], name) == 0)
			return query->params[i];
	}
	cr_assert_fail("%s has no parameter :%s", statement->name, name);
	return NULL;
}

/* Copies the values, each into memory of its own. */
static struct fake_cell (*copy_cells(const struct db_rows *rows))[FAKE_CELLS]
{
	struct fake_cell(*copy)[FAKE_CELLS] = xcalloc((size_t)rows->count + 1, sizeof(*copy));

	for (int i = 0; i < rows->count; i++) {
		for (int j = 0; j < FAKE_CELLS && rows->cells[i][j].name; j++) {
			const char *value = rows->cells[i][j].value;

			copy[i][j] = (struct fake_cell){ rows->cells[i][j].name,
				                         value ? xstrdup(value) : NULL };
		}
	}
	return copy;
}

static void free_cells(struct fake_cell (*cells)[FAKE_CELLS], int count)
{
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < FAKE_CELLS; j++)
			free((char *)cells[i][j].value);
	}
	free(cells);
}

void fake_db_complete(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct db_rows given = rows ? *rows : (struct db_rows){ 0 };
	struct fake_cell(*cells)[FAKE_CELLS] = copy_cells(&given);

	cr_assert(query->waiting);
	query->waiting = false;
	remove_query(query->db, query);
	given.cells = (const struct fake_cell(*)[FAKE_CELLS])cells;
	query->done(query, status, &given);
	free_cells(cells, given.count);
}

/* ---- Rows ---- */

int db_rows_count(const struct db_rows *rows)
{
	return rows->count;
}

static const struct fake_cell *find_cell(const struct db_rows *rows, int row, const char *name)
{
	for (int i = 0; row < rows->count && i < FAKE_CELLS && rows->cells[row][i].name; i++) {
		if (strcmp(rows->cells[row][i].name, name) == 0)
			return &rows->cells[row][i];
	}
	return NULL;
}

struct str db_rows_column(const struct db_rows *rows, enum db_column column)
{
	const struct fake_cell *cell = find_cell(rows, 0, column_names[column]);

	return str_of(cell ? cell->value : NULL);
}

struct str db_rows_value(const struct db_rows *rows, int row, const char *name)
{
	const struct fake_cell *cell = find_cell(rows, row, name);

	cr_assert(cell || row >= rows->count, "the rows have no column `%s`", name);
	return str_of(cell ? cell->value : NULL);
}

const char *db_rows_sqlstate(const struct db_rows *rows)
{
	return rows->sqlstate ?: "";
}

const char *db_rows_constraint(const struct db_rows *rows)
{
	return rows->constraint ?: "";
}

const char *db_rows_message(const struct db_rows *rows)
{
	return rows->message ?: "";
}

const char *db_rows_detail(const struct db_rows *rows)
{
	return rows->detail ?: "";
}

/* ---- Notifications ---- */

void db_listen(struct db *db, struct db_listener *listener)
{
	cr_assert(db->listener_count < FAKE_LISTENERS);
	db->listeners[db->listener_count++] = listener;
}

bool db_listening(const struct db *db)
{
	return db->listening;
}

void db_notify(struct db *db, const char *channel, struct str text)
{
	cr_assert(text.length <= 7999, "a payload has at most 7999 bytes");
	buf_print(&db->notified, "%s %.*s\n", channel, STR_ARGS(text));
}

void fake_db_receive(const char *channel, const char *payload)
{
	for (int i = 0; i < fake_db.listener_count; i++) {
		if (strcmp(fake_db.listeners[i]->channel, channel) == 0)
			fake_db.listeners[i]->on_notify(fake_db.listeners[i], payload);
	}
}

void fake_db_lose(void)
{
	fake_db.listening = false;
	for (int i = 0; i < fake_db.listener_count; i++)
		fake_db.listeners[i]->on_lost(fake_db.listeners[i]);
}
