/* client.c: sends HTTP requests and checks the answers.
 *
 * Normal sequence: the request is written in one piece; the head of the answer is read and
 * parsed, then the body, whose length is in Content-Length.
 *
 * Failures: a malformed answer, or none in time, ends the test with a message. Only
 * client_receive_within() and client_try_get() allow the connection to be closed. */

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
#include "record.h"
#include "server.h"

enum { TIMEOUT_MS = 10 * 1000, MAX_HEAD = 16 * 1024 };

struct client {
	int port, fd; /* -1: not connected */
	char *token;
	bool head_only;     /* of a HEAD request, whose answer has no body */
	struct buf headers; /* header lines of the next request */
	struct buf out, in, copy;
	struct answer answer;
	struct json *json;
};

static bool open_connection(struct client *client)
{
	client->fd = sandbox_connect(client->port);
	return client->fd >= 0;
}

struct client *client_new(int port)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		fatal("no memory");
	client->port = port;
	client->fd = -1;
	return client;
}

struct client *client_try_connect(int port)
{
	struct client *client = client_new(port);

	if (open_connection(client))
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
	buf_finish(&client->headers);
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
	buf_vprint(&client->headers, format, args);
	va_end(args);
	buf_text(&client->headers, "\r\n");
}

/* ---- Requests ---- */

static void write_out(struct client *client)
{
	size_t sent = 0;

	while (sent < client->out.length) {
		ssize_t n = send(client->fd, client->out.at + sent, client->out.length - sent,
		                 MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/* The server may reject a request before reading all of it; the answer still
		 * has to be read. */
		if (n < 0)
			return;
		sent += (size_t)n;
	}
}

static void send_bytes(struct client *client, const char *method, const char *path,
                       const char *type, struct str body)
{
	struct buf *out = &client->out;

	if (client->fd < 0 && !open_connection(client))
		fatal("%s %s: no server listens on port %d", method, path, client->port);
	buf_clear(out);
	buf_print(out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", method, path, client->port);
	if (client->token)
		buf_print(out, "Authorization: Bearer %s\r\n", client->token);
	if (type)
		buf_print(out, "Content-Type: %s\r\n", type);
	if (body.at)
		buf_print(out, "Content-Length: %zu\r\n", body.length);
	buf_str(out, buf_as_str(&client->headers));
	buf_text(out, "\r\n");
	buf_str(out, body);
	buf_clear(&client->headers);
	client->head_only = strcmp(method, "HEAD") == 0;
	snprintf(client->answer.about, sizeof(client->answer.about), "%s %s", method, path);
	write_out(client);
}

static void send_json(struct client *client, const char *method, const char *path,
                      const char *format, va_list args)
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
	send_json(client, method, path, body, args);
	va_end(args);
}

/* ---- Answers ---- */

/* Receives more bytes; false if the connection is closed or the time is over. */
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
	fatal("%s: malformed answer: %s\n%.*s", client->answer.about, why,
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
		malformed(client, "a header line has no colon followed by a space");
	*colon = '\0';
	if (!is_token(line))
		malformed(client, "a header name is not a token");
	if (answer_header(answer, line))
		malformed(client, "a header is repeated");
	for (const char *c = colon + 2; *c; c++) {
		if ((unsigned char)*c < 0x20 && *c != '\t')
			malformed(client, "a header contains a control character");
	}
	if (answer->header_count == ANSWER_HEADERS)
		malformed(client, "too many headers");
	answer->names[answer->header_count] = line;
	answer->values[answer->header_count++] = colon + 2;
}

/* Parses the status line and the headers, in a copy that is split by NULs. */
static void read_head(struct client *client, size_t length)
{
	struct answer *answer = &client->answer;
	char *line, *end;

	buf_clear(&client->copy);
	buf_add(&client->copy, client->in.at, length);
	line = (char *)(uintptr_t)buf_cstr(&client->copy);
	if (strlen(line) != length)
		malformed(client, "the head contains a NUL");
	if (strncmp(line, "HTTP/1.1 ", 9) != 0 || strspn(line + 9, "0123456789") != 3
	    || line[12] != ' ')
		malformed(client, "invalid status line");
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
		malformed(client, "unexpected Transfer-Encoding");
	if (status == 204 || status == 304) {
		if (length)
			malformed(client, "Content-Length in an answer without a body");
		return 0;
	}
	if (!length || !*length || length[strspn(length, "0123456789")])
		malformed(client, "Content-Length is not a number");
	return client->head_only ? 0 : strtoul(length, NULL, 10);
}

/* Every answer has these headers. */
static void check_head(struct client *client)
{
	static const char *const required[] = { "Date", "X-Request-Id", "X-Content-Type-Options" };
	const char *type = answer_header(&client->answer, "Content-Type");

	for (size_t i = 0; i < COUNT_OF(required); i++) {
		if (!answer_header(&client->answer, required[i]))
			fatal("%s: no %s header", client->answer.about, required[i]);
	}
	if (client->answer.body.length && !type)
		malformed(client, "a body without a Content-Type");
}

static void read_json(struct client *client)
{
	const char *type = answer_header(&client->answer, "Content-Type"), *error;
	struct str body = client->answer.body;
	size_t offset;

	if (!type || !body.length
	    || (strncmp(type, "application/json", 16) != 0
	        && strcmp(type, "application/problem+json") != 0))
		return;
	client->json = json_parse(body, &error, &offset);
	if (!client->json)
		fatal("%s: the body is not JSON: %s at %zu: %.*s", client->answer.about, error,
		      offset, STR_ARGS(body));
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
	while (!client->in.length
	       || !(end = memmem(client->in.at, client->in.length, "\r\n\r\n", 4))) {
		if (client->in.length > MAX_HEAD)
			malformed(client, "the head is too long");
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
		malformed(client, "bytes after the body");
	buf_cstr(&client->in);
	answer->body = (struct str){ client->in.at + head, length };
	check_head(client);
	record_exchange(buf_as_str(&client->out), buf_as_str(&client->in));
	read_json(client);
	if (!client->head_only && contract_check(answer))
		fatal("%s: %d: not allowed by the API description: %s\n%.*s", answer->about,
		      answer->status, contract_check(answer), STR_ARGS(answer->body));
	if (answer_header(answer, "Connection")
	    && strcasecmp(answer_header(answer, "Connection"), "close") == 0)
		client_disconnect(client);
	return answer;
}

const struct answer *client_receive(struct client *client)
{
	const struct answer *answer = client_receive_within(client, TIMEOUT_MS);

	if (!answer)
		fatal("%s: no answer", client->answer.about);
	return answer;
}

/* ---- Requests with their answers ---- */

const struct answer *client_request(struct client *client, const char *method, const char *path,
                                    const char *type, struct str body)
{
	send_bytes(client, method, path, type, body);
	return client_receive(client);
}

const struct answer *client_try_get(struct client *client, const char *path)
{
	send_bytes(client, "GET", path, NULL, (struct str){ 0 });
	return client_receive_within(client, TIMEOUT_MS);
}

static const struct answer *request_without_body(struct client *client, const char *method,
                                                 const char *format, va_list args)
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
	answer = request_without_body(client, "GET", format, args);
	va_end(args);
	return answer;
}

const struct answer *client_delete(struct client *client, const char *format, ...)
{
	const struct answer *answer;
	va_list args;

	va_start(args, format);
	answer = request_without_body(client, "DELETE", format, args);
	va_end(args);
	return answer;
}

const struct answer *client_post(struct client *client, const char *path, const char *body, ...)
{
	va_list args;

	va_start(args, body);
	send_json(client, "POST", path, body, args);
	va_end(args);
	return client_receive(client);
}

const struct answer *client_patch(struct client *client, const char *path, const char *body, ...)
{
	va_list args;

	va_start(args, body);
	send_json(client, "PATCH", path, body, args);
	va_end(args);
	return client_receive(client);
}
