/* reply.h: the statuses of replies. */

#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

enum { STATUS_SLOTS = 48 };

/* A small index, below STATUS_SLOTS, for each supported status. */
int reply_status_index(int status);

#endif
