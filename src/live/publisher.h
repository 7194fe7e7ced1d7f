/* publisher.h: publishes committed events to this process's subscribers and to other processes. */

#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "str.h"

struct live;
struct publisher;

struct publisher *publisher_new(struct live *live);
void publisher_free(struct publisher *publisher);

/* Publishes the events that a statement returned, live.emit()'s array. */
void publisher_publish(struct publisher *publisher, struct str text);

#endif
