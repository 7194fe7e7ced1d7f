/* shapes.h: shapes, fields and choices that several resources share (private). */

#ifndef SHAPES_H
#define SHAPES_H

#include "schema.h"

/* Rows of the demo data (sql/demo/), for examples. */
#define DEMO_ID(end) "01900000-0000-7000-8000-000000000" end

/* JSON in C: JSON({"order": 1}) is "{\"order\": 1}". */
#define JSON(...) #__VA_ARGS__

/* clang-format off */
#define DEMO_SUPERVISOR                                                                            \
	JSON({"id": "01900000-0000-7000-8000-000000000105", "first_name": "Marek", "last_name": "Dunn"})

extern const struct shape audit_entry;	  /* audit.c */
extern const struct shape location_brief; /* locations.c */
extern const struct shape location_basics;
extern const struct shape user_brief;	  /* users.c */
extern const struct shape user_contact;
extern const struct shape user_summary;
extern const char *const user_roles[];
extern const char *const end_reasons[];
extern const struct field moderation_fields[]; /* comments.c */
extern const struct shape log_item;	  /* logs.c */
extern const struct shape log_detail;
extern const struct shape session_detail; /* duty_sessions.c */
extern const struct shape check_in;	  /* location_check_ins.c */
extern const char *const log_types[];
extern const char *const log_statuses[];
extern const char *const log_severities[];
extern const struct shape shift_brief;	  /* shifts.c */
extern const struct shape assignment;
extern const struct shape assignment_input;
extern const struct shape pattern_brief;  /* recurring_shifts.c */
extern const struct field note_comment_fields[];	/* notes.c */
extern const struct shape note_comment;
extern const struct shape user_profile;	  /* profile.c */
extern const struct shape vehicle_brief;  /* vehicles.c */
extern const struct shape radio_brief;	  /* radios.c */
extern const char *const fleet_statuses[];	/* fleet.c */
extern const char *const equipment_types[];
extern const char *const message_types[];	/* messages.c */
extern const char *const notification_types[];	/* notifications.c */
extern const char *const notification_priorities[];
extern const char *const timesheet_statuses[];	/* timesheets.c */
extern const char *const tour_statuses[];	/* tours.c */
extern const char *const tour_stop_types[];

/* GET …/{id}/history, for one whose `what` is "a log". It has the role of GET …/{id}, unless that
 * does not show all columns. */
#define HISTORY(under_, role_, sql_, name_, what_, ...)                                            \
	{ GET, under_ "/{id}/history", role_, sql_, name_, .response = LIST_OF(audit_entry),           \
	  .rules = PAGED,                                                                              \
	  .summary = "List the changes of " what_, .description = "Newest first.", __VA_ARGS__ }
/* clang-format on */

#endif
