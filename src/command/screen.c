/* screen.c: what there is to see, and lines to try; all of it works as printed. */

#include <stdio.h>

#include "screen.h"
#include "str.h"

#define PLACE "01900000-0000-7000-8000-000000000001" /* of the demo data */

void screen_print(const struct screen *screen)
{
	char port[24] = "";
	struct buf out = { 0 };

	if (screen->port != 8080)
		snprintf(port, sizeof(port), " --port %lld", screen->port);

	buf_print(&out, "\nbinnacle %s  (development: private database, tokens for anybody on this machine)\n\n",
	          BINNACLE_VERSION);
	buf_print(&out, "  API         %s/api/v1\n", screen->origin);
	buf_print(&out, "  Contract    %s/openapi.json   /asyncapi.json\n", screen->origin);
	buf_print(&out, "  Realtime    ws%s/connection/websocket   /ws   /api/v1/events\n", screen->origin + strlen("http"));
	buf_print(&out, "  Health      %s/health   /ready   /metrics\n", screen->origin);
	buf_print(&out, "  Refusals    %s/problems/validation-failed   a page for each code\n", screen->origin);
	buf_print(&out, "  Issuer      %s   tokens for guard, supervisor, admin, super_admin\n", screen->issuer);
	buf_print(&out, "  Database    %s\n\n", screen->database);
	buf_print(&out, "  Who am I?\n"
	                "    curl -H \"Authorization: Bearer $(%s token guard%s)\" %s/api/v1/users/me\n\n",
	          screen->program, port, screen->origin);
	buf_print(&out, "  Write into the logbook:\n"
	                "    curl -H \"Authorization: Bearer $(%s token supervisor%s)\" %s/api/v1/logs \\\n"
	                "      --json '{\"type\":\"PATROL\",\"title\":\"All quiet\",\"description\":\"Walked the docks.\","
	                "\"location_id\":\"" PLACE "\"}'\n\n",
	          screen->program, port, screen->origin);
	buf_print(&out, "  Hear what is written there, in another window:\n"
	                "    curl -N -H \"Authorization: Bearer $(%s token guard%s)\" \\\n"
	                "      '%s/api/v1/events?channels=location:" PLACE "'\n\n",
	          screen->program, port, screen->origin);
	buf_print(&out, "Ready in %.1f s.  Ctrl-C stops, and keeps the data in %s\n",
	          (double)screen->took_us / 1e6, screen->data);
	fwrite(out.at, 1, out.length, stderr);
	buf_finish(&out);
}
