/* prefer.h: the preferences of a client. */

#ifndef PREFER_H
#define PREFER_H

struct call;

/* Sets the preferences that the operation honours. */
void prefer_read(struct call *call);

#endif
