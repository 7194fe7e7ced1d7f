/* reaper.h: a process that cleans up after a test, also if the test crashes. */

#ifndef REAPER_H
#define REAPER_H

/* Starts a process that calls clean_up(arg) once the returned descriptor is closed, explicitly
 * or by the end of this process. It sees `arg` as it is now. */
int reaper_start(void (*clean_up)(const void *arg), const void *arg);

#endif
