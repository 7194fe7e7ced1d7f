/* live_fixture.h: parts of the live module on a real loop and on fakes of other modules. */

#ifndef LIVE_FIXTURE_H
#define LIVE_FIXTURE_H

#include "config.h"
#include "fake_access.h"
#include "fake_db.h"
#include "fake_http.h"
#include "fake_ws.h"
#include "state.h"

#define ANNA  "01890000-0000-7000-8000-00000000000a"
#define BERT  "01890000-0000-7000-8000-00000000000b"
#define NOTE  "note:01890000-0000-7000-8000-0000000000dd"
#define OTHER "01900000-0000-7000-8000-0000000000bb" /* another process */

struct live_fixture {
	struct config config;
	struct live live; /* the test creates the parts that it needs */
	struct route route;
	struct request request;
};

extern struct live_fixture fixture;

/* For Criterion's .init and .fini; closing frees the parts. */
void live_fixture_open(void);
void live_fixture_close(void);

/* Runs one turn of the loop, with its deferred work. */
void live_fixture_turn(void);
/* The same, after all timers have expired. */
void live_fixture_tick(void);

/* The notifications sent since the last call; valid until the next one. */
const char *live_fixture_notified(void);

#endif
