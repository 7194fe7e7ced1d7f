/* A day at a new marina, from the roster in the morning to the hours on the timesheet.
 *
 * Greta administers, Salma supervises, Wanda keeps watch. All they do, they do by asking
 * the server; each chapter goes on where the last one stopped. */

#include <time.h>

#include "e2e.h"

static struct {
	struct client *chief, *greta, *salma, *wanda;
	const char *greta_id, *salma_id, *wanda_id;
	const char *place, *car, *radio, *shift;
	const char *watch, *rounds; /* Wanda's duty session, and Salma's */
	const char *patrol, *visitor, *incident, *checkout, *tour, *report;
} f;

TestSuite(workday, .timeout = 120);

#define SAYS(client_, path_, ...) answered(client_post(client_, path_, __VA_ARGS__))

/* It was done; the answer. */
static const struct answer *answered(const struct answer *answer)
{
	cr_assert(answer->status == 200 || answer->status == 201, "%s: %d: %.*s", answer->about, answer->status,
	          STR_ARGS(answer->body));
	return answer;
}

static const char *id_of(const struct answer *answer)
{
	return e2e_format("%s", answer_at(answered(answer), "id"));
}

static const char *at(const char *path, const char *id)
{
	return e2e_format("/api/v1/%.*s%s%s", (int)strcspn(path, "*"), path, id, strchr(path, '*') + 1);
}

/* Where in the list something with that value stands. */
static size_t place_of(const struct answer *answer, const char *name, const char *value)
{
	size_t i = 0;

	while (i < json_count(answered(answer)->json)
	       && strcmp(answer_at(answer, e2e_format("%zu.%s", i, name)), value) != 0)
		i++;
	cr_assert(i < json_count(answer->json), "%s: nothing has %s %s: %.*s", answer->about, name, value,
	          STR_ARGS(answer->body));
	return i;
}

static bool lists(const struct answer *answer, const char *name, const char *value)
{
	for (size_t i = 0; i < json_count(answered(answer)->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.%s", i, name)), value) == 0)
			return true;
	}
	return false;
}

/* Somebody is invited, and comes in with the first token of that address. */
static struct client *invite(struct client *by, const char *role, const char *first_name, const char **id)
{
	struct client *client = e2e_client(NULL);
	const char *email = e2e_format("%s@day.example", e2e_id());

	*id = id_of(SAYS(by, "/api/v1/users", "{'email':'%s','first_name':'%s','last_name':'Day','role':'%s'}", email,
	                 first_name, role));
	client_set_token(client, e2e_token(&(struct e2e_token){ .subject = e2e_format("day|%s", *id),
	                                                         .email = email, .first_name = first_name,
	                                                         .last_name = "Day" }));
	expect_at(answered(client_get(client, "/api/v1/users/me")), "id", *id);
	return client;
}

static void people_are_invited_and_a_place_is_made(void)
{
	f.chief = e2e_client("super_admin");
	f.greta = invite(f.chief, "ADMIN", "Greta", &f.greta_id);
	f.salma = invite(f.greta, "SUPERVISOR", "Salma", &f.salma_id);
	f.wanda = invite(f.greta, "GUARD", "Wanda", &f.wanda_id);
	f.place = id_of(SAYS(f.greta, "/api/v1/locations", "{'name':'%s','max_capacity':2}", e2e_name()));
	f.car = id_of(SAYS(f.greta, "/api/v1/vehicles",
	                   "{'name':'Car 7','make':'Ford','model':'Ranger','year':2021,'mileage':52000}"));
	f.radio = id_of(SAYS(f.greta, "/api/v1/radios", "{'name':'Radio 7','channel':'16'}"));
	SAYS(f.greta, "/api/v1/safety-checklist/items", "{'name':'Gate of %s'}", f.place);
}

static void salma_plans_the_shift(void)
{
	time_t now = time(NULL), then = now + 8L * 3600;
	char from[32], until[32];
	const struct answer *answer;

	strftime(from, sizeof(from), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", gmtime(&then));
	answer = SAYS(f.salma, "/api/v1/shifts",
	              "{'name':'Day','start_time':'%s','end_time':'%s','location_id':'%s',"
	              "'user_assignments':[{'user_id':'%s','role':'PRIMARY'}]}",
	              from, until, f.place, f.wanda_id);
	expect_at(answer, "warnings", "[]");
	f.shift = id_of(answer);
	expect_at(client_get(f.wanda, "/api/v1/shifts?user_id=%s", f.wanda_id), "0.id", f.shift);
}

static void wanda_reports_for_duty(void)
{
	const struct answer *answer = SAYS(f.wanda, "/api/v1/duty-sessions", "{'location_id':'%s','shift_id':'%s'}", f.place,
	                                   f.shift);
	const char *checks = "", *log;

	f.watch = id_of(answer);
	expect_at(answer, "shift.name", "Day");
	/* Everything on the checklist is in order. */
	answer = answered(client_get(f.wanda, "/api/v1/safety-checklist"));
	for (size_t i = 0; i < json_count(answer->json); i++)
		checks = e2e_format("%s%s{'item_id':'%s','checked':true}", checks, i ? "," : "",
		                     answer_at(answer, e2e_format("%zu.id", i)));
	answer = SAYS(f.wanda, "/api/v1/safety-checklist/responses",
	              "{'duty_session_id':'%s','location_id':'%s','items':[%s]}", f.watch, f.place, checks);
	log = e2e_format("%s", answer_at(answer, "log_id"));
	answer = client_get(f.wanda, "%s", at("logs/*", log));
	expect_at(answer, "type", "ON_DUTY_CHECKLIST");
	expect_at(answer, "shift_id", f.shift);
	cr_expect(strstr(answer_at(answer, "description"), " checked.") != NULL);
}

static void salma_comes_on_duty_and_takes_a_car(void)
{
	const struct answer *answer;
	size_t i;

	f.rounds = id_of(SAYS(f.salma, "/api/v1/duty-sessions", "{}"));
	/* Wanda hears that there is somebody to ask. */
	answer = client_get(f.wanda, "/api/v1/notifications");
	i = place_of(answer, "message", "Salma Day is on duty now.");
	SAYS(f.wanda, at("notifications/*/dismiss", answer_at(answer, e2e_format("%zu.id", i))), NULL);
	cr_expect(!lists(client_get(f.wanda, "/api/v1/notifications"), "message", "Salma Day is on duty now."));

	cr_expect(lists(client_get(f.salma, "/api/v1/equipment/available?type=CAR"), "id", f.car));
	f.checkout = id_of(SAYS(f.salma, "/api/v1/equipment/checkouts",
	                        "{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':52000}", f.rounds,
	                        f.car, f.radio));
	cr_expect(!lists(client_get(f.salma, "/api/v1/equipment/available?type=CAR"), "id", f.car));
	answer = client_get(f.salma, "/api/v1/guards/on-duty");
	expect_at(answer, e2e_format("%zu.user_name", place_of(answer, "duty_session_id", f.watch)), "Wanda Day");
}

static void wanda_walks_her_round_and_lets_somebody_in(void)
{
	f.patrol = id_of(SAYS(f.wanda, "/api/v1/logs",
	                      "{'type':'PATROL','title':'Round of the docks','description':'All berths walked.',"
	                      "'location_id':'%s','shift_id':'%s'}",
	                      f.place, f.shift));
	f.visitor = id_of(SAYS(f.wanda, "/api/v1/visitors",
	                       "{'first_name':'Nils','last_name':'Aker','company':'Bay Fuel','location_id':'%s'}", f.place));
	expect_at(client_get(f.wanda, "/api/v1/visitors?present=true&location_id=%s", f.place), "0.id", f.visitor);
}

static void something_happens(void)
{
	struct client *const told[] = { f.salma, f.greta };
	const struct answer *answer;
	size_t i;

	f.incident = id_of(SAYS(f.wanda, "/api/v1/logs",
	                        "{'type':'INCIDENT','severity':'HIGH','title':'Fuel on the water',"
	                        "'description':'A film along berths 3 to 9.','location_id':'%s','shift_id':'%s'}",
	                        f.place, f.shift));
	for (i = 0; i < COUNT_OF(told); i++) {
		answer = client_get(told[i], "/api/v1/notifications");
		expect_at(answer, e2e_format("%zu.priority", place_of(answer, "message", "Fuel on the water")), "HIGH");
	}
	answer = client_get(f.salma, "/api/v1/incidents?status=unreviewed");
	expect_at(answer, e2e_format("%zu.author.first_name", place_of(answer, "id", f.incident)), "Wanda");
}

static void they_speak_about_it(void)
{
	const char *asked = id_of(SAYS(f.wanda, "/api/v1/messages", "{'content':'Shall I put the boom out?'}"));
	const struct answer *answer = client_get(f.salma, "/api/v1/messages/conversations");
	size_t i = place_of(answer, "duty_session_id", f.watch);

	expect_at(answer, e2e_format("%zu.unread_count", i), "1");
	SAYS(f.salma, at("messages/*/read", asked), NULL);
	SAYS(f.salma, "/api/v1/messages", "{'content':'Yes. I am coming.','recipient_id':'%s','reply_to_id':'%s'}",
	     f.wanda_id, asked);
	answer = answered(client_get(f.wanda, "/api/v1/messages"));
	cr_expect_eq(json_count(answer->json), 2);
	cr_expect_str_neq(answer_at(answer, "0.read_at"), "null");
	expect_at(answer, "1.content", "Yes. I am coming.");
	SAYS(f.wanda, at("logs/*/comments", f.incident), "{'content':'The boom is out.'}");
}

static void salma_looks_at_it_on_her_tour(void)
{
	const char *visit, *stop;
	const struct answer *answer;

	f.tour = id_of(SAYS(f.salma, "/api/v1/tours", "{'car_number':'7','radio_number':'7','starting_mileage':52000}"));
	visit = id_of(SAYS(f.salma, at("duty-sessions/*/check-ins", f.rounds), "{'location_id':'%s'}", f.place));
	stop = id_of(SAYS(f.salma, at("tours/*/stops", f.tour),
	                  "{'stop_type':'INCIDENT_CHECK','title':'Berths 3 to 9','observations':'The film is held.',"
	                  "'location_id':'%s','guard_user_id':'%s','guard_performance_notes':'Knew what to do.'}",
	                  f.place, f.wanda_id));
	SAYS(f.salma, e2e_format("/api/v1/tours/%s/stops/%s/complete", f.tour, stop), NULL);
	SAYS(f.salma, at("location-check-ins/*/check-out", visit), NULL);
	answer = SAYS(f.salma, at("tours/*/complete", f.tour),
	              "{'ending_mileage':52031,'car_returned':false,'radio_returned':false,'keys_returned':true}");
	expect_at(answer, "status", "COMPLETED");
	expect_at(answer, "tour_stops.0.guard.first_name", "Wanda");
}

static void the_incident_is_reviewed_and_its_report_signed(void)
{
	const struct answer *answer = SAYS(f.salma, at("incidents/*/review", f.incident),
	                                   "{'review_notes':'Held by the boom; the harbour office was told.'}");

	expect_at(answer, "status", "UPDATED");
	expect_at(answer, "reviewed_by", f.salma_id);
	expect_problem(client_post(f.greta, at("incidents/*/review", f.incident), "{'review_notes':'Read.'}"),
	               "ALREADY_REVIEWED");
	cr_expect(!lists(client_get(f.salma, "/api/v1/incidents?status=unreviewed"), "id", f.incident));
	f.report = id_of(SAYS(f.salma, "/api/v1/incident-reports",
	                      "{'log_id':'%s','supervisor_assigned_id':'%s','guard_assigned_id':'%s'}", f.incident, f.salma_id,
	                      f.wanda_id));
	expect_at(SAYS(f.wanda, at("incident-reports/*/sign", f.report), "{'signer_type':'guard'}"), "is_complete", "false");
	expect_at(SAYS(f.salma, at("incident-reports/*/sign", f.report), "{'signer_type':'supervisor'}"), "is_complete",
	          "true");
	expect_at(client_get(f.greta, "%s", at("logs/*/incident-report", f.incident)), "guard_signed_name", "Wanda Day");
}

static void they_sign_off(void)
{
	const struct answer *answer;

	SAYS(f.wanda, at("visitors/*/check-out", f.visitor), "{'notes':'Badge is back.'}");
	answer = SAYS(f.wanda, at("duty-sessions/*/end", f.watch), "{'notes':'Boom stays out until morning.'}");
	cr_expect_str_neq(answer_at(answer, "clock_out_time"), "null");
	cr_expect(!lists(client_get(f.salma, "/api/v1/guards/on-duty"), "duty_session_id", f.watch));
	expect_problem(client_post(f.salma, at("duty-sessions/*/clock-out", f.rounds), NULL), "EQUIPMENT_NOT_RETURNED");
	SAYS(f.salma, at("duty-sessions/*/end", f.rounds), "{'checkin_mileage':52040}");
	expect_at(client_get(f.greta, "%s", at("vehicles/*", f.car)), "mileage", "52040");
	cr_expect(lists(client_get(f.salma, "/api/v1/equipment/available?type=CAR"), "id", f.car));
}

/* The Sunday of the week in which a watch was begun. */
static const char *week_of(const char *watch)
{
	const struct answer *answer = answered(client_get(f.salma, "%s", at("duty-sessions/*", watch)));
	struct tm day = { 0 };
	char sunday[16];
	time_t noon;

	cr_assert(strptime(answer_at(answer, "clock_in_time"), "%Y-%m-%d", &day) != NULL);
	day.tm_hour = 12;
	noon = timegm(&day) - day.tm_wday * 24L * 3600;
	strftime(sunday, sizeof(sunday), "%Y-%m-%d", gmtime(&noon));
	return e2e_format("%s", sunday);
}

/* Salma writes the watch down, and Greta approves it; Salma's own hours are not hers to approve. */
static void the_hours_are_written_down_and_approved(void)
{
	const char *week = week_of(f.watch), *sheet, *own;
	const struct answer *answer = client_get(f.salma, "/api/v1/timesheets/candidates?week_start_date=%s", week);

	expect_at(answer, e2e_format("%zu.timesheet_id", place_of(answer, "user_id", f.wanda_id)), "null");
	sheet = id_of(SAYS(f.salma, "/api/v1/timesheets", "{'user_id':'%s','week_start_date':'%s'}", f.wanda_id, week));
	expect_at(client_get(f.greta, "%s", at("timesheets/*", sheet)), "entries.0.duty_session_id", f.watch);
	SAYS(f.salma, at("timesheets/*/submit", sheet), NULL);
	own = id_of(SAYS(f.salma, "/api/v1/timesheets", "{'user_id':'%s','week_start_date':'%s'}", f.salma_id, week));
	SAYS(f.salma, at("timesheets/*/submit", own), NULL);
	expect_problem(client_post(f.salma, at("timesheets/*/approve", own), NULL), "FORBIDDEN");
	expect_at(SAYS(f.greta, "/api/v1/timesheets/bulk-approve", "{'ids':['%s','%s']}", sheet, own), "approved", "2");
}

static void and_all_of_it_is_in_the_book(void)
{
	static const char *const types[] = { "INCIDENT", "PATROL", "ON_DUTY_CHECKLIST" };
	const struct answer *answer = answered(client_get(f.greta, "%s", at("locations/*/logs", f.place)));

	cr_expect_eq(json_count(answer->json), COUNT_OF(types));
	for (size_t i = 0; i < COUNT_OF(types); i++)
		expect_at(answer, e2e_format("%zu.type", i), types[i]);
	answer = client_get(f.wanda, "/api/v1/users/me/stats");
	expect_at(answer, "total_logs", "3");
	expect_at(answer, "total_sessions", "1");
	expect_problem(client_post(f.wanda, "/api/v1/logs",
	                           "{'type':'OTHER','title':'x','description':'x','location_id':'%s'}", f.place),
	               "NOT_ON_DUTY");
	/* Who leaves the company is out, and what she did stays. */
	SAYS(f.greta, at("users/*/archive", f.wanda_id), NULL);
	expect_problem(client_get(f.wanda, "/api/v1/users/me"), "ACCOUNT_ARCHIVED");
	expect_at(client_get(f.greta, "%s", at("logs/*", f.patrol)), "author.first_name", "Wanda");
}

Test(workday, is_kept_from_the_roster_to_the_timesheet)
{
	people_are_invited_and_a_place_is_made();
	salma_plans_the_shift();
	wanda_reports_for_duty();
	salma_comes_on_duty_and_takes_a_car();
	wanda_walks_her_round_and_lets_somebody_in();
	something_happens();
	they_speak_about_it();
	salma_looks_at_it_on_her_tour();
	the_incident_is_reviewed_and_its_report_signed();
	they_sign_off();
	the_hours_are_written_down_and_approved();
	and_all_of_it_is_in_the_book();
}
