/* A client that missed more than the bound on pending output still recovers it. */

#include "ws_fixture.h"

TestSuite(missed, .init = hall_open, .fini = hall_close, .timeout = 120);

enum { MANY = 100 }; /* three times the bound in total */

static void happen(const char *channel)
{
	hall.config.ws_pending_bytes = 65536;
	hall.padding = 2000;
	hall_say(channel, MANY);
}

static void expect_all_live(struct guest *guest, const char *channel)
{
	hall_say(channel, 1);
	expect_offsets(guest, channel, MANY + 1, MANY + 1);
}

Test(missed, comes_in_one_stream_of_events)
{
	struct guest *guest;

	happen("duty");
	happen("org");
	guest = guest_new(WS_EVENTS, &(struct arriving){ .words = "duty,org", .since = "e1:0,0" });
	expect_next(guest, "id: e1:0,0*");
	expect_offsets(guest, "duty", 1, MANY);
	expect_offsets(guest, "org", 1, MANY);
	expect_all_live(guest, "duty");
	guest_free(guest);
}

Test(missed, comes_in_plain_messages)
{
	struct guest *guest = guest_new(WS_PLAIN, &(struct arriving){ 0 });

	happen("duty");
	expect_next(guest, "{'type':'connected'*");
	expect_next(guest, "{'type':'subscribed','data':{'channel':'all'*");
	guest_say(guest, "{'type':'resume','data':{'channel':'duty','offset':0,'epoch':'e1'}}");
	expect_next(guest, "{'type':'subscribed',*'recovered':true}*");
	expect_offsets(guest, "duty", 1, MANY);
	expect_all_live(guest, "duty");
	guest_free(guest);
}

static void comes_in_the_answers_of(enum ws_speech speech)
{
	struct guest *guest = guest_connected(speech, NULL);

	happen("duty");
	happen("org");
	guest_say(guest, "{'id':5,'subscribe':{'channel':'duty','recover':true,'offset':0,'epoch':'e1'}}\n"
	                 "{'id':6,'subscribe':{'channel':'org','recover':true,'offset':0,'epoch':'e1'}}");
	expect_next(guest, "*{'id':5,'subscribe':{*'recovered':true,'publications':[*'offset':100}]}}");
	expect_next(guest, "*{'id':6,'subscribe':{*'recovered':true,'publications':[*'offset':100}]}}");
	expect_all_live(guest, "duty");
	guest_free(guest);
}

Test(missed, comes_in_frames)
{
	comes_in_the_answers_of(WS_CENTRIFUGE);
}

Test(missed, comes_in_lines)
{
	comes_in_the_answers_of(WS_CENTRIFUGE_LINES);
}

Test(missed, comes_in_events)
{
	comes_in_the_answers_of(WS_CENTRIFUGE_EVENTS);
}
