/* sync.h: blocking connections, for commands. On failure, functions return false or NULL, with a
 * message in `error`. */

#ifndef DB_SYNC_H
#define DB_SYNC_H

#include <libpq-fe.h>
#include <stdbool.h>

struct buf;
struct sql_file;

PGconn *sync_open(const char *url, struct buf *error);
bool sync_run(PGconn *pg, const char *what, const char *text, struct buf *error);
/* Runs all of the text or nothing, inside a transaction that the text must not end. */
bool sync_run_file(PGconn *pg, const struct sql_file *file, struct buf *error);
void sync_explain(PGconn *pg, const PGresult *result, const char *what, const char *text,
                  struct buf *error);

#endif
