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

#include "config.h"
#include "conn.h"
#include "listener.h"
#include "log.h"
#include "metrics.h"
#include "request.h"
#include "server.h"
#include "target.h"

enum {
	BACKLOG = 4096,
	MAX_EVHTP_PATH = MAX_TARGET - 1, /* libevhtp's parser takes one byte less than MAX_TARGET */
	MAX_UNSENT = 64 * 1024 * 1024,   /* per reply */
	MAX_UNSENT_TOTAL = 512 * 1024 * 1024, /* for all replies */
};

struct listener {
	evhtp_t *evhtp;
	int port;
};

struct evconn {
	struct http_conn conn;
	evhtp_connection_t *connection; /* NULL: freed */
	evhtp_request_t *request;       /* the current request */
	struct bufferevent *bev;
	bufferevent_data_cb on_read, on_write; /* libevhtp's */
	void *arg;
	size_t counted; /* this connection's share of http->unsent */
};

static struct evconn *evconn_of(const struct http_conn *conn)
{
	return container_of(conn, struct evconn, conn);
}

static void count_unsent(struct evconn *evconn, size_t unsent)
{
	evconn->conn.http->unsent += (long long)unsent - (long long)evconn->counted;
	evconn->counted = unsent;
}

static void on_written(struct bufferevent *, void *arg)
{
	struct evconn *evconn = arg;

	count_unsent(evconn, 0);
	http_conn_on_written(&evconn->conn);
}

static void on_broken(struct bufferevent *, short, void *arg)
{
	struct evconn *evconn = arg;

	http_conn_abort(&evconn->conn);
}

/* libevhtp frees its connection; also called when http_conn_free_evhtp() asks it to. */
static evhtp_res on_fini(evhtp_connection_t *, void *arg)
{
	struct evconn *evconn = arg;

	evconn->connection = NULL;
	evconn->request = NULL;
	return EVHTP_RES_OK;
}

static evhtp_res on_accepted(evhtp_connection_t *connection, void *arg)
{
	struct http *http = arg;
	struct evconn *evconn;

	if (http->conn_count >= http->config->http_connections) {
		metrics_count(METRIC_HTTP_REFUSED, 1);
		return EVHTP_RES_ERROR;
	}
	/* libevhtp does not set CLOEXEC, and this process starts others. */
	fcntl(connection->sock, F_SETFD, FD_CLOEXEC);

	evconn = xcalloc(1, sizeof(*evconn));
	evconn->connection = connection;
	evconn->bev = evhtp_connection_get_bev(connection);
	bufferevent_disable(evconn->bev, EV_READ);
	bufferevent_getcb(evconn->bev, &evconn->on_read, &evconn->on_write, NULL, &evconn->arg);
	bufferevent_setcb(evconn->bev, NULL, on_written, on_broken, evconn);
	evbuffer_unfreeze(bufferevent_get_input(evconn->bev), 0);
	evhtp_connection_set_hook(connection, evhtp_hook_on_connection_fini, (evhtp_hook)on_fini,
	                          evconn);
	http_conn_open(&evconn->conn, http, connection->sock, connection->saddr);
	return EVHTP_RES_OK;
}

/* libevhtp has parsed the head written by http_conn_feed_evhtp(). */
static void on_request(evhtp_request_t *request, void *)
{
	evhtp_connection_t *connection = evhtp_request_get_connection(request);
	struct evconn *evconn = connection->hooks->on_connection_fini_arg;

	evconn->request = request;
}

bool http_conn_feed_evhtp(struct http_conn *conn)
{
	struct evconn *evconn = evconn_of(conn);
	const struct request_private *priv = conn->priv;
	struct str path = priv->raw_path;
	struct evbuffer *input = bufferevent_get_input(evconn->bev);
	char head[MAX_TARGET + 32], *end = head;
	const char *method = method_name(priv->request.method);

	/* libevhtp does not accept `*` as a path. */
	if (path.at[0] != '/')
		path = STR("/");
	if (path.length > MAX_EVHTP_PATH)
		path.length = MAX_EVHTP_PATH;
	end = stpcpy(end, method);
	*end++ = ' ';
	end = mempcpy(end, path.at, path.length);
	end = stpcpy(end, priv->minor ? " HTTP/1.1\r\n\r\n" : " HTTP/1.0\r\n\r\n");

	evconn->request = NULL;
	evbuffer_add(input, head, (size_t)(end - head));
	evconn->on_read(evconn->bev, evconn->arg);
	return evconn->request;
}

bool http_conn_reset_evhtp(struct http_conn *conn)
{
	struct evconn *evconn = evconn_of(conn);

	/* A rejected request has no libevhtp request, but its connection closes and never gets
	 * here. */
	evhtp_request_set_keepalive(evconn->request, 1);
	evhtp_send_reply_end(evconn->request);
	evconn->request = NULL;
	evconn->on_write(evconn->bev, evconn->arg);
	return evconn->connection;
}

/* Queues in the bufferevent, which sends the rest. False if a limit is exceeded. */
static bool queue(struct evconn *evconn, struct str head, struct str body)
{
	struct http *http = evconn->conn.http;
	size_t more = head.length + body.length;

	if (more > MAX_UNSENT || http->unsent + (long long)more > MAX_UNSENT_TOTAL) {
		log_warn("http.reply_dropped", kv_number("bytes", (long long)more));
		return false;
	}
	bufferevent_write(evconn->bev, head.at, head.length);
	if (body.length)
		bufferevent_write(evconn->bev, body.at, body.length);
	count_unsent(evconn, evbuffer_get_length(bufferevent_get_output(evconn->bev)));
	return true;
}

static struct str after(struct str s, size_t length)
{
	return (struct str){ s.at + length, s.length - length };
}

bool http_conn_send(struct http_conn *conn, struct str head, struct str body)
{
	struct evconn *evconn = evconn_of(conn);
	struct iovec parts[] = { { (char *)head.at, head.length },
		                 { (char *)body.at, body.length } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = body.length ? 2 : 1 };
	size_t sent = 0;
	ssize_t n;

	if (http_conn_unsent(conn))
		return queue(evconn, head, body);
	n = body.length ? sendmsg(conn->fd, &message, MSG_NOSIGNAL)
	                : send(conn->fd, head.at, head.length, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n > 0)
		sent = (size_t)n;
	if (sent == head.length + body.length)
		return true;
	if (sent < head.length)
		return queue(evconn, after(head, sent), body);
	return queue(evconn, after(body, sent - head.length), (struct str){ NULL, 0 });
}

size_t http_conn_unsent(const struct http_conn *conn)
{
	struct evconn *evconn = evconn_of(conn);
	size_t unsent = evbuffer_get_length(bufferevent_get_output(evconn->bev));

	if (unsent != evconn->counted)
		count_unsent(evconn, unsent);
	return unsent;
}

void http_conn_shut_write(struct http_conn *conn)
{
	shutdown(conn->fd, SHUT_WR);
}

void http_conn_release_fd(struct http_conn *conn)
{
	bufferevent_setfd(evconn_of(conn)->bev, -1);
}

void http_conn_free_evhtp(struct http_conn *conn)
{
	struct evconn *evconn = evconn_of(conn);
	evhtp_connection_t *connection = evconn->connection;

	count_unsent(evconn, 0);
	if (connection)
		evhtp_connection_free(connection);
	evconn->bev = NULL;
}

void http_conn_free(struct http_conn *conn)
{
	free(evconn_of(conn));
}

/* Usually out of descriptors. The listener stays readable and would spin the loop, so it is
 * disabled until the timeouts run next. */
static void on_accept_failed(struct evconnlistener *listener, void *)
{
	log_warn("http.accept_failed", kv_text("why", strerror(errno)));
	evconnlistener_disable(listener);
}

void listener_resume(struct listener *listener)
{
	if (listener->evhtp->server)
		evconnlistener_enable(listener->evhtp->server);
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

bool listener_check_config(const struct config *config, struct buf *errors)
{
	struct addrinfo *found;

	if (!config->host)
		return true;
	found = address_of(config->host);
	if (!found) {
		buf_print(
			errors,
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
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
	                                           : ((struct sockaddr_in *)&address)->sin_port);
}

struct listener *listener_new(struct http *http, const char *host, int port)
{
	struct listener *listener = xcalloc(1, sizeof(*listener));
	int fd = -1;

	listener->evhtp = evhtp_new(loop_base(http->loop), http);
	if (!listener->evhtp)
		goto fail;
	/* Without BEV_OPT_DEFER_CALLBACKS: callbacks run at once, not on a later turn. */
	evhtp_set_bev_flags(listener->evhtp, BEV_OPT_CLOSE_ON_FREE);
	evhtp_set_gencb(listener->evhtp, on_request, NULL);
	evhtp_set_post_accept_cb(listener->evhtp, on_accepted, http);
	fd = bound_socket(host, port);
	if (fd < 0 || evhtp_accept_socket(listener->evhtp, fd, BACKLOG) < 0)
		goto fail;
	evconnlistener_set_error_cb(listener->evhtp->server, on_accept_failed);
	listener->port = port_of(fd);
	return listener;

fail:
	log_error("http.listen_failed", kv_text("host", host), kv_number("port", port),
	          kv_text("why", strerror(errno)),
	          kv_text("remedy",
	                  "Set HOST to an address of this machine and PORT to a free port."));
	if (fd >= 0)
		close(fd);
	listener_free(listener);
	return NULL;
}

int listener_port(const struct listener *listener)
{
	return listener->port;
}

void listener_stop(struct listener *listener)
{
	evhtp_unbind_socket(listener->evhtp);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	if (listener->evhtp) {
		evhtp_unbind_socket(listener->evhtp);
		evhtp_free(listener->evhtp);
	}
	free(listener);
}
