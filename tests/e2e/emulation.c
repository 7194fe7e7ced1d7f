/* Commands of clients that have a stream: by any connection, to whichever process it leads. */

#include "e2e.h"
#include "raw_conn.h"

TestSuite(emulation, .timeout = 80);

static struct {
	struct server *dev, *other; /* two processes, one database */
} f;

static void begin(void)
{
	f.dev = server_dev(NULL);
	f.other = server_second(f.dev, NULL);
}

static void end(void)
{
	server_stop_cleanly(f.other);
	server_stop_cleanly(f.dev);
}

static struct raw_conn *stream_of(const struct server *server)
{
	static const char body[] = "{\"id\":1,\"connect\":{}}";
	struct raw_conn *wire = raw_conn_new(server_port(server));

	raw_conn_send(wire, str_of(e2e_format("POST /connection/http_stream HTTP/1.1\r\nHost: localhost:%d\r\n"
	                                  "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	                                  server_port(server), sizeof(body) - 1, body)));
	cr_assert(raw_conn_wait_for(wire, "\"node\":\"", 10000) && raw_conn_wait_for(wire, "}\n", 10000), "%s", buf_cstr(&wire->heard));
	return wire;
}

/* What it was told there: "session", "node". */
static const char *told(struct raw_conn *wire, const char *name)
{
	const char *mark = e2e_format("\"%s\":\"", name), *at = strstr(buf_cstr(&wire->heard), mark);

	cr_assert(at);
	at += strlen(mark);
	return e2e_format("%.*s", (int)strcspn(at, "\""), at);
}

static const struct answer *speak(struct client *client, const char *session, const char *node, const char *data)
{
	return client_post(client, "/emulation", "{'session':'%s','node':'%s','data':'%s'}", session, node, data);
}

/* Both may serve before they listen to each other. */
static void wait_until_they_hear(struct client *client, const char *session, const char *node, struct raw_conn *wire)
{
	for (int i = 0; i < 100; i++) {
		speak(client, session, node, "{\\\"id\\\":9,\\\"ping\\\":{}}");
		if (raw_conn_wait_for(wire, "{\"id\":9,\"ping\":{}}", 100))
			return;
	}
	cr_assert_fail("they do not hear each other");
}

Test(emulation, finds_the_process_that_has_the_stream, .init = begin, .fini = end)
{
	struct client *here = e2e_client_of(f.dev, NULL), *there = e2e_client_of(f.other, NULL);
	struct raw_conn *wire = stream_of(f.dev);
	const char *session = told(wire, "session"), *node = told(wire, "node"), *nobody = e2e_id();
	struct buf long_one = { 0 };

	wait_until_they_hear(there, session, node, wire);
	assert_status(speak(here, session, node, "{\\\"id\\\":2,\\\"ping\\\":{}}"), 204);
	cr_expect(raw_conn_wait_for(wire, "{\"id\":2,\"ping\":{}}", 10000));
	assert_status(speak(there, session, node, "{\\\"id\\\":3,\\\"ping\\\":{}}\\n{\\\"id\\\":4,\\\"subscribe\\\":{\\\"channel\\\":\\\"all\\\"}}"),
	              204);
	cr_expect(raw_conn_wait_for(wire, "{\"id\":3,\"ping\":{}}", 10000));
	cr_expect(raw_conn_wait_for(wire, "{\"id\":4,\"subscribe\":{", 10000));
	/* Without a node it is said here, and there is none. */
	assert_status(client_post(here, "/emulation", "{'session':'%s','data':'{}'}", session), 204);
	expect_problem(client_post(there, "/emulation", "{'session':'%s','data':'{}'}", session), "NOT_FOUND");
	expect_problem(speak(here, "00000000000000000000000000000000", node, "{}"), "NOT_FOUND");
	/* Of another process nobody knows whether it has it, or is there; what is no name is refused. */
	assert_status(speak(there, "00000000000000000000000000000000", node, "{}"), 204);
	assert_status(speak(there, session, nobody, "{}"), 204);
	expect_problem(speak(there, session, "elsewhere", "{}"), "NOT_FOUND");
	expect_problem(speak(there, "x", node, "{}"), "NOT_FOUND");
	expect_problem(speak(there, "0000000000000000 000000000000000", node, "{}"), "NOT_FOUND");
	for (int i = 0; i < 7900; i++)
		buf_char(&long_one, ' ');
	assert_status(speak(there, session, node, buf_cstr(&long_one)), 204);
	buf_char(&long_one, ' ');
	expect_problem(speak(there, session, node, buf_cstr(&long_one)), "BODY_TOO_LARGE");
	assert_status(speak(here, session, node, buf_cstr(&long_one)), 204);
	/* Many commands, though, may be longer together. */
	buf_clear(&long_one);
	for (int i = 100; i < 600; i++)
		buf_print(&long_one, "{\\\"id\\\":%d,\\\"ping\\\":{}}\\n", i);
	assert_status(speak(there, session, node, buf_cstr(&long_one)), 204);
	cr_expect(raw_conn_wait_for(wire, "{\"id\":100,\"ping\":{}}\n", 10000));
	cr_expect(raw_conn_wait_for(wire, "{\"id\":599,\"ping\":{}}\n", 10000));
	for (int i = 100; i < 600; i++)
		cr_expect(strstr(buf_cstr(&wire->heard), e2e_format("{\"id\":%d,\"ping\":{}}\n", i)), "%d", i);
	/* All of it has left the stream as it was. */
	assert_status(speak(there, session, node, "{\\\"id\\\":5,\\\"ping\\\":{}}"), 204);
	cr_expect(raw_conn_wait_for(wire, "{\"id\":5,\"ping\":{}}", 10000));
	buf_finish(&long_one);
	raw_conn_free(wire);
}

Test(emulation, refuses_what_is_no_command_of_a_session, .init = begin, .fini = end)
{
	static const char *const rows[] = {
		"{}", "[]", "'x'", "{'session':'x'}", "{'data':'{}'}", "{'session':1,'data':'{}'}", "{'session':'x','data':{}}",
		"{'session':'x','data':'{}','node':7}", "{'session':'x','data':'{}','node':null}",
	};
	struct client *client = e2e_client_of(f.dev, NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_problem(client_post(client, "/emulation", "%s", rows[i]), "VALIDATION_FAILED");
	expect_problem(client_post(client, "/emulation", "{"), "BAD_JSON");
}
