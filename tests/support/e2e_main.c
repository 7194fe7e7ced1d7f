/* e2e_main.c: the main() of a program of stories: one server for all of its tests.
 *
 * The tests are processes of their own, so the environment tells them where it is. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"

/* No test answered badly, the server neither: 500 is our fault in any case. */
static bool was_well(struct server *server)
{
	static const char *const bad[] = { "\"http.response.status_code\":500", "http.replied_twice",
		                           "\"level\":\"ERROR\"" };
	int status = server_stop(server);
	bool well = status == 0;

	if (status != 0)
		fprintf(stderr, "The server ended with %d.\n", status);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (server_log_contains(server, bad[i])) {
			fprintf(stderr, "The server logged %s.\n", bad[i]);
			well = false;
		}
	}
	if (!well)
		server_show_log(server);
	return well;
}

/* Criterion's runner waits for any child of its process, and for ever when one of
 * them is none of its own: so it is a process of its own, beside the server. */
static int run_tests(int argc, char **argv)
{
	pid_t runner = fork();
	int status;

	if (runner == 0) {
		struct criterion_test_set *tests = criterion_initialize();
		bool well = true;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (criterion_handle_args(argc, argv, true))
			well = criterion_run_all_tests(tests);
		criterion_finalize(tests);
		exit(well ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	if (runner < 0 || waitpid(runner, &status, 0) != runner)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* Criterion looks for it by name, to run each test in a process of its own. */
__attribute__((visibility("default"))) int main(int argc, char **argv)
{
	/* Static: the runner has it too, and leaves without a farewell. */
	static struct server *server;
	int status;

	server = server_dev(e2e_settings);
	setenv("STORY_PORT", e2e_format("%d", server_port(server)), 1);
	setenv("STORY_DIRECTORY", server_directory(server), 1);
	status = run_tests(argc, argv);
	if (!was_well(server))
		status = EXIT_FAILURE;
	server_free(server);
	return status;
}
