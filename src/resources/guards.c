/* guards.c: who is on duty now, for those who watch over it. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "user_id", FIELD_UUID, GIVEN, .says = "Who." },
	{ "user_name", FIELD_NAME, GIVEN, .says = "First and last name." },
	{ "user_email", FIELD_EMAIL, GIVEN | NULLABLE, .says = "E-mail address." },
	{ "role", FIELD_CHOICE, GIVEN, .choices = user_roles, .choice_name = "Role", .says = "What he may do." },
	{ "duty_session_id", FIELD_UUID, GIVEN, .says = "His session of duty." },
	{ "location_id", FIELD_UUID, GIVEN | NULLABLE, .says = "His post; null: wherever he is needed." },
	{ "location_name", FIELD_NAME, GIVEN | NULLABLE, .says = "Its name." },
	{ "clock_in_time", FIELD_TIME, GIVEN, .says = "Since when." },
	{ "hours_on_duty", FIELD_DECIMAL, GIVEN, 0, 1000000, .says = "How many hours that are." },
	{ 0 },
};

static const struct field filters[] = {
	{ "role", FIELD_CHOICE, MANY, .choices = user_roles, .choice_name = "Role", .says = "Only of these roles." },
	{ 0 },
};

static const struct field ended[] = {
	{ "checkin_mileage", FIELD_INTEGER, NULLABLE, 1, 9999999,
	  .says = "With it, what he has out is brought back; without it, it stays out in his name." },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .says = "Why; without it, that you ended it is noted." },
	{ 0 },
};

static const struct shape on_duty = { "OnDuty", fields, .says = "Somebody who is on duty." };

static const char *const end_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "ALREADY_CLOCKED_OUT", "MILEAGE_DECREASED", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "/on-duty", SUPERVISOR, SQL_GUARDS_ON_DUTY, "list_guards_on_duty", .query = filters,
	  .answers = LIST_OF(on_duty), .rules = PAGED, .says = "Everybody who is on duty, newest first." },
	{ POST, "/on-duty/{id}/end", SUPERVISOR, SQL_GUARDS_END_DUTY, "end_guard_duty", .body = ended,
	  .answers = &session_detail, .rules = CONDITIONAL | BODY_MAY_LACK, .refuses = end_refuses,
	  .says = "End the duty of somebody who stands no higher than you, by the id of its session." },
	{ 0 },
};

const struct resource guards = {
	.path = "/guards",
	.name = "Guards",
	.domain = DUTY,
	.operations = operations,
	.says = "Who is on duty now.",
};
