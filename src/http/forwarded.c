/* forwarded.c: finds the client's address behind trusted proxies.
 *
 * Each proxy appends the address of its peer to the right of X-Forwarded-For. An entry counts only
 * if everything that passed it on is trusted: the peer of the socket must be in TRUSTED_PROXIES,
 * and so must every entry to its right. The rightmost entry that is not trusted is the client.
 * Entries to its left were sent by the client and are ignored.
 *
 * Failures:
 *
 * - the peer is not trusted: the header is ignored;
 * - an entry is not an address, or there are more than MAX_HOPS: the last valid entry is the
 *   client. */

#include <arpa/inet.h>
#include <stdlib.h>

#include "config.h"
#include "conn.h"
#include "forwarded.h"
#include "request.h"
#include "server.h"

enum { MAX_HOPS = 32, ADDRESS_BITS = 128, MAPPED_BITS = 96 };

/* IPv4 addresses are stored as IPv4-mapped IPv6 addresses, here and everywhere. */
struct network {
	struct in6_addr address;
	int bits;
};

struct forwarded {
	size_t count;
	struct network networks[];
};

static bool address_read(struct str text, struct in6_addr *address)
{
	char copy[INET6_ADDRSTRLEN];
	struct in_addr four;

	if (text.length == 0 || text.length >= sizeof(copy) || memchr(text.at, '\0', text.length))
		return false;
	memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	if (memchr(text.at, ':', text.length))
		return inet_pton(AF_INET6, copy, address) == 1;
	if (inet_pton(AF_INET, copy, &four) != 1)
		return false;
	*address = address_map(four);
	return true;
}

struct in6_addr address_map(struct in_addr four)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(address.s6_addr + MAPPED_BITS / 8, &four, sizeof(four));
	return address;
}

void address_print(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		inet_ntop(AF_INET, address->s6_addr + MAPPED_BITS / 8, text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

static bool is_loopback(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LOOPBACK(address)
	       || (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[MAPPED_BITS / 8] == 127);
}

/* Compares only the network's own bits. */
static bool is_within(const struct in6_addr *address, const struct network *network)
{
	int bytes = network->bits / 8, rest = network->bits % 8;

	if (memcmp(address, &network->address, (size_t)bytes) != 0)
		return false;
	return rest == 0
	       || (address->s6_addr[bytes] ^ network->address.s6_addr[bytes]) >> (8 - rest) == 0;
}

/* ---- The setting ---- */

static bool has_bits_after_prefix(const struct network *network)
{
	for (int i = network->bits; i < ADDRESS_BITS; i++) {
		if (network->address.s6_addr[i / 8] & 0x80 >> i % 8)
			return true;
	}
	return false;
}

/* NULL if it is valid, otherwise the error. */
static const char *network_read(struct str text, struct network *network)
{
	const struct in6_addr four = address_map((struct in_addr){ 0 });
	struct str address;
	long long bits = ADDRESS_BITS;
	bool single = !memchr(text.at, '/', text.length);

	str_cut(&text, '/', &address);
	if (!address_read(address, &network->address))
		return "is not an address";
	if (!single) {
		if (!str_number(text, &bits) || bits < 0 || bits > ADDRESS_BITS)
			return "has an invalid prefix length";
		/* The prefix length of an IPv4 network counts IPv4 bits. */
		if (!memchr(address.at, ':', address.length))
			bits += MAPPED_BITS;
		if (bits > ADDRESS_BITS)
			return "has a prefix longer than an address";
	}
	network->bits = (int)bits;
	if (has_bits_after_prefix(network))
		return "has bits set after its prefix";
	if (bits <= MAPPED_BITS && is_within(&four, network))
		return "would let every client choose its own address";
	return NULL;
}

bool forwarded_check_config(const struct config *config, struct buf *errors)
{
	size_t before = errors->length;
	struct str rest = str_of(config->trusted_proxies), item;
	struct network network;

	while (str_cut(&rest, ',', &item)) {
		const char *error = network_read(str_trim(item), &network);

		if (error)
			buf_print(
				errors,
				"TRUSTED_PROXIES must list addresses and networks, such as 10.0.0.7, "
				"10.0.0.0/8 or 2001:db8::/32, but \"%.*s\" %s.\n",
				STR_ARGS(str_trim(item)), error);
	}
	return errors->length == before;
}

struct forwarded *forwarded_new(const struct config *config)
{
	struct str rest = str_of(config->trusted_proxies), item;
	size_t max = 1;
	struct forwarded *forwarded;

	for (size_t i = 0; i < rest.length; i++)
		max += rest.at[i] == ',';
	forwarded = xcalloc(1, sizeof(*forwarded) + max * sizeof(forwarded->networks[0]));
	while (str_cut(&rest, ',', &item)) {
		if (!network_read(str_trim(item), &forwarded->networks[forwarded->count]))
			forwarded->count++;
	}
	return forwarded;
}

void forwarded_free(struct forwarded *forwarded)
{
	free(forwarded);
}

bool forwarded_is_trusted(const struct forwarded *forwarded, const struct in6_addr *address)
{
	for (size_t i = 0; i < forwarded->count; i++) {
		if (is_within(address, &forwarded->networks[i]))
			return true;
	}
	return false;
}

/* ---- The request ---- */

/* Cuts off the part after the last comma; false if nothing is left. */
static bool cut_last(struct str *rest, struct str *part)
{
	const char *comma = rest->at ? memrchr(rest->at, ',', rest->length) : NULL;

	*part = *rest;
	if (!rest->at)
		return false;
	rest->length = 0;
	if (comma) {
		rest->length = (size_t)(comma - rest->at);
		part->length -= rest->length + 1;
		part->at = comma + 1;
	} else {
		rest->at = NULL;
	}
	*part = str_trim(*part);
	return true;
}

static bool is_port(struct str text)
{
	long long port;

	return text.length <= 5 && !str_begins(text, "-") && str_number(text, &port)
	       && port <= 65535;
}

/* "192.0.2.1", "192.0.2.1:567", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443" */
static bool hop_read(struct str text, struct in6_addr *hop)
{
	const char *end = memchr(text.at, ']', text.length),
		   *colon = memchr(text.at, ':', text.length);
	struct str host = text, port = { NULL, 0 };

	if (str_begins(text, "[") && end) {
		host = (struct str){ text.at + 1, (size_t)(end - text.at) - 1 };
		port = (struct str){ end + 1, text.length - host.length - 2 };
		if (!memchr(host.at, ':', host.length) || (port.length && port.at[0] != ':'))
			return false;
	} else if (colon && memrchr(text.at, ':', text.length) == colon) {
		host.length = (size_t)(colon - text.at);
		port = (struct str){ colon, text.length - host.length };
	}
	if (port.length && !is_port((struct str){ port.at + 1, port.length - 1 }))
		return false;
	return address_read(host, hop);
}

static bool walk(const struct forwarded *forwarded, struct str header, struct in6_addr *client)
{
	struct str part;
	struct in6_addr hop;

	for (int i = 0; cut_last(&header, &part); i++) {
		if (i == MAX_HOPS || !hop_read(part, &hop))
			return false;
		*client = hop;
		if (!forwarded_is_trusted(forwarded, &hop))
			return true;
	}
	return true;
}

void forwarded_resolve(struct request *request, const struct http_conn *conn)
{
	struct str client = str_of(conn->client),
		   forwarded = request->headers[HEADER_X_FORWARDED_FOR];
	struct str proto = request->headers[HEADER_X_FORWARDED_PROTO], last;
	char text[INET6_ADDRSTRLEN];
	bool known = !proto.at; /* a proxy that names only the protocol has lost the client */

	request->address = conn->peer;
	/* A proxy on this machine forwards requests of others, even without X-Forwarded-For. */
	request->loopback = is_loopback(&conn->peer) && !conn->trusted && !forwarded.at;
	request->local = request->loopback;
	if (conn->trusted) {
		request->secure = cut_last(&proto, &last) && str_is_nocase(last, "https");
		if (forwarded.at) {
			known = walk(request->priv->http->forwarded, forwarded, &request->address);
			address_print(&request->address, text);
			client = str_of(text);
		}
		request->local = is_loopback(&request->address) && known;
	}
	request->client = (struct str){ arena_copy(&request->arena, client), client.length };
}
