/* listener.h: one who listens in any weather. What he hears is held against what was told; what he
 * does is chosen by chance. */

#ifndef LISTENER_H
#define LISTENER_H

#include "hall.h"

enum { CHANNELS = 4 };

extern const char *const channel_names[CHANNELS];

/* What one listener knows of one channel. */
struct thread {
	bool asked, hears;
	long long last;	 /* the last one he has heard; -1: none ever */
	long long since; /* asked from there on; -1: from now on */
};

struct listener {
	struct guest *guest; /* NULL: he has left */
	bool paused;	     /* does not read */
	struct thread threads[CHANNELS];
	int order[CHANNELS], count; /* of an event stream: the channels that it names */
};

void listener_act(struct listener *listener);
void listener_read(struct listener *listener); /* all that has come */
void listener_leave(struct listener *listener);

/* Whatever is chosen comes from the seed; and what came of it. */
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
