/* data_dir.c: creates, checks and locks the data directory of a private PostgreSQL.
 *
 *	DIR/			owned by the user who runs binnacle, even if that is root
 *	    lock		held while a binnacle uses the directory
 *	    postgres.lock	held as long as any process of this PostgreSQL lives
 *	    postgres.log
 *	    key.pem		of `binnacle dev`: the key of its token issuer
 *	    demo_loaded		of `binnacle dev`: the demo files that have been loaded
 *	    pg/			owned by the database user, mode 0700
 *	        cluster/
 *	        .s.PGSQL.5432	the socket
 *
 * Failures:
 *
 * - another binnacle uses the directory: the message has its process ID. (It is printed after a
 *   delay, because a binnacle that was just killed, or its child before exec, may still hold the
 *   lock.)
 * - the previous one was killed and its PostgreSQL is still shutting down: wait for it. A lock is
 *   released when the last process that inherited it ends; process IDs are not compared, because
 *   they may have been reused;
 * - the database user cannot enter the directory: the message names the directory that denies
 *   access. */

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
	LOCK_MS = 2 * 1000,      /* until a binnacle that was killed has ended */
	POSTGRES_MS = 10 * 1000, /* until its PostgreSQL has shut down */
	STEP_MS = 10,
	SOCKET_PATH_MAX = 107, /* maximum length of a socket's path */
};

char *data_dir_default(const char *name, struct buf *error)
{
	const char *state = getenv("XDG_STATE_HOME"), *user_home = getenv("HOME");

	if (geteuid() == 0)
		return xprint("/var/lib/binnacle/%s", name);
	if (state && state[0] == '/')
		return xprint("%s/binnacle/%s", state, name);
	if (user_home && user_home[0] == '/')
		return xprint("%s/.local/state/binnacle/%s", user_home, name);
	buf_text(error, "HOME is not set. Choose a directory for the database with --data DIR.");
	return NULL;
}

/* Reports a file or directory that cannot be used; `what` is a verb. */
static void add_path_error(struct buf *error, const char *path, const char *what)
{
	buf_print(error, "cannot %s %s: %s. Choose another directory with --data DIR.", what, path,
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
static bool make_private_dir(const struct owner *owner, const char *path, struct buf *error)
{
	struct stat st;

	/* Left behind, empty and owned by root, if the process was killed before lchown(). */
	if (owner->is_other_user && lstat(path, &st) == 0 && st.st_uid == geteuid())
		rmdir(path);
	if (mkdir(path, 0700) == 0 && owner->is_other_user
	    && lchown(path, owner->uid, owner->gid) < 0) {
		buf_print(error, "cannot change the owner of %s to %s: %s", path, owner->name,
		          strerror(errno));
		rmdir(path);
		return false;
	}
	if (lstat(path, &st) < 0) {
		add_path_error(error, path, "create");
		return false;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != owner->uid || (st.st_mode & 077)) {
		buf_print(error, "%s must be a directory with mode 0700 that belongs to %s", path,
		          owner->is_other_user ? owner->name : "you");
		return false;
	}
	return true;
}

/* Checks, in a process of the owner, that the owner can enter every directory of the path. */
static bool owner_can_enter(const struct owner *owner, const char *path, struct buf *error)
{
	char at[PATH_MAX] = "";
	int ends[2], status;
	ssize_t got;
	pid_t child;

	if (!owner->is_other_user)
		return true;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	child = spawn_fork(owner, SIGKILL, -1);
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
	if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
	    && WEXITSTATUS(status) == 0)
		return true;
	buf_print(error,
	          "user %s, which PostgreSQL runs as, cannot enter %.*s. Choose another directory, "
	          "or run `chmod a+x` on that one.",
	          owner->name, got > 0 ? (int)got : 0, at);
	return false;
}

/* The directory of the socket. The length of a socket's path is limited, unlike that of DIR. */
static char *choose_socket_dir(const struct data_dir *dir)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	unsigned long long hash = str_hash(str_of(dir->path), 0);

	if (strlen(dir->pg) + strlen("/.s.PGSQL.5432") <= SOCKET_PATH_MAX)
		return xstrdup(dir->pg);
	if (dir->owner.is_other_user)
		return xprint("/run/binnacle-%016llx", hash);
	if (runtime && runtime[0] == '/' && strlen(runtime) < 60)
		return xprint("%s/binnacle-%016llx", runtime, hash);
	return xprint("/tmp/binnacle-%u-%016llx", (unsigned)getuid(), hash);
}

static int open_lock(const struct data_dir *dir, const char *name, struct buf *error)
{
	char *path = xprint("%s/%s", dir->path, name);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		add_path_error(error, path, "open");
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

static bool lock_dir(struct data_dir *dir, enum data_dir_use use, struct buf *error)
{
	char holder[LOCK_TEXT_SIZE] = "";

	dir->lock = open_lock(dir, "lock", error);
	if (dir->lock < 0)
		return false;
	if (!lock_within(dir->lock, LOCK_MS)) {
		if (pread(dir->lock, holder, sizeof(holder) - 1, 0) < 0)
			holder[0] = '\0';
		buf_print(error,
		          "%s is in use by another binnacle%s%.*s. Stop it, or choose another "
		          "directory with --data DIR.",
		          dir->path, holder[0] ? ", process " : "", (int)strcspn(holder, "\n"),
		          holder);
		return false;
	}
	snprintf(holder, sizeof(holder), "%d\n%s", (int)getpid(),
	         use == DATA_DIR_COMMAND ? DATA_DIR_TEMPORARY "\n" : "");
	if (ftruncate(dir->lock, 0) < 0 || pwrite(dir->lock, holder, strlen(holder), 0) < 0) {
		add_path_error(error, dir->path, "write to");
		return false;
	}
	return true;
}

static bool lock_postgres(struct data_dir *dir, struct buf *error)
{
	dir->postgres_lock = open_lock(dir, "postgres.lock", error);
	if (dir->postgres_lock < 0)
		return false;
	if (!lock_within(dir->postgres_lock, POSTGRES_MS)) {
		buf_print(error, "a PostgreSQL that was started earlier is still running in %s",
		          dir->pg);
		return false;
	}
	return true;
}

void data_dir_set_paths(struct data_dir *dir)
{
	dir->pg = xprint("%s/pg", dir->path);
	dir->cluster = xprint("%s/cluster", dir->pg);
	dir->socket_dir = choose_socket_dir(dir);
}

bool data_dir_open(struct data_dir *dir, const char *path, enum data_dir_use use, struct buf *error)
{
	*dir = (struct data_dir){ .lock = -1, .postgres_lock = -1 };
	if (!owner_find(&dir->owner, error))
		return false;
	if (path[0] == '\0') {
		buf_text(error, "the path of the database directory is empty");
		goto fail;
	}
	/* The database user must be able to reach pg/. */
	if (!make_directory(path, dir->owner.is_other_user ? 0711 : 0700)
	    || !(dir->path = realpath(path, NULL))) {
		add_path_error(error, path, "create");
		goto fail;
	}
	data_dir_set_paths(dir);
	if (lock_dir(dir, use, error) && make_private_dir(&dir->owner, dir->pg, error)
	    && make_private_dir(&dir->owner, dir->socket_dir, error)
	    && owner_can_enter(&dir->owner, dir->pg, error) && lock_postgres(dir, error))
		return true;
fail:
	data_dir_close(dir);
	return false;
}

void data_dir_close(struct data_dir *dir)
{
	if (dir->postgres_lock >= 0 && strcmp(dir->socket_dir, dir->pg) != 0)
		rmdir(dir->socket_dir);
	if (dir->postgres_lock >= 0)
		close(dir->postgres_lock);
	if (dir->lock >= 0)
		close(dir->lock);
	free(dir->socket_dir);
	free(dir->cluster);
	free(dir->pg);
	free(dir->path);
	*dir = (struct data_dir){ .lock = -1, .postgres_lock = -1 };
}
