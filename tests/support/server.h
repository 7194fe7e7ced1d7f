/* server.h: the program, serving; with its private PostgreSQL, which can be mistreated.
 *
 * It listens on a port of loopback that was free, and its data live in a short
 * temporary directory. When the test ends, however it ends, all of it goes. What
 * cannot be had ends the test with a line. */

#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "sandbox.h"

struct server;

/* Settings are "NAME=value", ending with NULL; NULL for none. `dev` is ready when
 * it comes back; `serve` has only been started, on a database that the settings
 * name, or on one like dev's of its own. */
struct server *server_dev(const char *const *settings);
struct server *server_serve(const char *const *settings);
struct server *server_serve_alone(const char *const *settings);
/* Another process on the database of this dev, which believes its issuer; it is ready, too. `more`
 * is one setting further, or NULL. */
struct server *server_second(const struct server *dev, const char *more);
void server_free(struct server *server); /* stops it first */

/* One that another process started, by its port and directory. */
struct server *server_attach(int port, const char *directory);

int server_port(const struct server *server);
const char *server_directory(const struct server *server);
const char *server_data(const struct server *server); /* --data */
const char *server_url(const struct server *server); /* of its private PostgreSQL */
const char *server_issuer(const struct server *server); /* dev's */

void server_start(struct server *server); /* again, on what is there */
void server_terminate(struct server *server); /* SIGTERM, and no waiting */
int server_wait(struct server *server); /* its exit status, or 128 and the signal */
int server_stop(struct server *server); /* both */
/* Stops it, and frees it; one that does not end well, or has logged an error, ends the test. */
void server_stop_cleanly(struct server *server);
void server_kill(struct server *server); /* SIGKILL, and its PostgreSQL is gone as well */

pid_t server_pid(const struct server *server);
bool server_is_running(struct server *server);
bool server_wait_ready(struct server *server, int ms);
bool server_log_contains(const struct server *server, const char *text);
int server_log_count(const struct server *server, const char *text); /* lines that hold it */
void server_show_log(const struct server *server); /* its end, to standard error */

/* The private PostgreSQL's postmaster; 0: it does not run. */
pid_t server_postmaster(const struct server *server);

bool server_database_answers(const struct server *server); /* that PostgreSQL */

/* Asks that PostgreSQL itself: the first value that the statements give, or NULL;
 * lent until the next call. */
const char *server_query(const struct server *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
