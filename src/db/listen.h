/* listen.h: sends and receives NOTIFY. */

#ifndef DB_LISTEN_H
#define DB_LISTEN_H

#include "str.h"

struct db;
struct db_listener;
struct listen;

struct listen *listen_new(struct db *db, const char *options);
void listen_free(struct listen *listen);
void listen_add(struct listen *listen, struct db_listener *listener);
bool listen_alive(const struct listen *listen);
void listen_notify(struct listen *listen, const char *channel, struct str text);

#endif
