/* notifications.c: what people are told, each one or all. */

#include <stddef.h>

#include "shapes.h"

static const char *const types[] = { "INFO", "WARNING", "SUCCESS", "ERROR", "ALERT", NULL };
static const char *const priorities[] = { "LOW", "MEDIUM", "HIGH", "URGENT", NULL };

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the notification; yours to choose at creation." },
	{ "user_id", FIELD_UUID, NULLABLE, .says = "Whom it is for; null, or left out: everybody." },
	{ "type", FIELD_CHOICE, .choices = types, .choice_name = "NotificationType",
	  .says = "What kind of news it is; INFO unless said otherwise." },
	{ "priority", FIELD_CHOICE, .choices = priorities, .choice_name = "Priority",
	  .says = "How much it matters; MEDIUM unless said otherwise." },
	{ "title", FIELD_NAME, REQUIRED, 1, 255, .says = "The news, in a line." },
	{ "message", FIELD_TEXT, REQUIRED, 1, 5000, .says = "The news, told." },
	{ "action_label", FIELD_NAME, NULLABLE, 1, 100, .says = "What the button beside it says." },
	{ "action_url", FIELD_NAME, NULLABLE, 1, 2048,
	  .says = "Where the button leads: a URL, or a path of the front end." },
	{ "dismissible", FIELD_BOOLEAN, .says = "Whether it can be dismissed; true unless said otherwise." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was sent." },
	{ 0 },
};

static const struct field by_itself[] = {
	{ "dismissed_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When you dismissed it." },
	{ 0 },
};

/* A banner has no more room. */
static const struct field most[] = {
	{ "limit", FIELD_INTEGER, PLACE, 1, 10, .usual = "10", .says = "How many at the most." },
	{ 0 },
};

static const struct shape notification = { "Notification", fields, .says = "News for one person, or for all." };
static const struct shape notification_detail = { "NotificationDetail", fields, by_itself,
	                                          .says = "A notification, and whether you dismissed it." };

static const char *const create_refuses[] = { "VALIDATION_FAILED", "USER_NOT_FOUND", "ID_TAKEN", NULL };
static const char *const read_refuses[] = { "FORBIDDEN", "NOT_FOUND", NULL };
static const char *const dismiss_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "NOT_DISMISSIBLE", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_NOTIFICATIONS_LIST, "list_notifications", .query = most,
	  .answers = LIST_OF(notification),
	  .says = "Your notifications and everybody's, but those you dismissed: the most urgent first, then the newest." },
	{ POST, "", ADMIN, SQL_NOTIFICATIONS_CREATE, "create_notification", .body = fields,
	  .answers = &notification_detail, .status = 201, .refuses = create_refuses,
	  .says = "Tell something to one person, or to everybody." },
	{ GET, "/{id}", GUARD, SQL_NOTIFICATIONS_READ, "get_notification", .answers = &notification_detail,
	  .others = ADMIN, .refuses = read_refuses, .says = "One of them, a dismissed one too." },
	{ POST, "/{id}/dismiss", GUARD, SQL_NOTIFICATIONS_DISMISS, "dismiss_notification",
	  .answers = &notification_detail, .rules = CONDITIONAL, .refuses = dismiss_refuses,
	  .says = "See a notification no more. Others see it as before; to do it twice changes nothing." },
	{ PATCH, "/{id}/dismiss", GUARD, SQL_NOTIFICATIONS_DISMISS, "dismiss_notification_by_patch",
	  .answers = &notification_detail, .rules = CONDITIONAL, .refuses = dismiss_refuses,
	  .says = "The same, as older front ends say it." },
	{ 0 },
};

const struct resource notifications = {
	.path = "/notifications",
	.name = "Notifications",
	.domain = TALK,
	.operations = operations,
	.says = "What people are told.",
};
