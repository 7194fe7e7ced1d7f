/* auth_fixture.c: an issuer on loopback, and an auth module that trusts it. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "issuer.h"
#include "peer.h"
#include "auth_fixture.h"

static long long us_passed;

/* A delayed response. */
struct reply {
	struct evhttp_request *request;
	struct evbuffer *body;
	int status;
};

static void on_reply(evutil_socket_t, short, void *arg)
{
	struct reply *reply = arg;

	evhttp_send_reply(reply->request, reply->status, "OK", reply->body);
	evbuffer_free(reply->body);
	free(reply);
}

static void answer(struct stand *stand, struct evhttp_request *request, const struct buf *body, int status)
{
	struct reply *reply;

	if (stand->silent)
		return;
	reply = xmalloc(sizeof(*reply));
	*reply = (struct reply){ request, evbuffer_new(), status };
	if (status != 304)
		evbuffer_add(reply->body, body->at, body->length);
	if (stand->delay_ms)
		event_base_once(loop_base(stand->loop), -1, EV_TIMEOUT, on_reply, reply,
		                &(struct timeval){ .tv_usec = stand->delay_ms * 1000 });
	else
		on_reply(-1, 0, reply);
}

static void answer_with_keys(struct stand *stand, struct evhttp_request *request)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(request);
	const char *has = evhttp_find_header(evhttp_request_get_input_headers(request), "If-None-Match");
	const struct {
		const char *name, *value;
	} rows[] = { { "Cache-Control", stand->cache_control }, { "Age", stand->age }, { "ETag", stand->etag } };
	bool unchanged = has && stand->etag && strcmp(has, stand->etag) == 0;

	stand->fetches++;
	stand->unchanged += unchanged;
	snprintf(stand->if_none_match, sizeof(stand->if_none_match), "%s", has ? has : "");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].value)
			evhttp_add_header(out, rows[i].name, rows[i].value);
	answer(stand, request, &stand->keys, stand->status ? stand->status : unchanged ? 304 : 200);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct stand *stand = arg;

	if (strcmp(evhttp_request_get_uri(request), "/jwks") == 0) {
		answer_with_keys(stand, request);
	} else if (strcmp(evhttp_request_get_uri(request), "/other") == 0) {
		answer(stand, request, &stand->other_keys, 200);
	} else if (strcmp(evhttp_request_get_uri(request), "/.well-known/openid-configuration") == 0) {
		stand->discoveries++;
		answer(stand, request, &stand->discovery, stand->status ? stand->status : 200);
	} else {
		evhttp_send_error(request, 404, "Not Found");
	}
}

void stand_listen(struct stand *stand)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_in in;
	socklen_t size = sizeof(in);

	stand->http = evhttp_new(loop_base(stand->loop));
	evhttp_set_gencb(stand->http, on_request, stand);
	bound = evhttp_bind_socket_with_handle(stand->http, "127.0.0.1", (unsigned short)stand->port);
	cr_assert(bound != NULL);
	getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&in, &size);
	stand->port = ntohs(in.sin_port);
}

void stand_unlisten(struct stand *stand)
{
	if (stand->http)
		evhttp_free(stand->http);
	stand->http = NULL;
}

void stand_open(struct stand *stand)
{
	signal(SIGPIPE, SIG_IGN);
	us_passed = 0;
	clock_set(1000000, NOW * 1000);
	stand->loop = loop_new();
	stand->resolver = resolver_new(stand->loop);
	stand->fetcher = fetcher_new(stand->loop, stand->resolver);
	stand_listen(stand);
	snprintf(stand->url, sizeof(stand->url), "http://127.0.0.1:%d", stand->port);
	snprintf(stand->keys_url, sizeof(stand->keys_url), "%s/jwks", stand->url);
	snprintf(stand->other_url, sizeof(stand->other_url), "%s/other", stand->url);
	snprintf(stand->issuers, sizeof(stand->issuers), ISSUER " api keys=%s", stand->keys_url);
	stand->config = (struct config){
		.environment = "production",
		.oidc_issuers = stand->issuers,
		.cognito_use = "both",
		.auth_leeway = 5,
		.jwks_refresh = 600,
		.jwks_min = 1,
		.jwks_max = 3600,
		.jwks_interval = 10,
		.token_cache = 16,
	};
}

void stand_close(struct stand *stand)
{
	auth_free(stand->auth);
	stand_unlisten(stand);
	fetcher_free(stand->fetcher);
	resolver_free(stand->resolver);
	loop_free(stand->loop);
	buf_finish(&stand->keys);
	buf_finish(&stand->other_keys);
	buf_finish(&stand->discovery);
	buf_finish(&stand->token);
	forge_finish();
}

static void wait_for_keys(struct stand *stand)
{
	cr_assert(stand->auth != NULL);
	for (int i = 0; i < 200 && !auth_has_keys(stand->auth); i++)
		stand_turn(stand, NULL, 5);
	cr_assert(auth_has_keys(stand->auth));
}

void stand_believe(struct stand *stand)
{
	stand->auth = auth_new(stand->loop, stand->fetcher, &stand->config);
	wait_for_keys(stand);
}

void stand_believe_all(struct stand *stand)
{
	struct buf faults = { 0 };
	struct issuers issuers;
	struct issuer *issuer;

	cr_assert(issuers_read(&issuers, &stand->config, &faults), "%s", buf_cstr(&faults));
	TAILQ_FOREACH(issuer, &issuers, link) {
		free(issuer->keys_url);
		issuer->keys_url = xstrdup(stand->keys_url);
	}
	stand->auth = auth_open(stand->loop, stand->fetcher, &stand->config, &issuers);
	wait_for_keys(stand);
	stand_turn(stand, NULL, 50);
}

void stand_publish(struct stand *stand, ...)
{
	va_list list;
	const char *comma = "";
	int forger;

	va_start(list, stand);
	buf_clear(&stand->keys);
	buf_text(&stand->keys, "{\"keys\":[");
	while ((forger = va_arg(list, int)) != FORGERS) {
		buf_text(&stand->keys, comma);
		forge_jwk(&stand->keys, (enum forger)forger, forge_name((enum forger)forger), ",\"use\":\"sig\"");
		comma = ",";
	}
	buf_text(&stand->keys, "]}");
	va_end(list);
}

void stand_forge(struct stand *stand, enum forger forger, const char *claims)
{
	char header[100];

	snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	         forge_algorithm(forger), forge_name(forger));
	forge_token(&stand->token, str_of(header), str_of(claims), forger, forge_seal(forger));
}

static struct stand *asking;
static enum auth_verdict last;

static void on_verdict(struct auth_query *query, enum auth_verdict verdict, struct identity *identity)
{
	last = verdict;
	asking->identity = identity;
	asking->hint = query->hint;
	asking->answered = true;
	asking->answers++;
}

enum auth_verdict stand_check(struct stand *stand, struct str token)
{
	struct auth_query query;
	enum auth_verdict verdict;

	asking = stand;
	stand->answered = false;
	verdict = auth_check(stand->auth, &query, token, on_verdict, &stand->identity);
	stand->hint = query.hint;
	cr_expect(not(stand->answered), "done() must not be called from inside auth_check()");
	if (verdict != AUTH_LATER)
		return verdict;
	if (!stand_turn(stand, &stand->answered, 8000)) {
		auth_forget(&query);
		return AUTH_LATER;
	}
	return last;
}

enum auth_verdict stand_check_forged(struct stand *stand)
{
	return stand_check(stand, buf_as_str(&stand->token));
}

void stand_judge(struct stand *stand, const struct stand_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *hint = rows[i].hint ? rows[i].hint : "";
		enum auth_verdict verdict;

		stand_forge(stand, R1, rows[i].claims);
		verdict = stand_check_forged(stand);
		cr_expect(verdict == rows[i].verdict, "%s: %s instead of %s", rows[i].what, verdict_name(verdict),
		          verdict_name(rows[i].verdict));
		cr_expect(eq(int, stand->identity != NULL, verdict == AUTH_TRUE), "%s", rows[i].what);
		cr_expect(str_begins(str_of(stand->hint), hint), "%s: %s", rows[i].what,
		          stand->hint ? stand->hint : "(no hint)");
	}
}

void stand_wait_us(struct stand *, long long us)
{
	us_passed += us;
	clock_set(1000000 + us_passed, NOW * 1000 + us_passed / 1000);
}

void stand_wait(struct stand *stand, long long seconds)
{
	stand_wait_us(stand, seconds * 1000000);
}

bool stand_turn(struct stand *stand, const bool *flag, int ms)
{
	static const bool never;

	return turn_until(stand->loop, flag ? flag : &never, ms);
}

const char *verdict_name(enum auth_verdict verdict)
{
	static const char *const words[AUTH_VERDICTS] = {
		[AUTH_TRUE] = "TRUE",
		[AUTH_LATER] = "LATER",
#define VERDICT(name, ...) [AUTH_##name] = #name,
#include "table/token_errors.def"
#undef VERDICT
	};

	return words[verdict];
}
