/* access_fixture.h: the access module on fakes of the modules below it. */

#ifndef ACCESS_FIXTURE_H
#define ACCESS_FIXTURE_H

#include "access.h"
#include "config.h"
#include "fake_auth.h"
#include "fake_db.h"
#include "fake_http.h"

#define ANNA "01890000-0000-7000-8000-00000000000a"
#define BERT "01890000-0000-7000-8000-00000000000b"
#define KEY  "01890000-0000-7000-8000-0000000000cc"

struct access_fixture {
	struct config config;
	struct access *access;
	struct request request;
	struct identity identity; /* of a token that is not new */
};

extern struct access_fixture fixture;

/* For Criterion's .init and .fini. */
void access_fixture_open(void);
void access_fixture_close(void);

/* A row of callers_find whose claims are current. */
#define USER_ROW(role_)                                                                            \
	ROWS({ { "id", ANNA }, { "role", role_ }, { "archived", "f" }, { "known", "t" } })
/* A row of callers_provision. */
#define NEW_USER_ROW(role_)                                                                        \
	ROWS({ { "id", ANNA }, { "role", role_ }, { "archived", "f" }, { "is_new", "t" } })

#endif
