/* ask.h: one question to a server, and its answer waited for. */

#ifndef ASK_H
#define ASK_H

#include "fetch.h"

struct answer {
	int status;	  /* 0: there was none, and `body` says why */
	struct buf body;  /* the asker's to finish */
};

void ask(const struct fetch_ask *question, struct answer *answer);

#endif
