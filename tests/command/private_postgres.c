/* private_postgres.c: tests that a private PostgreSQL starts, survives crashes and interruptions, and never
 * outlives its parent. */

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
	struct buf fault;
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
	buf_finish(&f.fault);
}

TestSuite(private, .init = setup, .fini = teardown, .timeout = 60);

static struct private *begin(enum private_data data)
{
	struct private *private = private_new(f.directory, data, &f.fault);

	cr_assert(private != NULL, "%s", buf_cstr(&f.fault));
	return private;
}

static bool has_said(const char *text)
{
	return strstr(buf_cstr(&f.fault), text) != NULL;
}

static bool sql(const struct private *private, const char *text)
{
	struct buf fault = { 0 };
	bool ok = db_run_file(private_url(private), &(struct sql_file){ "test", text, "" }, &fault);

	buf_finish(&fault);
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

static bool is_gone_within(pid_t pid, int ms)
{
	for (; ms > 0; ms -= 10) {
		char *path = xprint("/proc/%d/cwd", (int)pid), at[8];
		bool gone = readlink(path, at, sizeof(at)) < 0; /* a zombie has none either */

		free(path);
		if (gone)
			return true;
		usleep(10 * 1000);
	}
	return false;
}

/* Forks a process that runs a private PostgreSQL. */
static pid_t holder(void)
{
	int ends[2];
	char word;
	pid_t pid;

	cr_assert(pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		struct private *private = private_new(f.directory, PRIVATE_KEEP, &f.fault);

		if (private && write(ends[1], "+", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	cr_assert(read(ends[0], &word, 1) == 1, "the process could not start PostgreSQL");
	close(ends[0]);
	return pid;
}

/* Creating a cluster is slow, so tests share one where they can. */

Test(private, keeps_what_is_written_however_it_ends)
{
	struct private *private = begin(PRIVATE_KEEP);

	cr_expect(private_is_fresh(private));
	cr_expect(sql(private, "create table boats (name text)"));
	private_free(private);

	private = begin(PRIVATE_KEEP);
	cr_expect(not(private_is_fresh(private)));
	cr_expect(sql(private, "insert into boats values ('Ada')"),
	          "the table must survive a shutdown");
	kill(postmaster(), SIGKILL);
	private_free(private);

	private = begin(PRIVATE_KEEP);
	cr_expect(sql(private, "select 1 / count(*) from boats"), "the row must survive SIGKILL");
	private_free(private);
}

Test(private, is_closed_to_others_and_gone_when_it_is_freed)
{
	struct private *private = begin(PRIVATE_KEEP);
	char *path = xprint("%s/pg", f.directory);
	pid_t pid = postmaster();
	struct stat st;

	cr_assert(lstat(path, &st) == 0);
	cr_expect(eq(int, (int)(st.st_mode & 0777), 0700));
	cr_assert(pid > 0);
	private_free(private);
	cr_expect(kill(pid, 0) < 0);
	cr_expect(eq(int, postmaster(), 0), "the pid file must be gone");
	free(path);
}

Test(private, forgets_all_of_it_when_reset)
{
	struct private *private = begin(PRIVATE_KEEP);

	cr_expect(sql(private, "create table boats (name text)"));
	private_free(private);

	private = begin(PRIVATE_RESET);
	cr_expect(private_is_fresh(private));
	cr_expect(not(sql(private, "insert into boats values ('Ada')")));
	private_free(private);
}

Test(private, ends_when_its_parent_is_killed)
{
	pid_t parent = holder(), pid = postmaster();
	struct private *private;

	cr_assert(pid > 0);
	kill(parent, SIGKILL);
	/* Immediately: the next start must wait for the old PostgreSQL. */
	private = begin(PRIVATE_KEEP);
	cr_expect(is_gone_within(pid, 10));
	cr_expect(sql(private, "select 1"));
	private_free(private);
	waitpid(parent, NULL, 0);

	parent = holder();
	pid = postmaster();
	kill(parent, SIGKILL);
	cr_expect(is_gone_within(pid, 20 * 1000), "it must end without another start, too");
	waitpid(parent, NULL, 0);
}

Test(private, is_refused_to_a_second_one_in_the_same_directory)
{
	pid_t parent = holder();
	char *who = xprint("process %d", (int)parent);

	cr_expect(private_new(f.directory, PRIVATE_KEEP, &f.fault) == NULL);
	cr_expect(has_said("in use"));
	cr_expect(has_said(who), "%s", buf_cstr(&f.fault));
	cr_expect(private_new(f.directory, PRIVATE_RESET, &f.fault) == NULL,
	          "a reset must fail, too");
	free(who);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
}

Test(private, that_was_killed_while_it_was_made_is_made_anew)
{
	static const int after_ms[] = { 20, 400 };

	for (size_t i = 0; i < COUNT_OF(after_ms); i++) {
		struct private *private;
		pid_t parent = fork();

		if (parent == 0) {
			private_new(f.directory, PRIVATE_RESET, &f.fault);
			_exit(1);
		}
		usleep((unsigned)after_ms[i] * 1000);
		kill(parent, SIGKILL);
		waitpid(parent, NULL, 0);

		private = begin(PRIVATE_KEEP);
		cr_expect(sql(private, "select 1"), "killed after %d ms", after_ms[i]);
		private_free(private);
	}
}

Test(private, that_dies_while_it_is_watched_is_started_again)
{
	struct private *private = begin(PRIVATE_KEEP);
	struct loop *loop = loop_new();
	pid_t first = postmaster();
	long long until = clock_exact_us() + 20 * 1000 * 1000;
	bool again = false;

	private_watch(private, loop);
	kill(first, SIGKILL);
	while (!again && clock_exact_us() < until) {
		struct timeval soon = { 0, 20 * 1000 };

		event_base_loopexit(loop_base(loop), &soon);
		loop_turn(loop);
		again = postmaster() != first && sql(private, "select 1");
	}
	cr_expect(again);
	private_unwatch(private);
	private_free(private);
	loop_free(loop);
}

Test(private, has_its_socket_elsewhere_when_the_directory_has_a_long_name)
{
	char *longer = xprint("%s/%0100d", f.directory, 7);
	struct private *private = private_new(longer, PRIVATE_KEEP, &f.fault);

	cr_assert(private != NULL, "%s", buf_cstr(&f.fault));
	cr_expect(sql(private, "select 1"));
	private_free(private);
	free(longer);
}

Test(private, says_in_one_sentence_why_it_cannot_be)
{
	static const struct {
		const char *directory, *says;
	} rows[] = {
		{ "", "is empty" },
		{ "/proc/nowhere", "cannot create" },
		{ "/dev/null", "Not a directory" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_clear(&f.fault);
		cr_expect(private_new(rows[i].directory, PRIVATE_KEEP, &f.fault) == NULL);
		cr_expect(has_said(rows[i].says), "%s: %s", rows[i].directory,
		          buf_cstr(&f.fault));
	}
}

Test(private, names_the_directory_that_its_user_may_not_enter)
{
	char *below = xprint("%s/below", f.directory);

	if (geteuid() != 0)
		cr_skip_test("the database user is the current user");
	cr_assert(chmod(f.directory, 0700) == 0);
	cr_expect(private_new(below, PRIVATE_KEEP, &f.fault) == NULL);
	cr_expect(has_said(f.directory));
	cr_expect(has_said("cannot enter"), "%s", buf_cstr(&f.fault));
	free(below);
}
