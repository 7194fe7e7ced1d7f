/* story_main.c: the main() of a program of stories: one server for all of its tests.
 *
 * The tests are processes of their own, so the environment tells them where it is. */

#include <stdio.h>
#include <stdlib.h>

#include "story.h"

/* No test answered badly, the server neither: 500 is our fault in any case. */
static bool was_well(struct server *server)
{
	static const char *const bad[] = { "\"http.response.status_code\":500", "http.answered_twice",
		                           "\"level\":\"ERROR\"" };
	int status = server_stop(server);
	bool well = status == 0;

	if (status != 0)
		fprintf(stderr, "The server ended with %d.\n", status);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (server_has_logged(server, bad[i])) {
			fprintf(stderr, "The server logged %s.\n", bad[i]);
			well = false;
		}
	}
	if (!well)
		server_show_log(server);
	return well;
}

/* Criterion looks for it by name, to run each test in a process of its own. */
__attribute__((visibility("default"))) int main(int argc, char **argv)
{
	struct criterion_test_set *tests = criterion_initialize();
	struct server *server = NULL;
	int status = EXIT_SUCCESS;

	if (criterion_handle_args(argc, argv, true)) {
		server = server_dev(NULL);
		setenv("STORY_PORT", story_print("%d", server_port(server)), 1);
		setenv("STORY_DIRECTORY", server_directory(server), 1);
		if (!criterion_run_all_tests(tests))
			status = EXIT_FAILURE;
		if (!was_well(server))
			status = EXIT_FAILURE;
		server_free(server);
	}
	criterion_finalize(tests);
	return status;
}
