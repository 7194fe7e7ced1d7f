/* client.h: a small HTTP client that takes nothing for granted.
 *
 * One keep-alive connection, blocking, with patience of ten seconds. An answer is
 * read strictly: whatever HTTP/1.1 does not allow ends the test with a line, and
 * so does a JSON body that is none, and an answer of an operation that its contract
 * does not promise.
 *
 * Bodies are written with ' for ", so that they can be read in C; who needs the
 * sign itself sends the bytes with client_request(). An answer lasts until the client's
 * next request. */

#ifndef CLIENT_H
#define CLIENT_H

#include "json.h"

struct client;

enum { ANSWER_HEADERS = 32 };

struct answer {
	int status;
	struct str body;	  /* a NUL stands behind it */
	const struct json *json;  /* NULL: the body is not JSON */
	const char *names[ANSWER_HEADERS], *values[ANSWER_HEADERS];
	int header_count;
	char about[160]; /* "GET /api/v1/logs", for messages */
	struct client *client;
};

struct client *client_new(int port);
struct client *client_try(int port); /* NULL: nobody listens */
void client_free(struct client *client);

/* For all its requests; NULL: none. */
void client_set_token(struct client *client, const char *token);

/* A header line for its next request alone: client_set_header(client, "If-Match: %s", tag). */
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
/* The body as it is; `type` NULL: no Content-Type. */
const struct answer *client_request(struct client *client, const char *method, const char *path,
                                const char *type, struct str body);

/* The same in two steps, so that many can ask at once. */
void client_send(struct client *client, const char *method, const char *path, const char *body, ...)
	__attribute__((format(printf, 4, 5)));
const struct answer *client_receive(struct client *client);
/* NULL: the connection ended before the answer did, or nothing came in time. */
const struct answer *client_receive_within(struct client *client, int ms);
const struct answer *client_try_get(struct client *client, const char *path);
int client_fd(const struct client *client);
void client_disconnect(struct client *client); /* the next request opens a new connection */

/* NULL: it did not come. */
const char *answer_header(const struct answer *answer, const char *name);

/* A value deep in JSON: "author.first_name", "0.id"; NULL when there is none. */
const struct json *json_in(const struct json *value, const char *path);
/* The same as text: texts as they are, "absent" when there is none. Lasts until
 * some sixty more were asked for. */
const char *json_text_in(const struct json *value, const char *path);
const char *answer_at(const struct answer *answer, const char *path);

#endif
