/* permissions.h: the permission matrix, its callers and its objects.
 *
 * Texts are valid until the test ends, like those of e2e_format(). Functions that fail end the
 * test. */

#ifndef PERMISSIONS_H
#define PERMISSIONS_H

#include "schema.h"
#include "e2e.h"

/* ---- The table: permissions_table.c ---- */

enum { NOBODY, KEY, FIRST_USER, ARCHIVED = 7, CALLERS };

struct column {
	const char *name;
	enum role role;
};

extern const struct column columns[CALLERS];

struct row {
	enum method method;
	const char *path, *object, *cells, *body;
};

extern const struct row rows[]; /* ends with a row without a method */

struct cell {
	struct str text;    /* empty: there is no such cell */
	long long status;   /* of success */
	const char *code;   /* of the problem; NULL: success */
	bool before_lookup; /* rejected without looking up the object */
};

struct cell cell_of(const struct row *row, int caller);
bool is_public(const struct row *row);
const char *describe(const struct row *row, int caller);
size_t operations_count(void);
/* Prepends /api/v1 unless the resource is outside of it. */
const char *url_of(const char *path);

/* ---- Callers and objects: permissions_setup.c ---- */

/* Like server_query(), but on one connection that stays open, because there are many queries. */
const char *matrix_query(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A user with a token, or a client without one. */
struct caller {
	char id[64]; /* of the account; empty: there is none */
	struct client *client;
};

/* Replaces the caller's account by a new one. */
void caller_renew(struct caller *caller, enum role role, bool archived);

/* An API key with these scopes, a list in JSON without brackets. Keys are reused. */
const char *key_for(const char *scopes);
/* The scope that an API key needs. */
const char *required_scope(enum method method, const char *path);

/* A kind of object. */
struct kind {
	const char *name, *table;
	const char
		*sql; /* creates one that belongs to the row of the CTE `owner`; returns its ID */
};

/* The kind of "own log", "GUARD's log" or "a location"; NULL if there is none. */
const struct kind *kind_of(const char *object);

/* Creates an object and returns its ID. `own` is the ID of the caller's account; if it is empty,
 * "own" objects belong to a guard. */
const char *object_new(const char *object, const char *own);

/* Replaces {id}, {new}, {a location} and the like in a path or a body. */
const char *fill_placeholders(const char *text, const char *id, const char *own);

#endif
