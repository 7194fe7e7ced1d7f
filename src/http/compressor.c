/* compressor.c: compresses the bodies of replies, a bounded piece per loop turn.
 *
 * Normal sequence:
 *
 * - a small body is compressed at once, with a stream that is reused;
 * - a large body is copied and queued. Each turn compresses one piece of the first body in the
 *   queue, so that other requests are not delayed; after the last piece the reply is sent.
 *
 * Failures:
 *
 * - the queue is full: the caller sends the body uncompressed;
 * - the client disconnects: its body is removed from the queue, and the reply is discarded. */

#include <event2/event.h>
#include <stdlib.h>

#include "compressor.h"
#include "gzip.h"

enum {
	PIECE = 64 * 1024, /* 0.1 to 0.4 ms */
	MAX_QUEUED = 32 * 1024 * 1024,
};

struct job {
	struct compressor *compressor;
	struct request *request;
	struct reply reply;
	send_reply_fn *send;
	char *body; /* owned */
	struct str rest;
	struct gzip *gzip; /* NULL: not started */
	struct buf out;
	TAILQ_ENTRY(job) link;
};

struct compressor {
	struct gzip *gzip; /* for small bodies; NULL: not used yet */
	struct buf out;
	TAILQ_HEAD(, job) jobs;
	size_t queued; /* bytes of all jobs */
	struct event *timer;
};

static void schedule(struct compressor *compressor)
{
	/* With a timer: event_active() would run it in this turn. */
	if (!TAILQ_EMPTY(&compressor->jobs) && !evtimer_pending(compressor->timer, NULL))
		evtimer_add(compressor->timer, &(struct timeval){ 0 });
}

/* Sends what is in `out`, and frees the job. */
static void finish(struct job *job)
{
	struct compressor *compressor = job->compressor;
	struct buf out = job->out;

	TAILQ_REMOVE(&compressor->jobs, job, link);
	compressor->queued -= job->reply.body.length;
	gzip_free(job->gzip);
	free(job->body);
	job->request->on_disconnect = NULL;
	job->reply.body = buf_as_str(&out);
	job->send(job->request, &job->reply); /* frees the job with the request */
	buf_finish(&out);
}

/* Sends the incomplete reply, which is discarded, to complete the request. */
static void on_disconnect(struct request *request)
{
	finish(request->owner);
}

static void on_timer(evutil_socket_t, short, void *arg)
{
	struct compressor *compressor = arg;
	struct job *job = TAILQ_FIRST(&compressor->jobs);
	struct str piece;

	if (!job)
		return;
	if (!job->gzip)
		job->gzip = gzip_new();
	piece = job->rest;
	if (piece.length > PIECE)
		piece.length = PIECE;
	job->rest = (struct str){ piece.at + piece.length, job->rest.length - piece.length };
	gzip_add(job->gzip, piece, !job->rest.length, &job->out);
	if (!job->rest.length)
		finish(job);
	schedule(compressor);
}

static void add_job(struct compressor *compressor, struct request *request,
                    const struct reply *reply, send_reply_fn *send)
{
	struct job *job = arena_alloc(&request->arena, sizeof(*job));

	job->compressor = compressor;
	job->request = request;
	job->reply = *reply;
	job->send = send;
	job->body = xmalloc(reply->body.length);
	memcpy(job->body, reply->body.at, reply->body.length);
	job->rest = (struct str){ job->body, reply->body.length };
	request->owner = job;
	request->on_disconnect = on_disconnect;
	TAILQ_INSERT_TAIL(&compressor->jobs, job, link);
	compressor->queued += reply->body.length;
	schedule(compressor);
}

bool compressor_has_room(const struct compressor *compressor, size_t length)
{
	return length <= PIECE || length <= MAX_QUEUED - compressor->queued;
}

void compressor_run(struct compressor *compressor, struct request *request,
                    const struct reply *reply, send_reply_fn *send)
{
	struct reply compressed = *reply;

	if (reply->body.length > PIECE) {
		add_job(compressor, request, reply, send);
		return;
	}
	if (!compressor->gzip)
		compressor->gzip = gzip_new();
	buf_clear(&compressor->out);
	gzip_add(compressor->gzip, reply->body, true, &compressor->out);
	compressed.body = buf_as_str(&compressor->out);
	send(request, &compressed);
}

struct compressor *compressor_new(struct loop *loop)
{
	struct compressor *compressor = xcalloc(1, sizeof(*compressor));

	TAILQ_INIT(&compressor->jobs);
	compressor->timer = evtimer_new(loop_base(loop), on_timer, compressor);
	return compressor;
}

void compressor_free(struct compressor *compressor)
{
	if (!compressor)
		return;
	event_free(compressor->timer);
	gzip_free(compressor->gzip);
	buf_finish(&compressor->out);
	free(compressor);
}
