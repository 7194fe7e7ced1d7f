/* conn_index.h: groups clients by a key (address, user, session), and counts each group. */

#ifndef WS_CONN_INDEX_H
#define WS_CONN_INDEX_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct conn_key {
	uint64_t halves[2];
};

struct conn_entry {
	struct conn_group *group; /* NULL: in no group */
	LIST_ENTRY(conn_entry) link;
};

struct conn_group {
	struct conn_key key;
	size_t count;
	struct conn_group *next;
	LIST_HEAD(, conn_entry) entries; /* conn_entry.link */
};

struct conn_index {
	struct conn_group **table;
	size_t buckets, count;
};

/* NULL: no such group */
struct conn_group *conn_index_find(const struct conn_index *conns, struct conn_key key);
void conn_index_add(struct conn_index *conns, struct conn_key key, struct conn_entry *entry);
void conn_index_remove(struct conn_index *conns, struct conn_entry *entry);
void conn_index_finish(struct conn_index *conns);

struct conn_key conn_key_of_address(const struct in6_addr *address);
struct conn_key conn_key_of_id(const char *text);

#endif
