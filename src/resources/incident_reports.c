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
	{ "notified_user_ids", FIELD_UUID, MULTIPLE, .max_items = 50,
	  .description = "Other users to notify, active GUARD and above.",
	  .example = DEMO_ID("102") },
	{ 0 },
};

static const struct field assign_fields[] = {
	{ "guard_assigned_id", FIELD_UUID, NULLABLE, .description = "Guard who must sign, if any.",
	  .example = DEMO_ID("109") },
	{ "supervisor_assigned_id", FIELD_UUID, .description = "Supervisor who must sign.",
	  .example = DEMO_ID("105") },
	{ 0 },
};

static const char *const signers[] = { "GUARD", "SUPERVISOR", NULL };

static const struct field signature_fields[] = {
	{ "signer_type", FIELD_CHOICE, READ_ONLY, .choices = signers, .choice_name = "SignerType",
	  .description = "Role in which the user signed." },
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "Signer." },
	{ "name", FIELD_LINE, READ_ONLY, .description = "Name of the signer when signing." },
	{ "signed_at", FIELD_TIME, READ_ONLY, .description = "Time of the signature." },
	{ "ip_address", FIELD_LINE, READ_ONLY | NULLABLE, .description = "IP address of the signer." },
	{ "edition", FIELD_INTEGER, READ_ONLY | NULLABLE, 1, 2147483647,
	  .description = "Edition that was signed; null if its text was not stored." },
	{ "digest", FIELD_LINE, READ_ONLY | NULLABLE, .description = "SHA-256 of what was signed." },
	{ "voided_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "When the signature was voided, if it was." },
	{ "voided_by", FIELD_UUID, READ_ONLY | NULLABLE, .description = "Who reopened the report." },
	{ "void_reason", FIELD_TEXT, READ_ONLY | NULLABLE, .description = "Why." },
	{ 0 },
};

static const struct shape signature = {
	"ReportSignature", signature_fields, .description = "A signature on an incident report.",
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
	{ "edition", FIELD_INTEGER, READ_ONLY, 1, 2147483647,
	  .description = "1, and 1 more each time the report was reopened." },
	{ "digest", FIELD_LINE, READ_ONLY,
	  .description = "SHA-256, in lower-case hexadecimal, of what was signed or, before the first "
	                 "signature, of what would be signed now." },
	{ "signatures", FIELD_SHAPE, READ_ONLY | MULTIPLE, .shape = &signature,
	  .description = "All signatures, voided ones too, oldest first." },
	{ "log", FIELD_SHAPE, READ_ONLY, .shape = &log_item,
	  .description = "Current state of the incident's log." },
	{ 0 },
};

static const struct field sign_fields[] = {
	{ "signer_type", FIELD_CHOICE, REQUIRED, .choices = signers, .choice_name = "SignerType",
	  .description = "Whether you sign as the guard or as the supervisor." },
	{ "digest", FIELD_LINE, REQUIRED, 64, 64,
	  .description = "`digest` of the report as you read it." },
	{ 0 },
};

static const struct shape incident_report = {
	"IncidentReport", fields, .description = "A report of an incident, with signatures.",
};

/* What is signed; api.render_incident_report() writes it. */
static const struct field signed_fields[] = {
	{ "format", FIELD_LINE, READ_ONLY, .description = "`binnacle-incident-report-1`." },
	{ "incident_number", FIELD_LINE, READ_ONLY, .description = "Report number." },
	{ "edition", FIELD_INTEGER, READ_ONLY, 1, 2147483647, .description = "Edition." },
	{ "generated_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "generated_by", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "Creator." },
	{ "guard", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_brief,
	  .description = "Guard who must sign, if any." },
	{ "supervisor", FIELD_SHAPE, READ_ONLY, .shape = &user_brief,
	  .description = "Supervisor who must sign." },
	{ "log", FIELD_OBJECT, READ_ONLY,
	  .description = "Evidence of the log, with the names of its location and author." },
	{ 0 },
};

static const struct shape signed_report = {
	"SignedIncidentReport", signed_fields, .description = "The content of a signed report.",
};

static const char *const representations[] = { "current", "signed", NULL };

static const struct field read_query[] = {
	{ "as", FIELD_CHOICE, .choices = representations, .choice_name = "ReportRepresentation",
	  .default_value = "current",
	  .description = "`signed`: exactly the bytes that were signed, whose SHA-256 is `digest`." },
	{ "edition", FIELD_INTEGER, 0, 1, 2147483647,
	  .description = "With `as=signed`: this edition instead of the current one." },
	{ "preview", FIELD_BOOLEAN, .default_value = "false",
	  .description = "With `as=signed`: before the first signature, what it would sign." },
	{ 0 },
};

static const struct field filters[] = {
	{ "awaiting_my_signature", FIELD_BOOLEAN,
	  .description = "Filter by whether the report awaits your signature." },
	{ 0 },
};

static const struct field reopen_fields[] = {
	{ "reason", FIELD_TEXT, REQUIRED, 1, 1000, .description = "Why the signatures are voided.",
	  .example = "The wrong berth was named." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "/incident-reports", GUARD, SQL_INCIDENT_REPORTS_LIST, "list_incident_reports",
	  .query = filters, .response = LIST_OF(incident_report), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List incident reports",
	  .description = "Newest first. Guards see those assigned to them." },
	{ POST, "/incident-reports", SUPERVISOR, SQL_INCIDENT_REPORTS_CREATE,
	  "create_incident_report", .body = create_fields, .response = &incident_report,
	  .status = 201, .summary = "Create an incident report",
	  .description = "The log must be of type INCIDENT. The people who must sign differ and are "
	                 "active. They and the "
	                 "users in `notified_user_ids` are notified. Emits "
	                 "`incident_report.created`, and `notification.created` for each of "
	                 "them.",
	  .example = JSON({"log_id": "01900000-0000-7000-8000-000000000925",
	                  "supervisor_assigned_id": "01900000-0000-7000-8000-000000000105",
	                  "guard_assigned_id": "01900000-0000-7000-8000-000000000118",
	                  "notified_user_ids": ["01900000-0000-7000-8000-000000000102"]}) },
	{ GET, "/incident-reports/{id}", GUARD, SQL_INCIDENT_REPORTS_READ, "get_incident_report",
	  .query = read_query, .response = &incident_report, .alt_when = "as", .alt_value = "signed",
	  .alt_sql = SQL_INCIDENT_REPORTS_SIGNED, .alt_role = GUARD, .alt_response = &signed_report,
	  .summary = "Get an incident report", .path_example = DEMO_ID("722") },
	{ PATCH, "/incident-reports/{id}", SUPERVISOR, SQL_INCIDENT_REPORTS_UPDATE,
	  "update_incident_report", .body = assign_fields, .response = &incident_report,
	  .rules = CONDITIONAL, .summary = "Reassign an incident report",
	  .description = "Only while nobody has signed. Newly assigned people are notified. Emits "
	                 "`incident_report.updated` and `notification.created`.",
	  .example = JSON({"guard_assigned_id": "01900000-0000-7000-8000-000000000118"}),
	  .path_example = DEMO_ID("723") },
	{ POST, "/incident-reports/{id}/sign", GUARD, SQL_INCIDENT_REPORTS_SIGN,
	  "sign_incident_report", .body = sign_fields, .response = &incident_report,
	  .rules = CONDITIONAL, .summary = "Sign an incident report",
	  .description = "Only the assigned guard and the assigned supervisor can sign, each once "
	                 "and in any order. Send the `digest` of the report as you read it; both "
	                 "sign the same bytes. The signature records name, time, and IP address. "
	                 "From the first signature on, the evidence in the log is frozen. "
	                 "Emits `incident_report.signed`.",
	  .example = JSON({"signer_type": "GUARD", "digest":
	                   "b4ba95133b784ae908cb031c0c584936dc8b06dacd92ad28cd0f79e0f89de532"}),
	  .path_example = DEMO_ID("723") },
	{ POST, "/incident-reports/{id}/reopen", SUPERVISOR, SQL_INCIDENT_REPORTS_REOPEN,
	  "reopen_incident_report", .body = reopen_fields, .response = &incident_report,
	  .rules = CONDITIONAL, .summary = "Reopen a signed incident report",
	  .description = "Voids the signatures, which stay in `signatures`, and notifies the signers. "
	                 "The log can be changed again. Emits `incident_report.reopened` and "
	                 "`notification.created`.",
	  .path_example = DEMO_ID("722") },
	{ GET, "/logs/{id}/incident-report", GUARD, SQL_INCIDENT_REPORTS_OF_LOG,
	  "get_log_incident_report", .query = read_query, .response = &incident_report,
	  .alt_when = "as", .alt_value = "signed", .alt_sql = SQL_INCIDENT_REPORTS_SIGNED_OF_LOG,
	  .alt_role = GUARD, .alt_response = &signed_report,
	  .summary = "Get the incident report of a log", .path_example = DEMO_ID("706") },
	HISTORY("/incident-reports", GUARD, SQL_INCIDENT_REPORTS_HISTORY, "list_incident_report_history",
	        "an incident report", .path_example = DEMO_ID("722")),
	{ 0 },
};

const struct resource incident_reports = {
	.path = "",
	.name = "Incident reports",
	.domain = LOGBOOK,
	.operations = operations,
	.description = "Signed reports of incidents.",
};
