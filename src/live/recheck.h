/* recheck.h: re-authorizes users and subscriptions: WS_RECHECK_USER and WS_RECHECK_CHANNEL. */

#ifndef RECHECK_H
#define RECHECK_H

struct live;
struct recheck;
struct ws_query;

struct recheck *recheck_new(struct live *live);
void recheck_free(struct recheck *recheck);

void recheck_add(struct recheck *recheck, struct ws_query *query);
void recheck_cancel(struct ws_query *query);

#endif
