/* resolve.c: resolves host names with evdns, without blocking.
 *
 * Normal sequence of a lookup:
 *
 * - evdns resolves numeric addresses and names in /etc/hosts immediately, and queries
 *   the name servers of resolv.conf for others;
 * - the addresses are copied into the lookup;
 * - done() is called at the end of that turn.
 *
 * Failures:
 *
 * - no name server is configured: evdns would wait for one forever, so the request is
 *   cancelled and the lookup fails;
 * - the caller cancels: the request stays, without a lookup, until evdns has called back.
 *   It does so for cancelled requests too, on a later turn. */

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdlib.h>

#include "arena.h"
#include "resolve.h"

/* The argument of the evdns callback; it may outlive the lookup. */
struct dns_query {
	struct lookup *lookup; /* NULL: cancelled */
	struct resolver *resolver;
	struct evdns_getaddrinfo_request *request;
	bool in_call; /* inside evdns_getaddrinfo() */
	TAILQ_ENTRY(dns_query) link;
};

struct resolver {
	struct loop *loop;
	struct evdns_base *dns;
	TAILQ_HEAD(, dns_query) queries; /* query.link */
};

struct resolver *resolver_new(struct loop *loop)
{
	struct resolver *resolver = xcalloc(1, sizeof(*resolver));
	const int options = DNS_OPTIONS_ALL | DNS_OPTION_NAMESERVERS_NO_DEFAULT;

	resolver->loop = loop;
	TAILQ_INIT(&resolver->queries);
	/* With EVDNS_BASE_INITIALIZE_NAMESERVERS, creation would fail if resolv.conf
	 * names none. */
	resolver->dns = evdns_base_new(loop_base(loop), 0);
	if (!resolver->dns) {
		free(resolver);
		return NULL;
	}
	/* The result is ignored: resolve() reports missing name servers. */
	evdns_base_resolv_conf_parse(resolver->dns, options, "/etc/resolv.conf");
	evdns_base_set_option(resolver->dns, "timeout:", "2");
	return resolver;
}

static void query_free(struct dns_query *query)
{
	TAILQ_REMOVE(&query->resolver->queries, query, link);
	free(query);
}

void resolver_free(struct resolver *resolver)
{
	struct dns_query *query;

	if (!resolver)
		return;
	TAILQ_FOREACH(query, &resolver->queries, link)
		query->lookup = NULL;
	/* Requests that fail here call back from the loop, and evdns frees them only
	 * then. */
	evdns_base_free(resolver->dns, 1);
	if (!TAILQ_EMPTY(&resolver->queries))
		event_base_loop(loop_base(resolver->loop), EVLOOP_NONBLOCK);
	while ((query = TAILQ_FIRST(&resolver->queries)))
		query_free(query);
	free(resolver);
}

static void on_deferred(struct deferred *deferred)
{
	struct lookup *lookup = container_of(deferred, struct lookup, deferred);

	lookup->done(lookup, lookup->error);
}

static void finish(struct lookup *lookup, const char *error)
{
	lookup->query = NULL;
	lookup->error = error;
	loop_defer(lookup->resolver->loop, &lookup->deferred);
}

static void add_address(struct lookup *lookup, const struct sockaddr *address)
{
	const void *number =
		address->sa_family == AF_INET
			? (const void *)&((const struct sockaddr_in *)(const void *)address)
				  ->sin_addr
			: (const void *)&((const struct sockaddr_in6 *)(const void *)address)
				  ->sin6_addr;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return;
	if (lookup->count < LOOKUP_MAX
	    && inet_ntop(address->sa_family, number, lookup->addresses[lookup->count],
	                 sizeof(lookup->addresses[0])))
		lookup->count++;
}

static const char *error_text(int failed)
{
	switch (failed) {
	case 0:
	case EVUTIL_EAI_NODATA:
		return "the name has no address";
	case EVUTIL_EAI_NONAME:
		return "no such name";
	case EVUTIL_EAI_AGAIN:
	case EVUTIL_EAI_FAIL:
		return "no name server responds";
	default:
		return evutil_gai_strerror(failed);
	}
}

static void on_addresses(int failed, struct evutil_addrinfo *found, void *arg)
{
	struct dns_query *query = arg;
	struct lookup *lookup = query->lookup;

	if (lookup) {
		for (const struct evutil_addrinfo *a = failed ? NULL : found; a; a = a->ai_next)
			add_address(lookup, a->ai_addr);
		finish(lookup, lookup->count ? NULL : error_text(failed));
	}
	if (found)
		evutil_freeaddrinfo(found);
	if (!query->in_call)
		query_free(query);
}

void resolve(struct resolver *resolver, struct lookup *lookup, const char *host,
             lookup_done_fn *done)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
	};
	struct dns_query *query = xcalloc(1, sizeof(*query));

	*lookup = (struct lookup){ .done = done, .resolver = resolver, .query = query };
	lookup->deferred.run = on_deferred;
	query->lookup = lookup;
	query->resolver = resolver;
	TAILQ_INSERT_TAIL(&resolver->queries, query, link);

	query->in_call = true;
	query->request = evdns_getaddrinfo(resolver->dns, host, NULL, &hints, on_addresses, query);
	query->in_call = false;
	if (!query->request) {
		query_free(query); /* completed within the call */
	} else if (evdns_base_count_nameservers(resolver->dns) == 0) {
		resolve_cancel(lookup);
		finish(lookup, "no name server is configured");
	}
}

void resolve_cancel(struct lookup *lookup)
{
	struct dns_query *query = lookup->query;

	if (!lookup->resolver)
		return;
	loop_defer_cancel(lookup->resolver->loop, &lookup->deferred);
	if (!query)
		return;
	lookup->query = NULL;
	query->lookup = NULL;
	evdns_getaddrinfo_cancel(query->request);
}
