/* bearer.h: whose token is it? (private to the room)
 *
 * From a token to the row of whoever bears it: for calls, and for those who listen. */

#ifndef BEARER_H
#define BEARER_H

#include "auth.h"
#include "db.h"
#include "statement.h"
#include "uuid.h"

#include "schema.h"

struct api;

/* Somebody's row, as far as it matters. */
struct member {
	char id[UUID_TEXT];
	enum role role;
	bool archived;
};

/* What became of it: a row, or the reason why there is none. */
struct bearer_outcome {
	const struct member *member;	/* NULL: none; lent until done() returns */
	const struct identity *identity; /* likewise */
	bool is_new;			/* the row was made just now */
	enum auth_verdict verdict;	/* not AUTH_TRUE: of the token */
	enum db_status status;		/* not DB_OK: of the database, with what it said */
	const struct db_rows *rows;
};					/* none of these: nobody here belongs to the token */

struct bearer {
	struct api *api;
	struct arena *arena;	/* lasts as long as the bearer */
	bool anew;		/* his row is read, whatever is remembered */
	/* Before the database is asked for somebody nobody knows yet. False: it is not asked, and
	 * done() is not called. NULL: it may always be. */
	bool (*may_ask)(struct bearer *bearer, struct str subject);
	void (*done)(struct bearer *bearer, const struct bearer_outcome *outcome);

	/* Its own from here on; zero at the start. */
	struct auth_query auth;		/* .hint: why a token was refused, for the log */
	struct identity *identity;	/* held while his row is looked up */
	unsigned long long looked_at;	/* the generation when the look-up began */
	struct db_query query;
	const char *values[SQL_PARAMS];
};

/* done() is called, at once or on a later turn. */
void bearer_judge(struct bearer *bearer, struct str token);
/* The same for a token that is known to be true. */
void bearer_find(struct bearer *bearer, struct identity *identity);
/* Does it wait for its issuer, or for a row that is only read? */
bool bearer_can_be_forgotten(const struct bearer *bearer);
void bearer_forget(struct bearer *bearer); /* done() will not be called */

#endif
