/* two_issuers.c: a server that accepts the tokens of two issuers, and clients with such tokens. */

#include <stdlib.h>
#include <time.h>

#include "two_issuers.h"

struct two_issuers f;

static int durations_us[20000]; /* of the requests of request_all() */
static int duration_count;

void two_issuers_open(void)
{
	ca_open(&f.ca);
	f.issuer = provider_new(&f.ca);
	f.other = provider_new(&f.ca);
	provider_publish(f.issuer, E1, R1, TEST_KEYS);
	provider_publish(f.other, E2, TEST_KEYS);
	f.min_seconds = 1;
}

void two_issuers_close(void)
{
	if (f.server) {
		if (server_log_contains(f.server, "\"http.response.status_code\":500"))
			fatal("the server answered a request with 500");
		if (server_stop(f.server) != 0)
			fatal("the server did not exit with 0");
	}
	server_free(f.server);
	provider_free(f.issuer);
	provider_free(f.other);
	test_keys_free();
	ca_close(&f.ca);
}

void start_server(void)
{
	f.server = server_serve_private((const char *const[]){
		e2e_format("OIDC_ISSUERS=%s api, %s api other-api", provider_url(f.issuer),
	                   provider_url(f.other)),
		e2e_format("SSL_CERT_FILE=%s", f.ca.path), "HOST=127.0.0.1", "NEW_USER_ROLE=GUARD",
		"RATE_LIMIT=off", "JWKS_INTERVAL_SECONDS=1",
		e2e_format("JWKS_MIN_SECONDS=%d", f.min_seconds), NULL });
	for (long long until = now_ms() + 20000; !f.client && now_ms() < until; sleep_ms(5))
		f.client = client_try_connect(server_port(f.server));
	if (!f.client)
		fatal("the server does not accept connections");
	for (int i = 0; i < CLIENTS; i++)
		f.clients[i] = e2e_client_of(f.server, NULL);
}

int count_logged(const char *event, const struct provider *issuer)
{
	return server_log_count(
		f.server, e2e_format("\"%s\",\"issuer\":\"%s\"", event, provider_url(issuer)));
}

static void wait_for_keys(const struct provider *issuer)
{
	for (long long until = now_ms() + 20000; count_logged("jwks.fresh", issuer) == 0;
	     sleep_ms(5)) {
		if (now_ms() > until) {
			server_show_log(f.server);
			fatal("the server does not get the keys");
		}
	}
}

void start_server_ready(void)
{
	start_server();
	wait_for_keys(f.issuer);
	if (!server_wait_ready(f.server, 20000)) {
		server_show_log(f.server);
		fatal("the server does not become ready");
	}
}

void start_server_with_both(void)
{
	start_server_ready();
	wait_for_keys(f.other);
}

const char *sign_token(enum test_key key_id)
{
	return provider_sign(f.issuer, &(struct provider_token){ .key_id = key_id });
}

const char *keep_token(const char *token)
{
	static char *kept[8];
	static size_t count;

	kept[count] = strdup(token);
	return kept[count++];
}

const char *result_of_answer(const struct answer *answer)
{
	return answer->status == 200 ? "200" : answer_at(answer, "code");
}

const char *result_of_token(const char *token)
{
	client_set_token(f.client, token);
	return result_of_answer(client_get(f.client, "/api/v1/users/me"));
}

bool has_result_within(enum test_key key_id, const char *expected, int ms)
{
	for (long long until = now_ms() + ms; now_ms() < until; sleep_ms(20)) {
		if (strcmp(result_of_token(sign_token(key_id)), expected) == 0)
			return true;
	}
	return false;
}

long read_metric(const char *name)
{
	const char *line;

	client_set_token(f.client, NULL);
	line = strstr(client_get(f.client, "/metrics")->body.at, e2e_format("\n%s ", name));
	return line ? strtol(line + 1 + strlen(name), NULL, 10) : -1;
}

void wait_interval(void)
{
	sleep_ms(INTERVAL_MS + 100);
}

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

void request_all(const char *const tokens[CLIENTS])
{
	long long began = now_us();

	for (int i = 0; i < CLIENTS; i++) {
		client_set_token(f.clients[i], tokens[i]);
		client_send(f.clients[i], "GET", "/api/v1/users/me", NULL);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status != 200 && f.rejected++ == 0)
			cr_log_error("%d: %.*s", answer->status, STR_ARGS(answer->body));
		f.requests++;
		if (duration_count < (int)COUNT_OF(durations_us))
			durations_us[duration_count++] = (int)(now_us() - began);
	}
}

void request_with(enum test_key one, enum test_key another, const char *kept, const char *also_kept)
{
	request_all((const char *const[CLIENTS]){ sign_token(one), kept, sign_token(another),
	                                          also_kept });
}

void request_for(int ms, enum test_key one, enum test_key another, const char *kept,
                 const char *also_kept)
{
	for (long long until = now_ms() + ms; now_ms() < until;)
		request_with(one, another, kept, also_kept);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int p99_ms(void)
{
	int ms;

	qsort(durations_us, (size_t)duration_count, sizeof(int), compare);
	ms = durations_us[duration_count * 99 / 100] / 1000;
	duration_count = 0;
	return ms;
}
