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
#include "fake_server.h"
#include "auth_fixture.h"

static long long advanced_us;

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

static void answer(struct auth_fixture *fixture, struct evhttp_request *request,
                   const struct buf *body, int status)
{
	struct reply *reply;

	if (fixture->no_response)
		return;
	reply = xmalloc(sizeof(*reply));
	*reply = (struct reply){ request, evbuffer_new(), status };
	if (status != 304)
		evbuffer_add(reply->body, body->at, body->length);
	if (fixture->delay_ms)
		event_base_once(loop_base(fixture->loop), -1, EV_TIMEOUT, on_reply, reply,
		                &(struct timeval){ .tv_usec = fixture->delay_ms * 1000 });
	else
		on_reply(-1, 0, reply);
}

static void answer_with_keys(struct auth_fixture *fixture, struct evhttp_request *request)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(request);
	const char *has =
		evhttp_find_header(evhttp_request_get_input_headers(request), "If-None-Match");
	const struct {
		const char *name, *value;
	} rows[] = { { "Cache-Control", fixture->cache_control },
		     { "Age", fixture->age },
		     { "ETag", fixture->etag } };
	bool not_modified = has && fixture->etag && strcmp(has, fixture->etag) == 0;

	fixture->fetches++;
	fixture->not_modified += not_modified;
	snprintf(fixture->if_none_match, sizeof(fixture->if_none_match), "%s", has ? has : "");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].value)
			evhttp_add_header(out, rows[i].name, rows[i].value);
	answer(fixture, request, &fixture->keys,
	       fixture->status ? fixture->status
	       : not_modified  ? 304
	                       : 200);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct auth_fixture *fixture = arg;

	if (strcmp(evhttp_request_get_uri(request), "/jwks") == 0) {
		answer_with_keys(fixture, request);
	} else if (strcmp(evhttp_request_get_uri(request), "/other") == 0) {
		answer(fixture, request, &fixture->other_keys, 200);
	} else if (strcmp(evhttp_request_get_uri(request), "/.well-known/openid-configuration")
	           == 0) {
		fixture->discoveries++;
		answer(fixture, request, &fixture->discovery,
		       fixture->status ? fixture->status : 200);
	} else {
		evhttp_send_error(request, 404, "Not Found");
	}
}

void auth_fixture_listen(struct auth_fixture *fixture)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_in in;
	socklen_t size = sizeof(in);

	fixture->http = evhttp_new(loop_base(fixture->loop));
	evhttp_set_gencb(fixture->http, on_request, fixture);
	bound = evhttp_bind_socket_with_handle(fixture->http, "127.0.0.1",
	                                       (unsigned short)fixture->port);
	cr_assert(bound != NULL);
	getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&in, &size);
	fixture->port = ntohs(in.sin_port);
}

void auth_fixture_stop_listening(struct auth_fixture *fixture)
{
	if (fixture->http)
		evhttp_free(fixture->http);
	fixture->http = NULL;
}

void auth_fixture_open(struct auth_fixture *fixture)
{
	signal(SIGPIPE, SIG_IGN);
	advanced_us = 0;
	clock_set(1000000, NOW * 1000);
	fixture->loop = loop_new();
	fixture->resolver = resolver_new(fixture->loop);
	fixture->fetcher = fetcher_new(fixture->loop, fixture->resolver);
	auth_fixture_listen(fixture);
	snprintf(fixture->url, sizeof(fixture->url), "http://127.0.0.1:%d", fixture->port);
	snprintf(fixture->keys_url, sizeof(fixture->keys_url), "%s/jwks", fixture->url);
	snprintf(fixture->other_url, sizeof(fixture->other_url), "%s/other", fixture->url);
	snprintf(fixture->issuers, sizeof(fixture->issuers), ISSUER " api keys=%s",
	         fixture->keys_url);
	fixture->config = (struct config){
		.environment = "production",
		.oidc_issuers = fixture->issuers,
		.cognito_use = "both",
		.auth_leeway = 5,
		.jwks_refresh = 600,
		.jwks_min = 1,
		.jwks_max = 3600,
		.jwks_interval = 10,
		.token_cache = 16,
	};
}

void auth_fixture_close(struct auth_fixture *fixture)
{
	auth_free(fixture->auth);
	auth_fixture_stop_listening(fixture);
	fetcher_free(fixture->fetcher);
	resolver_free(fixture->resolver);
	loop_free(fixture->loop);
	buf_finish(&fixture->keys);
	buf_finish(&fixture->other_keys);
	buf_finish(&fixture->discovery);
	buf_finish(&fixture->token);
	test_keys_free();
}

static void wait_for_keys(struct auth_fixture *fixture)
{
	cr_assert(fixture->auth != NULL);
	for (int i = 0; i < 200 && !auth_has_keys(fixture->auth); i++)
		auth_fixture_run(fixture, NULL, 5);
	cr_assert(auth_has_keys(fixture->auth));
}

void auth_fixture_start(struct auth_fixture *fixture)
{
	fixture->auth = auth_new(fixture->loop, fixture->fetcher, &fixture->config);
	wait_for_keys(fixture);
}

void auth_fixture_start_all(struct auth_fixture *fixture)
{
	struct buf errors = { 0 };
	struct issuers issuers;
	struct issuer *issuer;

	cr_assert(issuers_read(&issuers, &fixture->config, &errors), "%s", buf_cstr(&errors));
	TAILQ_FOREACH(issuer, &issuers, link) {
		free(issuer->keys_url);
		issuer->keys_url = xstrdup(fixture->keys_url);
	}
	fixture->auth =
		auth_new_with_issuers(fixture->loop, fixture->fetcher, &fixture->config, &issuers);
	wait_for_keys(fixture);
	auth_fixture_run(fixture, NULL, 50);
}

void auth_fixture_publish(struct auth_fixture *fixture, ...)
{
	va_list list;
	const char *comma = "";
	int key_id;

	va_start(list, fixture);
	buf_clear(&fixture->keys);
	buf_text(&fixture->keys, "{\"keys\":[");
	while ((key_id = va_arg(list, int)) != TEST_KEYS) {
		buf_text(&fixture->keys, comma);
		test_key_jwk(&fixture->keys, (enum test_key)key_id,
		             test_key_kid((enum test_key)key_id), ",\"use\":\"sig\"");
		comma = ",";
	}
	buf_text(&fixture->keys, "]}");
	va_end(list);
}

void auth_fixture_sign(struct auth_fixture *fixture, enum test_key key_id, const char *claims)
{
	char header[100];

	snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	         test_key_alg(key_id), test_key_kid(key_id));
	test_token_sign(&fixture->token, str_of(header), str_of(claims), key_id,
	                test_key_signing(key_id));
}

static struct auth_fixture *current;
static enum auth_result last_result;

static void on_done(struct auth_query *query, enum auth_result result, struct identity *identity)
{
	last_result = result;
	current->identity = identity;
	current->hint = query->hint;
	current->done_called = true;
	current->done_count++;
}

enum auth_result auth_fixture_check(struct auth_fixture *fixture, struct str token)
{
	struct auth_query query;
	enum auth_result result;

	current = fixture;
	fixture->done_called = false;
	result = auth_check(fixture->auth, &query, token, on_done, &fixture->identity);
	fixture->hint = query.hint;
	cr_expect(not(fixture->done_called), "done() must not be called from inside auth_check()");
	if (result != AUTH_PENDING)
		return result;
	if (!auth_fixture_run(fixture, &fixture->done_called, 8000)) {
		auth_cancel(&query);
		return AUTH_PENDING;
	}
	return last_result;
}

enum auth_result auth_fixture_check_token(struct auth_fixture *fixture)
{
	return auth_fixture_check(fixture, buf_as_str(&fixture->token));
}

void auth_fixture_check_rows(struct auth_fixture *fixture, const struct auth_fixture_row *rows,
                             size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *hint = rows[i].hint ? rows[i].hint : "";
		enum auth_result result;

		auth_fixture_sign(fixture, R1, rows[i].claims);
		result = auth_fixture_check_token(fixture);
		cr_expect(result == rows[i].result, "%s: %s instead of %s", rows[i].what,
		          result_name(result), result_name(rows[i].result));
		cr_expect(eq(int, fixture->identity != NULL, result == AUTH_OK), "%s",
		          rows[i].what);
		cr_expect(str_begins(str_of(fixture->hint), hint), "%s: %s", rows[i].what,
		          fixture->hint ? fixture->hint : "(no hint)");
	}
}

void auth_fixture_advance_us(struct auth_fixture *, long long us)
{
	advanced_us += us;
	clock_set(1000000 + advanced_us, NOW * 1000 + advanced_us / 1000);
}

void auth_fixture_advance(struct auth_fixture *fixture, long long seconds)
{
	auth_fixture_advance_us(fixture, seconds * 1000000);
}

bool auth_fixture_run(struct auth_fixture *fixture, const bool *flag, int ms)
{
	static const bool never;

	return turn_until(fixture->loop, flag ? flag : &never, ms);
}

const char *result_name(enum auth_result result)
{
	static const char *const names[AUTH_RESULTS] = {
		[AUTH_OK] = "TRUE",
		[AUTH_PENDING] = "LATER",
#define TOKEN_ERROR(name, ...) [AUTH_##name] = #name,
#include "table/token_errors.def"
#undef TOKEN_ERROR
	};

	return names[result];
}
