/* conninfo.c: parses DATABASE_URL.
 *
 * libpq would look up host names itself and block meanwhile. So the hosts are extracted here,
 * connector.c resolves them, and libpq gets IP addresses. */

#include <arpa/inet.h>
#include <stdlib.h>

#include "arena.h"
#include "conninfo.h"

static const char *option(const struct conninfo *conninfo, const char *keyword)
{
	for (const PQconninfoOption *o = conninfo->options; o->keyword; o++)
		if (strcmp(o->keyword, keyword) == 0)
			return o->val && o->val[0] ? o->val : NULL;
	return NULL;
}

static bool is_numeric(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Splits at the commas; -1 if there are too many parts. */
static int split(char *list, const char *parts[MAX_HOSTS])
{
	int count = 0;

	for (char *rest = list; rest && count <= MAX_HOSTS;) {
		char *part = strsep(&rest, ",");

		if (count < MAX_HOSTS)
			parts[count] = part;
		count++;
	}
	return count <= MAX_HOSTS ? count : -1;
}

struct conninfo *conninfo_new(const char *url)
{
	struct conninfo *conninfo = xcalloc(1, sizeof(*conninfo));
	const char *names[MAX_HOSTS], *addresses[MAX_HOSTS], *ports[MAX_HOSTS];
	const char *host, *hostaddr;
	int address_count, port_count;

	/* libpq's error message is not shown: it would quote the password. */
	conninfo->options = PQconninfoParse(url, NULL);
	if (!conninfo->options)
		goto fail;
	host = option(conninfo, "host") ?: getenv("PGHOST") ?: "";
	hostaddr = option(conninfo, "hostaddr") ?: getenv("PGHOSTADDR") ?: "";
	conninfo->lists[0] = xstrdup(*host || !*hostaddr ? host : hostaddr);
	conninfo->lists[1] = xstrdup(hostaddr);
	conninfo->lists[2] = xstrdup(option(conninfo, "port") ?: getenv("PGPORT") ?: "");

	/* A single port applies to all hosts. */
	conninfo->count = split(conninfo->lists[0], names);
	address_count = split(conninfo->lists[1], addresses);
	port_count = split(conninfo->lists[2], ports);
	if (conninfo->count < 1 || (address_count != conninfo->count && *hostaddr)
	    || (port_count != conninfo->count && port_count != 1))
		goto fail;

	for (int i = 0; i < conninfo->count; i++)
		conninfo->hosts[i] = (struct conninfo_host){
			.name = names[i],
			.ip = is_numeric(names[i]) ? names[i]
			      : *hostaddr          ? addresses[i]
			                           : "",
			.port = ports[port_count == 1 ? 0 : i],
		};
	return conninfo;

fail:
	conninfo_free(conninfo);
	return NULL;
}

void conninfo_free(struct conninfo *conninfo)
{
	if (!conninfo)
		return;
	PQconninfoFree(conninfo->options);
	for (size_t i = 0; i < COUNT_OF(conninfo->lists); i++)
		free(conninfo->lists[i]);
	free(conninfo);
}

bool conninfo_needs_lookup(const struct conninfo_host *host)
{
	/* '/' is the start of a socket directory, '@' of an abstract socket. */
	return !host->ip[0] && host->name[0] && host->name[0] != '/' && host->name[0] != '@';
}

void conn_params_add(struct conn_params *params, const char *name, const char *value)
{
	if (params->count == MAX_CONN_PARAMS || !value)
		return;
	params->names[params->count] = name;
	params->values[params->count++] = value;
	params->names[params->count] = NULL;
	params->values[params->count] = NULL;
}

/* Options of the URL that connector.c sets itself. */
static bool is_replaced(const char *keyword)
{
	static const char *const replaced[] = { "host", "hostaddr", "port", "options" };

	for (size_t i = 0; i < COUNT_OF(replaced); i++) {
		if (strcmp(keyword, replaced[i]) == 0)
			return true;
	}
	return false;
}

void conninfo_to_params(const struct conninfo *conninfo, struct conn_params *params)
{
	static const struct {
		const char *name, *value;
	} defaults[] = {
		{ "application_name", "binnacle" },
		/* Looking for Kerberos tickets blocks on the disk and on name servers. */
		{ "gssencmode", "disable" },
		/* Lets the kernel detect a network path that drops all packets. */
		{ "keepalives_idle", "15" },
		{ "keepalives_interval", "5" },
		{ "keepalives_count", "3" },
		{ "tcp_user_timeout", "15000" },
	};
	const char *target = option(conninfo, "target_session_attrs");

	params->count = 0;
	for (size_t i = 0; i < COUNT_OF(defaults); i++)
		conn_params_add(params, defaults[i].name, defaults[i].value);
	for (const PQconninfoOption *o = conninfo->options; o->keyword; o++)
		if (o->val && !is_replaced(o->keyword))
			conn_params_add(params, o->keyword, o->val);
	conn_params_add(params, "client_encoding", "UTF8");

	/* Sessions of the read lane are read-only by default, and "read-write" would reject them.
	 * "primary" selects the same server. */
	if (target ? strcmp(target, "read-write") == 0 : conninfo->count > 1)
		conn_params_add(params, "target_session_attrs", "primary");
}
