/* incidents.c: the logs that somebody above has to look at. They are written as logs are:
 * logs.c. */

#include <stddef.h>

#include "shapes.h"

static const char *const wanted[] = { "all", "unreviewed", "live", "updated", "archived", NULL };
static const char *const becomes[] = { "LIVE", "UPDATED", "ARCHIVED", NULL };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, .choices = wanted, .choice_name = "IncidentsWanted", .usual = "all",
	  .says = "Only those that stand so; unreviewed: of severity MEDIUM and above, the worst first." },
	{ 0 },
};

static const struct field review[] = {
	{ "review_notes", FIELD_TEXT, REQUIRED, 1, 10000, .says = "What is to be said of it." },
	{ "status", FIELD_CHOICE, .choices = becomes, .choice_name = "ReviewedStatus",
	  .says = "How it stands from now on; UPDATED unless said." },
	{ 0 },
};

static const char *const review_refuses[] = {
	"NOT_FOUND", "NOT_AN_INCIDENT", "ALREADY_REVIEWED", "LOG_ARCHIVED", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", SUPERVISOR, SQL_INCIDENTS_LIST, "list_incidents", .query = filters, .answers = LIST_OF(log_detail),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TEXT, FIELD_TIME, FIELD_UUID },
	  .says = "Incidents, newest first, archived ones too." },
	{ POST, "/{id}/review", SUPERVISOR, SQL_INCIDENTS_REVIEW, "review_incident", .body = review,
	  .answers = &log_detail, .rules = CONDITIONAL, .refuses = review_refuses,
	  .says = "Review an incident, by the id of its log; once, for good." },
	{ 0 },
};

const struct resource incidents = {
	.path = "/incidents",
	.name = "Incidents",
	.domain = LOGBOOK,
	.operations = operations,
	.says = "What went wrong, and who has looked at it.",
};
