/* client.h: a small, strict HTTP client.
 *
 * It has one keep-alive connection, and blocks, for at most ten seconds. An answer that
 * violates HTTP/1.1, a JSON body that is invalid, and an answer that the API description does
 * not allow all end the test with a message.
 *
 * Bodies are written with ' instead of " to keep them readable in C; to send a ', use
 * client_request(). An answer is valid until the client's next request. */

#ifndef CLIENT_H
#define CLIENT_H

#include "json.h"

struct client;

enum { ANSWER_HEADERS = 32 };

struct answer {
	int status;
	struct str body;         /* NUL-terminated */
	const struct json *json; /* NULL: the body is not JSON */
	const char *names[ANSWER_HEADERS], *values[ANSWER_HEADERS];
	int header_count;
	char about[160]; /* "GET /api/v1/logs" */
	struct client *client;
};

struct client *client_new(int port);
struct client *client_try_connect(int port); /* connected; NULL: no server listens on the port */
void client_free(struct client *client);

/* Sets the bearer token of all following requests; NULL for none. */
void client_set_token(struct client *client, const char *token);

/* Adds a header line to the next request only: client_set_header(client, "If-Match: %s", tag). */
void client_set_header(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

const struct answer *client_get(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const struct answer *client_delete(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const struct answer *client_post(struct client *client, const char *path, const char *body, ...)
	__attribute__((format(printf, 3, 4)));
const struct answer *client_patch(struct client *client, const char *path, const char *body, ...)
	__attribute__((format(printf, 3, 4)));
/* Sends the body unchanged; without a Content-Type if `type` is NULL. */
const struct answer *client_request(struct client *client, const char *method, const char *path,
                                    const char *type, struct str body);

/* The same in two steps, so that several clients can have requests in flight. */
void client_send(struct client *client, const char *method, const char *path, const char *body, ...)
	__attribute__((format(printf, 4, 5)));
const struct answer *client_receive(struct client *client);
/* NULL: the connection was closed before the answer was complete, or the time is over. */
const struct answer *client_receive_within(struct client *client, int ms);
const struct answer *client_try_get(struct client *client, const char *path);
int client_fd(const struct client *client);
void client_disconnect(struct client *client); /* the next request reconnects */

/* NULL: there is no such header. */
const char *answer_header(const struct answer *answer, const char *name);

/* The JSON value at a path such as "author.first_name" or "0.id"; NULL if there is none. */
const struct json *json_in(const struct json *value, const char *path);
/* The same as text: strings without quotes, "absent" if there is none. Valid until about sixty
 * further calls. */
const char *json_text_in(const struct json *value, const char *path);
const char *answer_at(const struct answer *answer, const char *path);

#endif
