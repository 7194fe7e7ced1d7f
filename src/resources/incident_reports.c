/* incident_reports.c: signed reports of incidents. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
#define SIGNATURE(signer)                                                                          \
	{ signer "_signed_by", FIELD_UUID, READ_ONLY | NULLABLE,                                   \
	  .description = "User who signed as the " signer "." },                                   \
	{ signer "_signed_name", FIELD_LINE, READ_ONLY | NULLABLE,                                 \
	  .description = "Name of that user at the time of signing." },                            \
	{ signer "_signed_at", FIELD_TIME, READ_ONLY | NULLABLE,                                   \
	  .description = "Time of the " signer "'s signature." },                                  \
	{ signer "_signed_ip_address", FIELD_LINE, READ_ONLY | NULLABLE,                           \
	  .description = "IP address from which the " signer " signed." }

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Report ID. Generated if omitted." },
	{ "log_id", FIELD_UUID, REQUIRED,
	  .description = "ID of the incident's log. An incident has at most one report.",
	  .example = DEMO_ID("706") },
	{ "supervisor_assigned_id", FIELD_UUID, REQUIRED, .description = "Supervisor who must sign.",
	  .example = DEMO_ID("105") },
	{ "guard_assigned_id", FIELD_UUID, NULLABLE, .description = "Guard who must sign, if any.",
	  .example = DEMO_ID("109") },
	{ "notified_user_ids", FIELD_UUID, MULTIPLE, .max_items = 50, .description = "Other users to notify.",
	  .example = DEMO_ID("102") },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Report ID.", .example = DEMO_ID("722") },
	{ "incident_number", FIELD_LINE, READ_ONLY,
	  .description = "Report number, such as INC-2026-5F0A11C3.",
	  .example = "INC-2026-5F0A11C3" },
	{ "log_id", FIELD_UUID, READ_ONLY, .description = "ID of the incident's log.",
	  .example = DEMO_ID("706") },
	{ "generated_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "generated_by", FIELD_SHAPE, READ_ONLY, .shape = &user_brief,
	  .description = "User who created the report.", .example = DEMO_SUPERVISOR },
	{ "guard_assigned_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the guard who must sign, if any.", .example = DEMO_ID("109") },
	{ "guard", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_brief,
	  .description = "Guard who must sign, if any." },
	SIGNATURE("guard"),
	{ "supervisor_assigned_id", FIELD_UUID, READ_ONLY,
	  .description = "ID of the supervisor who must sign.", .example = DEMO_ID("105") },
	{ "supervisor", FIELD_SHAPE, READ_ONLY, .shape = &user_brief,
	  .description = "Supervisor who must sign.", .example = DEMO_SUPERVISOR },
	SIGNATURE("supervisor"),
	{ "is_complete", FIELD_BOOLEAN, READ_ONLY,
	  .description = "Whether all required signatures are present." },
	{ "notified_users", FIELD_UUID, READ_ONLY | MULTIPLE,
	  .description = "IDs of the other users who were notified.", .example = DEMO_ID("102") },
	{ "log", FIELD_SHAPE, READ_ONLY, .shape = &log_item,
	  .description = "Current state of the incident's log." },
	{ 0 },
};

static const char *const signers[] = { "GUARD", "SUPERVISOR", NULL };

static const struct field sign_fields[] = {
	{ "signer_type", FIELD_CHOICE, REQUIRED, .choices = signers, .choice_name = "SignerType",
	  .description = "Whether you sign as the guard or as the supervisor." },
	{ 0 },
};

static const struct shape incident_report = {
	"IncidentReport", fields, .description = "A report of an incident, with signatures.",
};

static const struct operation operations[] = {
	{ GET, "/incident-reports", SUPERVISOR, SQL_INCIDENT_REPORTS_LIST, "list_incident_reports",
	  .response = LIST_OF(incident_report), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List incident reports",
	  .description = "Newest first." },
	{ POST, "/incident-reports", SUPERVISOR, SQL_INCIDENT_REPORTS_CREATE,
	  "create_incident_report", .body = create_fields, .response = &incident_report,
	  .status = 201, .summary = "Create an incident report",
	  .description = "The log must be of type INCIDENT. The people who must sign and the "
	                 "users in `notified_user_ids` are notified. Emits "
	                 "`incident_report.created`, and `notification.created` for each of "
	                 "them.",
	  .example = JSON({"log_id": "01900000-0000-7000-8000-000000000925",
	                  "supervisor_assigned_id": "01900000-0000-7000-8000-000000000105",
	                  "guard_assigned_id": "01900000-0000-7000-8000-000000000118",
	                  "notified_user_ids": ["01900000-0000-7000-8000-000000000102"]}) },
	{ GET, "/incident-reports/{id}", GUARD, SQL_INCIDENT_REPORTS_READ, "get_incident_report",
	  .response = &incident_report, .summary = "Get an incident report",
	  .path_example = DEMO_ID("722") },
	{ POST, "/incident-reports/{id}/sign", GUARD, SQL_INCIDENT_REPORTS_SIGN,
	  "sign_incident_report", .body = sign_fields, .response = &incident_report,
	  .rules = CONDITIONAL, .summary = "Sign an incident report",
	  .description = "Only the assigned guard and the assigned supervisor can sign, each once "
	                 "and in any order. The signature records name, time, and IP address. "
	                 "Emits `incident_report.signed`.",
	  .example = JSON({"signer_type": "GUARD"}),
	  .path_example = DEMO_ID("722") },
	{ GET, "/logs/{id}/incident-report", GUARD, SQL_INCIDENT_REPORTS_OF_LOG,
	  "get_log_incident_report", .response = &incident_report,
	  .summary = "Get the incident report of a log", .path_example = DEMO_ID("706") },
	{ 0 },
};

const struct resource incident_reports = {
	.path = "",
	.name = "Incident reports",
	.domain = LOGBOOK,
	.operations = operations,
	.description = "Signed reports of incidents.",
};
