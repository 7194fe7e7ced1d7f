/* keeper.h: who sweeps behind a test, however that ends. */

#ifndef KEEPER_H
#define KEEPER_H

/* Hires a keeper: when the descriptor that it gives is closed, be it by the end of this
 * process, it sweeps, with what `arg` is now. */
int keeper_hire(void (*sweep)(const void *arg), const void *arg);

#endif
