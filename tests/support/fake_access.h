/* fake_access.h: replaces the public interface of the access module (access.h) in unit tests.
 *
 * The test decides when and how a caller, a token or a second token is accepted. Link it in front
 * of the real library. */

#ifndef FAKE_ACCESS_H
#define FAKE_ACCESS_H

#include "access.h"

struct access {
	struct authorization *authorization;   /* between authorize() and its callback */
	struct authentication *authentication; /* between authenticate_token() and done() */
	struct second_token *second_token;     /* between second_token_check() and its callback */
	bool can_cancel; /* whether the pending lookup of a caller can be cancelled */
	int cancel_count;
	struct buf token;       /* of the last authenticate_token() */
	struct buf invalidated; /* "id\n" for each access_invalidate() */
};

extern struct access fake_access;

void fake_access_open(void);
void fake_access_close(void);

/* Accepts the waiting caller. */
void fake_access_authorize(const struct caller *caller);
/* Accepts the waiting second token. */
void fake_access_accept_second_token(void);
/* Completes the waiting lookup. */
void fake_access_authenticate(const struct authentication_outcome *outcome);

#endif
