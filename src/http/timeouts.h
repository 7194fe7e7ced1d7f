/* timeouts.h: enforces all timeouts of connections. */

#ifndef HTTP_TIMEOUTS_H
#define HTTP_TIMEOUTS_H

struct http;

void timeouts_start(struct http *http);
void timeouts_stop(struct http *http);
void timeouts_run_soon(struct http *http);

#endif
