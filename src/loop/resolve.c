/* resolve.c: names to addresses, never blocking.
 *
 * The happy path of a lookup:
 *
 * - evdns answers at once what is a number or stands in /etc/hosts, and asks
 *   the name servers of resolv.conf for the rest;
 * - the addresses are copied into the lookup;
 * - done() is called at the end of that turn.
 *
 * When it goes wrong:
 *
 * - there is no name server: evdns would wait for one for ever, so the question
 *   is taken back and the lookup is told;
 * - the asker leaves first: the question stays without a lookup until evdns has
 *   called back, which it does for cancelled ones too, on a later turn. */

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdlib.h>

#include "arena.h"
#include "resolve.h"

/* What evdns knows of us; it may outlive the lookup. */
struct question {
	struct lookup *lookup; /* NULL: nobody waits for it */
	struct resolver *resolver;
	struct evdns_getaddrinfo_request *request;
	bool asking; /* we are inside evdns_getaddrinfo() */
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
	/* Asked for name servers itself, evdns would refuse to be made where
	 * resolv.conf is empty. */
	resolver->dns = evdns_base_new(loop_base(loop), 0);
	if (!resolver->dns) {
		free(resolver);
		return NULL;
	}
	/* Its verdict does not matter: what is missing there is missed when a
	 * name is asked for. */
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
	/* Questions that are failed now call back from the loop, and only then
	 * does evdns let go of them. */
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
		return "it has no address";
	case EVUTIL_EAI_NONAME:
		return "there is no such name";
	case EVUTIL_EAI_AGAIN:
	case EVUTIL_EAI_FAIL:
		return "no name server answers";
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
		question_free(question); /* it was answered within the call */
	} else if (evdns_base_count_nameservers(resolver->dns) == 0) {
		resolve_forget(lookup);
		tell(lookup, "there is no name server to ask");
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
