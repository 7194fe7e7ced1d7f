/* data_dir.c: creates, checks and locks the data directory of a private PostgreSQL.
 *
 *	DIR/			ours; if we are root, it stays root's
 *	    lock		held while a binnacle uses the directory
 *	    postgres.lock	held as long as any process of this PostgreSQL lives
 *	    postgres.log
 *	    key.pem, sown	of `binnacle dev`
 *	    pg/			owned by the database user, mode 0700
 *	        cluster/
 *	        .s.PGSQL.5432	the socket
 *
 * Failures:
 *
 * - another binnacle uses the directory: the message has its process ID. (Only after a delay: one
 *   that was just killed, or its child that has not yet called exec, may still hold the lock.)
 * - the previous one was killed and its PostgreSQL is still shutting down: wait for it. A lock is
 *   released when the last process that inherited it ends, so no process IDs are compared, which
 *   may have been reused;
 * - the database user cannot enter the directory: the message has the directory that denies it. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "data_dir.h"

enum {
	OURS_MS = 2 * 1000,      /* for a binnacle that was killed to end */
	POSTGRES_MS = 10 * 1000, /* for the PostgreSQL it leaves behind to shut down */
	STEP_MS = 10,
	SOCKET_ROOM = 107, /* max length of a socket's path */
};

char *home_usual(const char *name, struct buf *fault)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return xprint("/var/lib/binnacle/%s", name);
	if (state && state[0] == '/')
		return xprint("%s/binnacle/%s", state, name);
	if (home && home[0] == '/')
		return xprint("%s/.local/state/binnacle/%s", home, name);
	buf_text(fault, "HOME is not set. Choose a directory for the database with --data DIR.");
	return NULL;
}

/* For a file or directory that cannot be used; `what` is a verb. */
static void add_way_out(struct buf *fault, const char *path, const char *what)
{
	buf_print(fault, "cannot %s %s: %s. Choose another directory with --data DIR.", what, path,
	          strerror(errno));
}

/* Like mkdir -p; created directories get `mode`, regardless of the umask. */
static bool make_directory(const char *path, mode_t mode)
{
	char *part = xstrdup(path);
	bool ok = true;

	for (char *slash = part; ok && slash && *slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(part, mode) == 0)
			ok = chmod(part, mode) == 0;
		else
			ok = errno == EEXIST;
		if (slash)
			*slash = '/';
	}
	free(part);
	return ok;
}

/* Creates a directory that only the owner can enter. Other users may be able to write to its
 * parent, so one that exists already is checked strictly. */
static bool make_closed(const struct owner *owner, const char *path, struct buf *fault)
{
	struct stat st;

	/* Left behind, empty and owned by root, if the process was killed before lchown(). */
	if (owner->is_other && lstat(path, &st) == 0 && st.st_uid == geteuid())
		rmdir(path);
	if (mkdir(path, 0700) == 0 && owner->is_other && lchown(path, owner->uid, owner->gid) < 0) {
		buf_print(fault, "cannot change the owner of %s to %s: %s", path, owner->name,
		          strerror(errno));
		rmdir(path);
		return false;
	}
	if (lstat(path, &st) < 0) {
		add_way_out(fault, path, "create");
		return false;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != owner->uid || (st.st_mode & 077)) {
		buf_print(fault, "%s must be a directory with mode 0700 that belongs to %s", path,
		          owner->is_other ? owner->name : "you");
		return false;
	}
	return true;
}

/* Checks, in a process of the owner, that they can enter every directory of the path. */
static bool can_reach(const struct owner *owner, const char *path, struct buf *fault)
{
	char at[PATH_MAX] = "";
	int ends[2], status;
	ssize_t got;
	pid_t child;

	if (!owner->is_other)
		return true;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	child = child_fork(owner, SIGKILL, -1);
	if (child == 0) {
		for (size_t i = 1; path[i - 1]; i++) {
			if (path[i] != '/' && path[i] != '\0')
				continue;
			memcpy(at, path, i);
			at[i] = '\0';
			if (access(at, X_OK) < 0)
				_exit(write(ends[1], at, i) < 0 ? 2 : 1);
		}
		_exit(0);
	}
	close(ends[1]);
	got = read(ends[0], at, sizeof(at) - 1);
	close(ends[0]);
	if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	buf_print(fault,
	          "user %s, which PostgreSQL runs as, cannot enter %.*s. Choose another directory, "
	          "or run `chmod a+x` on that one.",
	          owner->name, got > 0 ? (int)got : 0, at);
	return false;
}

/* The directory of the socket. The length of a socket's path is limited, unlike that of DIR. */
static char *choose_sockets(const struct home *home)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	unsigned long long hash = str_hash(str_of(home->path), 0);

	if (strlen(home->pg) + strlen("/.s.PGSQL.5432") <= SOCKET_ROOM)
		return xstrdup(home->pg);
	if (home->owner.is_other)
		return xprint("/run/binnacle-%016llx", hash);
	if (runtime && runtime[0] == '/' && strlen(runtime) < 60)
		return xprint("%s/binnacle-%016llx", runtime, hash);
	return xprint("/tmp/binnacle-%u-%016llx", (unsigned)getuid(), hash);
}

static int open_lock(const struct home *home, const char *name, struct buf *fault)
{
	char *path = xprint("%s/%s", home->path, name);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		add_way_out(fault, path, "open");
	free(path);
	return fd;
}

static bool lock_within(int fd, int ms)
{
	for (; flock(fd, LOCK_EX | LOCK_NB) < 0; ms -= STEP_MS) {
		if (ms <= 0)
			return false;
		usleep(STEP_MS * 1000);
	}
	return true;
}

static bool lock_ours(struct home *home, enum home_stay stay, struct buf *fault)
{
	char who[HOME_WHO] = "";

	home->ours = open_lock(home, "lock", fault);
	if (home->ours < 0)
		return false;
	if (!lock_within(home->ours, OURS_MS)) {
		if (pread(home->ours, who, sizeof(who) - 1, 0) < 0)
			who[0] = '\0';
		buf_print(fault,
		          "%s is in use by another binnacle%s%.*s. Stop it, or choose another "
		          "directory with --data DIR.",
		          home->path, who[0] ? ", process " : "", (int)strcspn(who, "\n"), who);
		return false;
	}
	snprintf(who, sizeof(who), "%d\n%s", (int)getpid(), stay == HOME_FOR_A_MOMENT ? HOME_MOMENT "\n" : "");
	if (ftruncate(home->ours, 0) < 0 || pwrite(home->ours, who, strlen(who), 0) < 0) {
		add_way_out(fault, home->path, "write to");
		return false;
	}
	return true;
}

static bool lock_postgres(struct home *home, struct buf *fault)
{
	home->postgres = open_lock(home, "postgres.lock", fault);
	if (home->postgres < 0)
		return false;
	if (!lock_within(home->postgres, POSTGRES_MS)) {
		buf_print(fault, "a PostgreSQL that was started earlier is still running in %s",
		          home->pg);
		return false;
	}
	return true;
}

void home_name_places(struct home *home)
{
	home->pg = xprint("%s/pg", home->path);
	home->cluster = xprint("%s/cluster", home->pg);
	home->sockets = choose_sockets(home);
}

bool home_open(struct home *home, const char *path, enum home_stay stay, struct buf *fault)
{
	*home = (struct home){ .ours = -1, .postgres = -1 };
	if (!owner_find(&home->owner, fault))
		return false;
	/* The database user has to pass through to pg/. */
	if (path[0] == '\0') {
		buf_text(fault, "the path of the database directory is empty");
		goto fail;
	}
	if (!make_directory(path, home->owner.is_other ? 0711 : 0700)
	    || !(home->path = realpath(path, NULL))) {
		add_way_out(fault, path, "create");
		goto fail;
	}
	home_name_places(home);
	if (lock_ours(home, stay, fault) && make_closed(&home->owner, home->pg, fault)
	    && make_closed(&home->owner, home->sockets, fault)
	    && can_reach(&home->owner, home->pg, fault) && lock_postgres(home, fault))
		return true;
fail:
	home_close(home);
	return false;
}

void home_close(struct home *home)
{
	if (home->postgres >= 0 && strcmp(home->sockets, home->pg) != 0)
		rmdir(home->sockets);
	if (home->postgres >= 0)
		close(home->postgres);
	if (home->ours >= 0)
		close(home->ours);
	free(home->sockets);
	free(home->cluster);
	free(home->pg);
	free(home->path);
	*home = (struct home){ .ours = -1, .postgres = -1 };
}
