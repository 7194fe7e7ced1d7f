/* workday.c: tests a whole working day at a new location, from planning the shift to approving the
 * timesheet, using only the API.
 *
 * Greta is an administrator, Salma a supervisor, Wanda a guard. Each step uses the results of the
 * previous ones. */

#include <time.h>

#include "e2e.h"

static struct {
	struct client *super_admin, *greta, *salma, *wanda;
	const char *greta_id, *salma_id, *wanda_id;
	const char *location, *car, *radio, *shift;
	const char *wanda_session, *salma_session; /* duty sessions */
	const char *patrol, *visitor, *incident, *checkout, *tour, *report;
} f;

TestSuite(workday, .timeout = 120);

#define POST(client_, path_, ...) succeeded(client_post(client_, path_, __VA_ARGS__))

/* Ends the test unless the request succeeded. */
static const struct answer *succeeded(const struct answer *answer)
{
	cr_assert(answer->status == 200 || answer->status == 201, "%s: %d: %.*s", answer->about,
	          answer->status, STR_ARGS(answer->body));
	return answer;
}

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(succeeded(answer), "id"));
}

/* The path with the ID in place of the asterisk. */
static const char *path_of(const char *path, const char *id)
{
	return e2e_format("/api/v1/%.*s%s%s", (int)strcspn(path, "*"), path, id,
	                  strchr(path, '*') + 1);
}

/* The index of the first item with this value; ends the test if there is none. */
static size_t index_of(const struct answer *answer, const char *name, const char *value)
{
	size_t i = 0;

	while (i < json_count(succeeded(answer)->json)
	       && strcmp(answer_at(answer, e2e_format("%zu.%s", i, name)), value) != 0)
		i++;
	cr_assert(i < json_count(answer->json), "%s: no item with %s %s: %.*s", answer->about, name,
	          value, STR_ARGS(answer->body));
	return i;
}

static bool contains(const struct answer *answer, const char *name, const char *value)
{
	for (size_t i = 0; i < json_count(succeeded(answer)->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.%s", i, name)), value) == 0)
			return true;
	}
	return false;
}

/* Invites a user, who then signs in with a token for the same email address. */
static struct client *invite(struct client *by, const char *role, const char *first_name,
                             const char **id)
{
	struct client *client = e2e_client(NULL);
	const char *email = e2e_format("%s@day.example", e2e_id());

	*id = id_of(POST(by, "/api/v1/users",
	                 "{'email':'%s','first_name':'%s','last_name':'Day','role':'%s'}", email,
	                 first_name, role));
	client_set_token(client,
	                 e2e_token(&(struct e2e_token){ .subject = e2e_format("day|%s", *id),
	                                                .email = email,
	                                                .first_name = first_name,
	                                                .last_name = "Day" }));
	expect_at(succeeded(client_get(client, "/api/v1/users/me")), "id", *id);
	return client;
}

static void invite_users_and_create_a_location(void)
{
	f.super_admin = e2e_client("super_admin");
	f.greta = invite(f.super_admin, "ADMIN", "Greta", &f.greta_id);
	f.salma = invite(f.greta, "SUPERVISOR", "Salma", &f.salma_id);
	f.wanda = invite(f.greta, "GUARD", "Wanda", &f.wanda_id);
	f.location = id_of(
		POST(f.greta, "/api/v1/locations", "{'name':'%s','max_capacity':2}", e2e_name()));
	f.car = id_of(POST(
		f.greta, "/api/v1/vehicles",
		"{'name':'Car 7','make':'Ford','model':'Ranger','year':2021,'mileage':52000}"));
	f.radio = id_of(POST(f.greta, "/api/v1/radios", "{'name':'Radio 7','channel':'16'}"));
	POST(f.greta, "/api/v1/safety-checklist/items", "{'name':'Gate of %s'}", f.location);
}

static void salma_creates_the_shift(void)
{
	time_t now = time(NULL), then = now + 8L * 3600;
	char from[32], until[32];
	const struct answer *answer;

	strftime(from, sizeof(from), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", gmtime(&then));
	answer = POST(f.salma, "/api/v1/shifts",
	              "{'name':'Day','start_time':'%s','end_time':'%s','location_id':'%s',"
	              "'user_assignments':[{'user_id':'%s','role':'PRIMARY'}]}",
	              from, until, f.location, f.wanda_id);
	expect_at(answer, "warnings", "[]");
	f.shift = id_of(answer);
	expect_at(client_get(f.wanda, "/api/v1/shifts?user_id=%s", f.wanda_id), "0.id", f.shift);
}

static void wanda_clocks_in(void)
{
	const struct answer *answer =
		POST(f.wanda, "/api/v1/duty-sessions", "{'location_id':'%s','shift_id':'%s'}",
	             f.location, f.shift);
	const char *checks = "", *log;

	f.wanda_session = id_of(answer);
	expect_at(answer, "shift.name", "Day");
	/* Wanda confirms every item of the checklist. */
	answer = succeeded(client_get(f.wanda, "/api/v1/safety-checklist"));
	for (size_t i = 0; i < json_count(answer->json); i++)
		checks = e2e_format("%s%s{'item_id':'%s','checked':true}", checks, i ? "," : "",
		                    answer_at(answer, e2e_format("%zu.id", i)));
	answer = POST(f.wanda, "/api/v1/safety-checklist/responses",
	              "{'duty_session_id':'%s','location_id':'%s','items':[%s]}", f.wanda_session,
	              f.location, checks);
	log = e2e_format("%s", answer_at(answer, "log_id"));
	answer = client_get(f.wanda, "%s", path_of("logs/*", log));
	expect_at(answer, "type", "ON_DUTY_CHECKLIST");
	expect_at(answer, "shift_id", f.shift);
	cr_expect(strstr(answer_at(answer, "description"), " checked.") != NULL);
}

static void salma_clocks_in_and_checks_out_a_car(void)
{
	const struct answer *answer;
	size_t i;

	f.salma_session = id_of(POST(f.salma, "/api/v1/duty-sessions", "{}"));
	/* Wanda is notified that a supervisor is on duty. */
	answer = client_get(f.wanda, "/api/v1/notifications");
	i = index_of(answer, "message", "Salma Day is on duty now.");
	POST(f.wanda,
	     path_of("notifications/*/dismiss", answer_at(answer, e2e_format("%zu.id", i))), NULL);
	cr_expect(!contains(client_get(f.wanda, "/api/v1/notifications"), "message",
	                    "Salma Day is on duty now."));

	cr_expect(contains(client_get(f.salma, "/api/v1/equipment/available?type=VEHICLE"), "id",
	                   f.car));
	f.checkout = id_of(POST(f.salma, "/api/v1/equipment/checkouts",
	                        "{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s',"
	                        "'checkout_mileage':52000}",
	                        f.salma_session, f.car, f.radio));
	cr_expect(!contains(client_get(f.salma, "/api/v1/equipment/available?type=VEHICLE"), "id",
	                    f.car));
	answer = client_get(f.salma, "/api/v1/guards/on-duty");
	expect_at(answer,
	          e2e_format("%zu.user_name", index_of(answer, "duty_session_id", f.wanda_session)),
	          "Wanda Day");
}

static void wanda_logs_a_patrol_and_checks_in_a_visitor(void)
{
	f.patrol = id_of(POST(
		f.wanda, "/api/v1/logs",
		"{'type':'PATROL','title':'Round of the docks','description':'All berths walked.',"
		"'location_id':'%s','shift_id':'%s'}",
		f.location, f.shift));
	f.visitor = id_of(POST(
		f.wanda, "/api/v1/visitors",
		"{'first_name':'Nils','last_name':'Aker','company':'Bay Fuel','location_id':'%s'}",
		f.location));
	expect_at(client_get(f.wanda, "/api/v1/visitors?present=true&location_id=%s", f.location),
	          "0.id", f.visitor);
}

static void wanda_reports_an_incident(void)
{
	struct client *const notified[] = { f.salma, f.greta };
	const struct answer *answer;
	size_t i;

	f.incident = id_of(POST(
		f.wanda, "/api/v1/logs",
		"{'type':'INCIDENT','severity':'HIGH','title':'Fuel on the water',"
		"'description':'A film along berths 3 to 9.','location_id':'%s','shift_id':'%s'}",
		f.location, f.shift));
	for (i = 0; i < COUNT_OF(notified); i++) {
		answer = client_get(notified[i], "/api/v1/notifications");
		expect_at(answer,
		          e2e_format("%zu.priority",
		                     index_of(answer, "message", "Fuel on the water")),
		          "HIGH");
	}
	answer = client_get(f.salma, "/api/v1/incidents?status=UNREVIEWED");
	expect_at(answer, e2e_format("%zu.author.first_name", index_of(answer, "id", f.incident)),
	          "Wanda");
}

static void wanda_and_salma_exchange_messages(void)
{
	const char *question =
		id_of(POST(f.wanda, "/api/v1/messages", "{'content':'Shall I put the boom out?'}"));
	const struct answer *answer = client_get(f.salma, "/api/v1/messages/conversations");
	size_t i = index_of(answer, "duty_session_id", f.wanda_session);

	expect_at(answer, e2e_format("%zu.unread_count", i), "1");
	POST(f.salma, path_of("messages/*/read", question), NULL);
	POST(f.salma, "/api/v1/messages",
	     "{'content':'Yes. I am coming.','recipient_id':'%s','reply_to_id':'%s'}", f.wanda_id,
	     question);
	answer = succeeded(client_get(f.wanda, "/api/v1/messages"));
	cr_expect_eq(json_count(answer->json), 2);
	cr_expect_str_neq(answer_at(answer, "0.read_at"), "null");
	expect_at(answer, "1.content", "Yes. I am coming.");
	POST(f.wanda, path_of("logs/*/comments", f.incident), "{'content':'The boom is out.'}");
}

static void salma_inspects_it_on_a_tour(void)
{
	const char *visit, *stop;
	const struct answer *answer;

	f.tour = id_of(POST(f.salma, "/api/v1/tours",
	                    "{'car_number':'7','radio_number':'7','starting_mileage':52000}"));
	visit = id_of(POST(f.salma, path_of("duty-sessions/*/check-ins", f.salma_session),
	                   "{'location_id':'%s'}", f.location));
	stop = id_of(
		POST(f.salma, path_of("tours/*/stops", f.tour),
	             "{'stop_type':'INCIDENT_CHECK','title':'Berths 3 to 9','observations':'The"
	             " film is held.',"
	             "'location_id':'%s','guard_user_id':'%s','guard_performance_notes':'Knew what"
	             " to do.'}",
	             f.location, f.wanda_id));
	POST(f.salma, e2e_format("/api/v1/tours/%s/stops/%s/complete", f.tour, stop), NULL);
	POST(f.salma, path_of("location-check-ins/*/check-out", visit), NULL);
	answer = POST(f.salma, path_of("tours/*/complete", f.tour),
	              "{'ending_mileage':52031,'car_returned':false,'radio_returned':false,"
	              "'keys_returned':true}");
	expect_at(answer, "status", "COMPLETED");
	expect_at(answer, "tour_stops.0.guard.first_name", "Wanda");
}

static void the_incident_is_reviewed_and_its_report_signed(void)
{
	const struct answer *answer =
		POST(f.salma, path_of("incidents/*/review", f.incident),
	             "{'review_notes':'Held by the boom; the harbour office was told.'}");
	const char *digest;

	expect_at(answer, "status", "UPDATED");
	expect_at(answer, "reviewed_by", f.salma_id);
	expect_problem(client_post(f.greta, path_of("incidents/*/review", f.incident),
	                           "{'review_notes':'Read.'}"),
	               "ALREADY_REVIEWED");
	cr_expect(!contains(client_get(f.salma, "/api/v1/incidents?status=UNREVIEWED"), "id",
	                    f.incident));
	f.report =
		id_of(POST(f.salma, "/api/v1/incident-reports",
	                   "{'log_id':'%s','supervisor_assigned_id':'%s','guard_assigned_id':'%s'}",
	                   f.incident, f.salma_id, f.wanda_id));
	digest = e2e_format(
		"%s", answer_at(client_get(f.wanda, "%s", path_of("incident-reports/*", f.report)),
	                        "digest"));
	expect_at(POST(f.wanda, path_of("incident-reports/*/sign", f.report),
	               "{'signer_type':'GUARD','digest':'%s'}", digest),
	          "is_complete", "false");
	expect_at(POST(f.salma, path_of("incident-reports/*/sign", f.report),
	               "{'signer_type':'SUPERVISOR','digest':'%s'}", digest),
	          "is_complete", "true");
	expect_at(client_get(f.greta, "%s", path_of("logs/*/incident-report", f.incident)),
	          "guard_signed_name", "Wanda Day");
}

static void salma_and_wanda_end_duty(void)
{
	const struct answer *answer;

	POST(f.wanda, path_of("visitors/*/check-out", f.visitor), "{'notes':'Badge is back.'}");
	answer = POST(f.wanda, path_of("duty-sessions/*/end", f.wanda_session),
	              "{'notes':'Boom stays out until morning.'}");
	cr_expect_str_neq(answer_at(answer, "clock_out_time"), "null");
	cr_expect(!contains(client_get(f.salma, "/api/v1/guards/on-duty"), "duty_session_id",
	                    f.wanda_session));
	expect_problem(
		client_post(f.salma, path_of("duty-sessions/*/clock-out", f.salma_session), NULL),
		"EQUIPMENT_NOT_RETURNED");
	POST(f.salma, path_of("duty-sessions/*/end", f.salma_session), "{'checkin_mileage':52040}");
	expect_at(client_get(f.greta, "%s", path_of("vehicles/*", f.car)), "mileage", "52040");
	cr_expect(contains(client_get(f.salma, "/api/v1/equipment/available?type=VEHICLE"), "id",
	                   f.car));
}

/* The Sunday of the week in which a duty session started. */
static const char *week_of(const char *session)
{
	const struct answer *answer =
		succeeded(client_get(f.salma, "%s", path_of("duty-sessions/*", session)));
	struct tm day = { 0 };
	char sunday[16];
	time_t noon;

	cr_assert(strptime(answer_at(answer, "clock_in_time"), "%Y-%m-%d", &day) != NULL);
	day.tm_hour = 12;
	noon = timegm(&day) - day.tm_wday * 24L * 3600;
	strftime(sunday, sizeof(sunday), "%Y-%m-%d", gmtime(&noon));
	return e2e_format("%s", sunday);
}

/* The story takes less than a week: its duty is moved to the week before. */
static void a_week_passes(void)
{
	server_query(
		e2e_server(),
		"update app.duty_sessions set clock_in_time = clock_in_time - interval '7 days',"
		" clock_out_time = clock_out_time - interval '7 days' where id in ('%s', '%s')",
		f.wanda_session, f.salma_session);
}

/* Salma submits both timesheets. Users cannot approve their own, so Greta approves both. */
static void the_timesheets_are_submitted_and_approved(void)
{
	const char *week = week_of(f.wanda_session), *timesheet, *own;
	const struct answer *answer =
		client_get(f.salma, "/api/v1/timesheets/candidates?week_start_date=%s", week);

	expect_at(answer, e2e_format("%zu.timesheet_id", index_of(answer, "user_id", f.wanda_id)),
	          "null");
	timesheet = id_of(POST(f.salma, "/api/v1/timesheets",
	                       "{'user_id':'%s','week_start_date':'%s'}", f.wanda_id, week));
	expect_at(client_get(f.greta, "%s", path_of("timesheets/*", timesheet)),
	          "entries.0.duty_session_id", f.wanda_session);
	POST(f.salma, path_of("timesheets/*/submit", timesheet), NULL);
	own = id_of(POST(f.salma, "/api/v1/timesheets", "{'user_id':'%s','week_start_date':'%s'}",
	                 f.salma_id, week));
	POST(f.salma, path_of("timesheets/*/submit", own), NULL);
	expect_problem(client_post(f.salma, path_of("timesheets/*/approve", own), NULL),
	               "FORBIDDEN");
	expect_at(POST(f.greta, "/api/v1/timesheets/bulk-approve", "{'ids':['%s','%s']}", timesheet,
	               own),
	          "approved", "2");
}

static void everything_is_recorded(void)
{
	static const char *const types[] = { "INCIDENT", "PATROL", "ON_DUTY_CHECKLIST" };
	const struct answer *answer =
		succeeded(client_get(f.greta, "%s", path_of("locations/*/logs", f.location)));

	cr_expect_eq(json_count(answer->json), COUNT_OF(types));
	for (size_t i = 0; i < COUNT_OF(types); i++)
		expect_at(answer, e2e_format("%zu.type", i), types[i]);
	answer = client_get(f.wanda, "/api/v1/users/me/stats");
	expect_at(answer, "total_logs", "3");
	expect_at(answer, "total_sessions", "1");
	expect_problem(
		client_post(f.wanda, "/api/v1/logs",
	                    "{'type':'OTHER','title':'x','description':'x','location_id':'%s'}",
	                    f.location),
		"NOT_ON_DUTY");
	/* An archived user is rejected, and their logs remain. */
	POST(f.greta, path_of("users/*/archive", f.wanda_id), NULL);
	expect_problem(client_get(f.wanda, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");
	expect_at(client_get(f.greta, "%s", path_of("logs/*", f.patrol)), "author.first_name",
	          "Wanda");
}

Test(workday, works_from_the_shift_to_the_timesheet)
{
	invite_users_and_create_a_location();
	salma_creates_the_shift();
	wanda_clocks_in();
	salma_clocks_in_and_checks_out_a_car();
	wanda_logs_a_patrol_and_checks_in_a_visitor();
	wanda_reports_an_incident();
	wanda_and_salma_exchange_messages();
	salma_inspects_it_on_a_tour();
	the_incident_is_reviewed_and_its_report_signed();
	salma_and_wanda_end_duty();
	a_week_passes();
	the_timesheets_are_submitted_and_approved();
	everything_is_recorded();
}
