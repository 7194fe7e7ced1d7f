/* permissions.h: the permission matrix, who asks in it, and what for.
 *
 * Texts are e2e_format()'s; what cannot be made ends the test. */

#ifndef MATRIX_H
#define MATRIX_H

#include "schema.h"
#include "e2e.h"

/* ---- The table: permissions_table.c ---- */

enum { NOBODY, KEY, FIRST_PERSON, ARCHIVED = 7, ASKERS };

struct column {
	const char *name;
	enum role role;
};

extern const struct column columns[ASKERS];

struct row {
	enum method method;
	const char *path, *object, *cells, *body;
};

extern const struct row rows[]; /* ends with one without a method */

struct cell {
	struct str text;   /* empty: there is none */
	long long status;  /* of success */
	const char *code;  /* or of the refusal; else NULL */
	bool at_once;	   /* whether the object exists, and whose it is, makes no difference */
};

struct cell cell_of(const struct row *row, int asker);
bool is_public(const struct row *row);
const char *name_of(const struct row *row, int asker);
size_t operations_count(void);
/* Below /api/v1, but for what stands outside. */
const char *url_of(const char *path);

/* ---- People and things: permissions_setup.c ---- */

/* As server_query(), by a connection that stays: there is much to ask. */
const char *matrix_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Somebody of a role, with a token of his; or, without an id, nobody. */
struct asker {
	char id[64]; /* of his account; empty: he has none */
	struct client *client;
};

/* Another person in the place of the last one. */
void asker_renew(struct asker *asker, enum role role, bool archived);

/* A key for these scopes, which are written as in JSON; made once. */
const char *key_for(const char *scopes);
/* What a key must be for. */
const char *scope_needed(enum method method, const char *path);

/* What can be asked for. */
struct kind {
	const char *name, *table;
	const char *make; /* the statement that makes one for `whose`, and gives its id */
};

/* Of "own log", "GUARD's log" or "a location"; NULL: there is no such kind. */
const struct kind *kind_of(const char *object);

/* A new one's id. `own` is the id of who asks; when that is empty, a guard's will do. */
const char *object_new(const char *object, const char *own);

/* A path or a body with `{id}` put in, and {new}, {a location} and the like. */
const char *object_fill(const char *text, const char *id, const char *own);

#endif
