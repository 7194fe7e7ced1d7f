/* notifications.c: notifications for one user or for everyone. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const notification_types[] = { "INFO", "WARNING", "SUCCESS", "ERROR", "ALERT", NULL };
const char *const notification_priorities[] = { "LOW", "MEDIUM", "HIGH", "URGENT", NULL };

static const struct field fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Notification ID. Generated if omitted.",
	  .example = DEMO_ID("752") },
	{ "user_id", FIELD_UUID, NULLABLE, .description = "Recipient; null or omitted for everyone.",
	  .example = DEMO_ID("109") },
	{ "type", FIELD_CHOICE, .choices = notification_types, .choice_name = "NotificationType",
	  .description = "Type of notification. Defaults to INFO." },
	{ "priority", FIELD_CHOICE, .choices = notification_priorities, .choice_name = "Priority",
	  .description = "Priority. Defaults to MEDIUM.", .example = "MEDIUM" },
	{ "title", FIELD_LINE, REQUIRED, 1, 255, .description = "One-line title.",
	  .example = "Fuel dock key" },
	{ "message", FIELD_TEXT, REQUIRED, 1, 5000, .description = "Text of the notification.",
	  .example = "It is back in the office." },
	{ "action_label", FIELD_LINE, NULLABLE, 1, 100, .description = "Label of the action button.",
	  .example = "Show the log" },
	{ "action_url", FIELD_LINK, NULLABLE, 1, 2048,
	  .description = "Target of the action button: a URL, or a path of the front end.",
	  .example = "/logs/01900000-0000-7000-8000-000000000702" },
	{ "dismissible", FIELD_BOOLEAN,
	  .description = "Whether the notification can be dismissed. Defaults to true.",
	  .example = "true" },
	{ "expires_at", FIELD_TIME, NULLABLE,
	  .description = "When the notification leaves the list. Required, and at most 7 days "
	          "ahead, if it cannot be dismissed." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ 0 },
};

/* The recipient does not change. */
static const struct field correction_fields[] = {
	{ "type", FIELD_CHOICE, .choices = notification_types, .choice_name = "NotificationType",
	  .description = "Type of notification." },
	{ "priority", FIELD_CHOICE, .choices = notification_priorities, .choice_name = "Priority",
	  .description = "Priority.", .example = "MEDIUM" },
	{ "title", FIELD_LINE, 0, 1, 255, .description = "One-line title.",
	  .example = "Fuel dock key" },
	{ "message", FIELD_TEXT, 0, 1, 5000, .description = "Text of the notification.",
	  .example = "It is back in the office." },
	{ "action_label", FIELD_LINE, NULLABLE, 1, 100, .description = "Label of the action button.",
	  .example = "Show the log" },
	{ "action_url", FIELD_LINK, NULLABLE, 1, 2048,
	  .description = "Target of the action button: a URL, or a path of the front end.",
	  .example = "/logs/01900000-0000-7000-8000-000000000702" },
	{ "dismissible", FIELD_BOOLEAN,
	  .description = "Whether the notification can be dismissed.",
	  .example = "true" },
	{ "expires_at", FIELD_TIME, NULLABLE,
	  .description = "When the notification leaves the list." },
	{ 0 },
};

static const struct field detail_fields[] = {
	{ "dismissed_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time when you dismissed the notification." },
	{ 0 },
};

static const struct shape notification = {
	"Notification", fields, .description = "A notification for one user or for everyone.",
};
static const struct shape notification_detail = {
	"NotificationDetail", fields, detail_fields,
	.description = "A notification, and when you dismissed it.",
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_NOTIFICATIONS_LIST, "list_notifications",
	  .response = LIST_OF(notification), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TEXT, FIELD_TIME, FIELD_UUID }, .summary = "List your notifications",
	  .description = "Your own and global notifications that you have not dismissed and "
	                 "that have not expired, most urgent first, then newest." },
	{ POST, "", ADMIN, SQL_NOTIFICATIONS_CREATE, "create_notification", .body = fields,
	  .response = &notification_detail, .status = 201, .summary = "Create a notification",
	  .description = "Notifies one user, or everyone if `user_id` is omitted. Emits "
	                 "`notification.created`.",
	  .example = JSON({"user_id": "01900000-0000-7000-8000-000000000109", "type": "WARNING",
	                  "priority": "HIGH", "title": "Storm warning",
	                  "message": "Gusts up to 10 after midnight.",
	                  "action_label": "Show the forecast",
	                  "action_url": "https://weather.example.com/bay"}) },
	{ GET, "/{id}", GUARD, SQL_NOTIFICATIONS_READ, "get_notification",
	  .response = &notification_detail, .others_role = ADMIN, .summary = "Get a notification",
	  .description = "Also returns dismissed notifications.", .path_example = DEMO_ID("752") },
	{ PATCH, "/{id}", ADMIN, SQL_NOTIFICATIONS_UPDATE, "update_notification",
	  .body = correction_fields, .response = &notification_detail, .rules = CONDITIONAL,
	  .summary = "Correct a notification",
	  .description = "If it can no longer be dismissed, it is listed again for those who "
	                 "dismissed it. Emits `notification.updated`.",
	  .example = JSON({"title": "Storm warning, all day"}), .path_example = DEMO_ID("752") },
	{ DELETE, "/{id}", ADMIN, SQL_NOTIFICATIONS_WITHDRAW, "withdraw_notification", .status = 204,
	  .rules = CONDITIONAL, .summary = "Withdraw a notification",
	  .description = "Emits `notification.withdrawn`.", .path_example = DEMO_ID("752") },
	{ POST, "/{id}/dismiss", GUARD, SQL_NOTIFICATIONS_DISMISS, "dismiss_notification",
	  .response = &notification_detail, .rules = CONDITIONAL,
	  .summary = "Dismiss a notification",
	  .description = "Hides the notification for you only. Dismissing it again has no effect. "
	                 "Emits `notification.dismissed`.", .path_example = DEMO_ID("752") },
	{ PATCH, "/{id}/dismiss", GUARD, SQL_NOTIFICATIONS_DISMISS, "dismiss_notification_by_patch",
	  .response = &notification_detail, .rules = CONDITIONAL,
	  .removed_in = V2, .deprecated_at = 1793491200, .sunset_at = 1825027200,
	  .successor = "/notifications/{id}/dismiss", .summary = "Dismiss a notification (PATCH)",
	  .description = "Same as the `POST` operation, for older clients. Removed in v2.",
	  .path_example = DEMO_ID("752") },
	HISTORY("", ADMIN, SQL_NOTIFICATIONS_HISTORY, "list_notification_history", "a notification",
	        .path_example = DEMO_ID("752")),
	{ 0 },
};

const struct resource notifications = {
	.path = "/notifications",
	.name = "Notifications",
	.domain = TALK,
	.operations = operations,
	.description = "Notifications for one user or for everyone.",
};
