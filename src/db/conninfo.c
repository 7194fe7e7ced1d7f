/* conninfo.c: parses DATABASE_URL.
 *
 * libpq would look up host names itself and block meanwhile. So the hosts are extracted here,
 * connector.c resolves them, and libpq gets IP addresses. */

#include <arpa/inet.h>
#include <stdlib.h>

#include "arena.h"
#include "db_private.h"

static const char *option(const struct address *address, const char *keyword)
{
	for (const PQconninfoOption *o = address->options; o->keyword; o++)
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
static int cut(char *list, const char *parts[HOSTS])
{
	int count = 0;

	for (char *rest = list; rest && count <= HOSTS;) {
		char *part = strsep(&rest, ",");

		if (count < HOSTS)
			parts[count] = part;
		count++;
	}
	return count <= HOSTS ? count : -1;
}

struct address *address_new(const char *url)
{
	struct address *address = xcalloc(1, sizeof(*address));
	const char *names[HOSTS], *numbers[HOSTS], *ports[HOSTS];
	const char *host, *numeric;
	int of_numbers, of_ports;

	/* libpq's error message is not shown: it would quote the password. */
	address->options = PQconninfoParse(url, NULL);
	if (!address->options)
		goto fail;
	host = option(address, "host") ?: getenv("PGHOST") ?: "";
	numeric = option(address, "hostaddr") ?: getenv("PGHOSTADDR") ?: "";
	address->lists[0] = xstrdup(*host || !*numeric ? host : numeric);
	address->lists[1] = xstrdup(numeric);
	address->lists[2] = xstrdup(option(address, "port") ?: getenv("PGPORT") ?: "");

	/* A single port applies to all hosts. */
	address->count = cut(address->lists[0], names);
	of_numbers = cut(address->lists[1], numbers);
	of_ports = cut(address->lists[2], ports);
	if (address->count < 1 || (of_numbers != address->count && *numeric)
	    || (of_ports != address->count && of_ports != 1))
		goto fail;

	for (int i = 0; i < address->count; i++)
		address->hosts[i] = (struct address_host){
			.name = names[i],
			.address = is_numeric(names[i]) ? names[i]
				   : *numeric           ? numbers[i]
							: "",
			.port = ports[of_ports == 1 ? 0 : i],
		};
	return address;

fail:
	address_free(address);
	return NULL;
}

void address_free(struct address *address)
{
	if (!address)
		return;
	PQconninfoFree(address->options);
	for (size_t i = 0; i < COUNT_OF(address->lists); i++)
		free(address->lists[i]);
	free(address);
}

bool address_is_name(const struct address_host *host)
{
	/* '/' is the start of a socket directory, '@' of an abstract socket. */
	return !host->address[0] && host->name[0] && host->name[0] != '/'
	       && host->name[0] != '@';
}

void words_add(struct words *words, const char *name, const char *value)
{
	if (words->count == WORDS || !value)
		return;
	words->names[words->count] = name;
	words->values[words->count++] = value;
	words->names[words->count] = NULL;
	words->values[words->count] = NULL;
}

void address_words(const struct address *address, struct words *words)
{
	static const struct {
		const char *name, *value;
	} usual[] = {
		{ "application_name", "binnacle" },
		/* Looking for Kerberos tickets blocks on the disk and on name servers. */
		{ "gssencmode", "disable" },
		/* Lets the kernel detect a network path that drops all packets. */
		{ "keepalives_idle", "15" },
		{ "keepalives_interval", "5" },
		{ "keepalives_count", "3" },
		{ "tcp_user_timeout", "15000" },
	};
	const char *target = option(address, "target_session_attrs");

	words->count = 0;
	for (size_t i = 0; i < COUNT_OF(usual); i++)
		words_add(words, usual[i].name, usual[i].value);
	for (const PQconninfoOption *o = address->options; o->keyword; o++)
		if (o->val && strcmp(o->keyword, "host") && strcmp(o->keyword, "hostaddr")
		    && strcmp(o->keyword, "port") && strcmp(o->keyword, "options"))
			words_add(words, o->keyword, o->val);
	words_add(words, "client_encoding", "UTF8");

	/* Sessions of the read lane are read-only by default, and "read-write" would reject them.
	 * "primary" selects the same server. */
	if (target ? strcmp(target, "read-write") == 0 : address->count > 1)
		words_add(words, "target_session_attrs", "primary");
}
