/* emulation.h: receives commands that clients send in separate requests. */

#ifndef EMULATION_H
#define EMULATION_H

#include "http.h"

struct emulation;
struct live;

/* It cannot unregister its listener, so free() it only when the loop no longer runs. */
struct emulation *emulation_new(struct live *live);

/* A route's run(). */
void emulation_run(struct request *request);

#endif
