/* two_issuers.c: a server that accepts the tokens of two issuers, and clients with such tokens. */

#include <stdlib.h>
#include <time.h>

#include "two_issuers.h"

struct believer f;

static int durations_us[20000]; /* of the requests of ask_all() */
static int duration_count;

void believer_open(void)
{
	ca_open(&f.ca);
	f.issuer = provider_new(&f.ca);
	f.other = provider_new(&f.ca);
	provider_publish(f.issuer, E1, R1, TEST_KEYS);
	provider_publish(f.other, E2, TEST_KEYS);
	f.least = 1;
}

void believer_close(void)
{
	if (f.server) {
		if (server_log_contains(f.server, "\"http.response.status_code\":500"))
			give_up("the server answered a request with 500");
		if (server_stop(f.server) != 0)
			give_up("the server did not exit with 0");
	}
	server_free(f.server);
	provider_free(f.issuer);
	provider_free(f.other);
	test_keys_free();
	ca_close(&f.ca);
}

void serve(void)
{
	f.server = server_serve_alone((const char *const[]){
		e2e_format("OIDC_ISSUERS=%s api, %s api other-api", provider_url(f.issuer),
	                   provider_url(f.other)),
		e2e_format("SSL_CERT_FILE=%s", f.ca.path), "HOST=127.0.0.1", "NEW_USER_ROLE=GUARD",
		"RATE_LIMIT=off", "JWKS_INTERVAL_SECONDS=1",
		e2e_format("JWKS_MIN_SECONDS=%d", f.least), NULL });
	for (long long until = now_ms() + 20000; !f.client && now_ms() < until; sleep_ms(5))
		f.client = client_try(server_port(f.server));
	if (!f.client)
		give_up("the server does not accept connections");
	for (int i = 0; i < CLIENTS; i++)
		f.clients[i] = e2e_client_of(f.server, NULL);
}

int times_said(const char *event, const struct provider *issuer)
{
	return server_log_count(
		f.server, e2e_format("\"%s\",\"issuer\":\"%s\"", event, provider_url(issuer)));
}

static void wait_for_keys(const struct provider *issuer)
{
	for (long long until = now_ms() + 20000; times_said("jwks.fresh", issuer) == 0;
	     sleep_ms(5)) {
		if (now_ms() > until) {
			server_show_log(f.server);
			give_up("the server does not get the keys");
		}
	}
}

void serve_ready(void)
{
	serve();
	wait_for_keys(f.issuer);
	if (!server_wait_ready(f.server, 20000)) {
		server_show_log(f.server);
		give_up("the server does not become ready");
	}
}

void serve_both(void)
{
	serve_ready();
	wait_for_keys(f.other);
}

const char *sign(enum test_key key_id)
{
	return provider_sign(f.issuer, &(struct provider_token){ .key_id = key_id });
}

const char *keep(const char *token)
{
	static char *kept[8];
	static size_t count;

	kept[count] = strdup(token);
	return kept[count++];
}

const char *told_by(const struct answer *answer)
{
	return answer->status == 200 ? "200" : answer_at(answer, "code");
}

const char *told(const char *token)
{
	client_set_token(f.client, token);
	return told_by(client_get(f.client, "/api/v1/users/me"));
}

bool is_told_within(enum test_key key_id, const char *expected, int ms)
{
	for (long long until = now_ms() + ms; now_ms() < until; sleep_ms(20)) {
		if (strcmp(told(sign(key_id)), expected) == 0)
			return true;
	}
	return false;
}

long metric(const char *name)
{
	const char *line;

	client_set_token(f.client, NULL);
	line = strstr(client_get(f.client, "/metrics")->body.at, e2e_format("\n%s ", name));
	return line ? strtol(line + 1 + strlen(name), NULL, 10) : -1;
}

void let_interval_pass(void)
{
	sleep_ms(INTERVAL_MS + 100);
}

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

void ask_all(const char *const tokens[CLIENTS])
{
	long long began = now_us();

	for (int i = 0; i < CLIENTS; i++) {
		client_set_token(f.clients[i], tokens[i]);
		client_send(f.clients[i], "GET", "/api/v1/users/me", NULL);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status != 200 && f.refused++ == 0)
			cr_log_error("%d: %.*s", answer->status, STR_ARGS(answer->body));
		f.asked++;
		if (duration_count < (int)COUNT_OF(durations_us))
			durations_us[duration_count++] = (int)(now_us() - began);
	}
}

void ask_with(enum test_key one, enum test_key another, const char *kept, const char *also_kept)
{
	ask_all((const char *const[CLIENTS]){ sign(one), kept, sign(another), also_kept });
}

void ask_for(int ms, enum test_key one, enum test_key another, const char *kept,
             const char *also_kept)
{
	for (long long until = now_ms() + ms; now_ms() < until;)
		ask_with(one, another, kept, also_kept);
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
