/* hub.c: keeps the lists of connections and of pending work; ws.c does the work. */

#include <event2/event.h>

#include "channel.h"
#include "client.h"
#include "clock.h"
#include "hub.h"

/* Uses a timer: an event activated during a turn runs in the same turn before any I/O, so a
 * broadcast would block the loop until it is complete. */
void hub_wake(struct ws *ws)
{
	if (!evtimer_pending(ws->work, NULL))
		evtimer_add(ws->work, &(struct timeval){ 0 });
}

void hub_mark_busy(struct channel *channel)
{
	struct ws *ws = channel->ws;

	if (channel->busy)
		return;
	channel->busy = true;
	channel->busy_since_us = clock_us();
	TAILQ_INSERT_TAIL(&ws->busy, channel, busy_link);
	hub_wake(ws);
}

void hub_flush_soon(struct client *client)
{
	struct ws *ws = client->ws;

	if (client->flush_queued)
		return;
	client->flush_queued = true;
	TAILQ_INSERT_TAIL(&ws->flush_queue, client, flush_link);
	loop_defer(ws->loop, &ws->flush);
}

void hub_check_drained(struct ws *ws)
{
	void (*drained)(void *arg) = ws->drained;

	if (!drained || ws->client_count)
		return;
	ws->drained = NULL;
	drained(ws->drained_arg);
}

void hub_add_client(struct client *client)
{
	TAILQ_INSERT_TAIL(&client->ws->clients, client, link);
	client->ws->client_count++;
}

void hub_remove_client(struct client *client)
{
	struct ws *ws = client->ws;

	TAILQ_REMOVE(&ws->clients, client, link);
	if (client->flush_queued)
		TAILQ_REMOVE(&ws->flush_queue, client, flush_link);
	ws->client_count--;
	hub_check_drained(ws);
}
