/* races.c: tests that of fifty conflicting parallel requests exactly one succeeds and the others
 * get the right problem.
 *
 * Duty sessions, check-ins, checkouts, sign-offs, tours, visitors, reviews, reports, vehicle
 * numbers, names of locations and of checklist items, and the last SUPER_ADMIN are tested with
 * their resources. Races between different requests are in race_*.c. Everything else is here, one
 * row for each rule. */

#include "race_fixture.h"

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

TestSuite(races, .init = set_up_race, .timeout = 120);

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
		tag = e2e_format("%s", answer_header(client_get(race.super_admin, "/api/v1%s",
		                                                fill(rule->etag_path, &values)),
		                                     "ETag"));
	for (int i = 0; i < CLIENTS; i++) {
		if (tag)
			client_set_header(race.clients[i], "If-Match: %s", tag);
		client_send(race.clients[i], rule->method, paths[i], bodies[i] ? "%s" : NULL,
		            bodies[i]);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(race.clients[i]);

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
