/* postgres.c: a temporary PostgreSQL.
 *
 * Normal sequence:
 *
 * - the first test creates a template with initdb; each test copies it;
 * - `postgres` is started as a child, as the user "postgres" if the test runs as root;
 * - postgres_free() stops it and removes the directory.
 *
 * Failures:
 *
 * - the test crashes: PR_SET_PDEATHSIG stops the server, and a reaper removes what is left;
 * - the server is killed: its System V shared memory segment is removed explicitly. */

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaper.h"
#include "postgres.h"
#include "sandbox.h"

enum { MAX_PAUSED = 16 };

struct postgres {
	char directory[32]; /* short: the path of a socket is limited to 107 bytes */
	char programs[PATH_MAX];
	char url[256];
	char answer[4096];
	uid_t user;
	gid_t group;
	pid_t server; /* 0: not running */
	int reaper;   /* closing this pipe starts the reaper's cleanup */
	int paused[MAX_PAUSED];
	int paused_count;
};

static void fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

static void path_of(char out[PATH_MAX], const char *directory, const char *name)
{
	if (snprintf(out, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
		fatal("the path of %s is too long", directory);
}

/* ---- Processes ---- */

/* Called in a new child. Closes all descriptors of the test, because its runner waits until its
 * pipes are closed. */
static void prepare_child(const struct postgres *postgres, const char *log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);

	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	close_range(3, ~0u, 0);
	if (postgres->user != geteuid()
	    && (setgroups(0, NULL) || setgid(postgres->group) || setuid(postgres->user)))
		_exit(126);
}

static void run(const struct postgres *postgres, bool as_postgres, const char *const argv[])
{
	pid_t child = fork();
	int status;

	if (child < 0)
		fatal("fork failed");
	if (child == 0) {
		if (as_postgres)
			prepare_child(postgres, "/dev/null");
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fatal("%s failed", argv[0]);
}

static void remove_tree(const struct postgres *postgres, const char *path)
{
	run(postgres, false, (const char *[]){ "rm", "-rf", path, NULL });
}

/* Lines of postmaster.pid: the first is the process ID, the seventh the shared memory segment. */
static bool pid_file_line(const struct postgres *postgres, int number, char out[128])
{
	char path[PATH_MAX];
	FILE *file;
	bool found = true;

	path_of(path, postgres->directory, "data/postmaster.pid");
	file = fopen(path, "r");
	if (!file)
		return false;
	while (number-- && found)
		found = fgets(out, 128, file);
	fclose(file);
	return found;
}

static void remove_segment(const struct postgres *postgres)
{
	char line[128];
	unsigned long key;
	int id;

	if (pid_file_line(postgres, 7, line) && sscanf(line, "%lu %d", &key, &id) == 2)
		shmctl(id, IPC_RMID, NULL);
}

/* ---- Cleanup after a test that crashed ---- */

static void clean_up(const void *arg)
{
	const struct postgres *postgres = arg;
	char line[128];

	for (int i = 0; i < 100 && pid_file_line(postgres, 1, line); i++) {
		pid_t server = atoi(line);

		if (server <= 1 || kill(server, 0) != 0)
			break;
		kill(server, i == 0 ? SIGQUIT : i == 70 ? SIGKILL : 0);
		usleep(100 * 1000);
	}
	remove_segment(postgres);
	remove_tree(postgres, postgres->directory);
}

/* ---- The template ---- */

static void find_programs(struct postgres *postgres)
{
	glob_t found;

	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
		fatal("no PostgreSQL in /usr/lib/postgresql");
	snprintf(postgres->programs, PATH_MAX, "%s", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
}

static void find_user(struct postgres *postgres)
{
	struct passwd *user = getpwnam("postgres");

	postgres->user = geteuid();
	postgres->group = getegid();
	if (postgres->user != 0)
		return;
	if (!user)
		fatal("PostgreSQL does not run as root; create the user \"postgres\"");
	postgres->user = user->pw_uid;
	postgres->group = user->pw_gid;
}

static void copy(const struct postgres *postgres, const char *from, const char *to)
{
	run(postgres, false, (const char *[]){ "cp", "-a", from, to, NULL });
}

static void create_template(const struct postgres *postgres)
{
	char initdb[PATH_MAX], data[PATH_MAX];

	path_of(initdb, postgres->programs, "initdb");
	path_of(data, postgres->directory, "template");
	run(postgres, true,
	    (const char *[]){ initdb, "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8",
	                      "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1", NULL });
	copy(postgres, data, POSTGRES_TEMPLATE ".new");
	if (rename(POSTGRES_TEMPLATE ".new", POSTGRES_TEMPLATE) != 0)
		fatal("cannot create %s", POSTGRES_TEMPLATE);
	remove_tree(postgres, data);
}

static void create_data(const struct postgres *postgres)
{
	int lock = open(POSTGRES_TEMPLATE ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	char data[PATH_MAX];

	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		fatal("cannot lock %s.lock", POSTGRES_TEMPLATE);
	if (access(POSTGRES_TEMPLATE, F_OK) != 0) {
		remove_tree(postgres, POSTGRES_TEMPLATE ".new");
		create_template(postgres);
	}
	close(lock);
	path_of(data, postgres->directory, "data");
	copy(postgres, POSTGRES_TEMPLATE, data);
}

/* ---- The server ---- */

static void serve(const struct postgres *postgres)
{
	char program[PATH_MAX], data[PATH_MAX], log[PATH_MAX], sockets[PATH_MAX];

	path_of(program, postgres->programs, "postgres");
	path_of(data, postgres->directory, "data");
	path_of(log, postgres->directory, "log");
	snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", postgres->directory);
	prepare_child(postgres, log);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGINT);
	execl(program, program, "-D", data, "-c", sockets, "-c", "listen_addresses=", "-c",
	      "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB", "-c",
	      "max_connections=60", "-c", "autovacuum=off", "-c", "log_min_messages=warning", NULL);
	_exit(127);
}

void postgres_start(struct postgres *postgres)
{
	const char *url = postgres_url(postgres, "postgres");

	postgres->server = fork();
	if (postgres->server < 0)
		fatal("fork failed");
	if (postgres->server == 0)
		serve(postgres);
	for (int i = 0; i < 2000; i++) {
		if (PQping(url) == PQPING_OK)
			return;
		if (waitpid(postgres->server, NULL, WNOHANG) != 0)
			break;
		usleep(5000);
	}
	fatal("PostgreSQL did not start in %s", postgres->directory);
}

static void end(struct postgres *postgres, int signal)
{
	postgres_resume(postgres);
	if (!postgres->server)
		return;
	kill(postgres->server, signal);
	waitpid(postgres->server, NULL, 0);
	postgres->server = 0;
}

void postgres_stop(struct postgres *postgres)
{
	end(postgres, SIGINT);
}

/* Sends SIGKILL to the children that are running; returns whether there were any. */
static bool kill_children(pid_t server)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char path[300], text[256], state;
	bool found = false;

	while (processes && (entry = readdir(processes))) {
		FILE *file;
		int pid, parent;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		if (atoi(entry->d_name) <= 0 || !(file = fopen(path, "r")))
			continue;
		if (fgets(text, sizeof(text), file)
		    && sscanf(text, "%d (%*[^)]) %c %d", &pid, &state, &parent) == 3
		    && parent == server && state != 'Z') {
			kill(pid, SIGKILL);
			found = true;
		}
		fclose(file);
	}
	closedir(processes);
	return found;
}

/* The server is stopped first, so that it neither notices its children die nor starts others. They
 * are all dead when it is killed: a new server refuses to start while one has shared memory. */
void postgres_kill(struct postgres *postgres)
{
	kill(postgres->server, SIGSTOP);
	waitpid(postgres->server, NULL, WUNTRACED);
	while (kill_children(postgres->server))
		usleep(1000);
	end(postgres, SIGKILL);
}

void postgres_pause(struct postgres *postgres, int backend)
{
	if (backend <= 1 || postgres->paused_count == MAX_PAUSED || kill(backend, SIGSTOP) != 0)
		fatal("cannot pause backend %d", backend);
	postgres->paused[postgres->paused_count++] = backend;
}

void postgres_resume(struct postgres *postgres)
{
	while (postgres->paused_count)
		kill(postgres->paused[--postgres->paused_count], SIGCONT);
}

struct postgres *postgres_new(void)
{
	struct postgres *postgres = calloc(1, sizeof(*postgres));

	if (!postgres)
		fatal("no memory");
	find_programs(postgres);
	find_user(postgres);
	snprintf(postgres->directory, sizeof(postgres->directory), "%s/bpg-XXXXXX",
	         sandbox_parent_dir());
	if (!mkdtemp(postgres->directory)
	    || chown(postgres->directory, postgres->user, postgres->group) != 0)
		fatal("cannot create a directory for PostgreSQL");
	postgres->reaper = reaper_start(clean_up, postgres);
	create_data(postgres);
	postgres_start(postgres);
	return postgres;
}

void postgres_free(struct postgres *postgres)
{
	if (!postgres)
		return;
	end(postgres, SIGQUIT);
	remove_segment(postgres);
	remove_tree(postgres, postgres->directory);
	close(postgres->reaper);
	free(postgres);
}

const char *postgres_url(struct postgres *postgres, const char *database)
{
	snprintf(postgres->url, sizeof(postgres->url), "postgresql://postgres@/%s?host=%s",
	         database, postgres->directory);
	return postgres->url;
}

const char *postgres_query(struct postgres *postgres, const char *database, const char *sql)
{
	PGconn *pg = PQconnectdb(postgres_url(postgres, database));
	PGresult *result = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(result);
	bool has_value = status == PGRES_TUPLES_OK && PQntuples(result) && PQnfields(result)
	                 && !PQgetisnull(result, 0, 0);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		fatal("%s: %s", sql, PQerrorMessage(pg));
	snprintf(postgres->answer, sizeof(postgres->answer), "%s",
	         has_value ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(pg);
	return has_value ? postgres->answer : NULL;
}

void postgres_create(struct postgres *postgres, const char *database)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "create database \"%s\"", database);
	postgres_query(postgres, "postgres", sql);
}
