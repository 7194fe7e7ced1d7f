/* entity_tag.h: the entity tag of a response. */

#ifndef ENTITY_TAG_H
#define ENTITY_TAG_H

struct call;
struct str;

/* Returns NULL if the response has no tag. `revision` is the row's; .at is NULL for lists and other
 * results without one. */
const char *entity_tag(struct call *call, struct str revision, struct str body);

#endif
