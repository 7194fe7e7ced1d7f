/* data_dir_probe.c: finds out whether a server uses a directory.
 *
 * Normal sequence: `serve` or `dev` holds the lock, so its PostgreSQL runs or will soon. Its socket
 * is at the usual path.
 *
 * Failures: another command holds the lock and will soon stop its PostgreSQL. Wait for it; then
 * nothing uses the directory. (A process that has only just taken the lock has not written its
 * process ID yet; the file then has that of a process that has ended.) */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "arena.h"
#include "data_dir.h"

enum { STEP_MS = 10, COMMAND_WAIT_MS = 30 * 1000 };

enum dir_user { DIR_UNUSED, DIR_SERVER, DIR_COMMAND };

bool data_dir_has_cluster(const char *path)
{
	char *cluster = xprint("%s/pg/cluster", path);
	bool exists = access(cluster, F_OK) == 0;

	free(cluster);
	return exists;
}

static bool is_alive(pid_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* What holds the lock. Tries to take it, shared, and releases it at once. */
static enum dir_user lock_holder(const struct data_dir *dir)
{
	char *path = xprint("%s/lock", dir->path), holder[LOCK_TEXT_SIZE] = "";
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	enum dir_user user = DIR_UNUSED;

	free(path);
	if (fd < 0)
		return DIR_UNUSED;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		bool is_server = pread(fd, holder, sizeof(holder) - 1, 0) > 0
		                 && !strstr(holder, DATA_DIR_TEMPORARY)
		                 && is_alive((pid_t)strtol(holder, NULL, 10));

		user = is_server ? DIR_SERVER : DIR_COMMAND;
	}
	close(fd);
	return user;
}

bool data_dir_attach(struct data_dir *dir, const char *path)
{
	struct buf error = { 0 };
	enum dir_user user = DIR_UNUSED;

	*dir = (struct data_dir){ .lock = -1, .postgres_lock = -1 };
	if (owner_find(&dir->owner, &error) && (dir->path = realpath(path, NULL))) {
		data_dir_set_paths(dir);
		for (int ms = COMMAND_WAIT_MS; (user = lock_holder(dir)) == DIR_COMMAND && ms > 0;
		     ms -= STEP_MS)
			usleep(STEP_MS * 1000);
	}
	buf_finish(&error);
	if (user == DIR_SERVER)
		return true;
	data_dir_close(dir);
	return false;
}
