/* call.h: a call is a request being answered (private to the room).
 *
 * It lives in its request's arena. The request is held while an answer of the
 * database or of an issuer is awaited, so the call is there when it comes. */

#ifndef CALL_H
#define CALL_H

#include "api.h"
#include "auth.h"
#include "bearer.h"
#include "db.h"
#include "json.h"
#include "statement.h"
#include "uuid.h"

enum { QUERY_FIELDS = 24 };

/* Where a parameter of a statement comes from. */
enum source {
	FROM_CALLER_ID,
	FROM_ASKER_ID,	/* likewise, or of the program whose key it is */
	FROM_CALLER_ROLE,
	FROM_CALLER_EMAIL,	/* that his token carries */
	FROM_CALLER_IS_NEW,
	FROM_PROVEN_ISSUER,	/* of the second token, where it proves an account */
	FROM_PROVEN_SUBJECT,
	FROM_MAY_OTHERS,	/* whether somebody else's is his to touch, too */
	FROM_CALLER_ONLY,	/* the caller's id, where somebody else's is not; otherwise absent */
	FROM_PATH,	/* index: which parameter of the path */
	FROM_QUERY,	/* index: which query field */
	FROM_CURSOR,	/* index: which sort key */
	FROM_BODY,	/* all of it, checked */
	FROM_NEW_ID,	/* the body's id, or one that is made now */
	FROM_IF_MATCH,
	FROM_COUNTED,
	FROM_OPERATION,		/* its name */
	FROM_IDEMPOTENCY_KEY,
	FROM_CLIENT_ADDRESS,
	FROM_HQ,		/* the setting HQ_LOCATION_NAME */
};

struct binding {
	enum source source;
	int index;
};

struct plan {
	enum sql sql;
	struct binding bindings[SQL_PARAMS];
};

/* An operation, ready to be run: everything that can be looked up is looked up. */
struct endpoint {
	struct api *api;
	const struct resource *resource;
	const struct operation *operation;
	char *pattern;	/* owned */
	char *path_names[PATH_PARAMS];	/* owned */
	int path_count;
	const struct field *query[QUERY_FIELDS];
	int query_count;
	int cursor_at;	/* which query field is the cursor; -1: none */
	int skip_at;
	int when_at;	/* which one chooses the other statement; -1: none */
	struct plan plan, otherwise;
};

/* Who is calling: a person, or a program with a key, or both. */
struct caller {
	char id[UUID_TEXT];	/* empty: no person */
	char key_id[UUID_TEXT];	/* empty: no key */
	enum role role;
	const char *email;	/* that his token carries, or NULL; until the loop turns */
	bool is_new;	/* his row was made for this very call */
};

struct call {
	struct request *request;
	struct api *api;
	const struct endpoint *endpoint;
	const struct plan *plan;
	struct caller caller;
	void (*enter)(struct call *call);	/* where the gate leads */
	void (*on)(struct call *call);		/* where a good API key leads, or a good second token */
	struct bearer bearer;
	char digest[DIGEST_TEXT];	/* of the API key that was sent */
	unsigned long long looked_at;	/* the generation when the key's look-up began */
	struct db_query query;
	const char *values[SQL_PARAMS];
	const struct db_ahead *ahead;	/* of the statement: once, or NULL */
	struct db_ahead once;
	const char *once_values[4];
	bool gone;	/* the client has left */
	bool replayed;	/* the answer is one that was given before */

	/* What came in, checked. */
	struct faults *faults;
	const char *given[QUERY_FIELDS];	/* query values as PostgreSQL reads them; NULL: not given */
	const char *cursor[SORT_KEYS];
	const char *if_match;
	const char *idempotency_key;	/* NULL: none */
	bool counted;
	struct str body;	/* without the proof */
	const char *new_id;
	struct str proof;	/* the second token; not given: none */
	const char *proven_issuer, *proven_subject; /* whose it is; NULL: nobody's */
};

struct members;
struct apikeys;
struct tidy;
struct stream;
struct emulation;

struct api {
	struct loop *loop;
	const struct config *config;
	struct db *db;
	struct auth *auth;
	struct members *members;
	struct apikeys *apikeys;
	struct tidy *tidy;
	struct stream *stream;
	struct emulation *emulation;
	struct endpoint *endpoints;
	size_t endpoint_count;
	struct route *routes;
	size_t route_count;
	const struct resource **resources;	/* those of the domains that are served; ends with NULL */
	struct buf contract;	/* /openapi.json */
	struct buf streams;	/* /asyncapi.json; empty: they are not served */
	bool draining;
};

/* endpoint.c: what a route runs. */
void endpoint_run(struct request *request);

/* gate.c: who is calling, and may he? Calls enter() once he may; otherwise the
 * call has been refused. */
void gate_pass(struct call *call, void (*enter)(struct call *call));

/* Runs a statement and holds the request until done() lets go of it. */
void call_query(struct call *call, enum sql sql, db_done_fn *done);

/* api.c: what the paths of a resource begin with. */
const char *resource_root(const struct resource *resource);

/* once.c: a write that carries an Idempotency-Key is done once, whatever comes between. */
bool once_fits(enum sql sql); /* are its parameters those that are given to it? */
const char *once_asker(const struct call *call); /* whose the key is: a person, or a program */
void once_prepare(struct call *call);
/* Was it done before? Then that answer is given again. */
bool once_recalls(struct call *call, enum db_status status, const struct db_rows *rows);

/* members.c: callers' rows, remembered until they change. */
struct members *members_new(struct db *db, size_t most);
void members_free(struct members *members);
/* NULL: not remembered, or his token brings news of him; looks nothing up. */
const struct member *members_find(struct members *members, const struct identity *identity);
/* `generation` is members_generation() from before the row was asked for. */
void members_keep(struct members *members, const struct identity *identity, const struct member *member,
                  unsigned long long generation);
unsigned long long members_generation(const struct members *members);
void members_forget(struct members *members, struct str id);

/* apikey.c: which program is calling? */
struct apikeys *apikeys_new(struct db *db, size_t most);
void apikeys_free(struct apikeys *apikeys);
void apikeys_forget(struct apikeys *apikeys, struct str id);
/* Was a key sent, or the secret of a gateway? */
bool apikey_is_given(const struct call *call);
/* Judges it, and calls on() when it is for this operation; otherwise the call has been
 * refused. */
void apikey_pass(struct call *call, void (*on)(struct call *call));

/* gate.c: the token of a header: "Bearer", one blank or more, the token. */
bool gate_read_token(const struct request *request, struct str *token);
/* gate.c: what a refused token becomes. */
void gate_refuse_token(struct request *request, enum auth_verdict verdict, const char *hint);
/* The same of a second token: no credential, or whoever sees 401 would renew the first. */
void gate_refuse_proof(struct request *request, enum auth_verdict verdict, const char *hint);
/* gate.c: a credential that nobody here knows costs something to look at. False: its address
 * has brought too many in vain, and it has been refused. */
bool gate_may_look(struct request *request);

/* proof.c: judges the second token that the call brings, and calls on() when it is that of an
 * anonymous account; otherwise the call has been refused. */
void proof_pass(struct call *call, void (*on)(struct call *call));

/* refusal.c: how the database says no. */
void call_refuse(struct call *call, enum problem problem, const char *detail);
void call_refuse_db(struct call *call, enum db_status status, const struct db_rows *rows);
void call_refuse_role(struct call *call, enum role needed);
void call_refuse_row(struct call *call, const struct db_rows *rows);

/* asked.c: query, headers and body against the operation's fields. False: it has
 * been refused. */
bool asked_check(struct call *call);

/* body.c: the same of the body alone; what is wrong in it is added to the faults. False:
 * it could not be read, and has been refused. */
bool body_check(struct call *call);

/* faults.c: what is wrong with a request, gathered as JSON. */
struct faults {
	struct buf json;
	int count;
};
/* `place` is "pointer", "parameter" or "header". */
void faults_add(struct faults *faults, const char *place, struct str name, const char *code,
                const char *detail);

/* field.c: a value against its field. */
struct complaint {
	const char *code;	/* NULL: all is well */
	char detail[200];
};
struct complaint field_complaint(const struct field *field, const struct json *value);
/* The same for text from a path or a query. */
struct complaint field_complaint_text(const struct field *field, struct str text);

/* moment.c: does a text have the form of this kind of date or time? */
bool moment_fits(enum field_type type, struct str text);

/* cursor.c: a place in a list, as text that a client keeps for us. */
void cursor_write(struct call *call, struct str keys, struct buf *out);
bool cursor_read(struct call *call, struct str text);

/* api.c: limit, skip and, where there are sort keys, cursor. */
size_t paging_fields(const struct operation *operation, const struct field *out[3]);

/* bind.c */
void bind_plan(struct endpoint *endpoint, enum sql sql, struct plan *plan, struct buf *faults);
void bind_values(struct call *call);
/* For statements that no operation has: sets the parameter of that name among `values`. */
void bind_by_name(enum sql sql, const char **values, const char *name, const char *value);

/* answer.c: rows into a reply. */
void answer(struct call *call, const struct db_rows *rows);

/* domains.c: the resources of the domains that are set to be served; to be freed. */
void domains_fit(const struct config *config, struct buf *faults);
bool domains_has(const struct config *config, enum domain domain);
const struct resource **domains_choose(const struct config *config, const struct resource *const *resources);

/* tidy.c: what is kept for a time only goes when its time is over. */
bool tidy_fits(void); /* are the parameters of its statements those that are given to them? */
struct tidy *tidy_new(struct loop *loop, struct db *db, const struct config *config);
void tidy_free(struct tidy *tidy);

/* system.c: what is served beside the resources. */
extern const struct route system_routes[];

#endif
