/* recheck.h: re-authorization of subscriptions.
 *
 * See channel.h for the call cycle that recheck.c is part of. */

#ifndef WS_RECHECK_H
#define WS_RECHECK_H

struct client;
struct pending_query;
struct subscription;
struct ws;
struct ws_reply;

void recheck_client(struct client *client); /* first the user, then the subscriptions */
void recheck_subscription(struct subscription *sub);
void recheck_end_subscription(struct subscription *sub); /* cancels its re-check */
void recheck_send_queued(struct ws *ws);

/* For pending.c: a query that is a re-check was answered, or is cancelled. */
void recheck_on_reply(struct pending_query *pending, const struct ws_reply *reply);
void recheck_on_cancel(struct pending_query *pending);

#endif
