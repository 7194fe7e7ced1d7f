/* emulation.h: commands of clients that send them in separate requests. */

#ifndef EMULATION_H
#define EMULATION_H

#include "http.h"

struct emulation;
struct live;

/* Its listener stays registered until db_free(); free() it after that. */
struct emulation *emulation_new(struct live *live);

/* A route's run(). */
void emulation_run(struct request *request);

#endif
