/* context.c: describes who changes something, for the trail: user|API key|origin|request id, which
 * audit.append() takes apart. None contains a bar (see id_enter() in http/middleware.c). */

#include "access.h"
#include "uuid.h"

const char *access_context(struct arena *arena, const char *user_id, const char *key_id,
                           const char *request_id)
{
	return arena_print(arena, "%s|%s|server/%s|%s", user_id ?: "", key_id ?: "", uuid_process(),
	                   request_id ?: "");
}
