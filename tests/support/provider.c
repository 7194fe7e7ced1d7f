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
#include "premises.h"
#include "program.h"
#include "story.h"

struct provider {
	struct shared *shared;
	struct face face; /* to be sent next */
	int end;          /* of the socket pair */
	pid_t pid;
};

static void tell(struct provider *provider)
{
	char byte = 0;

	provider->shared->face = provider->face;
	if (send(provider->end, &byte, 1, MSG_NOSIGNAL) != 1 || recv(provider->end, &byte, 1, 0) != 1)
		give_up("the provider process has ended");
}

struct provider *provider_new(const struct ca *ca)
{
	struct provider *provider = calloc(1, sizeof(*provider));
	pid_t parent = getpid();
	int ends[2];

	if (!provider || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		give_up("cannot create a provider");
	provider->shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                        -1, 0);
	if (provider->shared == MAP_FAILED)
		give_up("cannot map shared memory");
	provider->end = ends[0];
	provider->shared->port = premises_port();
	provider->shared->plain_port = premises_port();
	snprintf(provider->shared->url, sizeof(provider->shared->url), "https://localhost:%d",
	         provider->shared->port);
	provider->pid = fork();
	if (provider->pid < 0)
		give_up("fork failed");
	if (provider->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		manners_serve(provider->shared, ca, ends[1]);
	}
	close(ends[1]);
	provider->face.open = true;
	provider_publish_text(provider, "{\"keys\":[]}");
	return provider;
}

void provider_free(struct provider *provider)
{
	if (!provider)
		return;
	kill(provider->pid, SIGKILL);
	waitpid(provider->pid, NULL, 0);
	close(provider->end);
	munmap(provider->shared, sizeof(struct shared));
	free(provider);
}

const char *provider_url(const struct provider *provider)
{
	return provider->shared->url;
}

void provider_publish_text(struct provider *provider, const char *text)
{
	if (strlen(text) >= TEXT_ROOM)
		give_up("the key set is too large");
	strcpy(provider->face.keys, text);
	tell(provider);
}

void provider_publish(struct provider *provider, ...)
{
	struct buf text = { 0 };
	const char *comma = "";
	va_list list;
	int forger;

	va_start(list, provider);
	buf_text(&text, "{\"keys\":[");
	while ((forger = va_arg(list, int)) != FORGERS) {
		buf_text(&text, comma);
		forge_jwk(&text, (enum forger)forger, forge_name((enum forger)forger), ",\"use\":\"sig\"");
		comma = ",";
	}
	va_end(list);
	buf_text(&text, "]}");
	provider_publish_text(provider, buf_cstr(&text));
	buf_finish(&text);
}

void provider_behave(struct provider *provider, enum page page, enum manner manner)
{
	provider->face.manners[page] = manner;
	tell(provider);
}

void provider_send_away(struct provider *provider, const struct provider *to)
{
	snprintf(provider->face.away, sizeof(provider->face.away), "%s", to->shared->url);
	tell(provider);
}

void provider_add_headers(struct provider *provider, const char *lines)
{
	snprintf(provider->face.headers, sizeof(provider->face.headers), "%s", lines);
	tell(provider);
}

void provider_tag(struct provider *provider, bool tags)
{
	provider->face.tags = tags;
	tell(provider);
}

void provider_certify(struct provider *provider, enum certificate certificate)
{
	provider->face.certificate = certificate;
	tell(provider);
}

void provider_open(struct provider *provider, bool open)
{
	provider->face.open = open;
	tell(provider);
}

int provider_count(const struct provider *provider, enum page page)
{
	return provider->shared->counts[page];
}

int provider_unchanged(const struct provider *provider)
{
	return provider->shared->unchanged;
}

int provider_connections(const struct provider *provider)
{
	return provider->shared->connections;
}

/* Each token has a unique `jti`, so that no two are equal. */
const char *provider_sign(const struct provider *provider, const struct provider_token *token)
{
	static long long made;
	const char *header = story_print("{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	                                 token->algorithm ? token->algorithm : forge_algorithm(token->forger),
	                                 token->kid ? token->kid : forge_name(token->forger));
	long long now = time(NULL);
	struct buf text = { 0 };
	const char *claims, *kept;

	claims = story_print("{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%lld,\"exp\":%lld,"
	                     "\"jti\":\"%lld\"%s}",
	                     token->issuer ? token->issuer : provider->shared->url,
	                     token->subject ? token->subject : "somebody",
	                     token->audience ? token->audience : "api", now,
	                     now + (token->ttl ? token->ttl : 300), ++made,
	                     token->anonymous ? ",\"firebase\":{\"sign_in_provider\":\"anonymous\"}" : "");
	forge_token(&text, str_of(header), str_of(claims), token->forger,
	            token->algorithm ? token->seal : forge_seal(token->forger));
	kept = story_print("%s", buf_cstr(&text));
	buf_finish(&text);
	return kept;
}
