/* record.h: writes requests and answers to a file, for replay.mjs, which checks them. */

#ifndef RECORD_H
#define RECORD_H

#include "str.h"

/* Appends both to the file that RECORD_EXCHANGES names; does nothing if it is not set. */
void record_exchange(struct str request, struct str answer);

#endif
