/* authenticate.h: finds the user of a token, for calls and for subscribers (private to the module). */

#ifndef AUTHENTICATE_H
#define AUTHENTICATE_H

#include "auth.h"
#include "db.h"
#include "statement.h"
#include "uuid.h"

#include "schema.h"

struct api;

/* The cached part of a user's row. */
struct cached_user {
	char id[UUID_SIZE];
	enum role role;
	bool archived;
};

/* The result: a row, or the reason why there is none. */
struct authentication_outcome {
	const struct cached_user *user;	/* NULL: none; valid until done() returns */
	const struct identity *identity; /* the same */
	bool is_new;			/* the row was just created */
	enum auth_result result;	/* not AUTH_OK: the token was rejected */
	enum db_status status;		/* not DB_OK: the database failed; with its error */
	const struct db_rows *rows;
};					/* none of these: no user matches the token */

struct authentication {
	struct api *api;
	struct arena *arena;	/* must outlive the lookup */
	bool bypass_cache;		/* read the row even if it is cached */
	/* Called before the database is queried for a user who is not cached. False: it is not
	 * queried and done() is not called. NULL: always query. */
	bool (*may_query)(struct authentication *authentication, struct str subject);
	void (*done)(struct authentication *authentication, const struct authentication_outcome *outcome);

	/* Private from here on; zero at the start. */
	struct auth_query auth;		/* .hint: why a token was refused, for the log */
	struct identity *identity;	/* held while the row is looked up */
	unsigned long long generation;	/* cache generation when the lookup began */
	struct db_query query;
	const char *values[SQL_PARAMS];
};

/* Calls done(), at once or on a later turn. */
void authenticate_token(struct authentication *authentication, struct str token);
/* The same for a token that is verified already. */
void authenticate_identity(struct authentication *authentication, struct identity *identity);
/* Is it waiting for its issuer or for a read? A write must not be cancelled. */
bool authenticate_can_cancel(const struct authentication *authentication);
void authenticate_cancel(struct authentication *authentication); /* done() will not be called */

#endif
