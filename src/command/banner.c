/* banner.c: prints the banner of `binnacle dev`. Its commands work as printed. */

#include <stdio.h>

#include "banner.h"
#include "str.h"

#define DEMO_LOCATION "01900000-0000-7000-8000-000000000001" /* of the demo data */

void banner_print(const struct banner *banner)
{
	char port[24] = "";
	struct buf out = { 0 };

	if (banner->port != 8080)
		snprintf(port, sizeof(port), " --port %lld", banner->port);

	/* clang-format off */
	buf_print(&out, "\nbinnacle %s (development; anyone on this machine can get tokens)\n\n",
	          BINNACLE_VERSION);
	buf_print(&out, "  Docs        %s%s/problems\n", banner->origin,
	          banner->docs ? "/docs   /redoc   /asyncapi   " : "");
	buf_print(&out, "  API         %s/api/v1\n", banner->origin);
	buf_print(&out, "  API spec    %s/openapi.json   /asyncapi.json\n", banner->origin);
	buf_print(&out, "  Realtime    ws%s/connection/websocket   /ws   /api/v1/events\n",
	          banner->origin + strlen("http"));
	buf_print(&out, "  Health      %s/health   /ready   /metrics\n", banner->origin);
	buf_print(&out, "  Tokens      %s   for visitor, guard, supervisor, admin, super_admin\n",
	          banner->issuer);
	buf_print(&out, "  Database    %s\n\n", banner->database);
	buf_print(&out, "  Show the current user:\n"
	                "    curl -H \"Authorization: Bearer $(%s token guard%s)\" "
	                "%s/api/v1/users/me\n\n",
	          banner->program, port, banner->origin);
	buf_print(&out, "  Create a log:\n"
	                "    curl -H \"Authorization: Bearer $(%s token supervisor%s)\" "
	                "%s/api/v1/logs \\\n"
	                "      --json '{\"type\":\"PATROL\",\"title\":\"All quiet\","
	                "\"description\":\"Walked the docks.\",\"location_id\":\"" DEMO_LOCATION "\"}'\n\n",
	          banner->program, port, banner->origin);
	buf_print(&out, "  Stream the events of its location, in another terminal:\n"
	                "    curl -N -H \"Authorization: Bearer $(%s token guard%s)\" \\\n"
	                "      '%s/api/v1/events?channels=location:" DEMO_LOCATION "'\n\n",
	          banner->program, port, banner->origin);
	/* clang-format on */
	buf_print(&out, "Ready in %.1f s. Press Ctrl-C to stop; the data stays in %s\n",
	          (double)banner->took_us / 1e6, banner->data);
	fwrite(out.at, 1, out.length, stderr);
	buf_finish(&out);
}
