/* incident_reports.c: incidents, signed. */

#include <stddef.h>

#include "shapes.h"

#define SIGNATURE(who)                                                                                      \
	{ who "_signed_by", FIELD_UUID, GIVEN | NULLABLE, .says = "Who signed as the " who "." },           \
	{ who "_signed_name", FIELD_NAME, GIVEN | NULLABLE, .says = "His name, as it was then." },          \
	{ who "_signed_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When." },                                \
	{ who "_signed_ip_address", FIELD_NAME, GIVEN | NULLABLE, .says = "From which address." }

static const struct field written[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the report; yours to choose at creation." },
	{ "log_id", FIELD_UUID, REQUIRED, .says = "The incident; it has one report at the most." },
	{ "supervisor_assigned_id", FIELD_UUID, REQUIRED, .says = "The supervisor who is to sign." },
	{ "guard_assigned_id", FIELD_UUID, NULLABLE, .says = "The guard who is to sign, if one is." },
	{ "notified_user_ids", FIELD_UUID, MANY, .most = 50, .says = "Who else is to be notified." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the report." },
	{ "incident_number", FIELD_NAME, GIVEN, .says = "Its number, like INC-2026-5F0A11C3." },
	{ "log_id", FIELD_UUID, GIVEN, .says = "The incident." },
	{ "generated_at", FIELD_TIME, GIVEN, .says = "When the report was made." },
	{ "generated_by", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "By whom." },
	{ "guard_assigned_id", FIELD_UUID, GIVEN | NULLABLE, .says = "The guard who is to sign, if one is." },
	{ "guard", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &user_brief, .says = "The same, by name." },
	SIGNATURE("guard"),
	{ "supervisor_assigned_id", FIELD_UUID, GIVEN, .says = "The supervisor who is to sign." },
	{ "supervisor", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "The same, by name." },
	SIGNATURE("supervisor"),
	{ "is_complete", FIELD_BOOLEAN, GIVEN, .says = "Whether all have signed who are to." },
	{ "notified_users", FIELD_UUID, GIVEN | MANY, .says = "Who else was notified." },
	{ "log", FIELD_SHAPE, GIVEN, .shape = &log_item, .says = "The incident, as it stands now." },
	{ 0 },
};

static const char *const signers[] = { "guard", "supervisor", NULL };

static const struct field signing[] = {
	{ "signer_type", FIELD_CHOICE, REQUIRED, .choices = signers, .choice_name = "SignerType",
	  .says = "As what you sign." },
	{ 0 },
};

static const struct shape incident_report = { "IncidentReport", fields, .says = "An incident, signed." };

static const char *const create_refuses[] = {
	"NOT_FOUND", "USER_NOT_FOUND", "NOT_AN_INCIDENT", "REPORT_EXISTS", "VALIDATION_FAILED", "ID_TAKEN", NULL,
};
static const char *const sign_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "ALREADY_SIGNED", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "/incident-reports", SUPERVISOR, SQL_INCIDENT_REPORTS_LIST, "list_incident_reports",
	  .answers = LIST_OF(incident_report), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "Reports of incidents, newest first." },
	{ POST, "/incident-reports", SUPERVISOR, SQL_INCIDENT_REPORTS_CREATE, "create_incident_report",
	  .body = written, .answers = &incident_report, .status = 201, .refuses = create_refuses,
	  .says = "Make a report of an incident, to be signed; who is named in it is notified." },
	{ GET, "/incident-reports/{id}", GUARD, SQL_INCIDENT_REPORTS_READ, "get_incident_report",
	  .answers = &incident_report, .says = "One report." },
	{ POST, "/incident-reports/{id}/sign", GUARD, SQL_INCIDENT_REPORTS_SIGN, "sign_incident_report",
	  .body = signing, .answers = &incident_report, .rules = CONDITIONAL, .refuses = sign_refuses,
	  .says = "Sign a report in which you are named; your name, the time and your address are kept." },
	{ GET, "/logs/{id}/incident-report", GUARD, SQL_INCIDENT_REPORTS_OF_LOG, "get_log_incident_report",
	  .answers = &incident_report, .says = "The report of an incident." },
	{ 0 },
};

const struct resource incident_reports = {
	.path = "",
	.name = "Incident reports",
	.domain = LOGBOOK,
	.operations = operations,
	.says = "Incidents, reported and signed.",
};
