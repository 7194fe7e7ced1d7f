/* subscribe.h: answers the queries of ws about tokens, subscriptions, history and presence. */

#ifndef SUBSCRIBE_H
#define SUBSCRIBE_H

struct live;
struct ws_query;

void subscribe_query(struct live *live, struct ws_query *query);
void subscribe_cancel(struct ws_query *query);

#endif
