/* A client that missed more than the bound on pending output still recovers it. */

#include "ws_fixture.h"

TestSuite(recovery, .init = ws_fixture_open, .fini = ws_fixture_close, .timeout = 120);

enum { MANY = 100 }; /* three times the bound in total */

static void publish_many(const char *channel)
{
	fixture.config.ws_pending_bytes = 65536;
	fixture.padding = 2000;
	fixture_emit(channel, MANY);
}

static void expect_live(struct test_client *client, const char *channel)
{
	fixture_emit(channel, 1);
	expect_offsets(client, channel, MANY + 1, MANY + 1);
}

Test(recovery, over_sse)
{
	struct test_client *client;

	publish_many("duty");
	publish_many("org");
	client = test_client_new(
		WS_SSE, &(struct client_options){ .payload = "duty,org", .since = "e1:0,0" });
	expect_next(client, "id: e1:0,0*");
	expect_offsets(client, "duty", 1, MANY);
	expect_offsets(client, "org", 1, MANY);
	expect_live(client, "duty");
	test_client_free(client);
}

Test(recovery, over_json)
{
	struct test_client *client = test_client_new(WS_JSON, &(struct client_options){ 0 });

	publish_many("duty");
	expect_next(client, "{'type':'connected'*");
	expect_next(client, "{'type':'subscribed','data':{'channel':'all'*");
	test_client_send(client,
	                 "{'type':'resume','data':{'channel':'duty','offset':0,'epoch':'e1'}}");
	expect_next(client, "{'type':'subscribed',*'recovered':true}*");
	expect_offsets(client, "duty", 1, MANY);
	expect_live(client, "duty");
	test_client_free(client);
}

static void recovers_over(enum ws_protocol protocol)
{
	struct test_client *client = test_client_connect(protocol, NULL);

	publish_many("duty");
	publish_many("org");
	test_client_send(
		client,
		"{'id':5,'subscribe':{'channel':'duty','recover':true,'offset':0,'epoch':'e1'}}\n"
		"{'id':6,'subscribe':{'channel':'org','recover':true,'offset':0,'epoch':'e1'}}");
	expect_next(client,
	            "*{'id':5,'subscribe':{*'recovered':true,'publications':[*'offset':100}]}}");
	expect_next(client,
	            "*{'id':6,'subscribe':{*'recovered':true,'publications':[*'offset':100}]}}");
	expect_live(client, "duty");
	test_client_free(client);
}

Test(recovery, over_centrifuge_websocket)
{
	recovers_over(WS_CENTRIFUGE);
}

Test(recovery, over_centrifuge_http_stream)
{
	recovers_over(WS_CENTRIFUGE_HTTP_STREAM);
}

Test(recovery, over_centrifuge_sse)
{
	recovers_over(WS_CENTRIFUGE_SSE);
}
