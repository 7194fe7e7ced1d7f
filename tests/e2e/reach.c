/* Broadcasts count the connections that are subscribed to `all`, as the process last reported. */

#include <unistd.h>

#include "e2e.h"
#include "raw_conn.h"

enum { POLLS = 100, POLL_US = 100 * 1000, TIMEOUT_MS = 10000 };

const char *const e2e_settings[] = { "WS_SWEEP_SECONDS=1", NULL };

TestSuite(reach, .timeout = 60);

static bool has(struct client *client, const char *connections, const char *subscribers)
{
	const struct answer *answer = client_get(client, "/websocket/connections");

	return strcmp(answer_at(answer, "connection_count"), connections) == 0
	       && strcmp(answer_at(answer, "subscribers"), subscribers) == 0
	       && strcmp(answer_at(answer, "processes"), "1") == 0;
}

static bool wait_for(struct client *client, const char *connections, const char *subscribers)
{
	for (int i = 0; i < POLLS; i++) {
		if (has(client, connections, subscribers))
			return true;
		usleep(POLL_US);
	}
	return false;
}

Test(reach, is_that_of_the_subscribers)
{
	struct client *admin = e2e_client("admin");
	int port = server_port(e2e_server());
	struct raw_conn *silent = raw_conn_websocket(port, "/connection/websocket"),
			*subscriber = raw_conn_websocket(port, "/ws");
	const struct answer *answer;

	raw_conn_send_frame(subscriber, FRAME_TEXT,
	                    STR("{\"type\":\"subscribe\",\"data\":{\"channel\":\"all\"}}"));
	cr_assert(raw_conn_wait_for(subscriber, "\"all\"", TIMEOUT_MS));
	cr_expect(wait_for(admin, "2", "1"));
	answer = client_post(admin, "/websocket/broadcast", "{'type':'drill.reach','data':{}}");
	expect_at(answer, "results.total_connections", "2");
	expect_at(answer, "results.subscribers", "1");
	expect_at(answer, "results.processes", "1");
	cr_expect(raw_conn_wait_for(subscriber, "drill.reach", TIMEOUT_MS));
	raw_conn_free(subscriber);
	cr_expect(wait_for(admin, "1", "0"));
	raw_conn_free(silent);
}

/* ---- Connections to an API gateway ---- */

static const struct answer *report(struct client *client, const char *route, const char *id)
{
	return client_post(client, e2e_format("/websocket/%s", route),
	                   "{'requestContext':{'connectionId':'%s','routeKey':'$%s'}}", id, route);
}

static const char *gateway_connections(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/websocket/connections"),
	                                  "gateway_connections"));
}

Test(reach, counts_connections_that_a_gateway_reports)
{
	static const char *const bodies[] = {
		"{}",
		"{'requestContext':{'routeKey':'$connect'}}",
		"{'requestContext':{'connectionId':'','routeKey':'$connect'}}",
		"{'requestContext':{'connectionId':'A','routeKey':'$disconnect'}}",
	};
	struct client *admin = e2e_client("admin");
	const struct answer *answer;

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		expect_problem(client_post(admin, "/websocket/connect", "%s", bodies[i]),
		               "VALIDATION_FAILED");
	expect_problem(report(e2e_client("supervisor"), "connect", "A"), "FORBIDDEN");
	answer = report(admin, "connect", "A");
	expect_status(answer, 200);
	expect_at(answer, "statusCode", "200");
	expect_at(answer, "body", "{\"message\": \"Connected\"}");
	expect_status(report(admin, "connect", "A"), 200);
	expect_status(report(admin, "connect", "B"), 200);
	cr_expect_str_eq(gateway_connections(admin), "2");
	for (int i = 0; i < 2; i++)
		expect_at(report(admin, "disconnect", "A"), "body",
		          "{\"message\": \"Disconnected\"}");
	cr_expect_str_eq(gateway_connections(admin), "1");
	/* A connection whose end was not reported. */
	server_query(e2e_server(), "update live.gateway_connections set expires_at = now()");
	cr_expect_str_eq(gateway_connections(admin), "0");
}
