/* Every operation answers as /openapi.json promises, and takes what it says it takes. */

#include "contract_reader.h"
#include "contract_streams.h"

#define JONAS_ON_DUTY "01900000-0000-7000-8000-000000000202" /* of the demo data */

TestSuite(contract_answers, .init = contract_setup, .timeout = 30);

/* Asks, and holds the answer and what was asked against the contract. */
static const struct answer *ask(const char *method, const char *template, const char *path, const char *body,
                                int status)
{
	const struct json *operation = contract_operation(method, template), *schema;
	const char *about = story_print("%s %s", method, path);
	const struct answer *answer;

	cr_assert(operation != NULL, "%s %s is not in the contract", method, template);
	client_send(contract.admin, method, path, body ? "%s" : NULL, body);
	answer = client_receive(contract.admin);
	assert_status(answer, status);
	schema = contract_schema(json_member(operation, "responses"), status, "application/json");
	if (answer->body.length)
		contract_expect(schema, answer->json, about);
	else
		cr_expect(!schema, "%s: nothing came", about);
	cr_expect(contract_member(json_member(operation, "responses"), story_print("%d", status)) != NULL, "%s", about);
	return answer;
}

static void expect_body_satisfied(const char *schema, const char *body)
{
	struct buf text = { 0 };
	const char *fault;
	struct json *value;
	size_t where;

	for (buf_text(&text, body); (fault = memchr(text.at, '\'', text.length));)
		text.at[fault - text.at] = '"';
	value = json_read(buf_as_str(&text), &fault, &where);
	cr_assert(value != NULL, "%s", body);
	contract_expect(contract_member(json_in(contract.document, "components.schemas"), schema), value, schema);
	json_drop(value);
	buf_finish(&text);
}

/* What a body makes; its id. */
static const char *make(const char *template, const char *path, const char *schema, const char *body)
{
	expect_body_satisfied(schema, body);
	return story_print("%s", answer_at(ask("POST", template, path, body, 201), "id"));
}

#define TOUR_BODY "'car_number':'1','radio_number':'2','starting_mileage':7"

Test(contract_answers, are_those_that_are_promised)
{
	const char *place = story_location(), *log, *body, *key, *person, *comment, *visitor, *report, *message,
		   *notification, *visit, *done[256];
	const char *me = story_print("%s", answer_at(client_get(contract.admin, "/api/v1/users/me"), "id"));
	const char *session = story_id(), *note = story_id(), *made = story_id(), *other = story_id();
	struct json_cursor path = json_begin(json_member(contract.document, "paths"));
	const struct {
		const char *method, *template, *body, *schema;
		int status;
	} rows[] = {
		{ "GET", "/api/v1/users/me", NULL, NULL, 200 },
		{ "GET", "/api/v1/users/me/stats", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/users/me", "{'phone':'1','city':null}", "ChangeMeBody", 200 },
		{ "POST", "/api/v1/users/sync", NULL, NULL, 200 },
		{ "GET", "/api/v1/users", NULL, NULL, 200 },
		{ "GET", "/api/v1/users/{id}", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/users/{id}/role", "{'role':'SUPERVISOR'}", "ChangeUserRoleBody", 200 },
		{ "POST", "/api/v1/users/{id}/archive", NULL, NULL, 200 },
		{ "POST", "/api/v1/users/{id}/unarchive", NULL, NULL, 200 },
		{ "GET", "/api/v1/api-keys", NULL, NULL, 200 },
		{ "GET", "/api/v1/api-keys/{id}", NULL, NULL, 200 },
		{ "DELETE", "/api/v1/api-keys/{id}", NULL, NULL, 204 },
		{ "GET", "/api/v1/locations", NULL, NULL, 200 },
		{ "POST", "/api/v1/locations", story_print("{'name':'%s','max_capacity':null}", story_name()),
		  "CreateLocationBody", 201 },
		{ "GET", "/api/v1/locations/active", NULL, NULL, 200 },
		{ "GET", "/api/v1/locations/{id}", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/locations/{id}", "{'description':null,'max_capacity':9}", "ChangeLocationBody",
		  200 },
		{ "POST", "/api/v1/locations/{id}/toggle-active", "{'is_active':true}", "ToggleLocationBody", 200 },
		{ "GET", "/api/v1/locations/{id}/logs", NULL, NULL, 200 },
		{ "GET", "/api/v1/logs", NULL, NULL, 200 },
		{ "GET", "/api/v1/logs/count", NULL, NULL, 200 },
		{ "GET", "/api/v1/logs/{id}", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/logs/{id}", "{'severity':'LOW','witnesses':null,'photo_urls':[]}",
		  "ChangeLogBody", 200 },
		{ "GET", "/api/v1/logs/{id}/edits", NULL, NULL, 200 },
		{ "GET", "/api/v1/logs/{id}/comments", NULL, NULL, 200 },
		{ "GET", "/api/v1/comments/{id}", NULL, NULL, 200 },
		{ "GET", "/api/v1/logs/{id}/incident-report", NULL, NULL, 200 },
		{ "GET", "/api/v1/incident-reports", NULL, NULL, 200 },
		{ "POST", "/api/v1/incident-reports/{id}/sign", "{'signer_type':'supervisor'}",
		  "SignIncidentReportBody", 200 },
		{ "GET", "/api/v1/incident-reports/{id}", NULL, NULL, 200 },
		{ "GET", "/api/v1/visitors", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/visitors/{id}", "{'notes':null,'expected_duration':90}", "ChangeVisitorBody", 200 },
		{ "POST", "/api/v1/visitors/{id}/check-out", "{'notes':'Left a coat.'}", "CheckOutVisitorBody", 200 },
		{ "GET", "/api/v1/visitors/{id}", NULL, NULL, 200 },
		{ "GET", "/api/v1/messages", NULL, NULL, 200 },
		{ "GET", "/api/v1/messages/conversations", NULL, NULL, 200 },
		{ "POST", "/api/v1/messages/{id}/read", NULL, NULL, 200 },
		{ "GET", "/api/v1/messages/{id}", NULL, NULL, 200 },
		{ "DELETE", "/api/v1/messages/{id}", NULL, NULL, 204 },
		{ "GET", "/api/v1/notifications", NULL, NULL, 200 },
		{ "POST", "/api/v1/notifications/{id}/dismiss", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/notifications/{id}/dismiss", NULL, NULL, 200 },
		{ "GET", "/api/v1/notifications/{id}", NULL, NULL, 200 },
		{ "POST", "/api/v1/me/notes", story_print("{'id':'%s','title':null,'content':'x'}", note), "CreateMyNoteBody", 201 },
		{ "PATCH", "/api/v1/me/notes/{id}", "{'title':'x'}", "ChangeMyNoteBody", 200 },
		{ "POST", "/api/v1/me/notes/{id}/publish", NULL, NULL, 200 },
		{ "GET", "/api/v1/me/notes", NULL, NULL, 200 },
		{ "GET", "/api/v1/me/notes/{id}", NULL, NULL, 200 },
		{ "POST", "/api/v1/notes/{id}/comments", "{'content':'x'}", "CreateNoteCommentBody", 201 },
		{ "POST", "/api/v1/me/notes/{id}/comments", "{'content':'x'}", "CreateMyNoteCommentBody", 201 },
		{ "GET", "/api/v1/notes", NULL, NULL, 200 },
		{ "GET", "/api/v1/notes/{id}", NULL, NULL, 200 },
		{ "GET", "/api/v1/notes/{id}/comments", NULL, NULL, 200 },
		{ "GET", "/api/v1/me/notes/{id}/comments", NULL, NULL, 200 },
		{ "POST", "/api/v1/me/notes/{id}/unpublish", NULL, NULL, 200 },
		{ "DELETE", "/api/v1/me/notes/{id}", NULL, NULL, 204 },
		{ "GET", "/api/v1/me", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/me", "{'avatar_url':'https://p.example/1','display_name':null}", "ChangeProfileBody", 200 },
		{ "POST", "/api/v1/auth/anonymous-login", NULL, NULL, 200 },
		{ "GET", "/api/v1/auth/login", NULL, NULL, 200 },
		{ "POST", "/api/v1/auth/anonymous-promote", "{'anonymous_firebase_uuid':'dev|ines.falk@marina.example'}",
		  "PromoteAnonymousBody", 200 },
		{ "GET", "/api/v1/duty-sessions/active", NULL, NULL, 200 },
		{ "GET", "/api/v1/duty-sessions", NULL, NULL, 200 },
		{ "GET", "/api/v1/duty-sessions/{id}", NULL, NULL, 200 },
		{ "GET", "/api/v1/location-check-ins", NULL, NULL, 200 },
		{ "GET", "/api/v1/location-check-ins/{id}", NULL, NULL, 200 },
		{ "POST", "/api/v1/location-check-ins/{id}/check-out", NULL, NULL, 200 },
		{ "GET", "/api/v1/guards/on-duty", NULL, NULL, 200 },
		{ "POST", "/api/v1/guards/on-duty/{id}/end", "{'notes':'He went home.'}", "EndGuardDutyBody", 200 },
		{ "GET", "/api/v1/timesheets", NULL, NULL, 200 },
		{ "GET", "/api/v1/timesheets/candidates?week_start_date=2026-03-01", NULL, NULL, 200 },
		{ "POST", "/api/v1/timesheets/{id}/entries",
		  story_print("{'id':'%s','clock_in':'2026-03-02T06:00:00Z','clock_out':'2026-03-02T06:20:00Z',"
		              "'location_id':'%s','shift_id':null,'notes':null,'reason':'x'}", made, place),
		  "AddTimesheetEntryBody", 201 },
		{ "PATCH", "/api/v1/timesheets/entries/{id}", "{'clock_in':'2026-03-02T05:00:00Z','notes':'x','reason':'x'}",
		  "ChangeTimesheetEntryBody", 200 },
		{ "DELETE", "/api/v1/timesheets/entries/{id}?reason=x", NULL, NULL, 204 },
		{ "GET", "/api/v1/timesheets/{id}", NULL, NULL, 200 },
		{ "POST", "/api/v1/timesheets/{id}/submit", NULL, NULL, 200 },
		{ "POST", "/api/v1/timesheets/{id}/reject", "{'reason':'x'}", "RejectTimesheetBody", 200 },
		{ "POST", "/api/v1/timesheets/{id}/reopen", NULL, NULL, 200 },
		{ "POST", "/api/v1/timesheets/{id}/submit", NULL, NULL, 200 },
		{ "POST", "/api/v1/timesheets/{id}/approve", NULL, NULL, 200 },
		{ "POST", "/api/v1/timesheets/bulk-approve", story_print("{'ids':['%s']}", other), "ApproveTimesheetsBody", 200 },
		{ "DELETE", "/api/v1/timesheets/{id}", NULL, NULL, 204 },
		{ "POST", "/api/v1/tours", story_print("{'id':'%s','title':null," TOUR_BODY "}", made), "StartTourBody", 201 },
		{ "GET", "/api/v1/tours", NULL, NULL, 200 },
		{ "POST", "/api/v1/tours/{id}/stops",
		  story_print("{'id':'%s','stop_type':'GUARD_EVALUATION','title':'x','observations':'x','location_id':'%s',"
		              "'issues_severity':'LOW','guard_performance_notes':null,'photo_urls':['https://p.example/1']}",
		              made, place),
		  "AddTourStopBody", 201 },
		{ "POST", "/api/v1/tours/{id}/stops/{stop_id}/complete", NULL, NULL, 200 },
		{ "GET", "/api/v1/tours/{id}", NULL, NULL, 200 },
		{ "POST", "/api/v1/tours/{id}/complete",
		  "{'ending_mileage':7,'car_returned':true,'radio_returned':false,'keys_returned':true,'notes':null}",
		  "CompleteTourBody", 200 },
		{ "POST", "/api/v1/tours", story_print("{'id':'%s'," TOUR_BODY "}", other), "StartTourBody", 201 },
		{ "POST", "/api/v1/tours/{id}/cancel", "{'reason':'Rain.'}", "CancelTourBody", 200 },
		{ "POST", "/api/v1/safety-checklist/items",
		  story_print("{'id':'%s','name':'%s','description':null,'order':3}", made, story_name()),
		  "CreateChecklistItemBody", 201 },
		{ "POST", "/api/v1/safety-checklist/items/batch",
		  story_print("{'items':[{'name':'%s','order':4},{'name':'Lighting','description':null}]}", story_name()),
		  "CreateChecklistItemsBody", 201 },
		{ "PUT", "/api/v1/safety-checklist/items/order", story_print("{'items':[{'id':'%s','order':5}]}", made),
		  "OrderChecklistItemsBody", 200 },
		{ "GET", "/api/v1/safety-checklist/items", NULL, NULL, 200 },
		{ "GET", "/api/v1/safety-checklist/items/{id}", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/safety-checklist/items/{id}", "{'description':'Whole.','is_active':true}",
		  "ChangeChecklistItemBody", 200 },
		{ "PATCH", "/api/v1/safety-checklist/items/{id}",
		  story_print("{'duty_session_id':'%s','checked':true,'notes':null}", session), "ChangeChecklistItemBody", 200 },
		{ "GET", "/api/v1/safety-checklist", NULL, NULL, 200 },
		{ "GET", story_print("/api/v1/safety-checklist?duty_session_id=%s", session), NULL, NULL, 200 },
		{ "POST", "/api/v1/safety-checklist/responses",
		  story_print("{'duty_session_id':'%s','location_id':'%s','items':[{'item_id':'%s','checked':false,'notes':'x'}]}",
		              session, place, made),
		  "SubmitChecklistBody", 201 },
		{ "DELETE", "/api/v1/safety-checklist/items/{id}", NULL, NULL, 204 },
		{ "POST", "/api/v1/vehicles",
		  story_print("{'id':'%s','name':'x','make':'x','model':'x','year':2020,'vin':null,'mileage':6}", made),
		  "CreateVehicleBody", 201 },
		{ "GET", "/api/v1/vehicles", NULL, NULL, 200 },
		{ "GET", "/api/v1/vehicles/{id}", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/vehicles/{id}", story_print("{'license_plate':'x','location_id':'%s'}", place),
		  "ChangeVehicleBody", 200 },
		{ "POST", "/api/v1/radios", story_print("{'id':'%s','name':'x','channel':null}", made), "CreateRadioBody", 201 },
		{ "GET", "/api/v1/radios", NULL, NULL, 200 },
		{ "GET", "/api/v1/radios/{id}", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/radios/{id}", story_print("{'channel':'16','location_id':'%s'}", place), "ChangeRadioBody",
		  200 },
		{ "GET", "/api/v1/equipment/available?type=RADIO", NULL, NULL, 200 },
		{ "POST", "/api/v1/equipment/checkouts",
		  story_print("{'id':'%s','duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':7}", made,
		              session, made, made),
		  "CheckOutEquipmentBody", 201 },
		{ "GET", "/api/v1/equipment/checkouts", NULL, NULL, 200 },
		{ "GET", "/api/v1/equipment/checkouts/{id}", NULL, NULL, 200 },
		{ "POST", "/api/v1/equipment/checkouts/{id}/check-in", "{'checkin_mileage':8,'notes':null}",
		  "CheckInEquipmentBody", 200 },
		{ "POST", "/api/v1/equipment/checkouts",
		  story_print("{'duty_session_id':'%s','vehicle_id':'%s','radio_id':'%s','checkout_mileage':8}", session, made,
		              made),
		  "CheckOutEquipmentBody", 201 },
		{ "POST", "/api/v1/equipment/check-in", story_print("{'duty_session_id':'%s','checkin_mileage':9}", session),
		  "CheckInEquipmentOfSessionBody", 200 },
		{ "PATCH", "/api/v1/vehicles/{id}", "{'status':'OUT_OF_SERVICE'}", "ChangeVehicleBody", 200 },
		{ "GET", "/api/v1/fleet/in-shop", NULL, NULL, 200 },
		{ "DELETE", "/api/v1/vehicles/{id}", NULL, NULL, 204 },
		{ "DELETE", "/api/v1/radios/{id}", NULL, NULL, 204 },
		{ "POST", "/api/v1/duty-sessions/{id}/clock-out", "{'notes':null}", "ClockOutBody", 200 },
		{ "GET", "/api/v1/duty-sessions/active", NULL, NULL, 200 },
		{ "GET", "/api/v1/incidents", NULL, NULL, 200 },
		{ "POST", "/api/v1/incidents/{id}/review", "{'review_notes':'Read.','status':'LIVE'}",
		  "ReviewIncidentBody", 200 },
		{ "GET", "/api/v1/shifts", NULL, NULL, 200 },
		{ "POST", "/api/v1/shifts/{id}/assignments", story_print("{'user_id':'%s','role':null}", me),
		  "AssignToShiftBody", 201 },
		{ "DELETE", story_print("/api/v1/shifts/{id}/assignments?user_id=%s", me), NULL, NULL, 204 },
		{ "POST", "/api/v1/recurring-shifts",
		  story_print("{'id':'%s','name':'Nights','location_id':'%s','start_time':'22:00','end_time':'06:00',"
		              "'days_of_week':[0,6],'start_date':'2026-11-21','end_date':null,"
		              "'user_assignments':[{'user_id':'%s','role':'PRIMARY'}],'generate':{'days':7}}",
		              made, place, me),
		  "CreateRecurringShiftBody", 201 },
		{ "GET", "/api/v1/recurring-shifts", NULL, NULL, 200 },
		{ "GET", "/api/v1/recurring-shifts/{id}", NULL, NULL, 200 },
		{ "PATCH", "/api/v1/recurring-shifts/{id}", "{'is_active':true,'days_of_week':[1],'user_assignments':[]}",
		  "ChangeRecurringShiftBody", 200 },
		{ "POST", "/api/v1/recurring-shifts/{id}/generate", "{'days':14}", "GenerateShiftsBody", 200 },
		{ "GET", "/api/v1/shifts", NULL, NULL, 200 },
		{ "DELETE", "/api/v1/recurring-shifts/{id}", NULL, NULL, 204 },
		{ "PATCH", "/api/v1/shifts/{id}", "{'name':'Late watch','user_assignments':[]}", "ChangeShiftBody", 200 },
		{ "GET", "/api/v1/shifts/{id}", NULL, NULL, 200 },
		{ "DELETE", "/api/v1/shifts/{id}", NULL, NULL, 204 },
		{ "DELETE", "/api/v1/logs/{id}", NULL, NULL, 204 },
		{ "POST", "/websocket/broadcast", "{'type':'drill.begins','data':{'siren':{'at':[1,null]}}}", "BroadcastBody",
		  200 },
		{ "GET", "/websocket/connections", NULL, NULL, 200 },
	};
	size_t count = 0;

	make("/api/v1/shifts", "/api/v1/shifts", "CreateShiftBody",
	     story_print("{'id':'%s','name':'Watch','start_time':'2026-11-21T22:00:00Z','end_time':'2026-11-22T06:00:00Z',"
	                 "'location_id':'%s','user_assignments':[]}",
	                 made, place));
	done[count++] = "POST /api/v1/shifts";
	body = story_print("{'type':'INCIDENT','title':'Ä','description':'x','location_id':'%s','severity':'HIGH',"
	                   "'shift_id':'%s','incident_time':'2026-01-01T00:00:00Z','photo_urls':['https://p.example/1']}",
	                   place, made);
	expect_body_satisfied("CreateLogBody", body);
	log = story_print("%s", answer_at(ask("POST", "/api/v1/logs", "/api/v1/logs", body, 201), "id"));
	done[count++] = "POST /api/v1/logs";
	body = "{'name':'A sign at the gate','scopes':['places:read'],'expires_at':'2100-01-01T00:00:00Z'}";
	expect_body_satisfied("CreateApiKeyBody", body);
	key = story_print("%s", answer_at(ask("POST", "/api/v1/api-keys", "/api/v1/api-keys", body, 201), "id"));
	done[count++] = "POST /api/v1/api-keys";
	body = story_print("{'email':'%s@story.example','first_name':'Ada','last_name':'Berg','role':'GUARD','phone':null}",
	                   story_id());
	expect_body_satisfied("CreateUserBody", body);
	person = story_print("%s", answer_at(ask("POST", "/api/v1/users", "/api/v1/users", body, 201), "id"));
	done[count++] = "POST /api/v1/users";
	server_ask(story_server(), "insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)"
	                           " select '%s', t, t + interval '8 hours' from unnest(array['2026-03-02 22:00Z',"
	                           " '2026-03-09 22:00Z']::timestamptz[]) t", person);
	for (int i = 0; i < 2; i++)
		make("/api/v1/timesheets", "/api/v1/timesheets", "CreateTimesheetBody",
		     story_print("{'id':'%s','user_id':'%s','week_start_date':'%s'}", i ? other : made, person,
		                 i ? "2026-03-08" : "2026-03-01"));
	done[count++] = "POST /api/v1/timesheets";
	comment = make("/api/v1/logs/{id}/comments", story_print("/api/v1/logs/%s/comments", log),
	               "CreateLogCommentBody", "{'content':'Ä'}");
	done[count++] = "POST /api/v1/logs/{id}/comments";
	report = make("/api/v1/incident-reports", "/api/v1/incident-reports", "CreateIncidentReportBody",
	              story_print("{'log_id':'%s','supervisor_assigned_id':'%s','guard_assigned_id':null,"
	                          "'notified_user_ids':['%s']}", log, me, person));
	done[count++] = "POST /api/v1/incident-reports";
	visitor = make("/api/v1/visitors", "/api/v1/visitors", "CheckInVisitorBody",
	               story_print("{'first_name':'Ida','last_name':'Berg','location_id':'%s','company':null}", place));
	done[count++] = "POST /api/v1/visitors";
	notification = make("/api/v1/notifications", "/api/v1/notifications", "CreateNotificationBody",
	                    "{'user_id':null,'type':'ALERT','priority':'LOW','title':'x','message':'x','action_url':'/'}");
	done[count++] = "POST /api/v1/notifications";
	/* One is on duty once: this one is over before the next begins. */
	body = "{'notes':'Home.'}";
	expect_body_satisfied("EndDutySessionBody", body);
	ask("POST", "/api/v1/duty-sessions/{id}/end",
	    story_print("/api/v1/duty-sessions/%s/end",
	                answer_at(client_post(contract.admin, "/api/v1/duty-sessions", NULL), "id")),
	    body, 200);
	done[count++] = "POST /api/v1/duty-sessions/{id}/end";
	make("/api/v1/duty-sessions", "/api/v1/duty-sessions", "ClockInBody",
	     story_print("{'id':'%s','location_id':null,'shift_id':'%s'}", session, made));
	done[count++] = "POST /api/v1/duty-sessions";
	/* To the guards on duty, of whom there are some in the demo data. */
	message = make("/api/v1/messages", "/api/v1/messages", "SendMessageBody",
	               "{'content':'Ä','recipient_id':null,'reply_to_id':null}");
	done[count++] = "POST /api/v1/messages";
	visit = make("/api/v1/duty-sessions/{id}/check-ins", story_print("/api/v1/duty-sessions/%s/check-ins", session),
	             "CheckInBody", story_print("{'location_id':'%s','notes':'All quiet.'}", place));
	done[count++] = "POST /api/v1/duty-sessions/{id}/check-ins";
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct {
			const char *of, *id;
		} ids[] = {
			{ "/users/{", person },
			{ "/logs/{", log },
			{ "/incidents/{", log },
			{ "/api-keys/{", key },
			{ "/locations/{", place },
			{ "/duty-sessions/{", session },
			{ "/location-check-ins/{", visit },
			{ "/guards/on-duty/{", JONAS_ON_DUTY },
			{ "/timesheets/", made },
			{ "/timesheets/{id}/submit", other },
			{ "/timesheets/{id}/approve", other },
			{ "/timesheets/{id}/reject", other },
			{ "/timesheets/{id}/reopen", other },
			{ "/comments/{", comment },
			{ "/incident-reports/{", report },
			{ "/visitors/{", visitor },
			{ "/messages/{", message },
			{ "/notifications/{", notification },
			{ "/notes/{", note },
			/* Of different kinds, so that they may have the same id. */
			{ "/shifts/{", made },
			{ "/recurring-shifts/{", made },
			{ "/tours/{", made },
			{ "/tours/{id}/cancel", other },
			{ "/safety-checklist/items/{", made },
			{ "/equipment/checkouts/{", made },
			{ "/vehicles/{", made },
			{ "/radios/{", made },
		};
		const char *id = NULL, *template = story_print("%.*s", (int)strcspn(rows[i].template, "?"), rows[i].template);

		for (size_t j = 0; j < COUNT_OF(ids); j++)
			id = strstr(rows[i].template, ids[j].of) ? ids[j].id : id;
		if (rows[i].body)
			expect_body_satisfied(rows[i].schema, rows[i].body);
		ask(rows[i].method, template, contract_path(rows[i].template, id), rows[i].body, rows[i].status);
		done[count++] = story_print("%s %s", rows[i].method, template);
	}
	/* A reviewed, archived one has other fields filled. */
	ask("GET", "/api/v1/logs/{id}", story_print("/api/v1/logs/%s", log), NULL, 200);

	expect_events_as_promised();

	/* Whoever adds an operation adds a row above. */
	while (json_next(&path)) {
		struct json_cursor each = json_begin(path.value);

		while (json_next(&each)) {
			bool found = false;

			for (size_t i = 0; i < count; i++) {
				struct str rest = str_of(done[i]), method;

				str_cut(&rest, ' ', &method);
				found = found || (str_is_nocase(method, each.name) && str_is(rest, path.name));
			}
			cr_expect(found, "%s %s was not asked", each.name, path.name);
		}
	}
}
