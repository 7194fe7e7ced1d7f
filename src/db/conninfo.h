/* conninfo.h: DATABASE_URL, parsed. */

#ifndef DB_CONNINFO_H
#define DB_CONNINFO_H

#include <libpq-fe.h>
#include <stdbool.h>

struct conninfo_host {
	const char *name; /* "": libpq's default; a directory; a host name; an IP address */
	const char *ip;   /* IP address; "": none is given */
	const char *port;
};

enum { MAX_HOSTS = 16 };

struct conninfo {
	PQconninfoOption *options;
	struct conninfo_host hosts[MAX_HOSTS];
	int count;
	char *lists[3]; /* the strings that the hosts point into */
};

struct conninfo *conninfo_new(const char *url); /* NULL: invalid */
void conninfo_free(struct conninfo *conninfo);
/* Whether the name has to be looked up. */
bool conninfo_needs_lookup(const struct conninfo_host *host);

/* Parameters for PQconnectStartParams: those of the URL, then ours. */
enum { MAX_CONN_PARAMS = 64 };

struct conn_params {
	const char *names[MAX_CONN_PARAMS + 1];
	const char *values[MAX_CONN_PARAMS + 1];
	int count;
};

void conninfo_to_params(const struct conninfo *conninfo, struct conn_params *params);
void conn_params_add(struct conn_params *params, const char *name, const char *value);

#endif
