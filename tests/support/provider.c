/* provider.c: controls a fake provider that runs in its own process.
 *
 * Normal sequence:
 *
 * - the test writes the settings of the provider to shared memory;
 * - after each change it sends a byte over a socket pair; the provider (provider_process.c) applies
 *   the settings, opens or closes its listening socket, and sends the byte back;
 * - the provider writes its counters to the same memory.
 *
 * Failures: if the provider is gone, the test ends; if the test is gone, the provider is
 * killed (PR_SET_PDEATHSIG). */

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "provider_process.h"
#include "sandbox.h"
#include "program.h"
#include "e2e.h"

struct provider {
	struct provider_shared *shared;
	struct provider_settings settings; /* to be sent next */
	int end;                           /* of the socket pair */
	pid_t pid;
};

static void send_settings(struct provider *provider)
{
	char byte = 0;

	provider->shared->settings = provider->settings;
	if (send(provider->end, &byte, 1, MSG_NOSIGNAL) != 1
	    || recv(provider->end, &byte, 1, 0) != 1)
		fatal("the provider process has ended");
}

struct provider *provider_new(const struct ca *ca)
{
	struct provider *provider = calloc(1, sizeof(*provider));
	pid_t parent = getpid();
	int ends[2];

	if (!provider || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		fatal("cannot create a provider");
	provider->shared = mmap(NULL, sizeof(struct provider_shared), PROT_READ | PROT_WRITE,
	                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (provider->shared == MAP_FAILED)
		fatal("cannot map shared memory");
	provider->end = ends[0];
	provider->shared->port = sandbox_port();
	provider->shared->plain_port = sandbox_port();
	snprintf(provider->shared->url, sizeof(provider->shared->url), "https://localhost:%d",
	         provider->shared->port);
	provider->pid = fork();
	if (provider->pid < 0)
		fatal("fork failed");
	if (provider->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		provider_process_serve(provider->shared, ca, ends[1]);
	}
	close(ends[1]);
	provider->settings.listening = true;
	provider_publish_json(provider, "{\"keys\":[]}");
	return provider;
}

void provider_free(struct provider *provider)
{
	if (!provider)
		return;
	kill(provider->pid, SIGKILL);
	waitpid(provider->pid, NULL, 0);
	close(provider->end);
	munmap(provider->shared, sizeof(struct provider_shared));
	free(provider);
}

const char *provider_url(const struct provider *provider)
{
	return provider->shared->url;
}

void provider_publish_json(struct provider *provider, const char *text)
{
	if (strlen(text) >= KEYS_SIZE)
		fatal("the key set is too large");
	strcpy(provider->settings.keys, text);
	send_settings(provider);
}

void provider_publish(struct provider *provider, ...)
{
	struct buf text = { 0 };
	const char *separator = "";
	va_list keys;
	int key_id;

	va_start(keys, provider);
	buf_text(&text, "{\"keys\":[");
	while ((key_id = va_arg(keys, int)) != TEST_KEYS) {
		buf_text(&text, separator);
		test_key_jwk(&text, (enum test_key)key_id, test_key_kid((enum test_key)key_id),
		             ",\"use\":\"sig\"");
		separator = ",";
	}
	va_end(keys);
	buf_text(&text, "]}");
	provider_publish_json(provider, buf_cstr(&text));
	buf_finish(&text);
}

void provider_set_response(struct provider *provider, enum endpoint endpoint,
                           enum response response)
{
	provider->settings.responses[endpoint] = response;
	send_settings(provider);
}

void provider_set_redirect(struct provider *provider, const struct provider *to)
{
	snprintf(provider->settings.redirect, sizeof(provider->settings.redirect), "%s",
	         to->shared->url);
	send_settings(provider);
}

void provider_set_headers(struct provider *provider, const char *lines)
{
	snprintf(provider->settings.headers, sizeof(provider->settings.headers), "%s", lines);
	send_settings(provider);
}

void provider_set_etag(struct provider *provider, bool enabled)
{
	provider->settings.send_etag = enabled;
	send_settings(provider);
}

void provider_set_certificate(struct provider *provider, enum certificate certificate)
{
	provider->settings.certificate = certificate;
	send_settings(provider);
}

void provider_set_listening(struct provider *provider, bool open)
{
	provider->settings.listening = open;
	send_settings(provider);
}

int provider_request_count(const struct provider *provider, enum endpoint endpoint)
{
	return provider->shared->counts[endpoint];
}

int provider_not_modified_count(const struct provider *provider)
{
	return provider->shared->unchanged;
}

int provider_connection_count(const struct provider *provider)
{
	return provider->shared->connections;
}

/* Each token has a unique `jti`, so that no two are equal. */
const char *provider_sign(const struct provider *provider, const struct provider_token *token)
{
	static long long count;
	const char *header =
		e2e_format("{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	                   token->algorithm ? token->algorithm : test_key_alg(token->key_id),
	                   token->kid ? token->kid : test_key_kid(token->key_id));
	long long now = time(NULL);
	struct buf text = { 0 };
	const char *claims, *result;

	claims = e2e_format(
		"{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%lld,\"exp\":%lld,"
		"\"jti\":\"%lld\"%s}",
		token->issuer ? token->issuer : provider->shared->url,
		token->subject ? token->subject : "somebody",
		token->audience ? token->audience : "api", now,
		now + (token->ttl ? token->ttl : 300), ++count,
		token->anonymous ? ",\"firebase\":{\"sign_in_provider\":\"anonymous\"}" : "");
	test_token_sign(&text, str_of(header), str_of(claims), token->key_id,
	                token->algorithm ? token->signing : test_key_signing(token->key_id));
	result = e2e_format("%s", buf_cstr(&text));
	buf_finish(&text);
	return result;
}
