/* home.c: a directory made, looked over and locked.
 *
 *	DIR/			ours: as root it stays root's
 *	    lock		held while a binnacle runs here
 *	    postgres.lock	held as long as any process of this PostgreSQL lives
 *	    postgres.log
 *	    key.pem, sown	of `binnacle dev`
 *	    pg/			the database user's, mode 0700
 *	        cluster/
 *	        .s.PGSQL.5432	the socket
 *
 * When it goes wrong:
 *
 * - another binnacle is at home: said, with its process number. (Not at once: one
 *   that was killed a moment ago, or a child of its that had no time to become
 *   another program, may have to be waited for.)
 * - the last one was killed and its PostgreSQL is still shutting down: waited
 *   for. A lock goes when the last process that inherited it has ended, so no
 *   process number is looked at, which another process may have by now;
 * - the database's user may not go there: the directory that stops him is named. */

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
#include "home.h"

enum {
	OURS_MS = 2 * 1000,	 /* for a binnacle that was killed to be gone */
	POSTGRES_MS = 10 * 1000, /* for the PostgreSQL that it leaves to shut down */
	STEP_MS = 10,
	SOCKET_ROOM = 107,	 /* what the kernel takes as the address of a socket */
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
	buf_text(fault, "HOME is not set: say with --data DIR where the database may live.");
	return NULL;
}

/* For a directory that will not do. */
static void add_way_out(struct buf *fault, const char *path, const char *what)
{
	buf_print(fault, "%s cannot be %s (%s): say another directory with --data DIR.", path, what, strerror(errno));
}

/* As mkdir -p; what is made gets `mode`, whatever the umask. */
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

/* A directory of the owner's that nobody else can look into. Made in a place
 * where others may write too, so what stands there already is looked at hard. */
static bool make_closed(const struct owner *owner, const char *path, struct buf *fault)
{
	struct stat st;

	/* Who was killed between the next two steps left it empty, and root's. */
	if (owner->is_other && lstat(path, &st) == 0 && st.st_uid == geteuid())
		rmdir(path);
	if (mkdir(path, 0700) == 0 && owner->is_other && lchown(path, owner->uid, owner->gid) < 0) {
		buf_print(fault, "%s cannot be given to user %s: %s.", path, owner->name, strerror(errno));
		rmdir(path);
		return false;
	}
	if (lstat(path, &st) < 0) {
		add_way_out(fault, path, "made");
		return false;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != owner->uid || (st.st_mode & 077)) {
		buf_print(fault, "%s must be a directory of %s with mode 0700.", path,
		          owner->is_other ? owner->name : "yours");
		return false;
	}
	return true;
}

/* In a process of the owner's: which directory on the way does not let him pass? */
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
	buf_print(fault, "User %s, as whom PostgreSQL runs, may not enter %.*s: choose another directory, "
	                 "or chmod a+x that one.",
	          owner->name, got > 0 ? (int)got : 0, at);
	return false;
}

/* Where the socket goes: its address has a bound, the directory's name has none. */
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
		add_way_out(fault, path, "opened");
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
		buf_print(fault, "%s is in use by a binnacle that runs already%s%.*s: stop it, "
		                 "or give this one a --data DIR of its own.",
		          home->path, who[0] ? ", process " : "", (int)strcspn(who, "\n"), who);
		return false;
	}
	snprintf(who, sizeof(who), "%d\n%s", (int)getpid(), stay == HOME_FOR_A_MOMENT ? HOME_MOMENT "\n" : "");
	if (ftruncate(home->ours, 0) < 0 || pwrite(home->ours, who, strlen(who), 0) < 0) {
		add_way_out(fault, home->path, "written to");
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
		buf_print(fault, "A PostgreSQL that was started earlier still runs in %s and does not stop.",
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
	/* The database's user passes through, to what is his. */
	if (path[0] == '\0') {
		buf_text(fault, "The directory for the database has no name.");
		goto fail;
	}
	if (!make_directory(path, home->owner.is_other ? 0711 : 0700)
	    || !(home->path = realpath(path, NULL))) {
		add_way_out(fault, path, "made");
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
