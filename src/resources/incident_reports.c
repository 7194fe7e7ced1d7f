/* incident_reports.c: signed reports of incidents. */

#include <stddef.h>

#include "shapes.h"

#define SIGNATURE(who)                                                                             \
	{ who "_signed_by", FIELD_UUID, GIVEN | NULLABLE,                                          \
	  .says = "User who signed as the " who "." },                                             \
	{ who "_signed_name", FIELD_NAME, GIVEN | NULLABLE,                                        \
	  .says = "Name of that user at the time of signing." },                                   \
	{ who "_signed_at", FIELD_TIME, GIVEN | NULLABLE,                                          \
	  .says = "Time of the " who "'s signature." },                                            \
	{ who "_signed_ip_address", FIELD_NAME, GIVEN | NULLABLE,                                  \
	  .says = "IP address from which the " who " signed." }

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Report ID. Generated if omitted." },
	{ "log_id", FIELD_UUID, REQUIRED,
	  .says = "ID of the incident's log. An incident has at most one report." },
	{ "supervisor_assigned_id", FIELD_UUID, REQUIRED, .says = "Supervisor who must sign." },
	{ "guard_assigned_id", FIELD_UUID, NULLABLE, .says = "Guard who must sign, if any." },
	{ "notified_user_ids", FIELD_UUID, MANY, .most = 50, .says = "Other users to notify." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Report ID." },
	{ "incident_number", FIELD_NAME, GIVEN,
	  .says = "Report number, such as INC-2026-5F0A11C3." },
	{ "log_id", FIELD_UUID, GIVEN, .says = "ID of the incident's log." },
	{ "generated_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "generated_by", FIELD_SHAPE, GIVEN, .shape = &user_brief,
	  .says = "User who created the report." },
	{ "guard_assigned_id", FIELD_UUID, GIVEN | NULLABLE,
	  .says = "ID of the guard who must sign, if any." },
	{ "guard", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &user_brief,
	  .says = "Guard who must sign, if any." },
	SIGNATURE("guard"),
	{ "supervisor_assigned_id", FIELD_UUID, GIVEN,
	  .says = "ID of the supervisor who must sign." },
	{ "supervisor", FIELD_SHAPE, GIVEN, .shape = &user_brief,
	  .says = "Supervisor who must sign." },
	SIGNATURE("supervisor"),
	{ "is_complete", FIELD_BOOLEAN, GIVEN,
	  .says = "Whether all required signatures are present." },
	{ "notified_users", FIELD_UUID, GIVEN | MANY,
	  .says = "IDs of the other users who were notified." },
	{ "log", FIELD_SHAPE, GIVEN, .shape = &log_item,
	  .says = "Current state of the incident's log." },
	{ 0 },
};

static const char *const signers[] = { "guard", "supervisor", NULL };

static const struct field sign_fields[] = {
	{ "signer_type", FIELD_CHOICE, REQUIRED, .choices = signers, .choice_name = "SignerType",
	  .says = "Whether you sign as the guard or as the supervisor." },
	{ 0 },
};

static const struct shape incident_report = {
	"IncidentReport", fields, .says = "A report of an incident, with signatures.",
};

static const char *const create_refuses[] = {
	"NOT_FOUND", "USER_NOT_FOUND", "NOT_AN_INCIDENT", "REPORT_EXISTS", "VALIDATION_FAILED",
	"ID_TAKEN", NULL,
};
static const char *const sign_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "ALREADY_SIGNED", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "/incident-reports", SUPERVISOR, SQL_INCIDENT_REPORTS_LIST, "list_incident_reports",
	  .answers = LIST_OF(incident_report), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List incident reports",
	  .description = "Newest first." },
	{ POST, "/incident-reports", SUPERVISOR, SQL_INCIDENT_REPORTS_CREATE,
	  "create_incident_report", .body = create_fields, .answers = &incident_report,
	  .status = 201, .refuses = create_refuses, .summary = "Create an incident report",
	  .description = "The log must be of type INCIDENT. The people who must sign and the "
	                 "users in `notified_user_ids` are notified. Emits "
	                 "`incident_report.created`, and `notification.created` for each of "
	                 "them." },
	{ GET, "/incident-reports/{id}", GUARD, SQL_INCIDENT_REPORTS_READ, "get_incident_report",
	  .answers = &incident_report, .summary = "Get an incident report" },
	{ POST, "/incident-reports/{id}/sign", GUARD, SQL_INCIDENT_REPORTS_SIGN,
	  "sign_incident_report", .body = sign_fields, .answers = &incident_report,
	  .rules = CONDITIONAL, .refuses = sign_refuses, .summary = "Sign an incident report",
	  .description = "Only the assigned guard and the assigned supervisor can sign, each once "
	                 "and in any order. The signature records name, time, and IP address. "
	                 "Emits `incident_report.signed`." },
	{ GET, "/logs/{id}/incident-report", GUARD, SQL_INCIDENT_REPORTS_OF_LOG,
	  "get_log_incident_report", .answers = &incident_report,
	  .summary = "Get the incident report of a log" },
	{ 0 },
};

const struct resource incident_reports = {
	.path = "",
	.name = "Incident reports",
	.domain = LOGBOOK,
	.operations = operations,
	.says = "Signed reports of incidents.",
};
