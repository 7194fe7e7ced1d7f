/* incidents.c: the list and the review of incidents, which are logs of type INCIDENT (logs.c). */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const char *const status_filters[] = {
	"ALL", "UNREVIEWED", "LIVE", "UPDATED", "ARCHIVED", NULL,
};
static const char *const review_statuses[] = { "LIVE", "UPDATED", "ARCHIVED", NULL };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, .choices = status_filters, .choice_name = "IncidentFilter",
	  .default_value = "ALL",
	  .description = "Filter by status. `UNREVIEWED` returns incidents of severity MEDIUM and above "
	          "that are not archived, most severe first." },
	{ 0 },
};

static const struct field review_fields[] = {
	{ "review_notes", FIELD_TEXT, REQUIRED, 1, 10000, .description = "Notes of the reviewer.",
	  .example = "Well done; the fence gets a lock." },
	{ "status", FIELD_CHOICE, .choices = review_statuses, .choice_name = "ReviewStatus",
	  .description = "New status of the log. Defaults to UPDATED." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", SUPERVISOR, SQL_INCIDENTS_LIST, "list_incidents", .query = filters,
	  .response = LIST_OF(log_detail), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TEXT, FIELD_TIME, FIELD_UUID }, .summary = "List incidents",
	  .description = "Newest first, including archived incidents. With `status=UNREVIEWED`, "
	                 "most severe first.", .query_example = "status=UNREVIEWED" },
	{ POST, "/{id}/review", SUPERVISOR, SQL_INCIDENTS_REVIEW, "review_incident",
	  .body = review_fields, .response = &log_detail, .rules = CONDITIONAL,
	  .summary = "Review an incident",
	  .description = "Takes the ID of the incident's log. An incident can be reviewed once. "
	                 "Archived incidents cannot be reviewed. Emits `incident.reviewed`.",
	  .example = JSON({"review_notes": "Well done. The fence gets a lock.",
	                  "status": "UPDATED"}),
	  .path_example = DEMO_ID("955") },
	{ 0 },
};

const struct resource incidents = {
	.path = "/incidents",
	.name = "Incidents",
	.domain = LOGBOOK,
	.operations = operations,
	.description = "Logs of type INCIDENT and their reviews.",
};
