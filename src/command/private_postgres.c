/* private_postgres.c: runs postgres as a child process.
 *
 * Normal sequence:
 *
 * - the directory is opened and locked (data_dir.c); on the first start, a cluster is created in it
 *   (cluster.c);
 * - postgres is started as the owner; it only listens on a socket in a directory with mode 0700;
 * - its pid file says "ready", and the server continues;
 * - at the end it gets SIGINT: it ends its sessions, writes a checkpoint and exits.
 *
 * Failures:
 *
 * - it dies during startup: the last line of its log is the error message;
 * - it dies while we serve: it is restarted after 0.1 s, then 0.2 … 10 s; meanwhile the pool
 *   reports that the database is unavailable;
 * - we are killed: the kernel sends it SIGINT in our place (spawn.c), and it holds the lock that
 *   the next start waits for (data_dir.c);
 * - it does not stop: SIGQUIT after 10 s, which causes a recovery at the next start but no data
 *   loss, and SIGKILL 5 s later. */

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
	BACKOFF_LEAST_MS = 100,
	BACKOFF_MOST_MS = 10 * 1000,
	TRIES = 5,	     /* of attach(); each waits as long as home_open() */
	CALM_MS = 30 * 1000, /* after this uptime the backoff starts over */
	LOG_MOST = 4 << 20,  /* of postgres.log; then it is renamed to postgres.log.old */
};

struct private {
	struct home home;
	char *programs;
	char *url;
	bool fresh;
	int log;	   /* postgres.log */
	pid_t pid;	   /* 0: not running */
	long long started; /* clock_exact_us() */
	struct loop_signal *death;
	struct event *again;
	int backoff_ms;
};

static void open_log(struct private *private)
{
	char *path = xprint("%s/postgres.log", private->home.path);
	char *old = xprint("%s.old", path);
	struct stat st;

	if (private->log >= 0)
		close(private->log);
	if (lstat(path, &st) == 0 && st.st_size > LOG_MOST)
		rename(path, old);
	private->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (private->log < 0)
		log_warn("postgres.no_log", kv_text("path", path), kv_text("why", strerror(errno)));
	free(old);
	free(path);
}

/* Adds the last line of the log after `from`: the text of the last FATAL message, if any. */
static void add_last_word(const struct private *private, off_t from, struct buf *out)
{
	char text[4096];
	ssize_t length = pread(private->log, text, sizeof(text), from);
	struct str rest = { text, length > 0 ? (size_t)length : 0 }, line;
	struct str word = STR("its log is empty");
	bool fatal = false;

	while (str_cut(&rest, '\n', &line)) {
		const char *at = memmem(line.at, line.length, "FATAL:", 6);

		if (at)
			line = (struct str){ at + 6, line.length - (size_t)(at + 6 - line.at) };
		if (at || (!fatal && line.length))
			word = str_trim(line);
		fatal = fatal || at;
	}
	buf_str(out, word);
}

static void spawn(struct private *private)
{
	const struct home *home = &private->home;
	char *postgres = xprint("%s/postgres", private->programs);
	char *sockets = xprint("unix_socket_directories=%s", home->sockets);
	/* clang-format off */
	const char *const argv[] = {
		postgres, "-D", home->cluster,
		"-c", "listen_addresses=",
		"-c", sockets,
		"-c", "unix_socket_permissions=0700",
		"-c", "port=5432",
		/* Sized for a small machine; fsync and the like keep their defaults, on. */
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

	open_log(private);
	pid = child_fork(&home->owner, SIGINT, home->postgres);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDIN_FILENO);
		dup2(private->log >= 0 ? private->log : null, STDOUT_FILENO);
		dup2(private->log >= 0 ? private->log : null, STDERR_FILENO);
		if (chdir("/") < 0)
			_exit(126);
		child_exec(argv);
	}
	if (pid < 0)
		log_error("postgres.not_started", kv_text("why", strerror(errno)));
	private->pid = pid > 0 ? pid : 0;
	private->started = clock_exact_us();
	free(sockets);
	free(postgres);
}

/* The first line of the pid file is the process ID, the eighth the state. */
static bool is_ready(const struct private *private)
{
	char *path = xprint("%s/postmaster.pid", private->home.cluster);
	FILE *file = fopen(path, "re");
	char line[1200];
	bool ready = false;

	free(path);
	if (!file)
		return false;
	for (int i = 1; i <= 8 && fgets(line, sizeof(line), file); i++) {
		if (i == 1 && strtol(line, NULL, 10) != private->pid)
			break; /* left by an earlier process */
		if (i == 8)
			ready = str_begins(str_of(line), "ready");
	}
	fclose(file);
	return ready;
}

/* Whether it has ended. */
static bool has_ended(struct private *private, int *status)
{
	if (private->pid && waitpid(private->pid, status, WNOHANG) == 0)
		return false;
	private->pid = 0;
	return true;
}

static bool wait_for_end(struct private *private, int ms)
{
	int status;

	for (; !has_ended(private, &status); ms -= STEP_MS) {
		if (ms <= 0)
			return false;
		usleep(STEP_MS * 1000);
	}
	return true;
}

static void stop(struct private *private)
{
	static const struct {
		int signal, ms;
	} ways[] = { { SIGINT, STOP_MS }, { SIGQUIT, QUIT_MS }, { SIGKILL, QUIT_MS } };

	for (size_t i = 0; i < COUNT_OF(ways) && private->pid; i++) {
		kill(private->pid, ways[i].signal);
		if (wait_for_end(private, ways[i].ms))
			return;
		log_warn("postgres.does_not_stop", kv_number("signal", ways[i].signal),
		         kv_number("waited_ms", ways[i].ms));
	}
}

static bool start(struct private *private, struct buf *fault)
{
	struct stat st;
	off_t from;
	int status;

	open_log(private);
	from = fstat(private->log, &st) == 0 ? st.st_size : 0;
	spawn(private);
	for (int waited = 0; !is_ready(private); waited += STEP_MS) {
		if (has_ended(private, &status)) {
			buf_text(fault, "PostgreSQL failed to start: ");
			add_last_word(private, from, fault);
			return false;
		}
		if (waited >= START_MS) {
			buf_print(fault, "PostgreSQL is not ready after %d s. See %s/postgres.log.",
			          START_MS / 1000, private->home.path);
			return false;
		}
		usleep(STEP_MS * 1000);
	}
	return true;
}

/* Every byte that may be special in a URL is percent-encoded. */
static char *url_of(const struct home *home)
{
	struct buf url = { 0 };
	char *text;

	buf_text(&url, "postgresql://binnacle@/binnacle?host=");
	for (const char *c = home->sockets; *c; c++) {
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
static bool come_by(struct home *home, const char *directory, struct buf *fault)
{
	for (int tries = 0; tries < TRIES; tries++) {
		buf_clear(fault);
		if (home_visit(home, directory) || home_open(home, directory, HOME_FOR_A_MOMENT, fault))
			return true;
	}
	return false;
}

struct private *private_new(const char *directory, enum private_data data, struct buf *fault)
{
	struct private *private = xcalloc(1, sizeof(*private));

	private->log = -1;
	private->backoff_ms = BACKOFF_LEAST_MS;
	if (!(data == PRIVATE_FOR_A_MOMENT ? come_by(&private->home, directory, fault)
	                                   : home_open(&private->home, directory, HOME_STAYS, fault)))
		goto fail;
	if (!private_is_ours(private)) {
		private->url = url_of(&private->home);
		return private;
	}
	if (!cluster_tidy(&private->home, fault))
		goto fail;
	if (data == PRIVATE_RESET && !cluster_remove(&private->home, fault))
		goto fail;
	private->programs = cluster_programs(&private->home, fault);
	if (!private->programs)
		goto fail;
	private->fresh = !cluster_exists(&private->home);
	if (private->fresh && !cluster_make(&private->home, private->programs, fault))
		goto fail;
	private->url = url_of(&private->home);
	if (!start(private, fault))
		goto fail;
	return private;

fail:
	private_free(private);
	return NULL;
}

void private_free(struct private *private)
{
	if (!private)
		return;
	private_unwatch(private);
	stop(private);
	if (private->log >= 0)
		close(private->log);
	home_close(&private->home);
	free(private->programs);
	free(private->url);
	free(private);
}

static void on_again(evutil_socket_t, short, void *arg)
{
	struct private *private = arg;

	log_info("postgres.starting_again");
	spawn(private);
	if (!private->pid)
		event_add(private->again, &(struct timeval){ .tv_sec = BACKOFF_MOST_MS / 1000 });
}

static void on_death(void *arg)
{
	struct private *private = arg;
	int status = 0, wait_ms;

	if (!private->pid || !has_ended(private, &status))
		return; /* another child has ended */
	if (clock_exact_us() - private->started > CALM_MS * 1000LL)
		private->backoff_ms = BACKOFF_LEAST_MS;
	wait_ms = private->backoff_ms;
	private->backoff_ms = wait_ms * 2 < BACKOFF_MOST_MS ? wait_ms * 2 : BACKOFF_MOST_MS;
	log_error("postgres.died",
	          kv_number(WIFSIGNALED(status) ? "signal" : "exit",
	                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
	          kv_number("again_in_ms", wait_ms));
	event_add(private->again,
	          &(struct timeval){ .tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000 });
}

void private_watch(struct private *private, struct loop *loop)
{
	private->death = loop_on_signal(loop, SIGCHLD, on_death, private);
	private->again = evtimer_new(loop_base(loop), on_again, private);
	on_death(private); /* it may have died before this */
}

void private_unwatch(struct private *private)
{
	if (!private->death)
		return;
	loop_signal_free(private->death);
	event_free(private->again);
	private->death = NULL;
	private->again = NULL;
}

const char *private_url(const struct private *private)
{
	return private->url;
}

const char *private_path(const struct private *private)
{
	return private->home.path;
}

bool private_is_fresh(const struct private *private)
{
	return private->fresh;
}

bool private_is_ours(const struct private *private)
{
	return private->home.ours >= 0;
}
