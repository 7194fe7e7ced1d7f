/* entity_tag.h: the entity tag of a response. */

#ifndef ENTITY_TAG_H
#define ENTITY_TAG_H

struct call;
struct str;

/* `revision` is the row's; .at is NULL for a list or another result without one. NULL: none. */
const char *entity_tag(struct call *call, struct str revision, struct str body);

#endif
