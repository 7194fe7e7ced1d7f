/* schema.h: the types of the tables that describe a resource.
 *
 * The files in src/resources/ define these tables. The rest module uses them to validate input,
 * fill SQL parameters and serve the routes; the spec module writes the API documents from them. */

#ifndef SCHEMA_H
#define SCHEMA_H

#include "http.h"
#include "sql.h"

struct config;

/* The problems of the API: those of the HTTP module and those of problems.def. */
enum problem {
#define PROBLEM(name, ...) PROBLEM_##name,
#include "table/http_problems.def"
#include "table/problems.def"
#undef PROBLEM
	PROBLEMS
};

extern const struct problem_row problem_rows[PROBLEMS];

enum problem problem_from_code(struct str code); /* PROBLEMS: unknown */
enum problem problem_from_slug(struct str slug); /* PROBLEMS: unknown */

enum field_type {
	FIELD_NONE,
	FIELD_TEXT, /* min..max characters */
	FIELD_LINE, /* text without line breaks */
	FIELD_EMAIL,
	FIELD_URL,
	FIELD_LINK,       /* a URL, or an absolute path of the front end */
	FIELD_EVENT_TYPE, /* lower-case letters, digits, underscores and dots */
	FIELD_CHANNEL,    /* the name of a channel; in paths and parameters of routes only */
	FIELD_KEY,        /* an Idempotency-Key; in headers only */
	FIELD_UUID,
	FIELD_TIME,         /* RFC 3339 with an offset */
	FIELD_DATE_OR_TIME, /* a date or a time */
	FIELD_DATE,         /* 2026-11-21 */
	FIELD_TIME_OF_DAY,  /* 07:30, 24-hour clock */
	FIELD_INTEGER,      /* min..max */
	FIELD_BOOLEAN,
	FIELD_CHOICE,
	FIELD_JSON,    /* any value; in responses only */
	FIELD_OBJECT,  /* any object */
	FIELD_DECIMAL, /* min..max, may have a fraction; in responses only */
	FIELD_SHAPE,   /* a nested object */
};

enum field_rule {
	REQUIRED = 1 << 0,             /* required at creation */
	CREATE_ONLY = 1 << 1,          /* cannot be changed after creation */
	READ_ONLY = 1 << 2,            /* set by the server */
	NULLABLE = 1 << 3,             /* may be null; null in an update clears it */
	MULTIPLE = 1 << 4,             /* an array (not empty if REQUIRED); see QUERY_VALUES */
	OPTIONAL_IN_RESPONSE = 1 << 5, /* may be absent from a response, depending on the caller */
	POSITION = 1 << 6,             /* query: selects a position in the list, does not filter */
	REQUIRED_ON_UPDATE = 1 << 7,   /* with REQUIRED: required in updates, too */
	UNIQUE_ITEMS = 1 << 9,         /* with MULTIPLE: no entry is repeated */
	TRANSIENT = 1 << 8,            /* in the response to a change, but not in that of GET; the
					* last members of the object, and not part of its ETag */
};

/* Maximum number of values of a MULTIPLE query parameter, which may be repeated, contain values
 * separated by commas, or both. */
enum { QUERY_VALUES = 100 };

struct shape;

struct field {
	const char *name; /* JSON key, SQL parameter and OpenAPI property */
	enum field_type type;
	unsigned rules;
	long min, max;  /* length of text, range of a number */
	long max_items; /* MULTIPLE: maximum number of entries; 0: no limit */
	const char *const *choices;
	const char *choice_name; /* schema name of the choices in OpenAPI */
	const struct shape *shape;
	const char *default_value; /* query: default value */
	const char *meant_for;   /* body: value of `type` that the field is meant for; NULL: any */
	const char *description; /* description in the API document */
	const char *example;     /* text as is, other types as JSON; NULL: one is derived */
};

/* The shape of a response, or of a list of items. */
struct shape {
	const char *name; /* schema name in OpenAPI: "Log" */
	const struct field *fields;
	const struct field *more; /* further fields, or NULL */
	bool list;
	const struct shape *item; /* list: shape of its entries */
	bool is_input;            /* sent by clients: only REQUIRED fields must be present */
	const char *description;
};

#define LIST_OF(shape_) (&(const struct shape){ .list = true, .item = &(shape_) })

enum role { ROLE_UNSET, PUBLIC, VISITOR, GUARD, SUPERVISOR, ADMIN, SUPER_ADMIN, ROLES };

const char *role_name(enum role role);
enum role role_from_name(struct str name); /* ROLE_UNSET: unknown */

/* The versions of the API, oldest first. */
enum version {
#define API_VERSION(name, ...) name,
#include "table/versions.def"
#undef API_VERSION
	VERSIONS
};

struct version_row {
	const char *name;  /* "v1" */
	const char *mount; /* path prefix: "/api/v1" */
};

extern const struct version_row version_rows[VERSIONS];

enum domain {
#define DOMAIN(name, ...) name,
#include "table/domains.def"
#undef DOMAIN
	DOMAINS
};

const char *domain_name(enum domain domain);
enum domain domain_from_name(struct str name); /* DOMAINS: unknown */

/* Scopes of API keys: "places:read", "places:write", …; ends with NULL. The scope that an
 * operation requires follows from its domain and method, so that every operation has one. */
extern const char *const scope_names[2 * DOMAINS + 1];
int scope_of(enum domain domain, enum method method); /* index into scope_names */

enum { SORT_KEYS = 3 };

enum operation_rule {
	PAGED = 1 << 0,           /* has limit and skip; with sort keys also cursor */
	COUNTED = 1 << 1,         /* honours `Prefer: count=exact` */
	BODY_OPTIONAL = 1 << 2,   /* the body is optional */
	CONDITIONAL = 1 << 3,     /* honours If-Match */
	API_KEY_ALLOWED = 1 << 4, /* an API key suffices; it acts as a VISITOR, and writes must not
				 * need a user */
	HEAVY = 1 << 5,           /* expensive: has a lower rate limit */
	NULLABLE_RESPONSE = 1 << 6, /* the response body may be null */
	ADD_CONNECTIONS = 1 << 7,   /* adds this process's connections to the response object */
	OWN_PATH = 1 << 8,          /* the path is not below the resource's path */
	SECRET_RESPONSE = 1 << 9,   /* the response contains a secret that is shown only once: it is
				     * never compressed, and Prefer cannot leave it out */
};

struct operation {
	enum method method;
	const char *path; /* below the resource's path, unless OWN_PATH; without the mount */
	enum role role;   /* minimum role; ROLE_UNSET is an error at startup */
	enum sql sql;
	const char *name;             /* operationId */
	const struct field *body;     /* NULL: no body */
	const struct field *query;    /* NULL: no parameters except paging */
	const struct shape *response; /* response body; NULL: none */
	int status;                   /* on success; 0: 200 */
	unsigned rules;
	enum field_type sort[SORT_KEYS]; /* sort keys, stored in the cursor */
	/* Minimum role for other users' resources. The statement reads :may_access_others, or
	 * :caller_only, which is the caller's ID if their role is lower. */
	enum role others_role;
	/* Body field for the token of an anonymous account (second_token.c), which sets
	 * :second_token_issuer and :second_token_subject. */
	const char *second_token;
	/* Another statement, used when this query parameter is true (DELETE ?hard=true), or is or
	 * contains alt_value. */
	const char *alt_when, *alt_value;
	enum sql alt_sql;
	enum role alt_role;               /* minimum role for it */
	const struct shape *alt_response; /* its response, if it has another shape */
	const char *summary; /* imperative, no period, unique, at most 60 characters: "List logs" */
	const char *description; /* order, rules, effects, events; NULL: none. Roles are added. */
	/* The versions that have the operation. An operation that a later version removes is
	 * deprecated in the earlier ones: its responses have Deprecation, Sunset, and a Link to the
	 * successor, a path in the version that removed it with the same path parameters. */
	enum version added_in;
	enum version removed_in; /* the first version without it; 0: none */
	long long deprecated_at; /* Unix time */
	long long sunset_at;     /* Unix time from which every version may lack it */
	const char *successor;   /* below the mount: "/notifications/{id}/dismiss" */
	/* An example that succeeds on fresh demo data: the body as JSON (NULL: composed of the
	 * examples of its fields), the path parameters separated by '/', the query without '?', and
	 * the demo user who sends it (NULL: the default demo user of the role). */
	const char *example, *path_example, *query_example, *example_user;
};

/* limit, skip and, if the operation has sort keys, cursor: the parameters of a PAGED operation. */
enum { PAGING_FIELDS = 3 };
size_t paging_fields(const struct operation *operation, const struct field *out[PAGING_FIELDS]);

/* Whether the operation honours `Prefer: return=minimal`: it changes something, and its response
 * has a body that can be omitted. */
bool operation_has_minimal(const struct operation *operation);

struct resource {
	const char *path; /* below the mount of each version */
	bool at_root;     /* at the root instead, for paths that existing clients use */
	const char *name; /* tag in OpenAPI */
	enum domain domain;
	const struct operation *operations;
	const char *description;
};

/* Something that happened, as subscribers receive it. */
struct event {
	const char *type;         /* "*": broadcast, with any type */
	const char *channels;     /* patterns of channels.def, separated by spaces */
	const struct field *data; /* all are required; NULL: any object */
	const char *summary;      /* in the past tense: "Log created" */
};

bool event_is_broadcast(const struct event *event);
/* The event's name in the API documents: its type, or "broadcast". */
const char *event_name(const struct event *event);

/* The prefix of the resource's paths in a version: its mount, or "". */
const char *resource_root(const struct resource *resource, enum version version);

/* The prefix of the operation's path after the mount: the resource's path, or "". */
const char *operation_parent(const struct resource *resource, const struct operation *operation);

bool operation_is_in(const struct operation *operation, enum version version);
bool operation_is_deprecated(const struct operation *operation);

/* The kinds of objects that the trail records (table/audit_kinds.def), and what it says of them; each
 * ends with NULL. */
extern const char *const audit_kinds[];
extern const char *const audit_actions[];

/* A part of the setting AUDIT_RETENTION, KIND=DAYS. */
struct audit_retention {
	bool valid;
	const char *kind;
	char days[8];
};

/* The next part of *rest; false: there is none. */
bool audit_retention_next(struct str *rest, struct audit_retention *retention, struct str *part);
bool audit_check_config(const struct config *config, struct buf *errors);

/* The setting DOMAINS. domains_select() returns the resources of the enabled domains; the caller
 * frees the array. */
bool domains_check_config(const struct config *config, struct buf *errors);
bool domain_is_enabled(const struct config *config, enum domain domain);
const struct resource **domains_select(const struct config *config,
                                       const struct resource *const *resources);

#endif
