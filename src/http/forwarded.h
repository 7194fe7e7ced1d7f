/* forwarded.h: the client's address behind trusted proxies.
 *
 * IPv4 addresses are stored as IPv4-mapped IPv6 addresses. */

#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "http.h"

struct forwarded;
struct http_conn;

bool forwarded_check_config(const struct config *config, struct buf *errors);
struct forwarded *forwarded_new(const struct config *config); /* skips invalid entries */
void forwarded_free(struct forwarded *forwarded);
bool forwarded_is_trusted(const struct forwarded *forwarded, const struct in6_addr *address);
/* Sets the client's address, `loopback` and `secure` from the connection and the headers. */
void forwarded_resolve(struct request *request, const struct http_conn *conn);

struct in6_addr address_map(struct in_addr four);
void address_print(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]);

#endif
