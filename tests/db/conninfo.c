/* conninfo.c: tests which forms of DATABASE_URL are accepted, and how its hosts are tried. */

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db_fixture.h"

Test(address, that_is_none_makes_no_pool)
{
	const char *const wrong[] = {
		NULL,
		"mysql://x",
		"postgresql://[",
		"host=one,two port=1,2,3",
		"host=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
	};

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		f.config = (struct config){
			.database_url = wrong[i],
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

/* URLs around the directory of the socket, and a setting that the session must then have. */
static const struct {
	const char *url;
	const char *name, *value;
} followed[] = {
	{ "postgresql://postgres@/postgres?host=/nowhere,%s", "application_name", "binnacle" },
	{ "host=nobody.invalid,%s user=postgres", "application_name", "binnacle" },
	{ "host=nobody.invalid,%s port=1,5432 user=postgres", "application_name", "binnacle" },
	{ "host=%s user=postgres application_name=mine", "application_name", "mine" },
	{ "host=%s user=postgres options='-c work_mem=1MB'", "work_mem", "1MB" },
	{ "host=%s user=postgres target_session_attrs=read-write", "work_mem", "4MB" },
};

Test(address, is_followed_past_hosts_that_do_not_answer, .fini = pool_down, .timeout = 60)
{
	char directory[64];

	server_up();
	snprintf(directory, sizeof(directory), "%s", strstr(f.url, "host=") + 5);
	for (size_t i = 0; i < COUNT_OF(followed); i++) {
		struct asked *asked;

		snprintf(f.url, sizeof(f.url), followed[i].url, directory);
		pool_open();
		cr_assert(turn_until(db_ready(f.db)), "%s", followed[i].url);
		asked = answer(SQL_SETTING, followed[i].name);
		cr_expect(eq(str, asked->body, (char *)followed[i].value), "%s",
			  followed[i].url);
		pool_close();
	}
}

Test(address, with_an_unknown_host_is_tried_again_and_waits_for_nobody, .fini = pool_close)
{
	struct asked *asked;

	f.config = (struct config){
		.database_url = "postgresql://nobody.invalid/log",
		.timezone = "UTC",
		.db_connections = 2,
		.db_queue = 10,
		.db_pipeline = 10,
	};
	pool_open();
	asked = answer(SQL_ANSWER, "x");
	cr_expect(eq(int, asked->status, DB_DOWN));
	cr_expect(le(llong, asked->took_ms, 1300));
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

Test(address, of_a_server_that_says_nothing_is_given_up_and_tried_again, .fini = pool_close,
     .timeout = 60)
{
	int port, server = silent_server(&port), met = 0;

	snprintf(f.url, sizeof(f.url), "postgresql://localhost:%d/log", port);
	f.config = (struct config){
		.database_url = f.url,
		.timezone = "UTC",
		.db_connections = 2,
		.db_queue = 10,
		.db_pipeline = 10,
	};
	pool_open();
	cr_expect(eq(int, answer(SQL_ANSWER, "x")->status, DB_DOWN));
	cr_assert(turn_until((met += accept(server, NULL, NULL) >= 0) == 3),
	          "two connections of the pool and the listener must be opened");
	cr_assert(turn_until((met += accept(server, NULL, NULL) >= 0) == 6),
	          "all three must be retried");
	close(server);
}
