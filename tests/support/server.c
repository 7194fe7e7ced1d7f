/* server.c: starts the server, waits until it is ready, and stops it.
 *
 * Normal sequence:
 *
 * - the first `dev` of this build creates its database and demo data, which become a template;
 *   others start with a copy of it, which is ten times as fast;
 * - the server is started as a child, with its output in a file;
 * - /ready is polled until it returns 200;
 * - server_free() sends SIGTERM, waits, and removes the directory.
 *
 * Failures:
 *
 * - the server is not ready in time, or has ended: the end of its output is printed;
 * - the test crashes: PR_SET_PDEATHSIG kills the server, which ends its PostgreSQL; the reaper
 *   (sandbox.c) removes what is left. */

#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "sandbox.h"
#include "program.h"
#include "server.h"

enum { READY_TIMEOUT_MS = 60 * 1000, STOP_TIMEOUT_MS = 30 * 1000, MAX_SETTINGS = 16 };

struct server {
	const char *command;
	char directory[SANDBOX_PATH], data[40], log[40], url[128], issuer[64], port_text[8];
	char *settings[MAX_SETTINGS]; /* owned */
	int port;
	bool passes_data; /* passes --data to `serve` */
	pid_t pid;        /* 0: not running */
	int reaper; /* closing this pipe starts the reaper's cleanup; -1: another process owns it */
};

/* ---- Start and stop ---- */

static void run(const struct server *server)
{
	const char *environment[PROGRAM_ENV];
	const char *argv[] = { program_path(), server->command, "--port", server->port_text,
		               "--data",       server->data,    NULL };
	int log = open(server->log, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (strcmp(server->command, "serve") == 0 && !server->passes_data)
		argv[4] = NULL;
	program_environment((const char *const *)server->settings, environment);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	close_range(3, ~0u, 0);
	execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	_exit(127);
}

void server_start(struct server *server)
{
	pid_t parent = getpid();

	program_path(); /* fails here rather than in the child */
	server->pid = fork();
	if (server->pid < 0)
		fatal("fork failed");
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		run(server);
	}
}

/* Leaves the exit status for server_wait(). */
bool server_is_running(struct server *server)
{
	siginfo_t info = { 0 };

	return server->pid
	       && waitid(P_PID, (id_t)server->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0
	       && info.si_pid == 0;
}

bool server_wait_ready(struct server *server, int ms)
{
	long long until = now_ms() + ms;

	do {
		struct client *client = client_try_connect(server->port);
		bool ready = false;

		if (client) {
			const struct answer *answer = client_try_get(client, "/ready");

			ready = answer && answer->status == 200;
			client_free(client);
		}
		if (ready)
			return true;
		if (server->pid && !server_is_running(server))
			return false;
		sleep_ms(5);
	} while (now_ms() < until);
	return false;
}

void server_terminate(struct server *server)
{
	kill(server->pid, SIGTERM);
}

int server_wait(struct server *server)
{
	long long until = now_ms() + STOP_TIMEOUT_MS;
	int status;
	pid_t ended;

	while ((ended = waitpid(server->pid, &status, WNOHANG)) == 0) {
		if (now_ms() > until) {
			server_show_log(server);
			fatal("the server does not stop");
		}
		sleep_ms(2);
	}
	server->pid = 0;
	if (ended < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int server_stop(struct server *server)
{
	server_terminate(server);
	return server_wait(server);
}

void server_kill(struct server *server)
{
	kill(server->pid, SIGKILL);
	server_wait(server);
	if (!sandbox_wait_until_unused(server->directory, STOP_TIMEOUT_MS))
		fatal("the PostgreSQL of a killed server does not stop");
}

static struct server *allocate(int port, const char *directory)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		fatal("no memory");
	server->port = port;
	server->reaper = -1;
	snprintf(server->port_text, sizeof(server->port_text), "%d", port);
	snprintf(server->directory, sizeof(server->directory), "%s", directory);
	snprintf(server->data, sizeof(server->data), "%s/d", directory);
	snprintf(server->log, sizeof(server->log), "%s/log", directory);
	snprintf(server->url, sizeof(server->url), "postgresql://binnacle@/binnacle?host=%s/pg",
	         server->data);
	snprintf(server->issuer, sizeof(server->issuer), "http://127.0.0.1:%d/dev", port);
	return server;
}

static struct server *create(const char *command, const char *const *settings)
{
	char directory[SANDBOX_PATH];
	struct server *server;

	sandbox_create(directory);
	server = allocate(sandbox_port(), directory);
	server->command = command;
	for (int i = 0; settings && settings[i] && i < MAX_SETTINGS - 1; i++)
		server->settings[i] = strdup(settings[i]);
	server->reaper = sandbox_reap(directory);
	return server;
}

static void start_and_wait(struct server *server)
{
	server_start(server);
	if (!server_wait_ready(server, READY_TIMEOUT_MS)) {
		server_show_log(server);
		fatal("`dev` has ended, or is not ready after %d s", READY_TIMEOUT_MS / 1000);
	}
}

/* A newer program may have another schema, and the shifts in the demo data are relative to the time
 * at which it was created. */
static bool is_template_fresh(void)
{
	enum { MAX_AGE_S = 20 * 60 };
	struct stat template, program;

	return stat(SERVER_TEMPLATE, &template) == 0 && stat(program_path(), &program) == 0
	       && template.st_mtim.tv_sec > program.st_mtim.tv_sec
	       && template.st_mtim.tv_sec > time(NULL) - MAX_AGE_S;
}

static void create_template(void)
{
	struct server *server = create("dev", NULL);

	start_and_wait(server);
	server_stop(server);
	sandbox_remove(SERVER_TEMPLATE);
	sandbox_copy(server->data, SERVER_TEMPLATE ".new");
	if (rename(SERVER_TEMPLATE ".new", SERVER_TEMPLATE) != 0)
		fatal("cannot create %s", SERVER_TEMPLATE);
	utimensat(AT_FDCWD, SERVER_TEMPLATE, NULL, 0);
	server_free(server);
}

/* A server with a copy of the template. */
static struct server *create_from_template(const char *command, const char *const *settings)
{
	int lock = open(SERVER_TEMPLATE ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct server *server;

	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		fatal("cannot lock %s.lock", SERVER_TEMPLATE);
	if (!is_template_fresh())
		create_template();
	server = create(command, settings);
	sandbox_copy(SERVER_TEMPLATE, server->data);
	close(lock);
	return server;
}

struct server *server_dev(const char *const *settings)
{
	struct server *server = create_from_template("dev", settings);

	start_and_wait(server);
	return server;
}

struct server *server_serve_private(const char *const *settings)
{
	struct server *server = create_from_template("serve", settings);

	server->passes_data = true;
	server_start(server);
	return server;
}

struct server *server_serve(const char *const *settings)
{
	struct server *server = create("serve", settings);

	server_start(server);
	return server;
}

struct server *server_second(const struct server *dev, const char *setting)
{
	char url[512], issuer[256];
	struct server *server;

	snprintf(url, sizeof(url), "DATABASE_URL=%s", server_url(dev));
	snprintf(issuer, sizeof(issuer), "OIDC_ISSUERS=%s binnacle-dev", server_issuer(dev));
	server =
		server_serve((const char *const[]){ url, issuer, "HOST=127.0.0.1", setting, NULL });
	if (!server_wait_ready(server, 20000)) {
		server_show_log(server);
		fatal("the second server is not ready");
	}
	return server;
}

struct server *server_attach(int port, const char *directory)
{
	return allocate(port, directory);
}

void server_free(struct server *server)
{
	if (!server)
		return;
	if (server->pid)
		server_stop(server);
	if (server->reaper >= 0) {
		sandbox_remove(server->directory);
		close(server->reaper);
	}
	for (int i = 0; i < MAX_SETTINGS; i++)
		free(server->settings[i]);
	free(server);
}

void server_stop_cleanly(struct server *server)
{
	static const char *const bad[] = { "\"http.response.status_code\":500",
		                           "\"level\":\"ERROR\"" };

	if (server_stop(server) != 0)
		fatal("a server did not exit with 0");
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (server_log_contains(server, bad[i]))
			fatal("a server logged %s", bad[i]);
	}
	server_free(server);
}

/* ---- State ---- */

int server_port(const struct server *server)
{
	return server->port;
}

pid_t server_pid(const struct server *server)
{
	return server->pid;
}

const char *server_directory(const struct server *server)
{
	return server->directory;
}

const char *server_data(const struct server *server)
{
	return server->data;
}

const char *server_url(const struct server *server)
{
	return server->url;
}

const char *server_issuer(const struct server *server)
{
	return server->issuer;
}

int server_log_count(const struct server *server, const char *text)
{
	FILE *file = fopen(server->log, "re");
	char *line = NULL;
	size_t size = 0;
	int count = 0;

	while (file && getline(&line, &size, file) > 0)
		count += strstr(line, text) != NULL;
	free(line);
	if (file)
		fclose(file);
	return count;
}

bool server_log_contains(const struct server *server, const char *text)
{
	return server_log_count(server, text) > 0;
}

void server_show_log(const struct server *server)
{
	enum { MAX_BYTES = 6000 };
	char end[MAX_BYTES];
	FILE *file = fopen(server->log, "re");
	size_t length;

	if (!file)
		return;
	if (fseek(file, -MAX_BYTES, SEEK_END) != 0)
		rewind(file);
	length = fread(end, 1, MAX_BYTES, file);
	fclose(file);
	fprintf(stderr, "--- the end of the server's log\n%.*s\n---\n", (int)length, end);
}

pid_t server_postmaster(const struct server *server)
{
	char path[128];
	FILE *file;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/pg/cluster/postmaster.pid", server->data);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid > 1 && kill(pid, 0) == 0 ? pid : 0;
}

bool server_database_answers(const struct server *server)
{
	return PQping(server->url) == PQPING_OK;
}

const char *server_query(const struct server *server, const char *format, ...)
{
	static char answer[8192];
	char sql[4096];
	va_list args;
	PGconn *pg;
	PGresult *result;
	ExecStatusType status;
	bool has_value;

	va_start(args, format);
	if (vsnprintf(sql, sizeof(sql), format, args) >= (int)sizeof(sql))
		fatal("the statement is too long: %.80s", sql);
	va_end(args);
	pg = PQconnectdb(server->url);
	result = PQexec(pg, sql);
	status = PQresultStatus(result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		fatal("%s: %s", sql, PQerrorMessage(pg));
	has_value = status == PGRES_TUPLES_OK && PQntuples(result) && !PQgetisnull(result, 0, 0);
	if (has_value)
		snprintf(answer, sizeof(answer), "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(pg);
	return has_value ? answer : NULL;
}
