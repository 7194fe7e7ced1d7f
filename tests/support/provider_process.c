/* provider_process.c: the process of a fake provider, which responds correctly or badly.
 *
 * The fake server (peer.c) calls back for each request before it responds; the response
 * is then written as the current settings say. */

#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "provider_process.h"
#include "peer.h"
#include "program.h"

enum { DRIP_MS = 40, HUGE = 400 * 1024, LINE = 3 /* file descriptor of the socket pair */ };

const char *const manner_names[MANNERS] = {
	"good", "silent",  "dripping", "cut off",  "no HTTP", "error",	  "page",  "half",
	"nothing", "useless", "huge",  "redirect", "away",    "impostor", "unsafe",
};

static struct {
	struct shared *shared;
	struct face face;
	struct loop *loop;
	struct peer peer, plain;
	SSL_CTX *certificates[CERTIFICATES];
	struct buf body, answer;
} it;

static const char *const paths[PAGES] = { "/.well-known/openid-configuration", "/keys", "/elsewhere", "/plain" };

static enum page page_of(struct str request)
{
	struct str path;

	str_cut(&request, ' ', &path);
	str_cut(&request, ' ', &path);
	for (enum page page = 0; page < PAGES; page++)
		if (str_is(path, paths[page]))
			return page;
	return PAGES;
}

static void write_body(enum page page, enum manner manner)
{
	const char *url = it.shared->url;

	buf_clear(&it.body);
	if (manner == MANNER_PAGE)
		buf_text(&it.body, "<!doctype html><title>Sign in</title><p>Who are you?");
	else if (manner == MANNER_NOTHING)
		buf_text(&it.body, "{}");
	else if (manner == MANNER_USELESS)
		buf_text(&it.body, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"e1\"}]}");
	else if (manner == MANNER_UNSAFE)
		/* Linux connects 0.0.0.0 to this machine, although it is not a loopback address. */
		buf_print(&it.body, "{\"issuer\":\"%s\",\"jwks_uri\":\"http://0.0.0.0:%d%s\"}", url,
		          it.shared->plain_port, paths[PAGE_PLAIN]);
	else if (page == PAGE_DISCOVERY)
		buf_print(&it.body, "{\"issuer\":\"%s%s\",\"jwks_uri\":\"%s%s\"}", url,
		          manner == MANNER_IMPOSTOR ? ".example" : "", url, paths[PAGE_KEYS]);
	else
		buf_text(&it.body, it.face.keys);
	if (manner == MANNER_HUGE) {
		/* Spaces, which are valid in JSON. */
		memset(buf_reserve(&it.body, HUGE), ' ', HUGE);
		it.body.length += HUGE;
	}
}

static void write_tag(char tag[20])
{
	snprintf(tag, 20, "\"%016llx\"", (unsigned long long)str_hash(str_of(it.face.keys), 1));
}

/* Whether If-None-Match names the current key set. */
static bool is_unchanged(enum page page, struct buf *request)
{
	char tag[20], line[64];

	write_tag(tag);
	snprintf(line, sizeof(line), "If-None-Match: %s\r\n", tag);
	return page == PAGE_KEYS && it.face.tags && strstr(buf_cstr(request), line);
}

static void write_answer(enum page page, enum manner manner, struct buf *request)
{
	char tag[20];
	size_t half;

	buf_clear(&it.answer);
	if (manner == MANNER_NO_HTTP) {
		buf_text(&it.answer, "220 keys.example ESMTP\r\n\r\n");
		return;
	}
	if (manner == MANNER_REDIRECT || manner == MANNER_AWAY) {
		buf_print(&it.answer, "HTTP/1.1 302 Found\r\nLocation: %s%s\r\nContent-Length: 0\r\n\r\n",
		          manner == MANNER_AWAY ? it.face.away : it.shared->url, paths[PAGE_ELSEWHERE]);
		return;
	}
	if (page == PAGES || manner == MANNER_ERROR) {
		buf_print(&it.answer, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n",
		          page == PAGES ? "404 Not Found" : "500 Internal Server Error");
		return;
	}
	write_body(page, manner);
	if (manner == MANNER_GOOD && is_unchanged(page, request)) {
		it.shared->unchanged++;
		buf_print(&it.answer, "HTTP/1.1 304 Not Modified\r\n%s\r\n", it.face.headers);
		return;
	}
	half = it.body.length / 2;
	buf_print(&it.answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
	          manner == MANNER_HALF ? half : it.body.length);
	write_tag(tag);
	if (page == PAGE_KEYS && it.face.tags)
		buf_print(&it.answer, "ETag: %s\r\n", tag);
	buf_print(&it.answer, "%s\r\n", page == PAGE_KEYS ? it.face.headers : "");
	buf_add(&it.answer, it.body.at,
	        manner == MANNER_HALF || manner == MANNER_CUT_OFF ? half : it.body.length);
}

static void on_asked(struct peer *peer)
{
	enum page page = page_of(buf_as_str(&peer->request));
	enum manner manner = page == PAGES ? MANNER_GOOD : it.face.manners[page];

	if (page != PAGES)
		it.shared->counts[page]++;
	write_answer(page, manner, &peer->request);
	peer->answer = it.answer.at;
	peer->length = it.answer.length;
	peer->never = manner == MANNER_SILENT;
	peer->drip_ms = manner == MANNER_DRIPPING ? DRIP_MS : 0;
	peer->leaves = true;
}

static void put_on(void)
{
	struct peer *peer = &it.peer;

	it.face = it.shared->face;
	peer->tls = it.certificates[it.face.certificate];
	if (it.face.open && !peer->listener && !peer_open(peer, it.loop, "127.0.0.1"))
		give_up("cannot listen on the provider's port %d", peer->port);
	if (!it.face.open && peer->listener) {
		evconnlistener_free(peer->listener);
		peer->listener = NULL;
	}
}

static void on_byte(evutil_socket_t fd, short, void *)
{
	char byte;

	if (recv(fd, &byte, 1, 0) != 1)
		_exit(0);
	put_on();
	send(fd, &byte, 1, MSG_NOSIGNAL);
}

_Noreturn void manners_serve(struct shared *shared, const struct ca *ca, int end)
{
	static const char *const names[CERTIFICATES] = { [CERTIFICATE_OF_ANOTHER] = "DNS:elsewhere.example" };

	dup2(end, LINE);
	close_range(LINE + 1, ~0u, 0);
	signal(SIGPIPE, SIG_IGN);
	it.shared = shared;
	it.loop = loop_new();
	it.peer.port = shared->port;
	it.plain.port = shared->plain_port;
	it.peer.asked = it.plain.asked = on_asked;
	if (!peer_open(&it.plain, it.loop, "127.0.0.1"))
		give_up("cannot listen on the provider's port %d", it.plain.port);
	for (enum certificate each = 0; each < CERTIFICATES; each++)
		it.certificates[each] = ca_server(each == CERTIFICATE_SELF_SIGNED ? NULL : ca,
		                                  names[each] ? names[each] : "DNS:localhost",
		                                  each == CERTIFICATE_EXPIRED ? -3600 : 3600);
	event_add(event_new(loop_base(it.loop), LINE, EV_READ | EV_PERSIST, on_byte, NULL), NULL);
	for (;;) {
		loop_turn(it.loop);
		shared->connections = it.peer.accepted;
	}
}
