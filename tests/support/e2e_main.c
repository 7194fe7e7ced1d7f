/* e2e_main.c: the main() of end-to-end tests that share one server.
 *
 * Each test is its own process and finds the server by the environment. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"

/* Stops the server and checks its exit status and its log, which must not contain an error. */
static bool stop_and_check(struct server *server)
{
	static const char *const bad[] = { "\"http.response.status_code\":500",
		                           "http.replied_twice", "\"level\":\"ERROR\"" };
	int status = server_stop(server);
	bool ok = status == 0;

	if (status != 0)
		fprintf(stderr, "The server exited with %d.\n", status);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (server_log_contains(server, bad[i])) {
			fprintf(stderr, "The server logged %s.\n", bad[i]);
			ok = false;
		}
	}
	if (!ok)
		server_show_log(server);
	return ok;
}

/* The trail has one entry for each object that a request changed, and `audit verify` finds no fault. (What a
 * statement has written has its xmin; values of erased accounts have been removed since.) */
static bool check_trail(struct server *server)
{
	struct program_result result;
	const char *twice = server_query(
		server,
		"select format('%%s %%s %%s', e.origin, e.kind, string_agg(e.after::text, ' '))"
		" from audit.entries e where e.request_id is not null and e.salt is not null"
		" group by e.xmin::text, e.origin, e.request_id, e.kind, e.object_id"
		" having count(*) > 1 limit 1");
	bool ok = !twice;

	if (twice)
		fprintf(stderr, "Two entries of one object in the trail: %s\n", twice);
	program_run(
		&result, NULL,
		(const char *const[]){ "audit", "verify", "--data", server_data(server), NULL });
	if (result.status != 0) {
		fprintf(stderr, "audit verify: %s%s\n", buf_cstr(&result.out),
		        buf_cstr(&result.err));
		ok = false;
	}
	result_finish(&result);
	return ok;
}

/* Criterion's runner waits for all children of its process, and hangs if one of them, the server,
 * is not a test. So it runs in a separate process. */
static int run_tests(int argc, char **argv)
{
	pid_t runner = fork();
	int status;

	if (runner == 0) {
		struct criterion_test_set *tests = criterion_initialize();
		bool ok = true;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (criterion_handle_args(argc, argv, true))
			ok = criterion_run_all_tests(tests);
		criterion_finalize(tests);
		exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	if (runner < 0 || waitpid(runner, &status, 0) != runner)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* Criterion finds main() by its name, to run each test in a new process. */
__attribute__((visibility("default"))) int main(int argc, char **argv)
{
	/* Static, so that LeakSanitizer does not report it in the runner, which exits without
	 * freeing it. */
	static struct server *server;
	int status;

	server = server_dev(e2e_settings);
	setenv("E2E_PORT", e2e_format("%d", server_port(server)), 1);
	setenv("E2E_DIRECTORY", server_directory(server), 1);
	status = run_tests(argc, argv);
	if (!check_trail(server))
		status = EXIT_FAILURE;
	if (!stop_and_check(server))
		status = EXIT_FAILURE;
	server_free(server);
	return status;
}
