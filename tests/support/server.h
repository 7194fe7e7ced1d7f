/* server.h: a running server (`binnacle dev` or `serve`) that a test can stop, kill and query.
 *
 * It listens on a free port of loopback and keeps its data in a temporary directory. Both processes
 * and directory are removed when the test ends, also if it crashes. If something cannot be set up,
 * the test ends with a message. */

#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "sandbox.h"

struct server;

/* Settings are "NAME=value", ended by NULL; NULL for none. `dev` is ready when server_dev()
 * returns. `serve` has only been started: server_serve() on the database in the settings,
 * server_serve_private() on its own private copy of the demo database. */
struct server *server_dev(const char *const *settings);
struct server *server_serve(const char *const *settings);
struct server *server_serve_private(const char *const *settings);
/* A second process, `serve`, on the database of this `dev`, which accepts its tokens; it is
 * ready when this returns. `setting` is one more setting, or NULL. */
struct server *server_second(const struct server *dev, const char *setting);
void server_free(struct server *server); /* stops it first */

/* A server that another process started, by its port and directory. */
struct server *server_attach(int port, const char *directory);

int server_port(const struct server *server);
const char *server_directory(const struct server *server);
const char *server_data(const struct server *server);   /* --data */
const char *server_url(const struct server *server);    /* of its private PostgreSQL */
const char *server_issuer(const struct server *server); /* of `dev` */

void server_start(struct server *server);     /* again, with the same data */
void server_terminate(struct server *server); /* sends SIGTERM without waiting */
int server_wait(struct server *server);       /* its exit status, or 128 plus the signal */
int server_stop(struct server *server);       /* terminates and waits */
/* Stops and frees it. Ends the test if its exit status is not 0 or its log contains an error. */
void server_stop_cleanly(struct server *server);
void server_kill(struct server *server); /* SIGKILL; waits until its PostgreSQL has ended, too */

pid_t server_pid(const struct server *server);
bool server_is_running(struct server *server);
bool server_wait_ready(struct server *server, int ms);
bool server_log_contains(const struct server *server, const char *text);
int server_log_count(const struct server *server, const char *text); /* lines that contain it */
void server_show_log(const struct server *server); /* prints the end of it to standard error */

/* The process ID of the private PostgreSQL; 0: not running. */
pid_t server_postmaster(const struct server *server);

bool server_database_answers(const struct server *server);

/* Runs statements on the private PostgreSQL; returns the first value, or NULL. Valid until the next
 * call. */
const char *server_query(const struct server *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
