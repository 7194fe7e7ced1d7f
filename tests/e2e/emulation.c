/* Clients of a response stream send their commands with POST /emulation, also to a process that
 * does not have the stream. */

#include "e2e.h"
#include "raw_conn.h"

TestSuite(emulation, .timeout = 80);

static struct {
	struct server *dev, *other; /* two processes, one database */
} f;

static void setup(void)
{
	f.dev = server_dev(NULL);
	f.other = server_second(f.dev, NULL);
}

static void teardown(void)
{
	server_stop_cleanly(f.other);
	server_stop_cleanly(f.dev);
}

static struct raw_conn *open_stream(const struct server *server)
{
	static const char body[] = "{\"id\":1,\"connect\":{}}";
	struct raw_conn *conn = raw_conn_new(server_port(server));

	raw_conn_send(
		conn,
		str_of(e2e_format("POST /connection/http_stream HTTP/1.1\r\nHost: localhost:%d\r\n"
	                          "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	                          server_port(server), sizeof(body) - 1, body)));
	cr_assert(raw_conn_wait_for(conn, "\"node\":\"", 10000)
	                  && raw_conn_wait_for(conn, "}\n", 10000),
	          "%s", buf_cstr(&conn->received));
	return conn;
}

/* A member of the connect reply: "session" or "node". */
static const char *reply_member(struct raw_conn *conn, const char *name)
{
	const char *mark = e2e_format("\"%s\":\"", name),
		   *at = strstr(buf_cstr(&conn->received), mark);

	cr_assert(at);
	at += strlen(mark);
	return e2e_format("%.*s", (int)strcspn(at, "\""), at);
}

static const struct answer *send_commands(struct client *client, const char *session,
                                          const char *node, const char *data)
{
	return client_post(client, "/emulation", "{'session':'%s','node':'%s','data':'%s'}",
	                   session, node, data);
}

/* The processes can serve before they receive each other's notifications. */
static void wait_until_connected(struct client *client, const char *session, const char *node,
                                 struct raw_conn *conn)
{
	for (int i = 0; i < 100; i++) {
		send_commands(client, session, node, "{\\\"id\\\":9,\\\"ping\\\":{}}");
		if (raw_conn_wait_for(conn, "{\"id\":9,\"ping\":{}}", 100))
			return;
	}
	cr_assert_fail("the processes do not receive each other's notifications");
}

Test(emulation, forwards_commands_to_the_process_with_the_stream, .init = setup, .fini = teardown)
{
	struct client *local = e2e_client_of(f.dev, NULL), *remote = e2e_client_of(f.other, NULL);
	struct raw_conn *conn = open_stream(f.dev);
	const char *session = reply_member(conn, "session"), *node = reply_member(conn, "node");
	const char *unknown_node = e2e_id();
	struct buf data = { 0 };

	wait_until_connected(remote, session, node, conn);
	assert_status(send_commands(local, session, node, "{\\\"id\\\":2,\\\"ping\\\":{}}"), 204);
	cr_expect(raw_conn_wait_for(conn, "{\"id\":2,\"ping\":{}}", 10000));
	assert_status(send_commands(remote, session, node,
	                            "{\\\"id\\\":3,\\\"ping\\\":{}}\\n{\\\"id\\\":4,"
	                            "\\\"subscribe\\\":{\\\"channel\\\":\\\"all\\\"}}"),
	              204);
	cr_expect(raw_conn_wait_for(conn, "{\"id\":3,\"ping\":{}}", 10000));
	cr_expect(raw_conn_wait_for(conn, "{\"id\":4,\"subscribe\":{", 10000));
	/* Without a node, the session must be in the process that receives the request. */
	assert_status(client_post(local, "/emulation", "{'session':'%s','data':'{}'}", session),
	              204);
	expect_problem(client_post(remote, "/emulation", "{'session':'%s','data':'{}'}", session),
	               "NOT_FOUND");
	expect_problem(send_commands(local, "00000000000000000000000000000000", node, "{}"),
	               "NOT_FOUND");
	/* Whether another process exists and has the session is unknown; malformed IDs are
	 * rejected. */
	assert_status(send_commands(remote, "00000000000000000000000000000000", node, "{}"), 204);
	assert_status(send_commands(remote, session, unknown_node, "{}"), 204);
	expect_problem(send_commands(remote, session, "elsewhere", "{}"), "NOT_FOUND");
	expect_problem(send_commands(remote, "x", node, "{}"), "NOT_FOUND");
	expect_problem(send_commands(remote, "0000000000000000 000000000000000", node, "{}"),
	               "NOT_FOUND");
	for (int i = 0; i < 7900; i++)
		buf_char(&data, ' ');
	assert_status(send_commands(remote, session, node, buf_cstr(&data)), 204);
	buf_char(&data, ' ');
	expect_problem(send_commands(remote, session, node, buf_cstr(&data)), "BODY_TOO_LARGE");
	assert_status(send_commands(local, session, node, buf_cstr(&data)), 204);
	/* The limit is per command: many commands together can be longer. */
	buf_clear(&data);
	for (int i = 100; i < 600; i++)
		buf_print(&data, "{\\\"id\\\":%d,\\\"ping\\\":{}}\\n", i);
	assert_status(send_commands(remote, session, node, buf_cstr(&data)), 204);
	cr_expect(raw_conn_wait_for(conn, "{\"id\":100,\"ping\":{}}\n", 10000));
	cr_expect(raw_conn_wait_for(conn, "{\"id\":599,\"ping\":{}}\n", 10000));
	for (int i = 100; i < 600; i++)
		cr_expect(strstr(buf_cstr(&conn->received),
		                 e2e_format("{\"id\":%d,\"ping\":{}}\n", i)),
		          "%d", i);
	/* The stream still works. */
	assert_status(send_commands(remote, session, node, "{\\\"id\\\":5,\\\"ping\\\":{}}"), 204);
	cr_expect(raw_conn_wait_for(conn, "{\"id\":5,\"ping\":{}}", 10000));
	buf_finish(&data);
	raw_conn_free(conn);
}

Test(emulation, rejects_invalid_requests, .init = setup, .fini = teardown)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"'x'",
		"{'session':'x'}",
		"{'data':'{}'}",
		"{'session':1,'data':'{}'}",
		"{'session':'x','data':{}}",
		"{'session':'x','data':'{}','node':7}",
		"{'session':'x','data':'{}','node':null}",
	};
	struct client *client = e2e_client_of(f.dev, NULL);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_problem(client_post(client, "/emulation", "%s", rows[i]),
		               "VALIDATION_FAILED");
	expect_problem(client_post(client, "/emulation", "{"), "BAD_JSON");
}
