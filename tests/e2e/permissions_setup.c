/* permissions_setup.c: the callers and the objects of the permission matrix.
 *
 * They are created in the database. That way there can be a log of a visitor, who may not write
 * one, and no test has to wait until the server is notified of a new role. */

#include <libpq-fe.h>
#include <stdio.h>

#include "permissions.h"

/* clang-format off */

/* A user has at most one open duty session. */
#define END_DUTY \
	", ended as (update app.duty_sessions set clock_out_time = now()" \
	" where user_id = (select id from owner) and clock_out_time is null returning id)"
#define START_DUTY \
	" insert into app.duty_sessions (user_id, location_id)" \
	" select o.id, p.id from owner o cross join place p" \
	" cross join (select count(*) from ended) e"

#define ANY_LOCATION "(select min(l.id::text)::uuid from app.locations l)"
#define A_BOSS \
	" boss as (insert into app.users (role, first_name, last_name)" \
	" values ('SUPERVISOR', 'Some', 'Boss') returning id)"
#define A_REPORTED_LOG \
	" logged as (insert into app.logs (type, title, description, location_id, user_id)" \
	" select 'INCIDENT', 'Lamp out', 'Dark.', " ANY_LOCATION ", id" \
	" from owner returning id as log_id, user_id)"
#define A_VEHICLE \
	"insert into app.vehicles (name, make, model, year)" \
	" values ('Car', 'Ford', 'Escape', 2022) returning id"
#define A_RADIO "insert into app.radios (name) values ('Radio') returning id"
#define A_TOUR \
	"insert into app.tours (supervisor_id, car_number, radio_number, starting_mileage)" \
	" select id, '1', '2', 100 from owner returning id"
#define A_SHIFT \
	"insert into app.shifts (name, start_time, end_time, location_id)" \
	" select 'Night', now(), now() + interval '8 hours', min(l.id::text)::uuid" \
	" from app.locations l"
/* Of a random week, because a user may have several. */
#define A_TIMESHEET(columns, values) \
	"insert into app.timesheets (user_id, created_by, week_start_date" columns ")" \
	" select id, id, date '2026-01-04' - 7 * floor(random() * 50000)::integer" values \
	" from owner"
/* Equipment can be returned after the end of the session. */
#define CHECK_OUT \
	", duty as (insert into app.duty_sessions (user_id, clock_out_time)" \
	" select id, now() from owner returning id)," \
	" car as (" A_VEHICLE "), radio as (" A_RADIO ")" \
	" insert into app.equipment_checkouts" \
	" (duty_session_id, vehicle_id, radio_id, checkout_mileage)" \
	" select duty.id, car.id, radio.id, 100 from duty, car, radio"

/* Add new kinds of objects here. */
static const struct kind kinds[] = {
	{ "account", "app.users", "select id from owner" },
	{ "key", "app.api_keys",
	  "insert into app.api_keys (name, digest, beginning, scopes, created_by)"
	  " select 'x', md5(random()::text) || md5(random()::text), 'bnk_x', '{places:read}', id"
	  " from owner returning id" },
	{ "incident", "app.logs",
	  "insert into app.logs (type, title, description, location_id, user_id)"
	  " select 'INCIDENT', 'Lamp out', 'Dark.', " ANY_LOCATION ", id"
	  " from owner returning id" },
	{ "location", "app.locations",
	  "insert into app.locations (name) values (gen_random_uuid()) returning id" },
	{ "archived_account", "app.users",
	  "insert into app.users (role, first_name, last_name, archived_at)"
	  " select role, 'Some', 'Leaver', now() from owner returning id" },
	{ "reported_incident", "app.logs", /* an incident with a report */
	  ", anybody as (select min(u.id::text)::uuid as id from app.users u), logged as ("
	  "insert into app.logs (type, title, description, location_id, user_id)"
	  " select 'INCIDENT', 'Lamp out', 'Dark.', " ANY_LOCATION ", id"
	  " from anybody returning id, user_id)"
	  " insert into app.incident_reports (log_id, incident_number, generated_by,"
	  " supervisor_assigned_id) select id, id, user_id, user_id from logged returning log_id" },
	{ "comment", "app.comments",
	  "insert into app.comments (log_id, user_id, content)"
	  " select (select min(l.id::text)::uuid from app.logs l), id, 'Seen it, too.' from owner"
	  " returning id" },
	{ "log", "app.logs", /* at the location of the owner's duty session */
	  END_DUTY
	  ", place as (insert into app.locations (name) values (gen_random_uuid()) returning id),"
	  " started as (" START_DUTY " returning location_id, user_id)"
	  " insert into app.logs (type, title, description, location_id, user_id)"
	  " select 'PATROL', 'Round', 'All quiet.', location_id, user_id from started"
	  " returning id" },
	{ "message", "app.messages",
	  ", session as (insert into app.duty_sessions (user_id, clock_out_time)"
	  " select id, now() from owner returning id, user_id)"
	  " insert into app.messages (content, type, sender_id, duty_session_id)"
	  " select 'Lamp out.', 'GUARD_TO_SUPERVISOR', user_id, id from session returning id" },
	{ "note", "app.notes",
	  "insert into app.notes (owner_id, title, content)"
	  " select id, 'List', 'Milk.' from owner returning id" },
	{ "public_note", "app.notes",
	  "insert into app.notes (owner_id, title, content, is_public, published_at)"
	  " select id, 'Berth 12', 'Free on Sunday.', true, now() - interval '1 hour' from owner"
	  " returning id" },
	{ "note_comment", "app.comments", /* with the ID of its note, which is private */
	  ", note as (insert into app.notes (owner_id, title, content)"
	  " select id, 'List', 'Milk.' from owner returning id, owner_id)"
	  " insert into app.comments (id, note_id, user_id, content)"
	  " select id, id, owner_id, 'And tea.' from note returning id" },
	{ "public_note_comment", "app.comments", /* likewise, of a public note */
	  ", note as (insert into app.notes (owner_id, title, content, is_public, published_at)"
	  " select id, 'Berth 12', 'Free.', true, now() from owner returning id, owner_id)"
	  " insert into app.comments (id, note_id, user_id, content)"
	  " select id, id, owner_id, 'Until noon.' from note returning id" },
	{ "notification", "app.notifications",
	  "insert into app.notifications (user_id, title, message)"
	  " select id, 'News', 'Read it.' from owner returning id" },
	{ "report", "app.incident_reports", /* to be signed by its owner as the guard */
	  "," A_BOSS "," A_REPORTED_LOG
	  " insert into app.incident_reports (log_id, incident_number, generated_by,"
	  " guard_assigned_id, supervisor_assigned_id)"
	  " select log_id, log_id, user_id, user_id, boss.id from logged, boss returning id" },
	{ "signed_report", "app.incident_reports", /* the same, signed by its supervisor */
	  "," A_BOSS "," A_REPORTED_LOG ", signed as (insert into app.report_signatures"
	  " (report_id, edition, signer, user_id, name)"
	  " select log_id, 1, 'SUPERVISOR', boss.id, 'Some Boss' from logged, boss returning *),"
	  " written as (insert into app.report_texts (report_id, edition, content, digest)"
	  " select report_id, 1, '{}', encode(sha256('{}'), 'hex') from signed)"
	  " insert into app.incident_reports (id, log_id, incident_number, generated_by,"
	  " guard_assigned_id, supervisor_assigned_id, supervisor_signature_id)"
	  " select log_id, log_id, log_id, logged.user_id, logged.user_id, signed.user_id, signed.id"
	  " from logged, signed returning id" },
	{ "on_duty_account", "app.users", /* the owner, who is on duty now */
	  END_DUTY ", place as (select null::uuid as id)" START_DUTY " returning user_id" },
	{ "visitor", "app.visitors",
	  "insert into app.visitors (first_name, last_name, location_id, checked_in_by)"
	  " select 'Some', 'Guest', " ANY_LOCATION ", min(u.id::text)::uuid"
	  " from app.users u returning id" },
	{ "duty_location", "app.locations", /* of the owner's duty session */
	  END_DUTY
	  ", place as (insert into app.locations (name) values (gen_random_uuid()) returning id),"
	  " started as (" START_DUTY " returning location_id) select location_id from started" },
	{ "session", "app.duty_sessions",
	  END_DUTY ", place as (select null::uuid as id)" START_DUTY " returning id" },
	{ "checkout", "app.equipment_checkouts", CHECK_OUT " returning id" },
	{ "equipped_session", "app.duty_sessions", /* with equipment checked out */
	  CHECK_OUT " returning duty_session_id" },
	{ "item", "app.checklist_items",
	  "insert into app.checklist_items (name) values (gen_random_uuid()) returning id" },
	{ "pattern", "app.recurring_patterns",
	  "insert into app.recurring_patterns (name, location_id, start_time, end_time,"
	  " days_of_week, start_date)"
	  " select 'Nights', min(l.id::text)::uuid, '22:00', '06:00', '{0,6}', '2026-11-21'"
	  " from app.locations l returning id" },
	{ "radio", "app.radios", A_RADIO },
	{ "shift", "app.shifts", A_SHIFT " returning id" },
	{ "stop", "app.tour_stops", /* with the ID of its tour */
	  ", tour as (" A_TOUR ") insert into app.tour_stops (id, tour_id, title, observations)"
	  " select id, id, 'Fence', 'Whole.' from tour returning id" },
	{ "subject", "app.users", /* not an ID, but the owner's subject */
	  "select coalesce((select u.subject from app.users u where u.id = o.id), 'nobody')"
	  " from owner o" },
	{ "timesheet", "app.timesheets", A_TIMESHEET("", "") " returning id" },
	{ "pending_timesheet", "app.timesheets", /* waiting for approval */
	  A_TIMESHEET(", status, submitted_at, submitted_by",
	              ", 'PENDING', now(), id") " returning id" },
	{ "rejected_timesheet", "app.timesheets",
	  A_TIMESHEET(", status, submitted_at, submitted_by,"
	              " rejected_at, rejected_by, rejection_reason",
	              ", 'REJECTED', now(), id, now(), id, 'Wrong.'") " returning id" },
	{ "entry", "app.timesheet_entries",
	  ", sheet as (" A_TIMESHEET("", "") " returning id, week_start_date)"
	  " insert into app.timesheet_entries (timesheet_id, user_id, date, clock_in_time,"
	  " clock_out_time) select sheet.id, owner.id, week_start_date, week_start_date, week_start_date + interval '8 hours'"
	  " from sheet, owner returning id" },
	{ "empty_timesheet", "app.timesheets", /* of the first week of March 2026 */
	  "insert into app.timesheets (user_id, created_by, week_start_date)"
	  " select id, id, '2026-03-01' from owner returning id" },
	{ "outdated_timesheet", "app.timesheets", /* without a session of the second week */
	  ", worked as (insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	  " select id, '2026-03-10 06:00Z', '2026-03-10 14:00Z' from owner)"
	  " insert into app.timesheets (user_id, created_by, week_start_date)"
	  " select id, id, '2026-03-08' from owner returning id" },
	{ "account_with_hours", "app.users", /* the owner, who was on duty in that week */
	  "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	  " select id, '2026-03-03 06:00Z', '2026-03-03 14:00Z' from owner returning user_id" },
	{ "tour", "app.tours", A_TOUR },
	{ "staffed_shift", "app.shifts", /* with the ID of the assigned person */
	  ", assigned as (insert into app.users (role, first_name, last_name)"
	  " values ('GUARD', 'Some', 'Other') returning id),"
	  " planned as (insert into app.shifts (id, name, start_time, end_time, location_id)"
	  " select a.id, 'Night', now(), now() + interval '8 hours', " ANY_LOCATION
	  " from assigned a returning id, start_time)"
	  " insert into app.shift_assignments (shift_id, start_time, user_id)"
	  " select id, start_time, id from planned returning shift_id" },
	{ "vehicle", "app.vehicles", A_VEHICLE },
	{ "check_in", "app.location_check_ins",
	  END_DUTY ", place as (select null::uuid as id),"
	  " started as (" START_DUTY " returning id, user_id)"
	  " insert into app.location_check_ins (duty_session_id, user_id, location_id)"
	  " select s.id, s.user_id, " ANY_LOCATION " from started s returning id" },
};

/* clang-format on */

/* Add new parts of the API here. */
static const struct {
	const char *path, *domain;
} domains[] = {
	{ "/users", "people" },
	{ "/api-keys", "people" },
	{ "/locations", "places" },
	{ "/locations/active", "places" },
	{ "/logs/{id}/comments", "talk" },
	{ "/logs", "logbook" },
	{ "/logs/count", "logbook" },
	{ "/incident-reports", "logbook" },
	{ "/visitors", "logbook" },
	{ "/messages", "talk" },
	{ "/messages/conversations", "talk" },
	{ "/messages/direct", "talk" },
	{ "/notifications", "talk" },
	{ "/comments", "talk" },
	{ "/notes", "notes" },
	{ "/users/me", "people" },
	{ "/duty-sessions/active", "duty" },
	{ "/me", "notes" },
	{ "/auth", "notes" },
	{ "/duty-sessions", "duty" },
	{ "/location-check-ins", "duty" },
	{ "/guards", "duty" },
	{ "/shifts", "duty" },
	{ "/recurring-shifts", "duty" },
	{ "/timesheets", "duty" },
	{ "/timesheets/bulk-approve", "duty" },
	{ "/timesheets/candidates", "duty" },
	{ "/timesheet-entries", "duty" },
	{ "/tours", "rounds" },
	{ "/safety-checklist", "rounds" },
	{ "/equipment", "rounds" },
	{ "/vehicles", "rounds" },
	{ "/radios", "rounds" },
	{ "/fleet", "rounds" },
	{ "/incidents", "logbook" },
	{ "/audit", "audit" },
	{ "/websocket", "live" },
};

const char *matrix_query(const char *format, ...)
{
	static PGconn *pg;
	struct buf sql = { 0 };
	const char *value = NULL;
	PGresult *result;
	va_list args;

	va_start(args, format);
	buf_vprint(&sql, format, args);
	va_end(args);
	if (!pg) {
		pg = PQconnectdb(server_url(e2e_server()));
		/* These objects need not survive a crash. */
		PQclear(PQexec(pg, "set synchronous_commit = off"));
	}
	result = PQexec(pg, buf_cstr(&sql));
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fatal("%s: %s", buf_cstr(&sql), PQerrorMessage(pg));
	if (PQntuples(result) && !PQgetisnull(result, 0, 0))
		value = e2e_format("%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	buf_finish(&sql);
	return value;
}

void caller_renew(struct caller *caller, enum role role, bool archived)
{
	const char *subject = e2e_format("test|%s", e2e_id());
	const char *id = matrix_query(
		"insert into app.users (issuer, subject, role, first_name, last_name, archived_at)"
		" values ('%s', '%s', '%s', 'Some', 'Body', %s) returning id",
		server_issuer(e2e_server()), subject, role_name(role), archived ? "now()" : "null");

	snprintf(caller->id, sizeof(caller->id), "%s", id);
	if (!caller->client)
		caller->client = e2e_client(NULL);
	client_set_token(
		caller->client,
		e2e_token(&(struct e2e_token){
			.subject = subject, .email = e2e_format("%s@test.example", caller->id) }));
	/* The first request stores the profile of the token in the user's row. */
	assert_status(client_get(caller->client, "/api/v1/users/me"), archived ? 403 : 200);
}

const char *key_for(const char *scopes)
{
	static struct {
		char scopes[512], key[80];
	} keys[4 * DOMAINS];
	const struct answer *answer;
	size_t i = 0;

	while (*keys[i].key && strcmp(keys[i].scopes, scopes) != 0)
		i++;
	if (!*keys[i].key) {
		answer = client_post(e2e_client("admin"), "/api/v1/api-keys",
		                     "{'name':'Matrix','scopes':[%s]}", scopes);
		assert_status(answer, 201);
		snprintf(keys[i].scopes, sizeof(keys[i].scopes), "%s", scopes);
		snprintf(keys[i].key, sizeof(keys[i].key), "%s", answer_at(answer, "key"));
	}
	return keys[i].key;
}

const char *required_scope(enum method method, const char *path)
{
	for (size_t i = 0; i < COUNT_OF(domains); i++) {
		size_t length = strlen(domains[i].path);

		if (strncmp(path, domains[i].path, length) == 0 && strchr("/?", path[length]))
			return e2e_format("%s:%s", domains[i].domain,
			                  method == GET ? "read" : "write");
	}
	fatal("%s: add its domain to domains[] in permissions_setup.c", path);
}

const struct kind *kind_of(const char *object)
{
	const char *name = strrchr(object, ' ');

	for (size_t i = 0; name && i < COUNT_OF(kinds); i++) {
		if (strcmp(name + 1, kinds[i].name) == 0)
			return &kinds[i];
	}
	return NULL;
}

const char *object_new(const char *object, const char *own)
{
	const struct kind *kind = kind_of(object);
	const char *role_end = strchr(object, '\''), *owner;

	if (!kind)
		fatal("\"%s\": add it to kinds[] in permissions_setup.c", object);
	if (strncmp(object, "own ", 4) == 0 && *own)
		owner = e2e_format("select id, role from app.users where id = '%s'", own);
	else
		owner = e2e_format("insert into app.users (role, first_name, last_name)"
		                   " values ('%.*s', 'Some', 'Other') returning id, role",
		                   role_end ? (int)(role_end - object) : 5,
		                   role_end ? object : "GUARD");
	return matrix_query("with owner as (%s) %s", owner, kind->sql);
}

/* What a signer of the report sends. */
static const char *report_digest(const char *id)
{
	return matrix_query("select coalesce((select api.digest_of(api.incident_report_content(r))"
	                    " from app.incident_reports r where r.id = '%s'), repeat('0', 64))",
	                    id);
}

const char *fill_placeholders(const char *text, const char *id, const char *own)
{
	struct buf out = { 0 };
	const char *filled;

	while (*text) {
		char name[64];
		int length = 0;

		/* A brace of JSON is not followed by a name and a closing brace. */
		if (sscanf(text, "{%63[A-Za-z_' ]}%n", name, &length) != 1 || !length)
			buf_char(&out, *text++);
		else if (strcmp(name, "id") == 0 || strcmp(name, "stop_id") == 0
		         || strcmp(name, "comment_id") == 0)
			buf_text(&out, id);
		else if (strcmp(name, "digest") == 0)
			buf_text(&out, report_digest(id));
		else if (strcmp(name, "new") == 0)
			buf_text(&out, e2e_id());
		else
			buf_text(&out, object_new(name, own));
		text += length;
	}
	filled = e2e_format("%s", buf_cstr(&out));
	buf_finish(&out);
	return filled;
}
