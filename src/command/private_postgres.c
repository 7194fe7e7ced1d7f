/* private_postgres.c: runs postgres as a child process.
 *
 * Normal sequence:
 *
 * - the directory is opened and locked (data_dir.c); on the first start, a cluster is created in it
 *   (cluster.c);
 * - postgres is started as the owner; it only listens on a socket in a directory with mode 0700;
 * - when its pid file contains "ready", the server continues;
 * - at the end it gets SIGINT: it ends its sessions, writes a checkpoint and exits.
 *
 * Failures:
 *
 * - it dies during startup: the last line of its log is the error message;
 * - it dies while we serve: it is restarted after 0.1 s, then 0.2 … 10 s; meanwhile the pool
 *   reports that the database is unavailable;
 * - we are killed: the kernel sends it SIGINT in our place (spawn.c), and it holds the lock that
 *   the next start waits for (data_dir.c);
 * - it does not stop: it gets SIGQUIT after 10 s, which causes a recovery at the next start but no
 *   data loss, and SIGKILL 5 s later. */

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "cluster.h"
#include "log.h"
#include "loop.h"
#include "private_postgres.h"

enum {
	STEP_MS = 5,
	START_MS = 120 * 1000, /* includes recovery after a crash */
	STOP_MS = 10 * 1000,
	QUIT_MS = 5 * 1000,
	BACKOFF_MIN_MS = 100,
	BACKOFF_MAX_MS = 10 * 1000,
	ATTACH_TRIES = 5,      /* of attach(); each waits as long as data_dir_open() */
	STABLE_MS = 30 * 1000, /* after this uptime the backoff starts over */
	LOG_MAX = 4 << 20,     /* bytes of postgres.log; then it is renamed to postgres.log.old */
};

struct private_postgres {
	struct data_dir dir;
	char *programs;
	char *url;
	bool is_new;
	int log;           /* postgres.log */
	pid_t pid;         /* 0: not running */
	long long started; /* clock_exact_us() */
	struct loop_signal *child_signal;
	struct event *restart_timer;
	int backoff_ms;
};

static void open_log(struct private_postgres *postgres)
{
	char *path = xprint("%s/postgres.log", postgres->dir.path);
	char *old = xprint("%s.old", path);
	struct stat st;

	if (postgres->log >= 0)
		close(postgres->log);
	if (lstat(path, &st) == 0 && st.st_size > LOG_MAX)
		rename(path, old);
	postgres->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (postgres->log < 0)
		log_warn("postgres.log_failed", kv_text("path", path),
		         kv_text("why", strerror(errno)));
	free(old);
	free(path);
}

/* Adds the last line of the log after `from`: the text of the last FATAL message, if any. */
static void add_last_log_line(const struct private_postgres *postgres, off_t from, struct buf *out)
{
	char text[4096];
	ssize_t length = pread(postgres->log, text, sizeof(text), from);
	struct str rest = { text, length > 0 ? (size_t)length : 0 }, line;
	struct str message = STR("its log is empty");
	bool fatal = false;

	while (str_cut(&rest, '\n', &line)) {
		const char *at = memmem(line.at, line.length, "FATAL:", 6);

		if (at)
			line = (struct str){ at + 6, line.length - (size_t)(at + 6 - line.at) };
		if (at || (!fatal && line.length))
			message = str_trim(line);
		fatal = fatal || at;
	}
	buf_str(out, message);
}

static void start_process(struct private_postgres *postgres)
{
	const struct data_dir *dir = &postgres->dir;
	char *program = xprint("%s/postgres", postgres->programs);
	char *socket_dir = xprint("unix_socket_directories=%s", dir->socket_dir);
	/* clang-format off */
	const char *const argv[] = {
		program, "-D", dir->cluster,
		"-c", "listen_addresses=",
		"-c", socket_dir,
		"-c", "unix_socket_permissions=0700",
		"-c", "port=5432",
		/* Sized for a small machine. Durability settings (fsync etc.) keep their default. */
		"-c", "shared_buffers=96MB",
		"-c", "max_connections=50",
		"-c", "max_wal_size=512MB",
		"-c", "timezone=UTC",
		"-c", "log_timezone=UTC",
		"-c", "logging_collector=off",
		"-c", "log_checkpoints=off",
		/* The text of a failed statement may contain personal data. */
		"-c", "log_min_error_statement=panic",
		NULL,
	};
	/* clang-format on */
	pid_t pid;

	open_log(postgres);
	pid = spawn_fork(&dir->owner, SIGINT, dir->postgres_lock);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDIN_FILENO);
		dup2(postgres->log >= 0 ? postgres->log : null, STDOUT_FILENO);
		dup2(postgres->log >= 0 ? postgres->log : null, STDERR_FILENO);
		if (chdir("/") < 0)
			_exit(126);
		spawn_exec(argv);
	}
	if (pid < 0)
		log_error("postgres.start_failed", kv_text("why", strerror(errno)));
	postgres->pid = pid > 0 ? pid : 0;
	postgres->started = clock_exact_us();
	free(socket_dir);
	free(program);
}

/* The first line of the pid file is the process ID, the eighth the state. */
static bool is_ready(const struct private_postgres *postgres)
{
	char *path = xprint("%s/postmaster.pid", postgres->dir.cluster);
	FILE *file = fopen(path, "re");
	char line[1200];
	bool ready = false;

	free(path);
	if (!file)
		return false;
	for (int i = 1; i <= 8 && fgets(line, sizeof(line), file); i++) {
		if (i == 1 && strtol(line, NULL, 10) != postgres->pid)
			break; /* left by an earlier process */
		if (i == 8)
			ready = str_begins(str_of(line), "ready");
	}
	fclose(file);
	return ready;
}

/* Whether it has ended. */
static bool has_ended(struct private_postgres *postgres, int *status)
{
	if (postgres->pid && waitpid(postgres->pid, status, WNOHANG) == 0)
		return false;
	postgres->pid = 0;
	return true;
}

static bool wait_for_end(struct private_postgres *postgres, int ms)
{
	int status;

	for (; !has_ended(postgres, &status); ms -= STEP_MS) {
		if (ms <= 0)
			return false;
		usleep(STEP_MS * 1000);
	}
	return true;
}

static void stop(struct private_postgres *postgres)
{
	static const struct {
		int signal, ms;
	} signals[] = { { SIGINT, STOP_MS }, { SIGQUIT, QUIT_MS }, { SIGKILL, QUIT_MS } };

	for (size_t i = 0; i < COUNT_OF(signals) && postgres->pid; i++) {
		kill(postgres->pid, signals[i].signal);
		if (wait_for_end(postgres, signals[i].ms))
			return;
		log_warn("postgres.stop_timeout", kv_number("signal", signals[i].signal),
		         kv_number("waited_ms", signals[i].ms));
	}
}

static bool start(struct private_postgres *postgres, struct buf *error)
{
	struct stat st;
	off_t from;
	int status;

	open_log(postgres);
	from = fstat(postgres->log, &st) == 0 ? st.st_size : 0;
	start_process(postgres);
	for (int waited = 0; !is_ready(postgres); waited += STEP_MS) {
		if (has_ended(postgres, &status)) {
			buf_text(error, "PostgreSQL failed to start: ");
			add_last_log_line(postgres, from, error);
			return false;
		}
		if (waited >= START_MS) {
			buf_print(error, "PostgreSQL is not ready after %d s. See %s/postgres.log.",
			          START_MS / 1000, postgres->dir.path);
			return false;
		}
		usleep(STEP_MS * 1000);
	}
	return true;
}

/* Every byte that may be special in a URL is percent-encoded. */
static char *url_of(const struct data_dir *dir)
{
	struct buf url = { 0 };
	char *text;

	buf_text(&url, "postgresql://binnacle@/binnacle?host=");
	for (const char *c = dir->socket_dir; *c; c++) {
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')
		    || strchr("-._~", *c))
			buf_char(&url, *c);
		else
			buf_print(&url, "%%%02X", (unsigned char)*c);
	}
	text = xstrdup(buf_cstr(&url));
	buf_finish(&url);
	return text;
}

/* Uses the PostgreSQL of a running server, or else takes the directory. Another process may take
 * it in between, so this is retried. */
static bool attach(struct data_dir *dir, const char *directory, struct buf *error)
{
	for (int tries = 0; tries < ATTACH_TRIES; tries++) {
		buf_clear(error);
		if (data_dir_attach(dir, directory)
		    || data_dir_open(dir, directory, DATA_DIR_COMMAND, error))
			return true;
	}
	return false;
}

struct private_postgres *private_postgres_new(const char *directory,
                                              enum private_postgres_mode mode, struct buf *error)
{
	struct private_postgres *postgres = xcalloc(1, sizeof(*postgres));

	postgres->log = -1;
	postgres->backoff_ms = BACKOFF_MIN_MS;
	if (!(mode == PRIVATE_POSTGRES_TEMPORARY
	              ? attach(&postgres->dir, directory, error)
	              : data_dir_open(&postgres->dir, directory, DATA_DIR_SERVER, error)))
		goto fail;
	if (!private_postgres_is_owner(postgres)) {
		postgres->url = url_of(&postgres->dir);
		return postgres;
	}
	if (!cluster_remove_leftovers(&postgres->dir, error))
		goto fail;
	if (mode == PRIVATE_POSTGRES_RESET && !cluster_remove(&postgres->dir, error))
		goto fail;
	postgres->programs = cluster_programs(&postgres->dir, error);
	if (!postgres->programs)
		goto fail;
	postgres->is_new = !cluster_exists(&postgres->dir);
	if (postgres->is_new && !cluster_create(&postgres->dir, postgres->programs, error))
		goto fail;
	postgres->url = url_of(&postgres->dir);
	if (!start(postgres, error))
		goto fail;
	return postgres;

fail:
	private_postgres_free(postgres);
	return NULL;
}

void private_postgres_free(struct private_postgres *postgres)
{
	if (!postgres)
		return;
	private_postgres_unwatch(postgres);
	stop(postgres);
	if (postgres->log >= 0)
		close(postgres->log);
	data_dir_close(&postgres->dir);
	free(postgres->programs);
	free(postgres->url);
	free(postgres);
}

static void on_restart(evutil_socket_t, short, void *arg)
{
	struct private_postgres *postgres = arg;

	log_info("postgres.restarting");
	start_process(postgres);
	if (!postgres->pid)
		event_add(postgres->restart_timer,
		          &(struct timeval){ .tv_sec = BACKOFF_MAX_MS / 1000 });
}

static void on_child_exit(void *arg)
{
	struct private_postgres *postgres = arg;
	int status = 0, wait_ms;

	if (!postgres->pid || !has_ended(postgres, &status))
		return; /* another child has exited */
	if (clock_exact_us() - postgres->started > STABLE_MS * 1000LL)
		postgres->backoff_ms = BACKOFF_MIN_MS;
	wait_ms = postgres->backoff_ms;
	postgres->backoff_ms = wait_ms * 2 < BACKOFF_MAX_MS ? wait_ms * 2 : BACKOFF_MAX_MS;
	log_error("postgres.died",
	          kv_number(WIFSIGNALED(status) ? "signal" : "exit",
	                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
	          kv_number("restart_in_ms", wait_ms));
	event_add(postgres->restart_timer,
	          &(struct timeval){ .tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000 });
}

void private_postgres_watch(struct private_postgres *postgres, struct loop *loop)
{
	postgres->child_signal = loop_on_signal(loop, SIGCHLD, on_child_exit, postgres);
	postgres->restart_timer = evtimer_new(loop_base(loop), on_restart, postgres);
	on_child_exit(postgres); /* it may have died before this */
}

void private_postgres_unwatch(struct private_postgres *postgres)
{
	if (!postgres->child_signal)
		return;
	loop_signal_free(postgres->child_signal);
	event_free(postgres->restart_timer);
	postgres->child_signal = NULL;
	postgres->restart_timer = NULL;
}

const char *private_postgres_url(const struct private_postgres *postgres)
{
	return postgres->url;
}

const char *private_postgres_path(const struct private_postgres *postgres)
{
	return postgres->dir.path;
}

bool private_postgres_is_new(const struct private_postgres *postgres)
{
	return postgres->is_new;
}

bool private_postgres_is_owner(const struct private_postgres *postgres)
{
	return postgres->dir.lock >= 0;
}
