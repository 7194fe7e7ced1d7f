/* provider_process.c: the process of a fake provider, which responds correctly or badly.
 *
 * The fake server (fake_server.c) calls back for each request before it responds; the response
 * is then written as the current settings say. */

#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "provider_process.h"
#include "fake_server.h"
#include "program.h"

enum {
	SLOW_MS = 40,
	EXTRA_BYTES = 400 * 1024,
	SOCKET_FD = 3 /* file descriptor of the socket pair */
};

const char *const response_names[RESPONSES] = {
	"valid",     "none",     "slow",          "cut off",      "not HTTP",
	"error",     "HTML",     "truncated",     "empty object", "unusable keys",
	"too large", "redirect", "redirect away", "wrong issuer", "keys over HTTP",
};

static struct {
	struct provider_shared *shared;
	struct provider_settings settings;
	struct loop *loop;
	struct fake_server server, http_keys;
	SSL_CTX *certificates[CERTIFICATES];
	struct buf body, answer;
} state;

static const char *const paths[ENDPOINTS] = { "/.well-known/openid-configuration", "/keys",
	                                      "/elsewhere", "/http_keys" };

static enum endpoint endpoint_of(struct str request)
{
	struct str path;

	str_cut(&request, ' ', &path);
	str_cut(&request, ' ', &path);
	for (enum endpoint endpoint = 0; endpoint < ENDPOINTS; endpoint++)
		if (str_is(path, paths[endpoint]))
			return endpoint;
	return ENDPOINTS;
}

static void write_body(enum endpoint endpoint, enum response response)
{
	const char *url = state.shared->url;

	buf_clear(&state.body);
	if (response == RESPONSE_HTML)
		buf_text(&state.body, "<!doctype html><title>Sign in</title><p>Who are you?");
	else if (response == RESPONSE_EMPTY)
		buf_text(&state.body, "{}");
	else if (response == RESPONSE_UNUSABLE_KEYS)
		buf_text(&state.body,
		         "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"e1\"}]}");
	else if (response == RESPONSE_HTTP_KEYS)
		/* Linux connects 0.0.0.0 to this machine, although it is not a loopback address. */
		buf_print(&state.body, "{\"issuer\":\"%s\",\"jwks_uri\":\"http://0.0.0.0:%d%s\"}",
		          url, state.shared->plain_port, paths[ENDPOINT_HTTP_KEYS]);
	else if (endpoint == ENDPOINT_DISCOVERY)
		buf_print(&state.body, "{\"issuer\":\"%s%s\",\"jwks_uri\":\"%s%s\"}", url,
		          response == RESPONSE_WRONG_ISSUER ? ".example" : "", url,
		          paths[ENDPOINT_KEYS]);
	else
		buf_text(&state.body, state.settings.keys);
	if (response == RESPONSE_TOO_LARGE) {
		/* Spaces, which are valid in JSON. */
		memset(buf_reserve(&state.body, EXTRA_BYTES), ' ', EXTRA_BYTES);
		state.body.length += EXTRA_BYTES;
	}
}

static void write_etag(char etag[20])
{
	snprintf(etag, 20, "\"%016llx\"",
	         (unsigned long long)str_hash(str_of(state.settings.keys), 1));
}

/* Whether If-None-Match names the current key set. */
static bool is_unchanged(enum endpoint endpoint, struct buf *request)
{
	char etag[20], line[64];

	write_etag(etag);
	snprintf(line, sizeof(line), "If-None-Match: %s\r\n", etag);
	return endpoint == ENDPOINT_KEYS && state.settings.send_etag
	       && strstr(buf_cstr(request), line);
}

static void write_answer(enum endpoint endpoint, enum response response, struct buf *request)
{
	char etag[20];
	size_t half;

	buf_clear(&state.answer);
	if (response == RESPONSE_NOT_HTTP) {
		buf_text(&state.answer, "220 keys.example ESMTP\r\n\r\n");
		return;
	}
	if (response == RESPONSE_REDIRECT || response == RESPONSE_REDIRECT_AWAY) {
		buf_print(&state.answer,
		          "HTTP/1.1 302 Found\r\nLocation: %s%s\r\nContent-Length: 0\r\n\r\n",
		          response == RESPONSE_REDIRECT_AWAY ? state.settings.redirect
		                                             : state.shared->url,
		          paths[ENDPOINT_OTHER_KEYS]);
		return;
	}
	if (endpoint == ENDPOINTS || response == RESPONSE_ERROR) {
		buf_print(&state.answer, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n",
		          endpoint == ENDPOINTS ? "404 Not Found" : "500 Internal Server Error");
		return;
	}
	write_body(endpoint, response);
	if (response == RESPONSE_VALID && is_unchanged(endpoint, request)) {
		state.shared->unchanged++;
		buf_print(&state.answer, "HTTP/1.1 304 Not Modified\r\n%s\r\n",
		          state.settings.headers);
		return;
	}
	half = state.body.length / 2;
	buf_print(&state.answer,
	          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
	          response == RESPONSE_TRUNCATED ? half : state.body.length);
	write_etag(etag);
	if (endpoint == ENDPOINT_KEYS && state.settings.send_etag)
		buf_print(&state.answer, "ETag: %s\r\n", etag);
	buf_print(&state.answer, "%s\r\n", endpoint == ENDPOINT_KEYS ? state.settings.headers : "");
	buf_add(&state.answer, state.body.at,
	        response == RESPONSE_TRUNCATED || response == RESPONSE_CUT_OFF ? half
	                                                                       : state.body.length);
}

static void on_request(struct fake_server *server)
{
	enum endpoint endpoint = endpoint_of(buf_as_str(&server->request));
	enum response response =
		endpoint == ENDPOINTS ? RESPONSE_VALID : state.settings.responses[endpoint];

	if (endpoint != ENDPOINTS)
		state.shared->counts[endpoint]++;
	write_answer(endpoint, response, &server->request);
	server->answer = state.answer.at;
	server->length = state.answer.length;
	server->silent = response == RESPONSE_NONE;
	server->drip_ms = response == RESPONSE_SLOW ? SLOW_MS : 0;
	server->closes = true;
}

static void apply_settings(void)
{
	struct fake_server *server = &state.server;

	state.settings = state.shared->settings;
	server->tls = state.certificates[state.settings.certificate];
	if (state.settings.listening && !server->listener
	    && !fake_server_open(server, state.loop, "127.0.0.1"))
		fatal("cannot listen on the provider's port %d", server->port);
	if (!state.settings.listening && server->listener) {
		evconnlistener_free(server->listener);
		server->listener = NULL;
	}
}

static void on_byte(evutil_socket_t fd, short, void *)
{
	char byte;

	if (recv(fd, &byte, 1, 0) != 1)
		_exit(0);
	apply_settings();
	send(fd, &byte, 1, MSG_NOSIGNAL);
}

_Noreturn void provider_process_serve(struct provider_shared *shared, const struct ca *ca, int end)
{
	static const char *const names[CERTIFICATES] = { [CERTIFICATE_WRONG_HOST] =
		                                                 "DNS:elsewhere.example" };

	dup2(end, SOCKET_FD);
	close_range(SOCKET_FD + 1, ~0u, 0);
	signal(SIGPIPE, SIG_IGN);
	state.shared = shared;
	state.loop = loop_new();
	state.server.port = shared->port;
	state.http_keys.port = shared->plain_port;
	state.server.on_request = state.http_keys.on_request = on_request;
	if (!fake_server_open(&state.http_keys, state.loop, "127.0.0.1"))
		fatal("cannot listen on the provider's port %d", state.http_keys.port);
	for (enum certificate each = 0; each < CERTIFICATES; each++)
		state.certificates[each] = ca_server(each == CERTIFICATE_SELF_SIGNED ? NULL : ca,
		                                     names[each] ? names[each] : "DNS:localhost",
		                                     each == CERTIFICATE_EXPIRED ? -3600 : 3600);
	event_add(event_new(loop_base(state.loop), SOCKET_FD, EV_READ | EV_PERSIST, on_byte, NULL),
	          NULL);
	for (;;) {
		loop_turn(state.loop);
		shared->connections = state.server.accepted;
	}
}
