/* conninfo.c: tests which forms of DATABASE_URL are accepted, and how its hosts are tried. */

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db_fixture.h"

Test(conninfo, rejects_invalid_connection_strings)
{
	const char *const invalid[] = {
		NULL,
		"mysql://x",
		"postgresql://[",
		"host=one,two port=1,2,3",
		"host=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
	};

	for (size_t i = 0; i < COUNT_OF(invalid); i++) {
		f.config = (struct config){
			.database_url = invalid[i],
			.timezone = "UTC",
			.db_connections = 2,
			.db_queue = 1,
			.db_pipeline = 1,
		};
		pool_open();
		cr_expect(f.db == NULL);
		pool_close();
	}
}

/* Connection strings, with %s for the socket directory, and a setting that they result in. */
static const struct {
	const char *url;
	const char *name, *value;
} cases[] = {
	{ "postgresql://postgres@/postgres?host=/nowhere,%s", "application_name", "binnacle" },
	{ "host=nobody.invalid,%s user=postgres", "application_name", "binnacle" },
	{ "host=nobody.invalid,%s port=1,5432 user=postgres", "application_name", "binnacle" },
	{ "host=%s user=postgres application_name=mine", "application_name", "mine" },
	{ "host=%s user=postgres options='-c work_mem=1MB'", "work_mem", "1MB" },
	{ "host=%s user=postgres target_session_attrs=read-write", "work_mem", "4MB" },
};

Test(conninfo, tries_the_next_host, .fini = pool_down, .timeout = 60)
{
	char directory[64];

	server_up();
	snprintf(directory, sizeof(directory), "%s", strstr(f.url, "host=") + 5);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct test_query *result;

		snprintf(f.url, sizeof(f.url), cases[i].url, directory);
		pool_open();
		cr_assert(turn_until(db_ready(f.db)), "%s", cases[i].url);
		result = run_query(SQL_SETTING, cases[i].name);
		cr_expect(eq(str, result->body, (char *)cases[i].value), "%s", cases[i].url);
		pool_close();
	}
}

Test(conninfo, does_not_block_on_an_unknown_host, .fini = pool_close)
{
	struct test_query *result;

	f.config = (struct config){
		.database_url = "postgresql://nobody.invalid/log",
		.timezone = "UTC",
		.db_connections = 2,
		.db_queue = 10,
		.db_pipeline = 10,
	};
	pool_open();
	result = run_query(SQL_ANSWER, "x");
	cr_expect(eq(int, result->status, DB_UNAVAILABLE));
	cr_expect(le(llong, result->took_ms, 1300));
	cr_expect(not(db_ready(f.db)));
}

/* Accepts connections but never responds. */
static int silent_server(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	cr_assert(eq(int, bind(fd, (struct sockaddr *)&address, length), 0));
	cr_assert(eq(int, listen(fd, 16), 0));
	getsockname(fd, (struct sockaddr *)&address, &length);
	*port = ntohs(address.sin_port);
	return fd;
}

Test(conninfo, retries_a_server_that_does_not_respond, .fini = pool_close, .timeout = 60)
{
	int port, server = silent_server(&port), accepted = 0;

	snprintf(f.url, sizeof(f.url), "postgresql://localhost:%d/log", port);
	f.config = (struct config){
		.database_url = f.url,
		.timezone = "UTC",
		.db_connections = 2,
		.db_queue = 10,
		.db_pipeline = 10,
	};
	pool_open();
	cr_expect(eq(int, run_query(SQL_ANSWER, "x")->status, DB_UNAVAILABLE));
	cr_assert(turn_until((accepted += accept(server, NULL, NULL) >= 0) == 3),
	          "two connections of the pool and the listener must be opened");
	cr_assert(turn_until((accepted += accept(server, NULL, NULL) >= 0) == 6),
	          "all three must be retried");
	close(server);
}
