/* data_dir_probe.c: finds out whether another binnacle uses a directory, and whether it is a server.
 *
 * Normal sequence: `serve` or `dev` holds the lock, so its PostgreSQL runs or will soon; it is
 * reached by the paths below the directory.
 *
 * Failures: the lock is held by another command, which will soon stop its PostgreSQL. It is waited
 * for, and then nobody uses the directory. (A process that has only just taken the lock has not
 * written its process ID yet; the file then has that of a process that has ended.) */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "arena.h"
#include "data_dir.h"

enum { STEP_MS = 10, MOMENT_MS = 30 * 1000 };

enum there { NOBODY, SOMEBODY, SOMEBODY_FOR_A_MOMENT };

bool home_is_made(const char *path)
{
	char *cluster = xprint("%s/pg/cluster", path);
	bool made = access(cluster, F_OK) == 0;

	free(cluster);
	return made;
}

static bool is_alive(pid_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* Who holds the lock. Tested by trying to take it, shared, and releasing it at once. */
static enum there who_is_there(const struct home *home)
{
	char *path = xprint("%s/lock", home->path), who[HOME_WHO] = "";
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	enum there there = NOBODY;

	free(path);
	if (fd < 0)
		return NOBODY;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		bool stays = pread(fd, who, sizeof(who) - 1, 0) > 0 && !strstr(who, HOME_MOMENT)
		             && is_alive((pid_t)strtol(who, NULL, 10));

		there = stays ? SOMEBODY : SOMEBODY_FOR_A_MOMENT;
	}
	close(fd);
	return there;
}

bool home_visit(struct home *home, const char *path)
{
	struct buf fault = { 0 };
	enum there there = NOBODY;

	*home = (struct home){ .ours = -1, .postgres = -1 };
	if (owner_find(&home->owner, &fault) && (home->path = realpath(path, NULL))) {
		home_name_places(home);
		for (int ms = MOMENT_MS; (there = who_is_there(home)) == SOMEBODY_FOR_A_MOMENT && ms > 0;
		     ms -= STEP_MS)
			usleep(STEP_MS * 1000);
	}
	buf_finish(&fault);
	if (there == SOMEBODY)
		return true;
	home_close(home);
	return false;
}
