/* private_postgres.c: tests that a private PostgreSQL starts, survives crashes and interruptions,
 * and never outlives its parent. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <event2/event.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "private_postgres.h"

static struct {
	char directory[64];
	struct buf error;
} f;

static void setup(void)
{
	strcpy(f.directory, "/tmp/binnacle-test-XXXXXX");
	cr_assert(mkdtemp(f.directory) != NULL);
	/* If we are root, the database user must be able to enter. */
	cr_assert(chmod(f.directory, 0711) == 0);
}

static int remove_one(const char *path, const struct stat *, int, struct FTW *)
{
	return remove(path);
}

static void teardown(void)
{
	nftw(f.directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	buf_finish(&f.error);
}

TestSuite(private_postgres, .init = setup, .fini = teardown, .timeout = 60);

static struct private_postgres *start(enum private_postgres_mode mode)
{
	struct private_postgres *postgres = private_postgres_new(f.directory, mode, &f.error);

	cr_assert(postgres != NULL, "%s", buf_cstr(&f.error));
	return postgres;
}

static bool error_contains(const char *text)
{
	return strstr(buf_cstr(&f.error), text) != NULL;
}

static bool sql(const struct private_postgres *postgres, const char *text)
{
	struct buf error = { 0 };
	bool ok = db_run_file(private_postgres_url(postgres),
	                      &(struct sql_file){ "test", text, "" }, &error);

	buf_finish(&error);
	return ok;
}

static pid_t postmaster(void)
{
	char *path = xprint("%s/pg/cluster/postmaster.pid", f.directory);
	FILE *file = fopen(path, "re");
	int pid = 0;

	free(path);
	if (file) {
		if (fscanf(file, "%d", &pid) != 1)
			pid = 0;
		fclose(file);
	}
	return pid;
}

static bool ends_within(pid_t pid, int ms)
{
	for (; ms > 0; ms -= 10) {
		char *path = xprint("/proc/%d/cwd", (int)pid), at[8];
		bool ended = readlink(path, at, sizeof(at)) < 0; /* a zombie has none either */

		free(path);
		if (ended)
			return true;
		usleep(10 * 1000);
	}
	return false;
}

/* Forks a process that runs a private PostgreSQL. */
static pid_t fork_holder(void)
{
	int ends[2];
	char word;
	pid_t pid;

	cr_assert(pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		struct private_postgres *postgres =
			private_postgres_new(f.directory, PRIVATE_POSTGRES_KEEP, &f.error);

		if (postgres && write(ends[1], "+", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	cr_assert(read(ends[0], &word, 1) == 1, "the process could not start PostgreSQL");
	close(ends[0]);
	return pid;
}

/* Creating a cluster is slow, so tests share one where they can. */

Test(private_postgres, keeps_data_after_shutdown_and_crash)
{
	struct private_postgres *postgres = start(PRIVATE_POSTGRES_KEEP);

	cr_expect(private_postgres_is_new(postgres));
	cr_expect(sql(postgres, "create table boats (name text)"));
	private_postgres_free(postgres);

	postgres = start(PRIVATE_POSTGRES_KEEP);
	cr_expect(not(private_postgres_is_new(postgres)));
	cr_expect(sql(postgres, "insert into boats values ('Ada')"),
	          "the table must survive a shutdown");
	kill(postmaster(), SIGKILL);
	private_postgres_free(postgres);

	postgres = start(PRIVATE_POSTGRES_KEEP);
	cr_expect(sql(postgres, "select 1 / count(*) from boats"), "the row must survive SIGKILL");
	private_postgres_free(postgres);
}

Test(private_postgres, is_private_and_ends_with_free)
{
	struct private_postgres *postgres = start(PRIVATE_POSTGRES_KEEP);
	char *path = xprint("%s/pg", f.directory);
	pid_t pid = postmaster();
	struct stat st;

	cr_assert(lstat(path, &st) == 0);
	cr_expect(eq(int, (int)(st.st_mode & 0777), 0700));
	cr_assert(pid > 0);
	private_postgres_free(postgres);
	cr_expect(kill(pid, 0) < 0);
	cr_expect(eq(int, postmaster(), 0), "the pid file must be gone");
	free(path);
}

Test(private_postgres, reset_deletes_the_data)
{
	struct private_postgres *postgres = start(PRIVATE_POSTGRES_KEEP);

	cr_expect(sql(postgres, "create table boats (name text)"));
	private_postgres_free(postgres);

	postgres = start(PRIVATE_POSTGRES_RESET);
	cr_expect(private_postgres_is_new(postgres));
	cr_expect(not(sql(postgres, "insert into boats values ('Ada')")));
	private_postgres_free(postgres);
}

Test(private_postgres, ends_when_its_parent_is_killed)
{
	pid_t parent = fork_holder(), pid = postmaster();
	struct private_postgres *postgres;

	cr_assert(pid > 0);
	kill(parent, SIGKILL);
	/* Immediately: the next start must wait for the old PostgreSQL. */
	postgres = start(PRIVATE_POSTGRES_KEEP);
	cr_expect(ends_within(pid, 10));
	cr_expect(sql(postgres, "select 1"));
	private_postgres_free(postgres);
	waitpid(parent, NULL, 0);

	parent = fork_holder();
	pid = postmaster();
	kill(parent, SIGKILL);
	cr_expect(ends_within(pid, 20 * 1000), "it must end without another start, too");
	waitpid(parent, NULL, 0);
}

Test(private_postgres, directory_is_used_by_one_process)
{
	pid_t parent = fork_holder();
	char *text = xprint("process %d", (int)parent);

	cr_expect(private_postgres_new(f.directory, PRIVATE_POSTGRES_KEEP, &f.error) == NULL);
	cr_expect(error_contains("in use"));
	cr_expect(error_contains(text), "%s", buf_cstr(&f.error));
	cr_expect(private_postgres_new(f.directory, PRIVATE_POSTGRES_RESET, &f.error) == NULL,
	          "a reset must fail, too");
	free(text);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
}

Test(private_postgres, recovers_from_an_interrupted_start)
{
	static const int after_ms[] = { 20, 400 };

	for (size_t i = 0; i < COUNT_OF(after_ms); i++) {
		struct private_postgres *postgres;
		pid_t parent = fork();

		if (parent == 0) {
			private_postgres_new(f.directory, PRIVATE_POSTGRES_RESET, &f.error);
			_exit(1);
		}
		usleep((unsigned)after_ms[i] * 1000);
		kill(parent, SIGKILL);
		waitpid(parent, NULL, 0);

		postgres = start(PRIVATE_POSTGRES_KEEP);
		cr_expect(sql(postgres, "select 1"), "killed after %d ms", after_ms[i]);
		private_postgres_free(postgres);
	}
}

Test(private_postgres, is_restarted_when_it_dies)
{
	struct private_postgres *postgres = start(PRIVATE_POSTGRES_KEEP);
	struct loop *loop = loop_new();
	pid_t first = postmaster();
	long long until = clock_exact_us() + 20 * 1000 * 1000;
	bool restarted = false;

	private_postgres_watch(postgres, loop);
	kill(first, SIGKILL);
	while (!restarted && clock_exact_us() < until) {
		struct timeval soon = { 0, 20 * 1000 };

		event_base_loopexit(loop_base(loop), &soon);
		loop_turn(loop);
		restarted = postmaster() != first && sql(postgres, "select 1");
	}
	cr_expect(restarted);
	private_postgres_unwatch(postgres);
	private_postgres_free(postgres);
	loop_free(loop);
}

Test(private_postgres, long_paths_use_another_socket_directory)
{
	char *longer = xprint("%s/%0100d", f.directory, 7);
	struct private_postgres *postgres =
		private_postgres_new(longer, PRIVATE_POSTGRES_KEEP, &f.error);

	cr_assert(postgres != NULL, "%s", buf_cstr(&f.error));
	cr_expect(sql(postgres, "select 1"));
	private_postgres_free(postgres);
	free(longer);
}

Test(private_postgres, reports_why_it_cannot_start)
{
	static const struct {
		const char *directory, *message;
	} rows[] = {
		{ "", "is empty" },
		{ "/proc/nowhere", "cannot create" },
		{ "/dev/null", "Not a directory" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_clear(&f.error);
		cr_expect(private_postgres_new(rows[i].directory, PRIVATE_POSTGRES_KEEP, &f.error)
		          == NULL);
		cr_expect(error_contains(rows[i].message), "%s: %s", rows[i].directory,
		          buf_cstr(&f.error));
	}
}

Test(private_postgres, reports_a_directory_the_user_cannot_enter)
{
	char *below = xprint("%s/below", f.directory);

	if (geteuid() != 0)
		cr_skip_test("the database user is the current user");
	cr_assert(chmod(f.directory, 0700) == 0);
	cr_expect(private_postgres_new(below, PRIVATE_POSTGRES_KEEP, &f.error) == NULL);
	cr_expect(error_contains(f.directory));
	cr_expect(error_contains("cannot enter"), "%s", buf_cstr(&f.error));
	free(below);
}
