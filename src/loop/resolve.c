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
struct question {
	struct lookup *lookup; /* NULL: cancelled */
	struct resolver *resolver;
	struct evdns_getaddrinfo_request *request;
	bool asking; /* inside evdns_getaddrinfo() */
	TAILQ_ENTRY(question) link;
};

struct resolver {
	struct loop *loop;
	struct evdns_base *dns;
	TAILQ_HEAD(, question) questions; /* question.link */
};

struct resolver *resolver_new(struct loop *loop)
{
	struct resolver *resolver = xcalloc(1, sizeof(*resolver));
	const int options = DNS_OPTIONS_ALL | DNS_OPTION_NAMESERVERS_NO_DEFAULT;

	resolver->loop = loop;
	TAILQ_INIT(&resolver->questions);
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

static void question_free(struct question *question)
{
	TAILQ_REMOVE(&question->resolver->questions, question, link);
	free(question);
}

void resolver_free(struct resolver *resolver)
{
	struct question *question;

	if (!resolver)
		return;
	TAILQ_FOREACH(question, &resolver->questions, link)
		question->lookup = NULL;
	/* The requests that fail here call back from the loop; only then does evdns
	 * free them. */
	evdns_base_free(resolver->dns, 1);
	if (!TAILQ_EMPTY(&resolver->questions))
		event_base_loop(loop_base(resolver->loop), EVLOOP_NONBLOCK);
	while ((question = TAILQ_FIRST(&resolver->questions)))
		question_free(question);
	free(resolver);
}

static void on_later(struct later *later)
{
	struct lookup *lookup = container_of(later, struct lookup, later);

	lookup->done(lookup, lookup->error);
}

static void tell(struct lookup *lookup, const char *error)
{
	lookup->question = NULL;
	lookup->error = error;
	loop_later(lookup->resolver->loop, &lookup->later);
}

static void add_address(struct lookup *lookup, const struct sockaddr *address)
{
	const void *number = address->sa_family == AF_INET
		? (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
		: (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return;
	if (lookup->count < LOOKUP_MOST
	    && inet_ntop(address->sa_family, number, lookup->addresses[lookup->count],
	                 sizeof(lookup->addresses[0])))
		lookup->count++;
}

static const char *why(int failed)
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
	struct question *question = arg;
	struct lookup *lookup = question->lookup;

	if (lookup) {
		for (const struct evutil_addrinfo *a = failed ? NULL : found; a; a = a->ai_next)
			add_address(lookup, a->ai_addr);
		tell(lookup, lookup->count ? NULL : why(failed));
	}
	if (found)
		evutil_freeaddrinfo(found);
	if (!question->asking)
		question_free(question);
}

void resolve(struct resolver *resolver, struct lookup *lookup, const char *host, lookup_done_fn *done)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
	};
	struct question *question = xcalloc(1, sizeof(*question));

	*lookup = (struct lookup){ .done = done, .resolver = resolver, .question = question };
	lookup->later.run = on_later;
	question->lookup = lookup;
	question->resolver = resolver;
	TAILQ_INSERT_TAIL(&resolver->questions, question, link);

	question->asking = true;
	question->request = evdns_getaddrinfo(resolver->dns, host, NULL, &hints, on_addresses, question);
	question->asking = false;
	if (!question->request) {
		question_free(question); /* completed within the call */
	} else if (evdns_base_count_nameservers(resolver->dns) == 0) {
		resolve_forget(lookup);
		tell(lookup, "no name server is configured");
	}
}

void resolve_forget(struct lookup *lookup)
{
	struct question *question = lookup->question;

	if (!lookup->resolver)
		return;
	loop_later_forget(lookup->resolver->loop, &lookup->later);
	if (!question)
		return;
	lookup->question = NULL;
	question->lookup = NULL;
	evdns_getaddrinfo_cancel(question->request);
}
