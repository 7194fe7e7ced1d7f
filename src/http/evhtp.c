/* evhtp.c: accepts and owns connections with libevhtp; the only file that calls it.
 *
 * libevhtp accepts connections, owns the descriptor and its bufferevent, and keeps the protocol
 * state from one request to the next. It never gets bytes that a client sent: its parser reads a
 * wrong path when a segment ends within it, and accepts most kinds of request smuggling. Therefore:
 *
 * - when libevhtp has accepted a connection, its callbacks are removed from the bufferevent, the
 *   bufferevent stops reading, and conn.c reads instead;
 * - for each complete request, a new head with only the method, path and version is written to the
 *   bufferevent's input, and libevhtp's read callback is called. It finds a request and calls
 *   on_request(), which records it;
 * - the reply goes directly to the socket; only what the socket does not accept goes to the
 *   bufferevent;
 * - when all of it has been sent, the request is ended and libevhtp's write callback is called. It
 *   frees the request and prepares the parser for the next one.
 *
 * Failures: if libevhtp frees a connection on its own (it should have no reason to), its `fini`
 * hook reports it and the connection is closed. */

#include <errno.h>
#include <evhtp.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_private.h"
#include "config.h"
#include "log.h"
#include "metrics.h"

enum {
	BACKLOG = 4096,
	PATH_MOST = TARGET_MOST - 1, /* libevhtp's parser takes one byte less than TARGET_MOST */
	UNSENT_MOST = 64 * 1024 * 1024,      /* per reply */
	UNSENT_ALL_MOST = 512 * 1024 * 1024, /* for all replies */
};

struct server {
	evhtp_t *evhtp;
	int port;
};

struct twin {
	struct wire wire;
	evhtp_connection_t *connection; /* NULL: freed */
	evhtp_request_t *request;       /* the current request */
	struct bufferevent *bev;
	bufferevent_data_cb on_read, on_write; /* libevhtp's */
	void *arg;
	size_t counted; /* this connection's share of http->unsent */
};

static struct twin *twin_of(const struct wire *wire)
{
	return container_of(wire, struct twin, wire);
}

static void count_unsent(struct twin *twin, size_t unsent)
{
	twin->wire.http->unsent += (long long)unsent - (long long)twin->counted;
	twin->counted = unsent;
}

static void on_written(struct bufferevent *, void *arg)
{
	struct twin *twin = arg;

	count_unsent(twin, 0);
	wire_on_written(&twin->wire);
}

static void on_broken(struct bufferevent *, short, void *arg)
{
	struct twin *twin = arg;

	wire_lost(&twin->wire);
}

/* libevhtp frees its connection; also called when server_close() asks it to. */
static evhtp_res on_fini(evhtp_connection_t *, void *arg)
{
	struct twin *twin = arg;

	twin->connection = NULL;
	twin->request = NULL;
	return EVHTP_RES_OK;
}

static evhtp_res on_accepted(evhtp_connection_t *connection, void *arg)
{
	struct http *http = arg;
	struct twin *twin;

	if (http->open >= http->config->http_connections) {
		metrics_count(METRIC_HTTP_REFUSED, 1);
		return EVHTP_RES_ERROR;
	}
	/* libevhtp does not set CLOEXEC, and this process starts others. */
	fcntl(connection->sock, F_SETFD, FD_CLOEXEC);

	twin = xcalloc(1, sizeof(*twin));
	twin->connection = connection;
	twin->bev = evhtp_connection_get_bev(connection);
	bufferevent_disable(twin->bev, EV_READ);
	bufferevent_getcb(twin->bev, &twin->on_read, &twin->on_write, NULL, &twin->arg);
	bufferevent_setcb(twin->bev, NULL, on_written, on_broken, twin);
	evbuffer_unfreeze(bufferevent_get_input(twin->bev), 0);
	evhtp_connection_set_hook(connection, evhtp_hook_on_connection_fini,
				  (evhtp_hook)on_fini, twin);
	wire_open(&twin->wire, http, connection->sock, connection->saddr);
	return EVHTP_RES_OK;
}

/* libevhtp has parsed the head written by server_hand(). */
static void on_request(evhtp_request_t *request, void *)
{
	evhtp_connection_t *connection = evhtp_request_get_connection(request);
	struct twin *twin = connection->hooks->on_connection_fini_arg;

	twin->request = request;
}

bool server_hand(struct wire *wire)
{
	struct twin *twin = twin_of(wire);
	const struct inside *inside = wire->inside;
	struct str path = inside->raw_path;
	struct evbuffer *input = bufferevent_get_input(twin->bev);
	char head[TARGET_MOST + 32], *end = head;
	const char *method = method_name(inside->request.method);

	/* libevhtp does not accept `*` as a path. */
	if (path.at[0] != '/')
		path = STR("/");
	if (path.length > PATH_MOST)
		path.length = PATH_MOST;
	end = stpcpy(end, method);
	*end++ = ' ';
	end = mempcpy(end, path.at, path.length);
	end = stpcpy(end, inside->minor ? " HTTP/1.1\r\n\r\n" : " HTTP/1.0\r\n\r\n");

	twin->request = NULL;
	evbuffer_add(input, head, (size_t)(end - head));
	twin->on_read(twin->bev, twin->arg);
	return twin->request;
}

bool server_answered(struct wire *wire)
{
	struct twin *twin = twin_of(wire);

	/* A rejected request has no libevhtp request, but its connection closes and never gets
	 * here. */
	evhtp_request_set_keepalive(twin->request, 1);
	evhtp_send_reply_end(twin->request);
	twin->request = NULL;
	twin->on_write(twin->bev, twin->arg);
	return twin->connection;
}

/* Queues in the bufferevent, which sends the rest. False if a limit is exceeded. */
static bool queue(struct twin *twin, struct str head, struct str body)
{
	struct http *http = twin->wire.http;
	size_t more = head.length + body.length;

	if (more > UNSENT_MOST || http->unsent + (long long)more > UNSENT_ALL_MOST) {
		log_warn("http.reply_dropped", kv_number("bytes", (long long)more));
		return false;
	}
	bufferevent_write(twin->bev, head.at, head.length);
	if (body.length)
		bufferevent_write(twin->bev, body.at, body.length);
	count_unsent(twin, evbuffer_get_length(bufferevent_get_output(twin->bev)));
	return true;
}

static struct str behind(struct str s, size_t length)
{
	return (struct str){ s.at + length, s.length - length };
}

bool server_send(struct wire *wire, struct str head, struct str body)
{
	struct twin *twin = twin_of(wire);
	struct iovec parts[] = { { (char *)head.at, head.length },
				 { (char *)body.at, body.length } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = body.length ? 2 : 1 };
	size_t sent = 0;
	ssize_t n;

	if (server_unsent(wire))
		return queue(twin, head, body);
	n = body.length ? sendmsg(wire->fd, &message, MSG_NOSIGNAL)
			: send(wire->fd, head.at, head.length, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n > 0)
		sent = (size_t)n;
	if (sent == head.length + body.length)
		return true;
	if (sent < head.length)
		return queue(twin, behind(head, sent), body);
	return queue(twin, behind(body, sent - head.length), (struct str){ NULL, 0 });
}

size_t server_unsent(const struct wire *wire)
{
	struct twin *twin = twin_of(wire);
	size_t unsent = evbuffer_get_length(bufferevent_get_output(twin->bev));

	if (unsent != twin->counted)
		count_unsent(twin, unsent);
	return unsent;
}

void server_shut(struct wire *wire)
{
	shutdown(wire->fd, SHUT_WR);
}

void server_let_go(struct wire *wire)
{
	bufferevent_setfd(twin_of(wire)->bev, -1);
}

void server_close(struct wire *wire)
{
	struct twin *twin = twin_of(wire);
	evhtp_connection_t *connection = twin->connection;

	count_unsent(twin, 0);
	if (connection)
		evhtp_connection_free(connection);
	twin->bev = NULL;
}

void wire_free(struct wire *wire)
{
	free(twin_of(wire));
}

/* Usually out of descriptors. The listener stays readable and would spin the loop, so it is
 * disabled until the timeouts run next. */
static void on_accept_failed(struct evconnlistener *listener, void *)
{
	log_warn("http.accept_failed", kv_text("why", strerror(errno)));
	evconnlistener_disable(listener);
}

void server_listen_again(struct server *server)
{
	if (server->evhtp->server)
		evconnlistener_enable(server->evhtp->server);
}

/* NULL: not an address. Free with freeaddrinfo(). Never queries a name server; `localhost` is the
 * only name accepted. */
static struct addrinfo *address_of(const char *host)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	char name[256];
	struct addrinfo *found;
	size_t length = strlen(host);

	if (strcmp(host, "localhost") == 0)
		snprintf(name, sizeof(name), "127.0.0.1");
	else if (host[0] == '[' && host[length - 1] == ']')
		snprintf(name, sizeof(name), "%.*s", (int)length - 2, host + 1);
	else
		snprintf(name, sizeof(name), "%s", host);
	return getaddrinfo(name, NULL, &hints, &found) == 0 ? found : NULL;
}

bool server_fit(const struct config *config, struct buf *faults)
{
	struct addrinfo *found;

	if (!config->host)
		return true;
	found = address_of(config->host);
	if (!found) {
		buf_print(
			faults,
			"HOST must be an address of this machine, such as 0.0.0.0, 127.0.0.1 or ::, "
			"not \"%s\".\n",
			config->host);
		return false;
	}
	freeaddrinfo(found);
	return true;
}

static int bound_socket(const char *host, int port)
{
	struct addrinfo *found = address_of(host);
	int fd, on = 1, off = 0;

	if (!found) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	if (found->ai_family == AF_INET6)
		((struct sockaddr_in6 *)found->ai_addr)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)found->ai_addr)->sin_port = htons((uint16_t)port);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		/* Accepted sockets inherit these options. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		if (found->ai_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		if (bind(fd, found->ai_addr, found->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	return ntohs(address.ss_family == AF_INET6
			     ? ((struct sockaddr_in6 *)&address)->sin6_port
			     : ((struct sockaddr_in *)&address)->sin_port);
}

struct server *server_new(struct http *http, const char *host, int port)
{
	struct server *server = xcalloc(1, sizeof(*server));
	int fd = -1;

	server->evhtp = evhtp_new(loop_base(http->loop), http);
	if (!server->evhtp)
		goto fail;
	/* Without BEV_OPT_DEFER_CALLBACKS: callbacks run at once, not on a later turn. */
	evhtp_set_bev_flags(server->evhtp, BEV_OPT_CLOSE_ON_FREE);
	evhtp_set_gencb(server->evhtp, on_request, NULL);
	evhtp_set_post_accept_cb(server->evhtp, on_accepted, http);
	fd = bound_socket(host, port);
	if (fd < 0 || evhtp_accept_socket(server->evhtp, fd, BACKLOG) < 0)
		goto fail;
	evconnlistener_set_error_cb(server->evhtp->server, on_accept_failed);
	server->port = port_of(fd);
	return server;

fail:
	log_error("http.listen_failed", kv_text("host", host), kv_number("port", port),
	          kv_text("why", strerror(errno)),
	          kv_text("remedy",
	                  "Set HOST to an address of this machine and PORT to a free port."));
	if (fd >= 0)
		close(fd);
	server_free(server);
	return NULL;
}

int server_port(const struct server *server)
{
	return server->port;
}

void server_unlisten(struct server *server)
{
	evhtp_unbind_socket(server->evhtp);
}

bool server_listens(const struct server *server)
{
	return server->evhtp->server;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	if (server->evhtp) {
		evhtp_unbind_socket(server->evhtp);
		evhtp_free(server->evhtp);
	}
	free(server);
}
