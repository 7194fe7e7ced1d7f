/* client.c: requests out, answers in.
 *
 * The happy path of a request: it is written in one piece, the head of the answer
 * is read and taken apart, then as many bytes as its Content-Length says.
 *
 * When it goes wrong: a malformed answer, or none in time, ends the test with a
 * line that says which; client_receive_within() alone lets a connection end. */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "program.h"
#include "contract_check.h"
#include "server.h"

enum { PATIENCE_MS = 10 * 1000, HEAD_MOST = 16 * 1024 };

struct client {
	int port, fd; /* -1: not connected */
	char *token;
	bool head_only; /* the answer to a HEAD has no body */
	struct buf more; /* header lines of the next request */
	struct buf out, in, copy;
	struct answer answer;
	struct json *json;
};

static bool dial(struct client *client)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)client->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd >= 0 && connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	client_disconnect(client);
	return false;
}

struct client *client_new(int port)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		give_up("no memory");
	client->port = port;
	client->fd = -1;
	return client;
}

struct client *client_try(int port)
{
	struct client *client = client_new(port);

	if (dial(client))
		return client;
	client_free(client);
	return NULL;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	client_disconnect(client);
	json_free(client->json);
	free(client->token);
	buf_finish(&client->more);
	buf_finish(&client->out);
	buf_finish(&client->in);
	buf_finish(&client->copy);
	free(client);
}

void client_disconnect(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

int client_fd(const struct client *client)
{
	return client->fd;
}

void client_set_token(struct client *client, const char *token)
{
	free(client->token);
	client->token = token ? strdup(token) : NULL;
}

void client_set_header(struct client *client, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprint(&client->more, format, args);
	va_end(args);
	buf_text(&client->more, "\r\n");
}

/* ---- Out ---- */

static void write_out(struct client *client)
{
	size_t sent = 0;

	while (sent < client->out.length) {
		ssize_t n = send(client->fd, client->out.at + sent, client->out.length - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/* An early refusal closes the way in; its answer is still to be read. */
		if (n < 0)
			return;
		sent += (size_t)n;
	}
}

static void send_bytes(struct client *client, const char *method, const char *path, const char *type,
                       struct str body)
{
	struct buf *out = &client->out;

	if (client->fd < 0 && !dial(client))
		give_up("%s %s: nobody listens on port %d", method, path, client->port);
	buf_clear(out);
	buf_print(out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", method, path, client->port);
	if (client->token)
		buf_print(out, "Authorization: Bearer %s\r\n", client->token);
	if (type)
		buf_print(out, "Content-Type: %s\r\n", type);
	if (body.at)
		buf_print(out, "Content-Length: %zu\r\n", body.length);
	buf_str(out, buf_as_str(&client->more));
	buf_text(out, "\r\n");
	buf_str(out, body);
	buf_clear(&client->more);
	client->head_only = strcmp(method, "HEAD") == 0;
	snprintf(client->answer.about, sizeof(client->answer.about), "%s %s", method, path);
	write_out(client);
}

static void send_quoted(struct client *client, const char *method, const char *path, const char *format,
                        va_list args)
{
	struct buf body = { 0 };

	if (format)
		buf_vprint(&body, format, args);
	for (size_t i = 0; i < body.length; i++) {
		if (body.at[i] == '\'')
			body.at[i] = '"';
	}
	send_bytes(client, method, path, format ? "application/json" : NULL, buf_as_str(&body));
	buf_finish(&body);
}

void client_send(struct client *client, const char *method, const char *path, const char *body, ...)
{
	va_list args;

	va_start(args, body);
	send_quoted(client, method, path, body, args);
	va_end(args);
}

/* ---- In ---- */

/* More bytes; false when there are none any more, or not in time. */
static bool read_more(struct client *client, long long until)
{
	struct pollfd polled = { .fd = client->fd, .events = POLLIN };
	long long left = until - now_ms();
	ssize_t got;

	if (poll(&polled, 1, left > 0 ? (int)left : 0) <= 0)
		return false;
	got = recv(client->fd, buf_reserve(&client->in, 64 * 1024), 64 * 1024, 0);
	if (got <= 0)
		return false;
	client->in.length += (size_t)got;
	return true;
}

static _Noreturn void malformed(const struct client *client, const char *why)
{
	give_up("%s: the answer is malformed: %s\n%.*s", client->answer.about, why,
	        (int)(client->in.length < 2000 ? client->in.length : 2000), client->in.at);
}

static bool is_token(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++) {
		if (!strchr("!#$%&'*+-.^_`|~", *text) && !(*text >= '0' && *text <= '9')
		    && !(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z'))
			return false;
	}
	return true;
}

static void read_header(struct client *client, char *line)
{
	struct answer *answer = &client->answer;
	char *colon = strchr(line, ':');

	if (!colon || colon[1] != ' ')
		malformed(client, "a header line has no colon and blank");
	*colon = '\0';
	if (!is_token(line))
		malformed(client, "a header's name is no token");
	if (answer_header(answer, line))
		malformed(client, "a header comes twice");
	for (const char *c = colon + 2; *c; c++) {
		if ((unsigned char)*c < 0x20 && *c != '\t')
			malformed(client, "a header holds a control character");
	}
	if (answer->header_count == ANSWER_HEADERS)
		malformed(client, "there are too many headers");
	answer->names[answer->header_count] = line;
	answer->values[answer->header_count++] = colon + 2;
}

/* The status line and the headers, in a copy that is cut to pieces. */
static void read_head(struct client *client, size_t length)
{
	struct answer *answer = &client->answer;
	char *line, *end;

	buf_clear(&client->copy);
	buf_add(&client->copy, client->in.at, length);
	line = (char *)(uintptr_t)buf_cstr(&client->copy);
	if (strlen(line) != length)
		malformed(client, "the head holds a NUL");
	if (strncmp(line, "HTTP/1.1 ", 9) != 0 || strspn(line + 9, "0123456789") != 3 || line[12] != ' ')
		malformed(client, "the status line is none");
	answer->status = (int)strtol(line + 9, NULL, 10);
	for (line = strstr(line, "\r\n") + 2; *line != '\r'; line = end + 2) {
		end = strstr(line, "\r\n");
		*end = '\0';
		read_header(client, line);
	}
}

static size_t content_length(struct client *client)
{
	const char *length = answer_header(&client->answer, "Content-Length");
	int status = client->answer.status;

	if (answer_header(&client->answer, "Transfer-Encoding"))
		malformed(client, "no answer of ours is chunked");
	if (status == 204 || status == 304) {
		if (length)
			malformed(client, "an answer without a body says how long it is");
		return 0;
	}
	if (!length || !*length || length[strspn(length, "0123456789")])
		malformed(client, "Content-Length is no number");
	return client->head_only ? 0 : strtoul(length, NULL, 10);
}

/* Every answer of ours has these. */
static void check_head(struct client *client)
{
	static const char *const always[] = { "Date", "X-Request-Id", "X-Content-Type-Options" };
	const char *type = answer_header(&client->answer, "Content-Type");

	for (size_t i = 0; i < COUNT_OF(always); i++) {
		if (!answer_header(&client->answer, always[i]))
			malformed(client, always[i]);
	}
	if (client->answer.body.length && !type)
		malformed(client, "a body without a Content-Type");
}

static void read_json(struct client *client)
{
	const char *type = answer_header(&client->answer, "Content-Type"), *fault;
	struct str body = client->answer.body;
	size_t where;

	if (!type || !body.length
	    || (strncmp(type, "application/json", 16) != 0 && strcmp(type, "application/problem+json") != 0))
		return;
	client->json = json_parse(body, &fault, &where);
	if (!client->json)
		give_up("%s: the body is no JSON: %s at %zu: %.*s", client->answer.about, fault, where,
		        STR_ARGS(body));
	client->answer.json = client->json;
}

const struct answer *client_receive_within(struct client *client, int ms)
{
	struct answer *answer = &client->answer;
	long long until = now_ms() + ms;
	size_t head, length;
	const char *end;

	json_free(client->json);
	client->json = NULL;
	answer->json = NULL;
	answer->header_count = 0;
	answer->client = client;
	buf_clear(&client->in);
	while (!client->in.length || !(end = memmem(client->in.at, client->in.length, "\r\n\r\n", 4))) {
		if (client->in.length > HEAD_MOST)
			malformed(client, "the head has no end");
		if (!read_more(client, until)) {
			client_disconnect(client);
			return NULL;
		}
	}
	head = (size_t)(end - client->in.at) + 4;
	read_head(client, head);
	length = content_length(client);
	while (client->in.length < head + length) {
		if (!read_more(client, until)) {
			client_disconnect(client);
			return NULL;
		}
	}
	if (client->in.length != head + length)
		malformed(client, "there is something behind it");
	buf_cstr(&client->in);
	answer->body = (struct str){ client->in.at + head, length };
	check_head(client);
	read_json(client);
	if (!client->head_only && contract_check(answer))
		give_up("%s: %d, which the contract does not promise: %s\n%.*s", answer->about, answer->status,
		        contract_check(answer), STR_ARGS(answer->body));
	if (answer_header(answer, "Connection") && strcasecmp(answer_header(answer, "Connection"), "close") == 0)
		client_disconnect(client);
	return answer;
}

const struct answer *client_receive(struct client *client)
{
	const struct answer *answer = client_receive_within(client, PATIENCE_MS);

	if (!answer)
		give_up("%s: no answer", client->answer.about);
	return answer;
}

/* ---- Both ---- */

const struct answer *client_request(struct client *client, const char *method, const char *path,
                                const char *type, struct str body)
{
	send_bytes(client, method, path, type, body);
	return client_receive(client);
}

const struct answer *client_try_get(struct client *client, const char *path)
{
	send_bytes(client, "GET", path, NULL, (struct str){ 0 });
	return client_receive_within(client, PATIENCE_MS);
}

static const struct answer *ask_without_body(struct client *client, const char *method, const char *format,
                                             va_list args)
{
	struct buf path = { 0 };

	buf_vprint(&path, format, args);
	send_bytes(client, method, buf_cstr(&path), NULL, (struct str){ 0 });
	buf_finish(&path);
	return client_receive(client);
}

const struct answer *client_get(struct client *client, const char *format, ...)
{
	const struct answer *answer;
	va_list args;

	va_start(args, format);
	answer = ask_without_body(client, "GET", format, args);
	va_end(args);
	return answer;
}

const struct answer *client_delete(struct client *client, const char *format, ...)
{
	const struct answer *answer;
	va_list args;

	va_start(args, format);
	answer = ask_without_body(client, "DELETE", format, args);
	va_end(args);
	return answer;
}

const struct answer *client_post(struct client *client, const char *path, const char *body, ...)
{
	va_list args;

	va_start(args, body);
	send_quoted(client, "POST", path, body, args);
	va_end(args);
	return client_receive(client);
}

const struct answer *client_patch(struct client *client, const char *path, const char *body, ...)
{
	va_list args;

	va_start(args, body);
	send_quoted(client, "PATCH", path, body, args);
	va_end(args);
	return client_receive(client);
}
