/* races.c: tests that of fifty conflicting parallel requests exactly one succeeds and the others
 * get the right problem.
 *
 * Duty sessions, check-ins, checkouts, sign-offs, tours, visitors, reviews, reports, vehicle
 * numbers, names of locations and of checklist items, and the last SUPER_ADMIN are tested with
 * their resources. Everything else is here, one row for each rule. */

#include "e2e.h"

enum { CLIENTS = 50 };

/* Eight of the server's connections write, so that transactions do run concurrently. */
const char *const e2e_settings[] = { "DB_CONNECTIONS=16", NULL };

static struct {
	struct client *super_admin, *clients[CLIENTS];
} f;

static const char *id_of(const struct answer *answer)
{
	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *query(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* ---- Resources: each function creates one and returns its ID ---- */

static const char *some_log(void)
{
	return e2e_new_log(f.super_admin, e2e_new_location(), "Lamp out");
}

static const char *some_tour(void)
{
	return id_of(client_post(f.super_admin, "/api/v1/tours",
	                         "{'car_number':'7','radio_number':'3','starting_mileage':1000}"));
}

/* With the ID of its tour. */
static const char *some_stop(void)
{
	const char *id = some_tour();

	return id_of(client_post(
		f.super_admin, e2e_format("/api/v1/tours/%s/stops", id),
		"{'id':'%s','stop_type':'INCIDENT_CHECK','title':'x','observations':'x'}", id));
}

static const char *some_vehicle(void)
{
	return id_of(client_post(f.super_admin, "/api/v1/vehicles",
	                         "{'name':'Car','make':'F','model':'R','year':2020}"));
}

static const char *some_radio(void)
{
	return id_of(client_post(f.super_admin, "/api/v1/radios", "{'name':'Radio'}"));
}

static const char *some_item(void)
{
	return id_of(client_post(f.super_admin, "/api/v1/safety-checklist/items", "{'name':'%s'}",
	                         e2e_name()));
}

static const char *some_visitor(void)
{
	return id_of(client_post(f.super_admin, "/api/v1/visitors",
	                         "{'first_name':'Nils','last_name':'Aker','location_id':'%s'}",
	                         e2e_new_location()));
}

static const char *some_person(void)
{
	return id_of(client_post(
		f.super_admin, "/api/v1/users",
		"{'email':'%s@test.example','first_name':'A','last_name':'B','role':'GUARD'}",
		e2e_id()));
}

static const char *some_archived_person(void)
{
	const char *id = some_person();

	assert_status(client_post(f.super_admin, e2e_format("/api/v1/users/%s/archive", id), NULL),
	              200);
	return id;
}

static const char *some_message(void)
{
	return id_of(client_post(e2e_guard_on_duty("Mei", e2e_new_location()), "/api/v1/messages",
	                         "{'content':'Lamp out.'}"));
}

static const char *some_notification(void)
{
	return id_of(client_post(f.super_admin, "/api/v1/notifications",
	                         "{'title':'News','message':'Read it.'}"));
}

/* A duty session that has equipment out. */
static const char *some_equipped_session(void)
{
	const char *id = id_of(client_post(f.super_admin, "/api/v1/duty-sessions", "{}"));

	id_of(client_post(
		f.super_admin, "/api/v1/equipment/checkouts",
		"{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':1}",
		id, some_vehicle(), some_radio()));
	return id;
}

static const char *some_note(void)
{
	return id_of(client_post(f.super_admin, "/api/v1/me/notes",
	                         "{'title':'List','content':'Milk.'}"));
}

static const char *some_public_note(void)
{
	const char *id = some_note();

	assert_status(
		client_post(f.super_admin, e2e_format("/api/v1/me/notes/%s/publish", id), NULL),
		200);
	return id;
}

/* ---- The rules ---- */

/* One request, sent by all clients in parallel. {one} is the ID of a resource that `create` made
 * once, {each} of one made for each client, {new} an unused ID, {digits} the end of that, {n} the
 * number of the client. */
struct rule {
	const char *(*create)(void);
	const char *method, *path, *body;
	int status;
	const char *code;      /* of the other responses; NULL: all succeed */
	const char *condition; /* SQL that is true afterwards */
	const char *etag_path; /* its ETag goes into If-Match of all requests; NULL: no If-Match */
};

#define ONE_ROW(what_, where_) "(select count(*) from app." what_ " where " where_ ") = 1"
/* Each channel has one event of this type. */
#define ONE_EVENT(type_)                                                                           \
	"(select count(*) = count(distinct channel) and count(*) > 0 from live.events"             \
	" where type = '" type_ "' and data ->> 'id' = '{one}')"

/* clang-format off */

static const struct rule succeed_once[] = {
	{ some_stop, "POST", "/tours/{one}/stops/{one}/complete", NULL, 200, "STOP_COMPLETED",
	  ONE_EVENT("tour.stop_completed") },
	{ some_tour, "POST", "/tours/{one}/cancel", "{}", 200, "TOUR_NOT_IN_PROGRESS",
	  ONE_EVENT("tour.cancelled") },
	{ some_log, "DELETE", "/logs/{one}", NULL, 204, "LOG_ARCHIVED",
	  ONE_EVENT("log.archived")
	  " and " ONE_ROW("log_edits", "log_id = '{one}' and field_changed = 'status'") },
	{ some_log, "DELETE", "/logs/{one}?hard=true", NULL, 204, "NOT_FOUND",
	  ONE_EVENT("log.removed") },
	{ some_message, "DELETE", "/messages/{one}", NULL, 204, "NOT_FOUND",
	  ONE_EVENT("message.removed") },
	{ some_note, "DELETE", "/me/notes/{one}", NULL, 204, "NOT_FOUND",
	  ONE_EVENT("note.removed") },
	{ some_vehicle, "DELETE", "/vehicles/{one}", NULL, 204, "NOT_FOUND",
	  ONE_ROW("vehicles", "id = '{one}' and revision = 2") },
	{ some_radio, "DELETE", "/radios/{one}", NULL, 204, "NOT_FOUND",
	  ONE_ROW("radios", "id = '{one}' and revision = 2") },
	{ some_equipped_session, "POST", "/equipment/check-in",
	  "{'duty_session_id':'{one}','checkin_mileage':2}", 200, "NOT_FOUND",
	  ONE_ROW("equipment_checkouts",
	          "duty_session_id = '{one}' and checkin_time is not null") },
};

static const struct rule unique_names[] = {
	{ e2e_new_location, "PATCH", "/locations/{each}", "{'name':'{new}'}", 200,
	  "LOCATION_NAME_TAKEN", ONE_ROW("locations", "name = '{new}'") },
	{ some_vehicle, "PATCH", "/vehicles/{each}", "{'vin':'V{digits}'}", 200, "VIN_TAKEN",
	  ONE_ROW("vehicles", "vin = 'V{digits}'") },
	{ some_radio, "PATCH", "/radios/{each}", "{'serial_number':'{new}'}", 200,
	  "SERIAL_NUMBER_TAKEN", ONE_ROW("radios", "serial_number = '{new}'") },
	{ NULL, "POST", "/radios", "{'name':'Radio','serial_number':'{new}'}", 201,
	  "SERIAL_NUMBER_TAKEN", ONE_ROW("radios", "serial_number = '{new}'") },
	{ some_item, "PATCH", "/safety-checklist/items/{each}", "{'name':'Item {new}'}", 200,
	  "ITEM_NAME_TAKEN", ONE_ROW("checklist_items", "name = 'Item {new}'") },
	{ NULL, "POST", "/safety-checklist/items/batch", "{'items':[{'name':'Item {new}'}]}", 201,
	  "ITEM_NAME_TAKEN", ONE_ROW("checklist_items", "name = 'Item {new}'") },
	{ NULL, "POST", "/users",
	  "{'email':'{new}@test.example','first_name':'A','last_name':'B','role':'GUARD'}", 201,
	  "EMAIL_TAKEN", ONE_ROW("users", "email = '{new}@test.example'") },
	{ NULL, "POST", "/users",
	  "{'email':'{n}.{new}@test.example','username':'{new}','first_name':'A','last_name':'B',"
	  "'role':'GUARD'}",
	  201, "USERNAME_TAKEN", ONE_ROW("users", "username = '{new}'") },
};

static const struct rule unique_ids[] = {
	{ e2e_new_location, "POST", "/logs",
	  "{'id':'{new}','type':'PATROL','title':'x','description':'x','location_id':'{one}'}", 201,
	  "ID_TAKEN", ONE_ROW("logs", "id = '{new}'") },
	{ NULL, "POST", "/locations", "{'id':'{new}','name':'{n} {new}'}", 201, "ID_TAKEN",
	  ONE_ROW("locations", "id = '{new}'") },
	{ NULL, "POST", "/tours",
	  "{'id':'{new}','car_number':'1','radio_number':'2','starting_mileage':1}", 201,
	  "ID_TAKEN", ONE_ROW("tours", "id = '{new}'") },
	{ some_tour, "POST", "/tours/{one}/stops",
	  "{'id':'{new}','stop_type':'INCIDENT_CHECK','title':'x','observations':'x'}", 201,
	  "ID_TAKEN", ONE_ROW("tour_stops", "tour_id = '{one}'") },
	{ e2e_new_location, "POST", "/visitors",
	  "{'id':'{new}','first_name':'Nils','last_name':'Aker','location_id':'{one}'}", 201,
	  "ID_TAKEN", ONE_ROW("visitors", "location_id = '{one}'") },
	{ NULL, "POST", "/vehicles",
	  "{'id':'{new}','name':'Car','make':'F','model':'R','year':2020}", 201, "ID_TAKEN",
	  ONE_ROW("vehicles", "id = '{new}'") },
	{ NULL, "POST", "/radios", "{'id':'{new}','name':'Radio'}", 201, "ID_TAKEN",
	  ONE_ROW("radios", "id = '{new}'") },
	{ NULL, "POST", "/safety-checklist/items", "{'id':'{new}','name':'{n} {new}'}", 201,
	  "ID_TAKEN", ONE_ROW("checklist_items", "id = '{new}'") },
	{ some_log, "POST", "/logs/{one}/comments", "{'id':'{new}','content':'x'}", 201, "ID_TAKEN",
	  ONE_ROW("comments", "log_id = '{one}'") },
	{ NULL, "POST", "/me/notes", "{'id':'{new}','content':'x'}", 201, "ID_TAKEN",
	  ONE_ROW("notes", "id = '{new}'") },
	{ some_public_note, "POST", "/notes/{one}/comments", "{'id':'{new}','content':'x'}", 201,
	  "ID_TAKEN", ONE_ROW("comments", "note_id = '{one}'") },
	{ NULL, "POST", "/notifications", "{'id':'{new}','title':'x','message':'x'}", 201,
	  "ID_TAKEN", ONE_ROW("notifications", "id = '{new}'") },
	{ NULL, "POST", "/api-keys", "{'id':'{new}','name':'x','scopes':['places:read']}", 201,
	  "ID_TAKEN", ONE_ROW("api_keys", "id = '{new}'") },
	{ NULL, "POST", "/users",
	  "{'id':'{new}','email':'{n}.{new}@test.example','first_name':'A','last_name':'B',"
	  "'role':'GUARD'}",
	  201, "ID_TAKEN", ONE_ROW("users", "id = '{new}'") },
};

/* Changes of an outdated revision are rejected; none is lost. */
static const struct rule conditional_changes[] = {
	{ some_log, "PATCH", "/logs/{one}", "{'title':'No. {n}'}", 200, "PRECONDITION_FAILED",
	  ONE_ROW("log_edits", "log_id = '{one}' and field_changed = 'title'")
	  " and " ONE_EVENT("log.updated"),
	  "/logs/{one}" },
	{ some_visitor, "PATCH", "/visitors/{one}", "{'notes':'No. {n}'}", 200,
	  "PRECONDITION_FAILED", ONE_EVENT("visitor.updated"), "/visitors/{one}" },
	{ some_note, "PATCH", "/me/notes/{one}", "{'content':'No. {n}'}", 200,
	  "PRECONDITION_FAILED", ONE_EVENT("note.updated"), "/me/notes/{one}" },
	{ some_vehicle, "PATCH", "/vehicles/{one}", "{'notes':'No. {n}'}", 200,
	  "PRECONDITION_FAILED", ONE_ROW("vehicles", "id = '{one}' and revision = 2"),
	  "/vehicles/{one}" },
	{ some_radio, "PATCH", "/radios/{one}", "{'notes':'No. {n}'}", 200, "PRECONDITION_FAILED",
	  ONE_ROW("radios", "id = '{one}' and revision = 2"), "/radios/{one}" },
	{ some_person, "PATCH", "/users/{one}/role", "{'role':'SUPERVISOR'}", 200,
	  "PRECONDITION_FAILED", ONE_EVENT("user.role_changed"), "/users/{one}" },
};

/* Repeated, these change nothing and publish no event. */
static const struct rule repeatable[] = {
	{ some_notification, "POST", "/notifications/{one}/dismiss", NULL, 200, NULL,
	  ONE_EVENT("notification.dismissed") },
	{ some_message, "POST", "/messages/{one}/read", NULL, 200, NULL,
	  ONE_EVENT("message.read") },
	{ some_person, "POST", "/users/{one}/archive", NULL, 200, NULL,
	  ONE_EVENT("user.archived") },
	{ some_archived_person, "POST", "/users/{one}/unarchive", NULL, 200, NULL,
	  ONE_EVENT("user.unarchived") },
	{ some_person, "PATCH", "/users/{one}/role", "{'role':'SUPERVISOR'}", 200, NULL,
	  ONE_EVENT("user.role_changed") },
	{ e2e_new_location, "POST", "/locations/{one}/toggle-active", "{'is_active':false}", 200,
	  NULL, ONE_EVENT("location.updated") },
	{ some_public_note, "POST", "/me/notes/{one}/unpublish", NULL, 200, NULL,
	  ONE_EVENT("note.unpublished") },
	{ some_item, "DELETE", "/safety-checklist/items/{one}", NULL, 204, NULL,
	  ONE_ROW("checklist_items", "id = '{one}' and not is_active") },
};

/* clang-format on */

/* ---- Tests ---- */

static void setup(void)
{
	f.super_admin = e2e_client("super_admin");
	for (int i = 0; i < CLIENTS; i++)
		f.clients[i] = e2e_client("super_admin");
}

TestSuite(races, .init = setup, .timeout = 120);

struct values {
	const char *one, *each, *new;
	int n;
};

static const char *fill(const char *text, const struct values *values)
{
	const struct {
		const char *name, *value;
	} placeholders[] = { { "{one}", values->one },
		             { "{each}", values->each },
		             { "{new}", values->new },
		             { "{digits}", values->new + 24 },
		             { "{n}", e2e_format("%d", values->n) } };
	struct buf out = { 0 };
	const char *copy;

	while (*text) {
		size_t i = 0;

		while (i < COUNT_OF(placeholders)
		       && strncmp(text, placeholders[i].name, strlen(placeholders[i].name)) != 0)
			i++;
		if (i < COUNT_OF(placeholders)) {
			buf_text(&out, placeholders[i].value);
			text += strlen(placeholders[i].name);
		} else {
			buf_char(&out, *text++);
		}
	}
	copy = e2e_format("%s", buf_cstr(&out));
	buf_finish(&out);
	return copy;
}

static void expect_rule(const struct rule *rule)
{
	struct values values = { .one = rule->create ? rule->create() : "",
		                 .each = "",
		                 .new = e2e_id() };
	const char *paths[CLIENTS], *bodies[CLIENTS], *tag = NULL;
	const char *about =
		e2e_format("%s %s %s", rule->method, rule->path, rule->body ? rule->body : "");
	int succeeded = 0;

	for (int i = 0; i < CLIENTS; i++) {
		values.n = i;
		if (strstr(rule->path, "{each}"))
			values.each = rule->create();
		paths[i] = e2e_format("/api/v1%s", fill(rule->path, &values));
		bodies[i] = rule->body ? fill(rule->body, &values) : NULL;
	}
	if (rule->etag_path)
		tag = e2e_format("%s", answer_header(client_get(f.super_admin, "/api/v1%s",
		                                                fill(rule->etag_path, &values)),
		                                     "ETag"));
	for (int i = 0; i < CLIENTS; i++) {
		if (tag)
			client_set_header(f.clients[i], "If-Match: %s", tag);
		client_send(f.clients[i], rule->method, paths[i], bodies[i] ? "%s" : NULL,
		            bodies[i]);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status == rule->status)
			succeeded++;
		else if (rule->code)
			expect_problem(answer, rule->code);
		else
			expect_status(answer, rule->status);
	}
	cr_expect_eq(succeeded, rule->code ? 1 : CLIENTS, "%s: %d succeeded", about, succeeded);
	cr_expect_str_eq(query(e2e_format("select %s", fill(rule->condition, &values))), "t",
	                 "%s: not true afterwards: %s", about, fill(rule->condition, &values));
}

#define EXPECT_EACH(rules_)                                                                        \
	for (size_t i = 0; i < COUNT_OF(rules_); i++)                                              \
	expect_rule(&(rules_)[i])

Test(races, for_an_action_have_one_winner)
{
	EXPECT_EACH(succeed_once);
}

Test(races, for_a_name_have_one_winner)
{
	EXPECT_EACH(unique_names);
}

Test(races, for_an_id_have_one_winner)
{
	EXPECT_EACH(unique_ids);
}

Test(races, for_a_revision_have_one_winner)
{
	EXPECT_EACH(conditional_changes);
}

Test(races, of_repeatable_requests_take_effect_once)
{
	EXPECT_EACH(repeatable);
}

/* ---- Incident reports ---- */

struct report {
	const char *id, *log, *digest;
};

/* Those who sign all reports of a test. */
struct signers {
	struct client *guard, *supervisor;
	const char *guard_id, *supervisor_id;
};

static const char *own_id(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

static struct signers some_signers(void)
{
	struct signers signers = {
		.guard = e2e_new_user("GUARD", "Ada"),
		.supervisor = e2e_new_user("SUPERVISOR", "Sven"),
	};

	signers.guard_id = own_id(signers.guard);
	signers.supervisor_id = own_id(signers.supervisor);
	return signers;
}

static struct report some_report(const struct signers *signers)
{
	struct report report = { 0 };

	report.log =
		id_of(client_post(f.super_admin, "/api/v1/logs",
	                          "{'type':'INCIDENT','title':'Lamp out','description':'Dark.',"
	                          "'location_id':'%s'}",
	                          e2e_new_location()));
	report.id = id_of(client_post(
		f.super_admin, "/api/v1/incident-reports",
		"{'log_id':'%s','guard_assigned_id':'%s','supervisor_assigned_id':'%s'}",
		report.log, signers->guard_id, signers->supervisor_id));
	report.digest = e2e_format(
		"%s",
		answer_at(client_get(signers->guard, "/api/v1/incident-reports/%s", report.id),
	                  "digest"));
	return report;
}

static void send_signature(struct client *client, const struct report *report, const char *as)
{
	client_send(client, "POST", e2e_format("/api/v1/incident-reports/%s/sign", report->id),
	            "{'signer_type':'%s','digest':'%s'}", as, report->digest);
}

static void send_reopen(struct client *client, const struct report *report)
{
	client_send(client, "POST", e2e_format("/api/v1/incident-reports/%s/reopen", report->id),
	            "{'reason':'Wrong berth.'}");
}

/* Whether the request succeeded; otherwise it was rejected with this problem. */
static bool has_succeeded(struct client *client, const char *code)
{
	const struct answer *answer = client_receive(client);

	if (answer->status == 200)
		return true;
	expect_problem(answer, code);
	return false;
}

/* The signature stands on what the log says, or the log was changed and nothing was signed. */
Test(races, of_a_signature_and_a_change_of_the_log_have_one_winner)
{
	const struct signers signers = some_signers();
	int signatures = 0;

	for (int i = 0; i < CLIENTS; i++) {
		const struct report report = some_report(&signers);
		bool has_signed;

		send_signature(signers.guard, &report, "GUARD");
		client_send(f.clients[0], "PATCH", e2e_format("/api/v1/logs/%s", report.log),
		            "{'title':'All well'}");
		has_signed = has_succeeded(signers.guard, "REPORT_CHANGED");
		cr_expect_neq(has_signed, has_succeeded(f.clients[0], "REPORT_SIGNED"));
		signatures += has_signed;
	}
	cr_log_info("%d of %d were signed", signatures, CLIENTS);
}

/* Several requests reopen a report, and one succeeds. The other signer either signed before, and the
 * signature is void, too, or is told that the report has changed. */
Test(races, of_reopening_and_signing_leave_no_signature)
{
	const struct signers signers = some_signers();

	for (int i = 0; i < CLIENTS / 5; i++) {
		const struct report report = some_report(&signers);
		int reopened = 0;

		send_signature(signers.guard, &report, "GUARD");
		assert_status(client_receive(signers.guard), 200);
		send_signature(signers.supervisor, &report, "SUPERVISOR");
		for (int j = 0; j < 5; j++)
			send_reopen(f.clients[j], &report);
		has_succeeded(signers.supervisor, "REPORT_CHANGED");
		for (int j = 0; j < 5; j++)
			reopened += has_succeeded(f.clients[j], "REPORT_NOT_SIGNED");
		cr_expect_eq(reopened, 1);
		cr_expect_str_eq(query(e2e_format("select count(*) from app.report_signatures"
		                                  " where report_id = '%s' and voided_at is null",
		                                  report.id)),
		                 "0");
	}
}

/* Two people sign at once: the text is stored once, and both have signed it. (That each signs once
 * is tested with the resource.) */
Test(races, of_two_signers_make_one_text)
{
	const struct signers signers = some_signers();

	for (int i = 0; i < CLIENTS / 5; i++) {
		const struct report report = some_report(&signers);

		send_signature(signers.guard, &report, "GUARD");
		send_signature(signers.supervisor, &report, "SUPERVISOR");
		expect_status(client_receive(signers.guard), 200);
		expect_status(client_receive(signers.supervisor), 200);
		cr_expect_str_eq(
			query(e2e_format("select count(*) || ' ' || count(distinct s.edition)"
		                         " from app.report_signatures s where s.report_id = '%s'",
		                         report.id)),
			"2 1");
	}
}

/* A draft of a user, which has one entry of eight hours; another session of four is missing. */
static const char *some_timesheet(void)
{
	const char *who = some_person(), *id;

	query(e2e_format("insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	                 " values ('%s', '2026-03-03 06:00Z', '2026-03-03 14:00Z')",
	                 who));
	id = id_of(client_post(f.super_admin, "/api/v1/timesheets",
	                       "{'user_id':'%s','week_start_date':'2026-03-01'}", who));
	query(e2e_format("insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	                 " values ('%s', '2026-03-04 06:00Z', '2026-03-04 10:00Z')",
	                 who));
	return id;
}

/* The clients perform these actions on a timesheet in turn, all in parallel; counts those of the
 * last action that succeed. */
static int perform(const char *id, const char *const *actions, size_t count)
{
	int succeeded = 0;

	for (int i = 0; i < CLIENTS; i++) {
		const char *action = actions[(size_t)i % count];

		client_send(f.clients[i], "POST",
		            e2e_format("/api/v1/timesheets/%s/%s", id, action),
		            strcmp(action, "reopen") == 0 ? "{'reason':'x'}" : NULL);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		cr_expect(answer->status == 200 || answer->status == 409, "%d", answer->status);
		if ((size_t)i % count == count - 1)
			succeeded += answer->status == 200;
	}
	return succeeded;
}

static void expect_totals(const char *id, const char *status)
{
	cr_expect_str_eq(
		query(e2e_format(
			"select t.total_hours = sum(e.hours_worked)"
			" and t.total_entries = count(*) and count(*) in (1, 2)"
			" from app.timesheets t"
			" join app.timesheet_entries e on e.timesheet_id = t.id"
			" where t.id = '%s' and '%s' in ('', t.status::text) group by t.id",
			id, status)),
		"t");
}

/* What is approved does not change afterwards: the missing session was added before, or not at
 * all. */
Test(races, of_refreshing_and_approving_a_timesheet_keep_its_totals)
{
	static const char *const actions[] = { "refresh", "submit", "approve" };
	const char *id = some_timesheet();

	cr_expect_leq(perform(id, actions, COUNT_OF(actions)), 1);
	perform(id, actions, COUNT_OF(actions));
	expect_totals(id, "APPROVED");
}

/* Each reopening is recorded, and follows an approval. */
Test(races, of_reopening_a_timesheet_are_all_recorded)
{
	static const char *const actions[] = { "approve", "submit", "reopen" };
	const char *id = some_timesheet();
	int reopened;

	perform(id, actions, 2);
	perform(id, actions, 1);
	reopened = perform(id, actions, COUNT_OF(actions));
	cr_expect_geq(reopened, 1);
	expect_totals(id, "");
	cr_expect_str_eq(query(e2e_format("select count(*) from app.timesheet_adjustments"
	                                  " where timesheet_id = '%s' and type = 'REOPENED'",
	                                  id)),
	                 e2e_format("%d", reopened));
}

/* Each client assigns one of the people, all in parallel; returns how many succeed. */
static int assign(const char *shift, const char *const people[CLIENTS], const char *code)
{
	int succeeded = 0;

	for (int i = 0; i < CLIENTS; i++)
		client_send(f.clients[i], "POST",
		            e2e_format("/api/v1/shifts/%s/assignments", shift), "{'user_id':'%s'}",
		            people[i]);
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status == 201)
			succeeded++;
		else
			expect_problem(answer, code);
	}
	return succeeded;
}

Test(races, for_the_last_place_in_a_shift_have_one_winner)
{
	const char *location = id_of(client_post(f.super_admin, "/api/v1/locations",
	                                         "{'name':'%s','max_capacity':2}", e2e_name()));
	const char *shift =
		id_of(client_post(f.super_admin, "/api/v1/shifts",
	                          "{'name':'Night','start_time':'2026-03-01T22:00:00Z',"
	                          "'end_time':'2026-03-02T06:00:00Z','location_id':'%s'}",
	                          location));
	const char *people[CLIENTS], *same[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		people[i] = some_person();
		same[i] = people[0];
	}
	cr_expect_eq(assign(shift, same, "DUPLICATE_ASSIGNMENT"), 1);
	people[0] = some_person();
	cr_expect_eq(assign(shift, people, "CAPACITY_EXCEEDED"), 1);
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.shift_assignments where shift_id = '%s'",
	                         shift)),
		"2");
}

/* Logs are sent for a location while it is deactivated. Events of a channel have the order of the
 * changes: none may be of a log after the deactivation. */
static void expect_no_logs_after_deactivation(void)
{
	const char *location = e2e_new_location();

	for (int i = 0; i < CLIENTS; i++) {
		if (i == CLIENTS / 4)
			client_send(f.clients[i], "PATCH",
			            e2e_format("/api/v1/locations/%s", location),
			            "{'is_active':false}");
		else
			client_send(f.clients[i], "POST", "/api/v1/logs",
			            "{'type':'PATROL','title':'Round','description':'Walked.',"
			            "'location_id':'%s'}",
			            location);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status == 409)
			expect_problem(answer, "LOCATION_INACTIVE");
		else
			expect_status(answer, i == CLIENTS / 4 ? 200 : 201);
	}
	cr_expect_str_eq(query(e2e_format("select type from live.events"
	                                  " where channel = 'location:%s'"
	                                  " order by \"offset\" desc limit 1",
	                                  location)),
	                 "location.updated");
}

Test(races, of_logs_with_a_deactivation_leave_none_behind)
{
	for (int i = 0; i < 20; i++)
		expect_no_logs_after_deactivation();
}

/* Half of the clients do the one, half the other; returns how many of each succeeded. Those who come
 * after the withdrawal find nothing. */
static void race_withdrawal(const char *id, const char *method, const char *suffix,
                            const char *body, int *done, int *withdrawn)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (i % 2)
			client_send(f.clients[i], "DELETE",
			            e2e_format("/api/v1/notifications/%s", id), NULL);
		else
			client_send(f.clients[i], method,
			            e2e_format("/api/v1/notifications/%s%s", id, suffix), body, i);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status == (i % 2 ? 204 : 200))
			++*(i % 2 ? withdrawn : done);
		else
			expect_problem(answer, "NOT_FOUND");
	}
}

/* A notification is withdrawn once, and nothing is published about it afterwards. */
static void expect_withdrawal(const char *method, const char *suffix, const char *body,
                              const char *event)
{
	const char *id = some_notification();
	int done = 0, withdrawn = 0;

	race_withdrawal(id, method, suffix, body, &done, &withdrawn);
	cr_expect_eq(withdrawn, 1);
	cr_expect_str_eq(
		query(e2e_format("select count(*) from app.notifications where id = '%s'", id)),
		"0");
	cr_expect_str_eq(query(e2e_format("select (array_agg(type order by \"offset\" desc))[1]"
	                                  " from live.events where channel = 'org'"
	                                  " and data ->> 'id' = '%s'",
	                                  id)),
	                 "notification.withdrawn");
	if (event)
		cr_expect_str_eq(
			query(e2e_format("select count(*) from live.events where type = '%s'"
		                         " and data ->> 'id' = '%s'",
		                         event, id)),
			e2e_format("%d", done));
}

Test(races, of_corrections_with_a_withdrawal_end_withdrawn)
{
	for (int i = 0; i < 10; i++)
		expect_withdrawal("PATCH", "", "{'title':'No. %d'}", "notification.updated");
}

Test(races, of_dismissals_with_a_withdrawal_end_withdrawn)
{
	for (int i = 0; i < 10; i++)
		expect_withdrawal("POST", "/dismiss", NULL, NULL);
}
