/* permissions_setup.c: the people and the things of the matrix.
 *
 * They are made in the database: so there can be a log of a visitor's, who may not write
 * one, and nobody has to wait until the server has heard of a new role. */

#include <libpq-fe.h>
#include <stdio.h>

#include "permissions.h"

/* Whoever begins a duty has ended the one before. */
#define OVER                                                                                            \
	", over as (update app.duty_sessions set clock_out_time = now()"                                \
	" where user_id = (select id from whose) and clock_out_time is null returning id)"
#define BEGUN                                                                                           \
	" insert into app.duty_sessions (user_id, location_id)"                                         \
	" select w.id, p.id from whose w cross join place p cross join (select count(*) from over) o"

#define A_VEHICLE                                                                                       \
	"insert into app.vehicles (name, make, model, year) values ('Car', 'Ford', 'Escape', 2022) returning id"
#define A_RADIO "insert into app.radios (name) values ('Radio') returning id"
#define A_TOUR                                                                                          \
	"insert into app.tours (supervisor_id, car_number, radio_number, starting_mileage)"             \
	" select id, '1', '2', 100 from whose returning id"
#define A_SHIFT                                                                                         \
	"insert into app.shifts (name, start_time, end_time, location_id)"                              \
	" select 'Night', now(), now() + interval '8 hours', min(l.id::text)::uuid from app.locations l"
/* Of some week or other: he may have many. */
#define A_TIMESHEET(columns, values)                                                                    \
	"insert into app.timesheets (user_id, created_by, week_start_date" columns ")"                  \
	" select id, id, date '2000-01-02' + 7 * floor(random() * 50000)::integer" values " from whose"
/* What is out may be brought back after the duty, too. */
#define EQUIPPED                                                                                        \
	", duty as (insert into app.duty_sessions (user_id, clock_out_time) select id, now() from whose"\
	" returning id), car as (" A_VEHICLE "), radio as (" A_RADIO ")"                                \
	" insert into app.equipment_checkouts (duty_session_id, vehicle_id, radio_id, checkout_mileage)"\
	" select duty.id, car.id, radio.id, 100 from duty, car, radio"

/* A new kind of object is a line here. */
static const struct kind kinds[] = {
	{ "account", "app.users", "select id from whose" },
	{ "key", "app.api_keys",
	  "insert into app.api_keys (name, digest, beginning, scopes, created_by)"
	  " select 'x', md5(random()::text) || md5(random()::text), 'bnk_x', '{places:read}', id from whose"
	  " returning id" },
	{ "incident", "app.logs",
	  "insert into app.logs (type, title, description, location_id, user_id)"
	  " select 'INCIDENT', 'Lamp out', 'Dark.', (select min(l.id::text)::uuid from app.locations l), id"
	  " from whose returning id" },
	{ "location", "app.locations", "insert into app.locations (name) values (gen_random_uuid()) returning id" },
	{ "leaver", "app.users", /* an account that is archived */
	  "insert into app.users (role, first_name, last_name, archived_at)"
	  " select role, 'Some', 'Leaver', now() from whose returning id" },
	{ "case", "app.logs", /* an incident, with its report */
	  ", anybody as (select min(u.id::text)::uuid as id from app.users u), told as ("
	  "insert into app.logs (type, title, description, location_id, user_id)"
	  " select 'INCIDENT', 'Lamp out', 'Dark.', (select min(l.id::text)::uuid from app.locations l), id"
	  " from anybody returning id, user_id)"
	  " insert into app.incident_reports (log_id, incident_number, generated_by, supervisor_assigned_id)"
	  " select id, id, user_id, user_id from told returning log_id" },
	{ "comment", "app.comments",
	  "insert into app.comments (log_id, user_id, content)"
	  " select (select min(l.id::text)::uuid from app.logs l), id, 'Seen it, too.' from whose returning id" },
	{ "log", "app.logs",
	  "insert into app.logs (type, title, description, location_id, user_id)"
	  " select 'PATROL', 'Round', 'All quiet.', (select min(l.id::text)::uuid from app.locations l), id"
	  " from whose returning id" },
	{ "message", "app.messages",
	  ", thread as (insert into app.duty_sessions (user_id, clock_out_time) select id, now() from whose"
	  " returning id, user_id) insert into app.messages (content, type, sender_id, duty_session_id)"
	  " select 'Lamp out.', 'GUARD_TO_SUPERVISOR', user_id, id from thread returning id" },
	{ "note", "app.notes",
	  "insert into app.notes (owner_id, title, content) select id, 'List', 'Milk.' from whose returning id" },
	{ "notice", "app.notes", /* one that everybody may read */
	  "insert into app.notes (owner_id, title, content, is_public, published_at)"
	  " select id, 'Berth 12', 'Free on Sunday.', true, now() from whose returning id" },
	{ "notification", "app.notifications",
	  "insert into app.notifications (user_id, title, message) select id, 'News', 'Told.' from whose returning id" },
	{ "report", "app.incident_reports", /* which he is to sign */
	  ", told as (insert into app.logs (type, title, description, location_id, user_id)"
	  " select 'INCIDENT', 'Lamp out', 'Dark.', (select min(l.id::text)::uuid from app.locations l), id"
	  " from whose returning id, user_id)"
	  " insert into app.incident_reports (log_id, incident_number, generated_by, guard_assigned_id,"
	  " supervisor_assigned_id) select id, id, user_id, user_id, user_id from told returning id" },
	{ "watch", "app.users", /* an account: of who is on duty */
	  OVER ", place as (select null::uuid as id)" BEGUN " returning user_id" },
	{ "visitor", "app.visitors",
	  "insert into app.visitors (first_name, last_name, location_id, checked_in_by)"
	  " select 'Some', 'Guest', (select min(l.id::text)::uuid from app.locations l), min(u.id::text)::uuid"
	  " from app.users u returning id" },
	{ "post", "app.locations", /* where he is on duty */
	  OVER ", place as (insert into app.locations (name) values (gen_random_uuid()) returning id),"
	       " begun as (" BEGUN " returning location_id) select location_id from begun" },
	{ "session", "app.duty_sessions", OVER ", place as (select null::uuid as id)" BEGUN " returning id" },
	{ "checkout", "app.equipment_checkouts", EQUIPPED " returning id" },
	{ "loan", "app.duty_sessions", /* one that has equipment out */
	  EQUIPPED " returning duty_session_id" },
	{ "item", "app.checklist_items", "insert into app.checklist_items (name) values (gen_random_uuid()) returning id" },
	{ "pattern", "app.recurring_patterns",
	  "insert into app.recurring_patterns (name, location_id, start_time, end_time, days_of_week, start_date)"
	  " select 'Nights', min(l.id::text)::uuid, '22:00', '06:00', '{0,6}', '2026-11-21' from app.locations l"
	  " returning id" },
	{ "radio", "app.radios", A_RADIO },
	{ "shift", "app.shifts", A_SHIFT " returning id" },
	{ "stop", "app.tour_stops", /* with the same id as its tour */
	  ", tour as (" A_TOUR ") insert into app.tour_stops (id, tour_id, title, observations)"
	  " select id, id, 'Fence', 'Whole.' from tour returning id" },
	{ "subject", "app.users", /* what his issuer calls him */
	  "select coalesce((select u.subject from app.users u where u.id = w.id), 'nobody') from whose w" },
	{ "timesheet", "app.timesheets", A_TIMESHEET("", "") " returning id" },
	{ "claim", "app.timesheets", /* a timesheet that waits for approval */
	  A_TIMESHEET(", status, submitted_at, submitted_by", ", 'PENDING', now(), id") " returning id" },
	{ "rejection", "app.timesheets",
	  A_TIMESHEET(", status, submitted_at, submitted_by, rejected_at, rejected_by, rejection_reason",
	              ", 'REJECTED', now(), id, now(), id, 'Wrong.'") " returning id" },
	{ "entry", "app.timesheet_entries",
	  ", sheet as (" A_TIMESHEET("", "") " returning id, week_start_date)"
	  " insert into app.timesheet_entries (timesheet_id, date, clock_in_time, clock_out_time)"
	  " select id, week_start_date, week_start_date, week_start_date + interval '8 hours' from sheet returning id" },
	{ "draft", "app.timesheets", /* of the first week of March 2026 */
	  "insert into app.timesheets (user_id, created_by, week_start_date)"
	  " select id, id, '2026-03-01' from whose returning id" },
	{ "worker", "app.users", /* an account: of who worked in that week */
	  "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	  " select id, '2026-03-03 06:00Z', '2026-03-03 14:00Z' from whose returning user_id" },
	{ "tour", "app.tours", A_TOUR },
	{ "turn", "app.shifts", /* with the same id as the person who is to do it */
	  ", somebody as (insert into app.users (role, first_name, last_name) values ('GUARD', 'Some', 'Body Else')"
	  " returning id), planned as (insert into app.shifts (id, name, start_time, end_time, location_id)"
	  " select s.id, 'Night', now(), now() + interval '8 hours', (select min(l.id::text)::uuid from app.locations l)"
	  " from somebody s returning id, start_time) insert into app.shift_assignments (shift_id, start_time, user_id)"
	  " select id, start_time, id from planned returning shift_id" },
	{ "vehicle", "app.vehicles", A_VEHICLE },
	{ "visit", "app.location_check_ins", /* a check-in */
	  OVER ", place as (select null::uuid as id), begun as (" BEGUN " returning id, user_id)"
	       " insert into app.location_check_ins (duty_session_id, user_id, location_id)"
	       " select b.id, b.user_id, (select min(l.id::text)::uuid from app.locations l) from begun b returning id" },
};

/* And a new part of the API here. */
static const struct {
	const char *path, *domain;
} parts[] = {
	{ "/users", "people" },
	{ "/api-keys", "people" },
	{ "/locations", "places" },
	{ "/logs/{id}/comments", "talk" },
	{ "/logs", "logbook" },
	{ "/incident-reports", "logbook" },
	{ "/visitors", "logbook" },
	{ "/messages", "talk" },
	{ "/notifications", "talk" },
	{ "/comments", "talk" },
	{ "/notes", "notes" },
	{ "/me", "notes" },
	{ "/auth", "notes" },
	{ "/duty-sessions", "duty" },
	{ "/location-check-ins", "duty" },
	{ "/guards", "duty" },
	{ "/shifts", "duty" },
	{ "/recurring-shifts", "duty" },
	{ "/timesheets", "duty" },
	{ "/tours", "rounds" },
	{ "/safety-checklist", "rounds" },
	{ "/equipment", "rounds" },
	{ "/vehicles", "rounds" },
	{ "/radios", "rounds" },
	{ "/fleet", "rounds" },
	{ "/incidents", "logbook" },
	{ "/websocket", "live" },
};

const char *matrix_ask(const char *format, ...)
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
		/* What is made here need not outlast a crash. */
		PQclear(PQexec(pg, "set synchronous_commit = off"));
	}
	result = PQexec(pg, buf_cstr(&sql));
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		give_up("%s: %s", buf_cstr(&sql), PQerrorMessage(pg));
	if (PQntuples(result) && !PQgetisnull(result, 0, 0))
		value = e2e_format("%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	buf_finish(&sql);
	return value;
}

void asker_renew(struct asker *asker, enum role role, bool archived)
{
	const char *subject = e2e_format("story|%s", e2e_id());
	const char *id = matrix_ask("insert into app.users (issuer, subject, role, first_name, last_name, archived_at)"
	                            " values ('%s', '%s', '%s', 'Some', 'Body', %s) returning id",
	                            server_issuer(e2e_server()), subject, role_name(role),
	                            archived ? "now()" : "null");

	snprintf(asker->id, sizeof(asker->id), "%s", id);
	if (!asker->client)
		asker->client = e2e_client(NULL);
	client_set_token(asker->client,
	              e2e_token(&(struct e2e_token){
			      .subject = subject, .email = e2e_format("%s@story.example", asker->id) }));
	/* With the first visit his row takes what his token says. */
	assert_status(client_get(asker->client, "/api/v1/users/me"), archived ? 403 : 200);
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
		answer = client_post(e2e_client("admin"), "/api/v1/api-keys", "{'name':'Matrix','scopes':[%s]}",
		                     scopes);
		assert_status(answer, 201);
		snprintf(keys[i].scopes, sizeof(keys[i].scopes), "%s", scopes);
		snprintf(keys[i].key, sizeof(keys[i].key), "%s", answer_at(answer, "key"));
	}
	return keys[i].key;
}

const char *scope_needed(enum method method, const char *path)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		size_t length = strlen(parts[i].path);

		if (strncmp(path, parts[i].path, length) == 0 && strchr("/?", path[length]))
			return e2e_format("%s:%s", parts[i].domain, method == GET ? "read" : "write");
	}
	give_up("%s: of which domain is it?", path);
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
	const char *role_end = strchr(object, '\''), *whose;

	if (!kind)
		give_up("What is \"%s\"?", object);
	if (strncmp(object, "own ", 4) == 0 && *own)
		whose = e2e_format("select id, role from app.users where id = '%s'", own);
	else
		whose = e2e_format("insert into app.users (role, first_name, last_name)"
		                    " values ('%.*s', 'Some', 'Body Else') returning id, role",
		                    role_end ? (int)(role_end - object) : 5, role_end ? object : "GUARD");
	return matrix_ask("with whose as (%s) %s", whose, kind->make);
}

const char *object_fill(const char *text, const char *id, const char *own)
{
	struct buf out = { 0 };
	const char *filled;

	while (*text) {
		char word[64];
		int length = 0;

		/* JSON's own braces are followed by more than a word. */
		if (sscanf(text, "{%63[A-Za-z_' ]}%n", word, &length) != 1 || !length)
			buf_char(&out, *text++);
		else if (strcmp(word, "id") == 0 || strcmp(word, "stop_id") == 0)
			buf_text(&out, id);
		else if (strcmp(word, "new") == 0)
			buf_text(&out, e2e_id());
		else
			buf_text(&out, object_new(word, own));
		text += length;
	}
	filled = e2e_format("%s", buf_cstr(&out));
	buf_finish(&out);
	return filled;
}
