/* ws_fixture.h: runs ws on the test's own loop, simulates the layer above it, and provides clients
 * of every protocol.
 *
 * The simulated layer has channels whose events carry only a number, so that a client can tell
 * which ones it missed. A query first takes a snapshot, as a statement sees the database at one
 * moment, and is answered later.
 *
 * JSON is written with ' instead of ", so that it is readable in C. */

#ifndef WS_FIXTURE_H
#define WS_FIXTURE_H

#include "channel.h"
#include "config.h"
#include "json.h"
#include "transport_fixture.h"
#include "ws.h"

#define EPOCH "e1"
#define ANNA  "01890000-0000-7000-8000-00000000000a"
#define BERT  "01890000-0000-7000-8000-00000000000b"

struct fake_channel {
	char name[MAX_CHANNEL_NAME + 1];
	long long last_offset; /* last committed event */
	long long expired;     /* events up to this one have expired */
	bool denied;           /* no client may subscribe */
	TAILQ_ENTRY(fake_channel) link;
};

/* A pending query or backfill. */
struct held_request {
	struct ws_query *query; /* NULL: a backfill */
	struct fake_channel *fake_channel;
	long long after;
	bool has_snapshot;
	enum ws_error error;
	long long offset;
	bool recovered;
	TAILQ_ENTRY(held_request) link;
};

struct ws_fixture {
	struct ws *ws;
	struct config config;
	TAILQ_HEAD(, fake_channel) channels;
	TAILQ_HEAD(held_requests, held_request) queries, backfills;
	bool hold_queries, hold_backfills; /* until the test answers them */
	bool database_down;                /* every query is answered INTERNAL */
	enum ws_error recheck_result;      /* answer to WS_RECHECK_USER */
	long long expires_ms;              /* of every token */
	long long max_backfill;            /* events per backfill */
	const char *revokes;               /* channel whose next event re-checks its subscribers */
	size_t padding;                    /* extra bytes in each event */
	int query_count[WS_PRESENCE + 1], backfill_count;
};

extern struct ws_fixture fixture;

/* For Criterion's .init and .fini. */
void ws_fixture_open(void);
void ws_fixture_close(void);
void fixture_run_turns(int count); /* also answers what is not held */
double fixture_seconds(void);      /* by a clock that tests do not set */

/* ---- The layer above ---- */

struct fake_channel *fixture_channel(const char *name); /* finds or creates it */
long long fixture_commit(const char *name);             /* an event that is not published */
void fixture_publish(const char *name, long long offset);
void fixture_emit(const char *name, int count); /* commits and publishes */
void fixture_snapshot(struct held_request *held);
/* Takes the snapshot first if there is none; frees it. */
void fixture_reply(struct held_request *held);
/* Queries and backfills, including those that follow from them. */
void fixture_reply_all(void);

/* ---- Clients ---- */

struct test_client {
	enum ws_protocol protocol;
	int fd; /* -1: closed */
	struct buf received, text;
	int close_code;     /* of a close frame */
	bool closed;        /* the server has closed the connection */
	bool ignores_pings; /* does not answer pings */
	int pings;
	char session[33]; /* of an HTTP stream */
};

struct client_options {
	const char *token, *payload, *since, *user; /* as in struct ws_incoming; NULL: empty */
	const char *rest;
	int address; /* its last byte */
	bool slow;   /* small socket buffers */
};

struct test_client *test_client_new(enum ws_protocol protocol,
                                    const struct client_options *options);
void test_client_send(struct test_client *client, const char *text); /* one frame */
void test_client_send_frame(struct test_client *client, int first, struct str bytes);
/* The next message; NULL: none for now, or the connection is closed. Valid until the next call. */
const char *test_client_next(struct test_client *client);
/* Only what has arrived already, without a turn. */
const char *test_client_received(struct test_client *client);
const char *test_client_wait(struct test_client *client); /* the same, but waits */
void test_client_close(struct test_client *client);
void test_client_free(struct test_client *client);

/* Centrifugo clients: connected (user NULL: anonymous), and subscribed to a channel. */
struct test_client *test_client_connect(enum ws_protocol protocol, const char *user);
void test_client_subscribe(struct test_client *client, const char *channel);

/* In the expected text, `*` matches anything and `^` any character. */
void expect_next(struct test_client *client, const char *expected);
void expect_silence(struct test_client *client);
/* Expects a disconnect, with that code where the protocol has one; earlier messages are skipped. */
void expect_end(struct test_client *client, int code);
/* Expects exactly these offsets of the channel. */
void expect_offsets(struct test_client *client, const char *channel, long long from, long long to);
/* The offset and channel of an event; -1: not an event. */
long long offset_of(const struct test_client *client, const char *message,
                    char channel[MAX_CHANNEL_NAME + 1]);

#endif
