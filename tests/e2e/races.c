/* Of fifty who want the same at the same time one gets it, and the others are told so.
 *
 * Duty, check-ins, checkouts, sign-offs, tours, visitors, reviews, reports, numbers of
 * vehicles, names of places and of checklist items, and the last SUPER_ADMIN are told of
 * beside their things. The rest is here, a row for each rule. */

#include "e2e.h"

enum { MANY = 50 };

/* Eight of the server's connections write, so that they do meet in the database. */
const char *const e2e_settings[] = { "DB_CONNECTIONS=16", NULL };

static struct {
	struct client *chief, *clients[MANY];
} f;

static const char *id_of(const struct answer *answer)
{
	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *ask(const char *sql)
{
	return e2e_format("%s", server_query(e2e_server(), "%s", sql) ?: "nothing");
}

/* ---- What it is about: the makers give its id ---- */

static const char *some_log(void)
{
	return e2e_log(f.chief, e2e_location(), "Lamp out");
}

static const char *some_tour(void)
{
	return id_of(client_post(f.chief, "/api/v1/tours",
	                         "{'car_number':'7','radio_number':'3','starting_mileage':1000}"));
}

/* With the id of its tour. */
static const char *some_stop(void)
{
	const char *id = some_tour();

	return id_of(client_post(f.chief, e2e_format("/api/v1/tours/%s/stops", id),
	                         "{'id':'%s','stop_type':'INCIDENT_CHECK','title':'x','observations':'x'}", id));
}

static const char *some_vehicle(void)
{
	return id_of(client_post(f.chief, "/api/v1/vehicles", "{'name':'Car','make':'F','model':'R','year':2020}"));
}

static const char *some_radio(void)
{
	return id_of(client_post(f.chief, "/api/v1/radios", "{'name':'Radio'}"));
}

static const char *some_item(void)
{
	return id_of(client_post(f.chief, "/api/v1/safety-checklist/items", "{'name':'%s'}", e2e_name()));
}

static const char *some_visitor(void)
{
	return id_of(client_post(f.chief, "/api/v1/visitors",
	                         "{'first_name':'Nils','last_name':'Aker','location_id':'%s'}", e2e_location()));
}

static const char *some_person(void)
{
	return id_of(client_post(f.chief, "/api/v1/users",
	                         "{'email':'%s@story.example','first_name':'A','last_name':'B','role':'GUARD'}",
	                         e2e_id()));
}

static const char *some_leaver(void)
{
	const char *id = some_person();

	assert_status(client_post(f.chief, e2e_format("/api/v1/users/%s/archive", id), NULL), 200);
	return id;
}

static const char *some_message(void)
{
	return id_of(client_post(e2e_guard_on_duty("Mei", e2e_location()), "/api/v1/messages", "{'content':'Lamp out.'}"));
}

static const char *some_news(void)
{
	return id_of(client_post(f.chief, "/api/v1/notifications", "{'title':'News','message':'Told.'}"));
}

/* A duty session that has equipment out. */
static const char *some_loan(void)
{
	const char *id = id_of(client_post(f.chief, "/api/v1/duty-sessions", "{}"));

	id_of(client_post(f.chief, "/api/v1/equipment/checkouts",
	                  "{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':1}", id,
	                  some_vehicle(), some_radio()));
	return id;
}

static const char *some_note(void)
{
	return id_of(client_post(f.chief, "/api/v1/me/notes", "{'title':'List','content':'Milk.'}"));
}

static const char *some_notice(void)
{
	const char *id = some_note();

	assert_status(client_post(f.chief, e2e_format("/api/v1/me/notes/%s/publish", id), NULL), 200);
	return id;
}

/* ---- The rules ---- */

/* {one} is made once, {each} anew for each of them, {new} is an id that nothing has, {n}
 * one's number among them. `left` is what holds afterwards. */
struct rule {
	const char *(*make)(void);
	const char *method, *path, *body;
	int status;
	const char *code; /* what the others are told; NULL: the same as the first, who did it */
	const char *left;
	const char *seen; /* of which all have the same revision; NULL: they do not look */
};

#define COUNTED(what_, where_) "(select count(*) from app." what_ " where " where_ ") = 1"
/* Each channel has heard of it once. */
#define TOLD(type_)                                                                                     \
	"(select count(*) = count(distinct channel) and count(*) > 0 from live.events where type = '" type_ \
	"' and data ->> 'id' = '{one}')"

static const struct rule done_once[] = {
	{ some_stop, "POST", "/tours/{one}/stops/{one}/complete", NULL, 200, "STOP_COMPLETED",
	  TOLD("tour.stop_completed") },
	{ some_tour, "POST", "/tours/{one}/cancel", "{}", 200, "TOUR_NOT_IN_PROGRESS", TOLD("tour.cancelled") },
	{ some_log, "DELETE", "/logs/{one}", NULL, 204, "LOG_ARCHIVED",
	  TOLD("log.archived") " and " COUNTED("log_edits", "log_id = '{one}' and field_changed = 'status'") },
	{ some_log, "DELETE", "/logs/{one}?hard=true", NULL, 204, "NOT_FOUND", TOLD("log.removed") },
	{ some_message, "DELETE", "/messages/{one}", NULL, 204, "NOT_FOUND", TOLD("message.removed") },
	{ some_note, "DELETE", "/me/notes/{one}", NULL, 204, "NOT_FOUND", TOLD("note.removed") },
	{ some_vehicle, "DELETE", "/vehicles/{one}", NULL, 204, "NOT_FOUND",
	  COUNTED("vehicles", "id = '{one}' and revision = 2") },
	{ some_radio, "DELETE", "/radios/{one}", NULL, 204, "NOT_FOUND",
	  COUNTED("radios", "id = '{one}' and revision = 2") },
	{ some_loan, "POST", "/equipment/check-in", "{'duty_session_id':'{one}','checkin_mileage':2}", 200, "NOT_FOUND",
	  COUNTED("equipment_checkouts", "duty_session_id = '{one}' and checkin_time is not null") },
};

static const struct rule named_once[] = {
	{ e2e_location, "PATCH", "/locations/{each}", "{'name':'{new}'}", 200, "LOCATION_NAME_TAKEN",
	  COUNTED("locations", "name = '{new}'") },
	{ some_vehicle, "PATCH", "/vehicles/{each}", "{'vin':'V{digits}'}", 200, "VIN_TAKEN",
	  COUNTED("vehicles", "vin = 'V{digits}'") },
	{ some_radio, "PATCH", "/radios/{each}", "{'serial_number':'{new}'}", 200, "SERIAL_NUMBER_TAKEN",
	  COUNTED("radios", "serial_number = '{new}'") },
	{ NULL, "POST", "/radios", "{'name':'Radio','serial_number':'{new}'}", 201, "SERIAL_NUMBER_TAKEN",
	  COUNTED("radios", "serial_number = '{new}'") },
	{ some_item, "PATCH", "/safety-checklist/items/{each}", "{'name':'Item {new}'}", 200, "ITEM_NAME_TAKEN",
	  COUNTED("checklist_items", "name = 'Item {new}'") },
	{ NULL, "POST", "/safety-checklist/items/batch", "{'items':[{'name':'Item {new}'}]}", 201, "ITEM_NAME_TAKEN",
	  COUNTED("checklist_items", "name = 'Item {new}'") },
	{ NULL, "POST", "/users", "{'email':'{new}@story.example','first_name':'A','last_name':'B','role':'GUARD'}", 201,
	  "EMAIL_TAKEN", COUNTED("users", "email = '{new}@story.example'") },
	{ NULL, "POST", "/users",
	  "{'email':'{n}.{new}@story.example','username':'{new}','first_name':'A','last_name':'B','role':'GUARD'}", 201,
	  "USERNAME_TAKEN", COUNTED("users", "username = '{new}'") },
};

static const struct rule made_once[] = {
	{ e2e_location, "POST", "/logs",
	  "{'id':'{new}','type':'PATROL','title':'x','description':'x','location_id':'{one}'}", 201, "ID_TAKEN",
	  COUNTED("logs", "id = '{new}'") },
	{ NULL, "POST", "/locations", "{'id':'{new}','name':'{n} {new}'}", 201, "ID_TAKEN",
	  COUNTED("locations", "id = '{new}'") },
	{ NULL, "POST", "/tours", "{'id':'{new}','car_number':'1','radio_number':'2','starting_mileage':1}", 201, "ID_TAKEN",
	  COUNTED("tours", "id = '{new}'") },
	{ some_tour, "POST", "/tours/{one}/stops",
	  "{'id':'{new}','stop_type':'INCIDENT_CHECK','title':'x','observations':'x'}", 201, "ID_TAKEN",
	  COUNTED("tour_stops", "tour_id = '{one}'") },
	{ e2e_location, "POST", "/visitors",
	  "{'id':'{new}','first_name':'Nils','last_name':'Aker','location_id':'{one}'}", 201, "ID_TAKEN",
	  COUNTED("visitors", "location_id = '{one}'") },
	{ NULL, "POST", "/vehicles", "{'id':'{new}','name':'Car','make':'F','model':'R','year':2020}", 201, "ID_TAKEN",
	  COUNTED("vehicles", "id = '{new}'") },
	{ NULL, "POST", "/radios", "{'id':'{new}','name':'Radio'}", 201, "ID_TAKEN", COUNTED("radios", "id = '{new}'") },
	{ NULL, "POST", "/safety-checklist/items", "{'id':'{new}','name':'{n} {new}'}", 201, "ID_TAKEN",
	  COUNTED("checklist_items", "id = '{new}'") },
	{ some_log, "POST", "/logs/{one}/comments", "{'id':'{new}','content':'x'}", 201, "ID_TAKEN",
	  COUNTED("comments", "log_id = '{one}'") },
	{ NULL, "POST", "/me/notes", "{'id':'{new}','content':'x'}", 201, "ID_TAKEN", COUNTED("notes", "id = '{new}'") },
	{ some_notice, "POST", "/notes/{one}/comments", "{'id':'{new}','content':'x'}", 201, "ID_TAKEN",
	  COUNTED("comments", "note_id = '{one}'") },
	{ NULL, "POST", "/notifications", "{'id':'{new}','title':'x','message':'x'}", 201, "ID_TAKEN",
	  COUNTED("notifications", "id = '{new}'") },
	{ NULL, "POST", "/api-keys", "{'id':'{new}','name':'x','scopes':['places:read']}", 201, "ID_TAKEN",
	  COUNTED("api_keys", "id = '{new}'") },
	{ NULL, "POST", "/users",
	  "{'id':'{new}','email':'{n}.{new}@story.example','first_name':'A','last_name':'B','role':'GUARD'}", 201, "ID_TAKEN",
	  COUNTED("users", "id = '{new}'") },
};

/* Who asked for the revision that is gone is told so; nobody's change is lost. */
static const struct rule changed_once[] = {
	{ some_log, "PATCH", "/logs/{one}", "{'title':'No. {n}'}", 200, "PRECONDITION_FAILED",
	  COUNTED("log_edits", "log_id = '{one}' and field_changed = 'title'") " and " TOLD("log.updated"),
	  "/logs/{one}" },
	{ some_visitor, "PATCH", "/visitors/{one}", "{'notes':'No. {n}'}", 200, "PRECONDITION_FAILED",
	  TOLD("visitor.updated"), "/visitors/{one}" },
	{ some_note, "PATCH", "/me/notes/{one}", "{'content':'No. {n}'}", 200, "PRECONDITION_FAILED",
	  TOLD("note.updated"), "/me/notes/{one}" },
	{ some_vehicle, "PATCH", "/vehicles/{one}", "{'notes':'No. {n}'}", 200, "PRECONDITION_FAILED",
	  COUNTED("vehicles", "id = '{one}' and revision = 2"), "/vehicles/{one}" },
	{ some_radio, "PATCH", "/radios/{one}", "{'notes':'No. {n}'}", 200, "PRECONDITION_FAILED",
	  COUNTED("radios", "id = '{one}' and revision = 2"), "/radios/{one}" },
	{ some_person, "PATCH", "/users/{one}/role", "{'role':'SUPERVISOR'}", 200, "PRECONDITION_FAILED",
	  TOLD("user.role_changed"), "/users/{one}" },
};

/* To say these again changes nothing, and is told to nobody. */
static const struct rule told_once[] = {
	{ some_news, "POST", "/notifications/{one}/dismiss", NULL, 200, NULL, TOLD("notification.dismissed") },
	{ some_message, "POST", "/messages/{one}/read", NULL, 200, NULL, TOLD("message.read") },
	{ some_person, "POST", "/users/{one}/archive", NULL, 200, NULL, TOLD("user.archived") },
	{ some_leaver, "POST", "/users/{one}/unarchive", NULL, 200, NULL, TOLD("user.unarchived") },
	{ some_person, "PATCH", "/users/{one}/role", "{'role':'SUPERVISOR'}", 200, NULL, TOLD("user.role_changed") },
	{ e2e_location, "POST", "/locations/{one}/toggle-active", "{'is_active':false}", 200, NULL,
	  TOLD("location.updated") },
	{ some_notice, "POST", "/me/notes/{one}/unpublish", NULL, 200, NULL, TOLD("note.unpublished") },
	{ some_item, "DELETE", "/safety-checklist/items/{one}", NULL, 204, NULL,
	  COUNTED("checklist_items", "id = '{one}' and not is_active") },
};

/* ---- How they are tried ---- */

static void setup(void)
{
	f.chief = e2e_client("super_admin");
	for (int i = 0; i < MANY; i++)
		f.clients[i] = e2e_client("super_admin");
}

TestSuite(races, .init = setup, .timeout = 120);

struct names {
	const char *one, *each, *new;
	int n;
};

static const char *filled(const char *text, const struct names *names)
{
	const struct {
		const char *word, *value;
	} words[] = { { "{one}", names->one },
		      { "{each}", names->each },
		      { "{new}", names->new },
		      { "{digits}", names->new + 24 },
		      { "{n}", e2e_format("%d", names->n) } };
	struct buf out = { 0 };
	const char *copy;

	while (*text) {
		size_t i = 0;

		while (i < COUNT_OF(words) && strncmp(text, words[i].word, strlen(words[i].word)) != 0)
			i++;
		if (i < COUNT_OF(words)) {
			buf_text(&out, words[i].value);
			text += strlen(words[i].word);
		} else {
			buf_char(&out, *text++);
		}
	}
	copy = e2e_format("%s", buf_cstr(&out));
	buf_finish(&out);
	return copy;
}

static void expect_one(const struct rule *rule)
{
	struct names names = { .one = rule->make ? rule->make() : "", .each = "", .new = e2e_id() };
	const char *paths[MANY], *bodies[MANY], *tag = NULL;
	const char *about = e2e_format("%s %s %s", rule->method, rule->path, rule->body ? rule->body : "");
	int done = 0;

	for (int i = 0; i < MANY; i++) {
		names.n = i;
		if (strstr(rule->path, "{each}"))
			names.each = rule->make();
		paths[i] = e2e_format("/api/v1%s", filled(rule->path, &names));
		bodies[i] = rule->body ? filled(rule->body, &names) : NULL;
	}
	if (rule->seen)
		tag = e2e_format("%s", answer_header(client_get(f.chief, "/api/v1%s", filled(rule->seen, &names)), "ETag"));
	for (int i = 0; i < MANY; i++) {
		if (tag)
			client_set_header(f.clients[i], "If-Match: %s", tag);
		client_send(f.clients[i], rule->method, paths[i], bodies[i] ? "%s" : NULL, bodies[i]);
	}
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status == rule->status)
			done++;
		else if (rule->code)
			expect_problem(answer, rule->code);
		else
			expect_status(answer, rule->status);
	}
	cr_expect_eq(done, rule->code ? 1 : MANY, "%s: %d of them did it", about, done);
	cr_expect_str_eq(ask(e2e_format("select %s", filled(rule->left, &names))), "t", "%s: what is left is wrong: %s",
	                 about, filled(rule->left, &names));
}

#define EXPECT_ONE_OF_EACH(rules_)                                                                      \
	for (size_t i = 0; i < COUNT_OF(rules_); i++)                                                   \
		expect_one(&(rules_)[i])

Test(races, where_something_can_be_done_once)
{
	EXPECT_ONE_OF_EACH(done_once);
}

Test(races, where_a_name_can_be_had_once)
{
	EXPECT_ONE_OF_EACH(named_once);
}

Test(races, where_an_id_can_be_had_once)
{
	EXPECT_ONE_OF_EACH(made_once);
}

Test(races, where_all_saw_the_same_revision)
{
	EXPECT_ONE_OF_EACH(changed_once);
}

Test(races, and_the_others_hear_the_same_where_nothing_is_left_to_do)
{
	EXPECT_ONE_OF_EACH(told_once);
}

/* All of them at once, each of his own; how many were answered 201. */
static int assign(const char *shift, const char *const people[MANY], const char *code)
{
	int done = 0;

	for (int i = 0; i < MANY; i++)
		client_send(f.clients[i], "POST", e2e_format("/api/v1/shifts/%s/assignments", shift), "{'user_id':'%s'}",
		            people[i]);
	for (int i = 0; i < MANY; i++) {
		const struct answer *answer = client_receive(f.clients[i]);

		if (answer->status == 201)
			done++;
		else
			expect_problem(answer, code);
	}
	return done;
}

Test(races, where_a_shift_has_one_place_left)
{
	const char *place = id_of(client_post(f.chief, "/api/v1/locations", "{'name':'%s','max_capacity':2}", e2e_name()));
	const char *shift = id_of(client_post(f.chief, "/api/v1/shifts",
	                                      "{'name':'Night','start_time':'2026-03-01T22:00:00Z',"
	                                      "'end_time':'2026-03-02T06:00:00Z','location_id':'%s'}",
	                                      place));
	const char *people[MANY], *same[MANY];

	for (int i = 0; i < MANY; i++) {
		people[i] = some_person();
		same[i] = people[0];
	}
	cr_expect_eq(assign(shift, same, "DUPLICATE_ASSIGNMENT"), 1);
	people[0] = some_person();
	cr_expect_eq(assign(shift, people, "CAPACITY_EXCEEDED"), 1);
	cr_expect_str_eq(ask(e2e_format("select count(*) from app.shift_assignments where shift_id = '%s'", shift)), "2");
}
