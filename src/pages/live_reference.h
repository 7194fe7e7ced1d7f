/* live_reference.h: sections of the page about live events that are tables: how to connect, the
 * messages of /ws, errors and closes. */

#ifndef PAGES_LIVE_REFERENCE_H
#define PAGES_LIVE_REFERENCE_H

#include "str.h"

void live_reference_transports(struct buf *out);
void live_reference_messages(struct buf *out);
void live_reference_codes(struct buf *out);

#endif
