/* access.h: authenticates callers and authorizes their requests. */

#ifndef ACCESS_H
#define ACCESS_H

#include "auth.h"
#include "db.h"
#include "schema.h"
#include "uuid.h"

struct config;

struct access;

/* Checks the settings that this module uses; appends one line for each error. */
bool access_check_config(const struct config *config, struct buf *errors);

struct access *access_new(struct db *db, struct auth *auth, const struct config *config);
void access_free(struct access *access);

/* A user's or an API key's row has changed: its cached copy is dropped. */
void access_invalidate(struct access *access, struct str id);

/* Reads the bearer token of the Authorization header. */
bool access_read_token(const struct request *request, struct str *token);

/* Checks the limit of failed attempts, before a token that is not cached is verified. False: the
 * client's address has exceeded it, and the request has been answered. */
[[nodiscard]] bool access_check_failures(struct access *access, struct request *request,
                                         struct str token);

/* ---- authenticate.c: finds the user of a token ---- */

/* The cached part of a user's row. */
struct cached_user {
	char id[UUID_SIZE];
	enum role role;
	bool archived;
};

/* The result: a row, or the reason why there is none. If no reason is set, no user matches. */
struct authentication_outcome {
	const struct cached_user *user;  /* NULL: none; valid until done() returns */
	const struct identity *identity; /* likewise */
	bool is_new;                     /* the row was just created */
	enum auth_result result;         /* not AUTH_OK: the token was rejected */
	enum db_status status;           /* not DB_OK: the database failed; with its error */
	enum sql sql;                    /* the statement that failed */
	const struct db_rows *rows;
};

struct authentication {
	struct access *access;
	struct arena *arena;    /* must outlive the lookup */
	bool bypass_cache;      /* read the row even if it is cached */
	const char *request_id; /* for the trail; NULL: none */
	/* Called before the database is queried for a user who is not cached. False: it is not
	 * queried and done() is not called. NULL: always query. */
	bool (*may_query)(struct authentication *authentication, struct str subject);
	void (*done)(struct authentication *authentication,
	             const struct authentication_outcome *outcome);

	/* Private from here on; zero at the start. */
	struct auth_query auth;        /* .hint: why a token was rejected, for the log */
	struct identity *identity;     /* held while the row is looked up */
	unsigned long long generation; /* cache generation when the lookup began */
	struct db_query query;
	const char *values[SQL_PARAMS];
};

/* Calls done(), at once or on a later turn. */
void authenticate_token(struct authentication *authentication, struct str token);
/* The same for a token that is verified already. */
void authenticate_identity(struct authentication *authentication, struct identity *identity);
/* True while it waits for the issuer's keys or for a read: cancelling then loses nothing. */
bool authenticate_can_cancel(const struct authentication *authentication);
void authenticate_cancel(struct authentication *authentication); /* done() will not be called */

/* ---- authorize.c: authorizes the caller of an operation ---- */

/* Who is calling: a user, a program with an API key, or both. */
struct caller {
	char id[UUID_SIZE];     /* empty: no user */
	char key_id[UUID_SIZE]; /* empty: no key */
	enum role role;
	const char *email; /* from the token, or NULL; valid for this loop turn */
	bool is_new;       /* the user's row was created by this call */
};

struct authorization {
	struct access *access;
	struct request *request;
	const struct resource *resource;
	const struct operation *operation;
	void (*on_authorized)(struct authorization *authorization);

	/* The result. */
	struct caller caller;

	/* Private from here on; zero at the start. */
	struct authentication authentication;
	void (*on_key_accepted)(struct authorization *authorization);
	char digest[SHA256_HEX_SIZE];  /* of the API key in the request */
	unsigned long long generation; /* cache generation when the key's lookup began */
	struct db_query query;
	const char *values[1];
	bool disconnected;
};

/* Calls on_authorized(), at once or on a later turn. If the caller is not authorized, the request
 * is answered with an error instead. */
void authorize(struct authorization *authorization);
/* The client has disconnected. True: a lookup was cancelled, so the request has not been answered.
 * False: nothing is pending, or a write, after which the request will be answered. */
[[nodiscard]] bool authorize_disconnected(struct authorization *authorization);

/* What the trail records of a change besides the change (:context, see audit.append()): the user,
 * the API key, this process and the request. NULL or empty: none. */
const char *access_context(struct arena *arena, const char *user_id, const char *key_id,
                           const char *request_id);

/* ---- second_token.c: verifies the token of an anonymous account ---- */

struct second_token {
	struct access *access;
	struct request *request;
	struct str text; /* .at is NULL if there is none */
	void (*on_accepted)(struct second_token *token);

	/* The account; NULL: none. */
	const char *issuer, *subject;

	struct auth_query query; /* private; zero at the start */
};

/* Calls on_accepted() if the token belongs to an anonymous account; otherwise the request is
 * answered with an error. */
void second_token_check(struct second_token *token);
[[nodiscard]] bool second_token_cancel(struct second_token *token); /* false: nothing is pending */

#endif
