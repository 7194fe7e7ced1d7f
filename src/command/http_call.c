/* http_call.c: makes one HTTP request and waits for the response. */

#include "http_call.h"
#include "resolve.h"

struct asking {
	struct fetch fetch; /* first member */
	struct loop *loop;
	struct answer *answer;
};

static void on_answer(struct fetch *fetch, const struct fetch_response *got)
{
	struct asking *asking = container_of(fetch, struct asking, fetch);

	asking->answer->status = got->status;
	if (got->status)
		buf_str(&asking->answer->body, got->body);
	else
		buf_text(&asking->answer->body, got->error);
	loop_stop(asking->loop);
}

void ask(const struct fetch_request *question, struct answer *answer)
{
	struct asking asking = { .answer = answer };
	struct resolver *resolver = NULL;
	struct fetcher *fetcher = NULL;

	if ((asking.loop = loop_new()) && (resolver = resolver_new(asking.loop))
	    && (fetcher = fetcher_new(asking.loop, resolver))) {
		fetch_run(fetcher, &asking.fetch, question, on_answer);
		loop_run(asking.loop);
	} else {
		buf_text(&answer->body, "cannot create an event loop");
	}
	fetcher_free(fetcher);
	resolver_free(resolver);
	loop_free(asking.loop);
}
