/* live_fixture.c: parts of the live module on a real loop and on fakes of other modules. */

#include <criterion/criterion.h>
#include <event2/event.h>
#include <stdlib.h>

#include "backfill.h"
#include "emulation.h"
#include "live_fixture.h"
#include "offset_poll.h"
#include "publisher.h"
#include "recheck.h"

struct live_fixture fixture;

void live_fixture_open(void)
{
	fake_db_open();
	fake_access_open();
	fake_ws_open();
	fake_http_open(&fixture.request);
	fixture.config =
		(struct config){ .ws_history = 100, .ws_sweep_seconds = 5, .ws_channels = 128 };
	fixture.live = (struct live){
		.loop = loop_new(),
		.config = &fixture.config,
		.db = &fake_db,
		.access = &fake_access,
		.ws = &fake_ws,
	};
	fixture.route = (struct route){ .method = POST, .row = &fixture.live };
	fixture.request.route = &fixture.route;
}

void live_fixture_close(void)
{
	publisher_free(fixture.live.publisher);
	backfill_free(fixture.live.backfill);
	offset_poll_free(fixture.live.offset_poll);
	recheck_free(fixture.live.recheck);
	free(fixture.live.emulation);
	loop_free(fixture.live.loop);
	fake_http_close(&fixture.request);
	fake_ws_close();
	fake_access_close();
	fake_db_close();
}

static void wake(evutil_socket_t, short, void *)
{
	/* Ends the turn's wait. */
}

void live_fixture_turn(void)
{
	event_base_once(loop_base(fixture.live.loop), -1, EV_TIMEOUT, wake, NULL,
	                &(struct timeval){ 0 });
	loop_turn(fixture.live.loop);
}

static int expire(const struct event_base *, const struct event *event, void *)
{
	event_active((struct event *)event, EV_TIMEOUT, 1);
	return 0;
}

void live_fixture_tick(void)
{
	event_base_foreach_event(loop_base(fixture.live.loop), expire, NULL);
	live_fixture_turn();
}

const char *live_fixture_notified(void)
{
	const char *text = buf_cstr(&fake_db.notified);

	buf_clear(&fake_db.notified);
	return text;
}
