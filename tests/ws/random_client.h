/* random_client.h: a client that takes random actions; what it receives is checked against what was
 * published. */

#ifndef LISTENER_H
#define LISTENER_H

#include "ws_fixture.h"

enum { CHANNELS = 4 };

extern const char *const channel_names[CHANNELS];

/* A client's state on one channel. */
struct thread {
	bool asked, hears;
	long long last;	 /* last offset received; -1: none */
	long long since; /* offset sent with the subscribe; -1: from now on */
};

struct listener {
	struct guest *guest; /* NULL: disconnected */
	bool paused;	     /* does not read */
	struct thread threads[CHANNELS];
	int order[CHANNELS], count; /* of an event stream: its channels */
};

void listener_act(struct listener *listener);
void listener_read(struct listener *listener); /* everything that has arrived */
void listener_leave(struct listener *listener);

/* Random choices, which follow from the seed, and counts of their results. */
extern struct chance {
	uint64_t seed, state;
	int step;
	long long heard, ended, recovered;
} chance;

int below(int many);

#define ALWAYS(holds, ...) \
	((holds) ? (void)0 : give_up(#holds, __VA_ARGS__))

void give_up(const char *what, const char *more);

#endif
