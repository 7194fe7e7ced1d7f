/* rest_fixture.h: the rest module with operations of its own, on fakes of the modules below it. */

#ifndef REST_FIXTURE_H
#define REST_FIXTURE_H

#include "call.h"
#include "config.h"
#include "fake_access.h"
#include "fake_db.h"
#include "fake_http.h"
#include "mounted.h"
#include "state.h"

#define ANNA  "01890000-0000-7000-8000-00000000000a"
#define THING "01890000-0000-7000-8000-0000000000dd"

struct rest_fixture {
	struct config config;
	struct rest rest;
	struct endpoint endpoint;
	struct mounted mounted;
	struct route route;
	struct request request;
	/* Calls of the hooks, one per line: "events …", "changed ID",
	 * "connections SKIP LIMIT". */
	struct buf hooks;
};

extern struct rest_fixture fixture;

/* A new request for this operation. */
void rest_fixture_open(const struct operation *operation);
void rest_fixture_close(void);

/* The hook calls since the last call of this function; valid until the next one. */
const char *rest_fixture_hooks(void);

#endif
