/* cluster.c: finds initdb and postgres, and creates a PostgreSQL cluster.
 *
 * Normal sequence, on the first start:
 *
 * - initdb creates pg/cluster.new and syncs it to disk;
 * - a single-user postgres creates the database `binnacle` in it;
 * - cluster.new is renamed to cluster.
 *
 * To remove a cluster, it is renamed to cluster.old first.
 *
 * Failures: an interrupted run leaves a cluster.new or cluster.old, which the next start removes.
 * `cluster` is always complete. Only processes of the owner work in it: as root, we never follow
 * a path that another user controls. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "cluster.h"

enum { MIN_VERSION = 15 };

static const char no_programs[] =
	"PostgreSQL 15 or newer is not installed. Install it with `apt-get install postgresql`.";

static bool has_programs(const char *directory)
{
	static const char *const names[] = { "postgres", "initdb" };
	bool all = true;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path = xprint("%s/%s", directory, names[i]);

		all = all && access(path, X_OK) == 0;
		free(path);
	}
	return all;
}

/* "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)" → 15; 0 if it cannot be parsed. */
static long version_of(const struct data_dir *dir, const char *directory)
{
	char *program = xprint("%s/postgres", directory);
	struct buf output = { 0 };
	long version = 0;

	if (spawn_run(&dir->owner, -1, NULL, (const char *const[]){ program, "-V", NULL },
	              &output)) {
		const char *digits = buf_cstr(&output);

		digits += strcspn(digits, "0123456789");
		version = strtol(digits, NULL, 10);
	}
	buf_finish(&output);
	free(program);
	return version;
}

/* The version that created the cluster; 0: there is none yet. */
static long cluster_version(const struct data_dir *dir)
{
	char *path = xprint("%s/PG_VERSION", dir->cluster);
	FILE *file = fopen(path, "re");
	long version = 0;

	free(path);
	if (file) {
		if (fscanf(file, "%ld", &version) != 1)
			version = 0;
		fclose(file);
	}
	return version;
}

/* Debian has a directory per version; elsewhere the programs are in the PATH. */
static char *find_in_debian(long required, long *version)
{
	static const char pattern[] = "/usr/lib/postgresql/*/bin";
	glob_t found;
	char *best = NULL;

	if (glob(pattern, 0, NULL, &found) != 0)
		return NULL;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		long this = strtol(found.gl_pathv[i] + strcspn(pattern, "*"), NULL, 10);

		if (this < MIN_VERSION || this <= *version || (required && this != required)
		    || !has_programs(found.gl_pathv[i]))
			continue;
		free(best);
		best = xstrdup(found.gl_pathv[i]);
		*version = this;
	}
	globfree(&found);
	return best;
}

static char *find_in_path(const struct data_dir *dir, long required)
{
	struct str rest = str_of(getenv("PATH")), part;

	while (str_cut(&rest, ':', &part)) {
		char *directory = xprint("%.*s", STR_ARGS(part));

		if (directory[0] == '/' && has_programs(directory)) {
			long version = version_of(dir, directory);

			if (version >= MIN_VERSION && (!required || version == required))
				return directory;
		}
		free(directory);
	}
	return NULL;
}

char *cluster_programs(const struct data_dir *dir, struct buf *error)
{
	long required = cluster_version(dir), version = 0;
	char *programs = find_in_debian(required, &version);

	if (!programs)
		programs = find_in_path(dir, required);
	if (!programs && required)
		buf_print(error,
		          "the database in %s needs PostgreSQL %ld, which is not installed. "
		          "Install it with `apt-get install postgresql-%ld`.",
		          dir->path, required, required);
	else if (!programs)
		buf_text(error, no_programs);
	return programs;
}

bool cluster_exists(const struct data_dir *dir)
{
	return access(dir->cluster, F_OK) == 0;
}

/* Adds the last line of a program's output that is not blank. */
static void add_last_line(struct buf *error, const struct buf *output)
{
	struct str rest = buf_as_str(output), line, last = { 0 };

	while (str_cut(&rest, '\n', &line)) {
		line = str_trim(line);
		if (line.length)
			last = line;
	}
	buf_print(error, "%.*s", STR_ARGS(last));
}

static bool run(const struct data_dir *dir, const char *what, const char *input,
                const char *const *argv, struct buf *error)
{
	struct buf output = { 0 };
	bool ok = spawn_run(&dir->owner, dir->postgres_lock, input, argv, &output);

	if (!ok) {
		buf_print(error, "%s: ", what);
		add_last_line(error, &output);
	}
	buf_finish(&output);
	return ok;
}

static bool remove_tree(const struct data_dir *dir, const char *path, struct buf *error)
{
	if (access(path, F_OK) < 0)
		return true;
	return run(dir, "cannot remove the remains of an older database", NULL,
	           (const char *const[]){ "/bin/rm", "-rf", path, NULL }, error);
}

/* A rename is durable once the directory has been synced. */
static void sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static bool move(const struct data_dir *dir, const char *from, const char *to, struct buf *error)
{
	if (rename(from, to) < 0) {
		buf_print(error, "cannot rename %s: %s", from, strerror(errno));
		return false;
	}
	sync_directory(dir->pg);
	return true;
}

bool cluster_create(const struct data_dir *dir, const char *programs, struct buf *error)
{
	char *new_cluster = xprint("%s.new", dir->cluster);
	char *initdb = xprint("%s/initdb", programs), *postgres = xprint("%s/postgres", programs);
	/* No password: only the owner and root can enter the directory of the socket. */
	const char *const make[] = { initdb,
		                     "-D",
		                     new_cluster,
		                     "-U",
		                     "binnacle",
		                     "-A",
		                     "trust",
		                     "-E",
		                     "UTF8",
		                     "--locale=C.UTF-8",
		                     "--no-instructions",
		                     NULL };
	const char *const fill[] = { postgres,   "--single",
		                     "-D",       new_cluster,
		                     "-c",       "exit_on_error=on",
		                     "-c",       "log_checkpoints=off",
		                     "postgres", NULL };
	bool ok =
		run(dir, "cannot create the database", NULL, make, error)
		&& run(dir, "cannot create the database", "create database binnacle\n", fill, error)
		&& move(dir, new_cluster, dir->cluster, error);

	free(postgres);
	free(initdb);
	free(new_cluster);
	return ok;
}

bool cluster_remove(const struct data_dir *dir, struct buf *error)
{
	char *old = xprint("%s.old", dir->cluster);
	bool ok = !cluster_exists(dir) || move(dir, dir->cluster, old, error);

	free(old);
	return ok && cluster_remove_leftovers(dir, error);
}

bool cluster_remove_leftovers(const struct data_dir *dir, struct buf *error)
{
	char *new_cluster = xprint("%s.new", dir->cluster), *old = xprint("%s.old", dir->cluster);
	bool ok = remove_tree(dir, new_cluster, error) && remove_tree(dir, old, error);

	free(old);
	free(new_cluster);
	return ok;
}
