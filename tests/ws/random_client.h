/* random_client.h: a client that takes random actions; what it receives is checked against what was
 * published. */

#ifndef RANDOM_CLIENT_H
#define RANDOM_CLIENT_H

#include "ws_fixture.h"

enum { CHANNELS = 4 };

extern const char *const channel_names[CHANNELS];

/* A client's state on one channel. */
struct channel_state {
	bool requested, subscribed;
	long long last;  /* last offset received; -1: none */
	long long since; /* offset sent with the subscribe; -1: from now on */
};

struct random_client {
	struct test_client *client; /* NULL: disconnected */
	bool paused;                /* does not read */
	struct channel_state channels[CHANNELS];
	int order[CHANNELS], count; /* of an event stream: its channels */
};

void random_client_act(struct random_client *client);
void random_client_read(struct random_client *client); /* everything that has arrived */
void random_client_disconnect(struct random_client *client);

/* Random choices, which follow from the seed, and counts of their results. */
extern struct random_run {
	uint64_t seed, state;
	int step;
	long long events, disconnects, recoveries;
} random_run;

int random_below(int many);

#define ALWAYS(holds, ...) ((holds) ? (void)0 : fail_run(#holds, __VA_ARGS__))

void fail_run(const char *what, const char *more);

#endif
