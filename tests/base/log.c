/* Every log line is valid JSON, and logging never blocks on a slow reader. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "metrics.h"

static struct {
	int reader, writer;
	struct buf output;
} f;

static void set_up(void)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert(pipe(ends) == 0);
	f.reader = ends[0];
	f.writer = ends[1];
	fcntl(f.reader, F_SETFL, O_NONBLOCK);
}

static void tear_down(void)
{
	buf_finish(&f.output);
	log_close();
	close(f.reader);
	close(f.writer);
}

/* Appends everything that can be read now. */
static void read_all(void)
{
	ssize_t n;

	while ((n = read(f.reader, buf_reserve(&f.output, 65536), 65536)) > 0)
		f.output.length += (size_t)n;
}

/* The next line as JSON, which the caller frees; NULL at the end. */
static struct json *next_line(struct str *rest)
{
	struct str line;
	const char *error;
	size_t offset;
	struct json *value;

	if (!str_cut(rest, '\n', &line))
		return NULL;
	value = json_parse(line, &error, &offset);
	cr_assert(value != NULL, "%.*s: %s at %zu", STR_ARGS(line), error, offset);
	cr_assert(json_kind(value) == JSON_OBJECT);
	return value;
}

static bool text_is(const struct json *line, const char *name, const char *text)
{
	const struct json *member = json_member(line, name);

	return member && str_is(json_string(member), text);
}

static const char *one_line(void)
{
	cr_assert(log_flush());
	buf_clear(&f.output);
	read_all();
	return buf_cstr(&f.output);
}

TestSuite(log, .init = set_up, .fini = tear_down, .timeout = 30);

Test(log, lines_have_time_level_and_message)
{
	clock_set(0, 1795240020123);
	log_open(f.writer, LOG_DEBUG);
	log_info("http.listening", kv_text("address", "127.0.0.1"), kv_number("port", 8080),
	         kv_ms("took_ms", 1234567), kv_text("nothing", NULL));
	cr_expect_str_eq(one_line(),
	                 "{\"timestamp\":\"2026-11-21T05:47:00.123Z\",\"level\":\"INFO\","
	                 "\"message\":\"http.listening\",\"address\":\"127.0.0.1\",\"port\":8080,"
	                 "\"took_ms\":1234.567}\n");
	log_error("alone");
	cr_expect_str_eq(one_line(),
	                 "{\"timestamp\":\"2026-11-21T05:47:00.123Z\",\"level\":\"ERROR\","
	                 "\"message\":\"alone\"}\n");
}

Test(log, durations_have_three_decimals)
{
	static const struct {
		long long us;
		const char *text;
	} rows[] = {
		{ 0, "0.000" },
		{ 1, "0.001" },
		{ 999, "0.999" },
		{ 1000, "1.000" },
		{ 1050, "1.050" },
		{ -1, "-0.001" },
		{ -1000, "-1.000" },
		{ -1500, "-1.500" },
		{ 60000000, "60000.000" },
		{ 1234567891234, "1234567891.234" },
	};

	log_open(f.writer, LOG_DEBUG);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "\"ms\":%s}", rows[i].text);
		log_info("x", kv_ms("ms", rows[i].us));
		cr_expect(strstr(one_line(), expected) != NULL, "%s: %s", rows[i].text,
		          buf_cstr(&f.output));
	}
}

Test(log, lines_are_valid_json_for_any_bytes)
{
	char bytes[300];
	char *large = malloc(100000);
	struct str rest;
	struct json *line;
	int lines = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i % 255 + 1); /* no NUL: json_parse() rejects it */
	memset(large, '\x01', 100000);
	log_open(f.writer, LOG_DEBUG);
	for (size_t i = 0; i + 3 <= sizeof(bytes); i++)
		log_warn("bytes", kv_str("text", (struct str){ bytes + i, 3 }),
		         kv_str("again", (struct str){ bytes + i, i % 3 }));
	log_warn("quotes", kv_text("text", "\"},{\"level\":\"ERROR\n"));
	log_warn("cut", kv_str("text", (struct str){ "\xf0\x9f\x98\x80", 3 }));
	while (!log_flush())
		read_all();
	read_all();
	log_warn("large", kv_str("text", (struct str){ large, 100000 }));
	while (!log_flush())
		read_all();
	read_all();
	rest = buf_as_str(&f.output);
	while ((line = next_line(&rest))) {
		cr_expect(text_is(line, "level", "WARN"));
		lines++;
		json_free(line);
	}
	cr_expect(eq(int, lines, (int)sizeof(bytes) - 2 + 3));
	free(large);
}

Test(log, long_values_are_truncated)
{
	char *large = malloc(1 << 20);

	memset(large, 'x', 1 << 20);
	log_open(f.writer, LOG_DEBUG);
	log_info("large", kv_str("text", (struct str){ large, 1 << 20 }));
	cr_assert(log_flush());
	read_all();
	cr_expect(f.output.length > 16000 && f.output.length < 20000, "%zu bytes", f.output.length);
	free(large);
}

Test(log, drops_lines_below_the_level)
{
	log_open(f.writer, LOG_WARN);
	cr_expect_not(log_is_enabled(LOG_INFO));
	cr_expect(log_is_enabled(LOG_WARN));
	log_debug("one");
	log_info("two");
	cr_expect_str_eq(one_line(), "");
	log_warn("three");
	log_error("four");
	one_line();
	cr_expect(strstr(f.output.at, "three") && strstr(f.output.at, "four"));
}

Test(log, writes_to_standard_error_by_default)
{
	dup2(f.writer, STDERR_FILENO);
	log_info("not.logged");
	log_warn("logged");
	one_line();
	cr_expect(strstr(f.output.at, "\"logged\"") != NULL);
	cr_expect(strstr(f.output.at, "not.logged") == NULL);
}

/* Fills the pipe and the buffer; returns the number of lines logged. */
static int log_until_dropped(int dropped)
{
	char text[1000];
	int logged = 0;

	memset(text, 'x', sizeof(text));
	while (metrics_value(METRIC_LOG_DROPPED) < dropped) {
		log_info("line", kv_number("n", logged),
		         kv_str("text", (struct str){ text, sizeof(text) }));
		logged++;
		log_flush();
		cr_assert(logged < 100000, "lines must be dropped at some point");
	}
	return logged;
}

/* All lines must arrive in order, except those counted by `log.dropped`. */
static void expect_all_lines(int logged)
{
	struct str rest;
	struct json *line;
	long long next = 0, lost = 0;

	while (!log_flush())
		read_all();
	read_all();
	rest = buf_as_str(&f.output);
	while ((line = next_line(&rest))) {
		if (text_is(line, "message", "log.dropped")) {
			lost += json_integer(json_member(line, "lines"));
			cr_expect(text_is(line, "level", "WARN"));
			next += json_integer(json_member(line, "lines"));
		} else if (text_is(line, "message", "line")) {
			cr_assert(eq(llong, json_integer(json_member(line, "n")), next));
			next++;
		}
		json_free(line);
	}
	cr_expect(eq(llong, next, logged));
	cr_expect(eq(llong, lost, metrics_value(METRIC_LOG_DROPPED)));
}

Test(log, a_full_pipe_drops_lines_without_blocking)
{
	int logged;

	log_open(f.writer, LOG_DEBUG);
	logged = log_until_dropped(50);
	cr_expect_not(log_flush(), "lines must still be buffered");
	while (!log_flush())
		read_all();
	/* Only the next line is preceded by the number of lines lost. */
	log_info("line", kv_number("n", logged++));
	log_info("line", kv_number("n", logged++));
	expect_all_lines(logged);
	cr_expect(eq(llong, metrics_value(METRIC_LOG_DROPPED), 50));
}

Test(log, does_not_change_the_given_descriptor)
{
	int before = fcntl(f.writer, F_GETFL);

	log_open(f.writer, LOG_DEBUG);
	log_until_dropped(1);
	cr_expect(eq(int, fcntl(f.writer, F_GETFL), before));
	cr_expect_not(before & O_NONBLOCK);
	log_close();
	cr_expect(eq(int, fcntl(f.writer, F_GETFL), before),
	          "the original descriptor must stay open");
	read_all();
}

/* As with a pipe of another user: it cannot be reopened through /proc. */
Test(log, a_pipe_that_cannot_be_reopened_does_not_block)
{
	int logged;
	bool is_root = geteuid() == 0;

	cr_assert(fchmod(f.writer, 0) == 0);
	cr_assert(is_root == false || seteuid(65534) == 0);
	log_open(f.writer, LOG_DEBUG);
	cr_assert(is_root == false || seteuid(0) == 0);
	logged = log_until_dropped(50);
	cr_expect_not(fcntl(f.writer, F_GETFL) & O_NONBLOCK);
	while (!log_flush())
		read_all();
	log_info("line", kv_number("n", logged++));
	expect_all_lines(logged);
}

Test(log, a_full_socket_does_not_block)
{
	int ends[2], logged;

	cr_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	close(f.reader);
	close(f.writer);
	f.reader = ends[0];
	f.writer = ends[1];
	fcntl(f.reader, F_SETFL, O_NONBLOCK);
	log_open(f.writer, LOG_DEBUG);
	logged = log_until_dropped(50);
	cr_expect_not(fcntl(f.writer, F_GETFL) & O_NONBLOCK);
	while (!log_flush())
		read_all();
	log_info("line", kv_number("n", logged++));
	expect_all_lines(logged);
}

Test(log, appends_to_files)
{
	char path[] = "/tmp/log-XXXXXX", text[256] = { 0 };
	int fd = mkstemp(path);

	unlink(path);
	cr_assert(write(fd, "before\n", 7) == 7);
	log_open(fd, LOG_DEBUG);
	log_info("line");
	cr_expect(log_flush());
	cr_assert(pread(fd, text, sizeof(text) - 1, 0) > 7);
	cr_expect(str_begins(str_of(text), "before\n{\"timestamp\":"), "%s", text);
	close(fd);
}

Test(log, lines_without_a_reader_are_dropped_and_counted)
{
	close(f.reader);
	log_open(f.writer, LOG_DEBUG);
	log_info("one");
	log_info("two");
	cr_expect(log_flush(), "nothing must stay buffered");
	cr_expect(eq(llong, metrics_value(METRIC_LOG_DROPPED), 2));
}

Test(log, closing_waits_for_a_slow_reader)
{
	char line[1100];
	struct str rest;
	struct json *value;
	pid_t child;
	int ends[2], status;

	/* A slow reader, which passes on what it has read. */
	cr_assert(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		close(f.writer);
		fcntl(f.reader, F_SETFL, 0);
		usleep(200 * 1000);
		read_all();
		_exit(write(ends[1], f.output.at, f.output.length) < 0);
	}
	close(ends[1]);
	memset(line, 'x', sizeof(line));
	log_open(f.writer, LOG_DEBUG);
	for (int i = 0; i < 150; i++)
		log_info("line", kv_str("text", (struct str){ line, sizeof(line) }));
	cr_expect_not(log_flush(), "the lines must exceed the capacity of the pipe");
	log_close();
	close(f.writer);
	close(f.reader);
	f.reader = ends[0];
	read_all();
	waitpid(child, &status, 0);
	rest = buf_as_str(&f.output);
	for (int i = 0; i < 150; i++) {
		value = next_line(&rest);
		cr_assert(value != NULL, "line %d is missing", i);
		json_free(value);
	}
}
