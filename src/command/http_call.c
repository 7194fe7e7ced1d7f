/* http_call.c: makes one HTTP request and waits for the response. */

#include "http_call.h"
#include "resolve.h"

struct call {
	struct fetch fetch;
	struct loop *loop;
	struct http_reply *reply;
};

static void on_response(struct fetch *fetch, const struct fetch_response *response)
{
	struct call *call = container_of(fetch, struct call, fetch);

	call->reply->status = response->status;
	if (response->status)
		buf_str(&call->reply->body, response->body);
	else
		buf_text(&call->reply->body, response->error);
	loop_stop(call->loop);
}

void http_call(const struct fetch_request *request, struct http_reply *reply)
{
	struct call call = { .reply = reply };
	struct resolver *resolver = NULL;
	struct fetcher *fetcher = NULL;

	if ((call.loop = loop_new()) && (resolver = resolver_new(call.loop))
	    && (fetcher = fetcher_new(call.loop, resolver))) {
		fetch_run(fetcher, &call.fetch, request, on_response);
		loop_run(call.loop);
	} else {
		buf_text(&reply->body, "cannot create an event loop");
	}
	fetcher_free(fetcher);
	resolver_free(resolver);
	loop_free(call.loop);
}
