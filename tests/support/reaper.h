/* reaper.h: who sweeps behind a test, however that ends. */

#ifndef REAPER_H
#define REAPER_H

/* Hires a keeper: when the descriptor that it gives is closed, be it by the end of this
 * process, it sweeps, with what `arg` is now. */
int reaper_start(void (*sweep)(const void *arg), const void *arg);

#endif
