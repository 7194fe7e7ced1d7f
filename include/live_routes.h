/* live_routes.h: the HTTP routes of realtime connections, live_routes.def. */

#ifndef LIVE_ROUTES_H
#define LIVE_ROUTES_H

#include "schema.h"

struct live_route {
	enum method method;
	const char *pattern;
	const char *name;            /* operationId */
	const char *summary;         /* imperative, no period */
	const char *description;     /* whole sentences */
	int status;                  /* on success */
	const char *media_type;      /* of the response; NULL: no body */
	const char *problems;        /* codes, separated by spaces; others are common to all */
	bool takes_token;            /* the Authorization header is read; it is optional */
	const struct field *query;   /* NULL: none */
	const struct field *headers; /* request headers; NULL: none */
	const struct field *body;    /* members of the JSON body; NULL: no body */
};

extern const struct live_route live_route_rows[]; /* ends with METHOD_NONE */

/* The tables that live_routes.def names; each ends with an empty row. */
extern const struct field live_connect_fields[], live_sse_connect_query[], live_emulation_fields[],
	live_events_query[], live_events_headers[];

#endif
