/* schema.h: the words a resource is written in.
 *
 * A file in src/resources/ fills these tables and the engine reads them:
 * field.c checks what comes in, bind.c fills SQL parameters, endpoint.c serves
 * the routes, openapi.c prints the contract. */

#ifndef SCHEMA_H
#define SCHEMA_H

#include "http.h"
#include "sql.h"

enum field_type {
	FIELD_NONE,
	FIELD_TEXT,	/* min..max characters */
	FIELD_NAME,	/* a text on one line */
	FIELD_EMAIL,
	FIELD_URL,
	FIELD_UUID,
	FIELD_TIME,	/* RFC 3339 with its offset */
	FIELD_DAY,	/* a date, or a time */
	FIELD_DATE,	/* 2026-11-21 */
	FIELD_CLOCK,	/* 07:30, of a day with 24 hours */
	FIELD_INTEGER,	/* min..max */
	FIELD_BOOLEAN,
	FIELD_CHOICE,
	FIELD_JSON,	/* any value; in answers only */
	FIELD_OBJECT,	/* any object */
	FIELD_DECIMAL,	/* min..max, perhaps with a fraction; in answers only */
	FIELD_SHAPE,	/* an object of its own */
};

enum field_rule {
	REQUIRED = 1 << 0,	/* must be given at creation */
	FIXED = 1 << 1,		/* stays as it was created */
	GIVEN = 1 << 2,		/* the server fills it in */
	NULLABLE = 1 << 3,	/* may be null: in a change that clears it */
	MANY = 1 << 4,		/* an array of them (not empty, where REQUIRED); in a query, with commas between */
	SOMETIMES = 1 << 5,	/* not in every answer: who asks decides */
	PLACE = 1 << 6,		/* of a query: where in the list, not which list */
	ALWAYS = 1 << 7,	/* of what is REQUIRED: in a change, too */
};

struct shape;

struct field {
	const char *name;	/* JSON key, SQL parameter and OpenAPI property */
	enum field_type type;
	unsigned rules;
	long min, max;		/* length of a text, range of a number */
	long most;		/* of MANY: how many */
	const char *const *choices;
	const char *choice_name;	/* the choices' own name in OpenAPI */
	const struct shape *shape;
	const char *usual;	/* of a query parameter that is not given */
	const char *needs;	/* another query parameter, without which it means nothing */
	const char *says;	/* one sentence for the reader of the API */
};

/* What an answer looks like; also "a page of them". */
struct shape {
	const char *name;	/* in OpenAPI: "Log" */
	const struct field *fields;
	const struct field *more;	/* further ones, or NULL */
	bool list;
	const struct shape *of;		/* of a list */
	bool written;			/* by clients: what is not REQUIRED in it may lack */
	const char *says;
};

#define LIST_OF(shape_) (&(const struct shape){ .list = true, .of = &(shape_) })

enum role { ROLE_UNSET, PUBLIC, VISITOR, GUARD, SUPERVISOR, ADMIN, SUPER_ADMIN, ROLES };

const char *role_name(enum role role);
enum role role_find(struct str name); /* ROLE_UNSET: none */

enum domain {
#define DOMAIN(name, ...) name,
#include "table/domains.def"
#undef DOMAIN
	DOMAINS
};

const char *domain_name(enum domain domain);
enum domain domain_find(struct str name); /* DOMAINS: none */

/* What an API key may be for: "places:read", "places:write", …; ends with NULL. That of
 * an operation follows from its domain and method, so that none is without one. */
extern const char *const scope_names[2 * DOMAINS + 1];
int scope_of(enum domain domain, enum method method); /* its place in scope_names */

enum { SORT_KEYS = 3 };

enum operation_rule {
	PAGED = 1 << 0,		/* limit and skip; with sort keys a cursor, too */
	COUNTED = 1 << 1,	/* `Prefer: count=exact` is honoured */
	BODY_MAY_LACK = 1 << 2,
	CONDITIONAL = 1 << 3,	/* If-Match is honoured */
	OPEN = 1 << 4,		/* an API key will do in place of a token; it sees what a VISITOR would, and
				 * does only what needs nobody who does it */
	HEAVY = 1 << 5,		/* costly: limited more narrowly */
	OR_NULL = 1 << 6,	/* what it answers may be null */
	WITH_GUESTS = 1 << 7,	/* to the object that PostgreSQL made this process adds who listens to it */
};

struct operation {
	enum method method;
	const char *path;	/* below the resource's own path */
	enum role role;		/* ROLE_UNSET stops the program at start */
	enum sql sql;
	const char *name;	/* operationId */
	const struct field *body;	/* NULL: no body */
	const struct field *query;	/* NULL: no parameters of its own */
	const struct shape *answers;	/* NULL: no body */
	int status;		/* of success; 0 is 200 */
	unsigned rules;
	enum field_type sort[SORT_KEYS];	/* what the cursor holds */
	enum role others;	/* where one's own are meant: who may for somebody else's; :may_others or
				 * :caller_only, his own id for whoever may not */
	const char *proof;	/* the body's field that may hold an anonymous account's token (proof.c);
				 * :proven_issuer and :proven_subject say whose it is */
	/* Another statement, for the same call said differently (DELETE ?hard=true):
	 * when this query parameter is true. */
	const char *when;
	enum sql otherwise;
	enum role otherwise_role; /* it needs this one */
	const char *const *refuses;	/* codes of its own rules, for the contract; ends with NULL */
	const char *says;
};

struct resource {
	const char *path;	/* below /api/v1 */
	bool outside;		/* or below nothing: where others' names have always been */
	const char *name;	/* its tag in the contract */
	enum domain domain;
	const struct operation *operations;
	const char *says;
};

#endif
