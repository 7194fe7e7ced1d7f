/* race_withdrawals.c: tests that nothing happens at a location after it was deactivated, nor to a
 * notification after it was withdrawn. */

#include "race_fixture.h"

TestSuite(race_withdrawals, .init = set_up_race, .timeout = 120);

/* Logs are sent for a location while it is deactivated. Events of a channel have the order of the
 * changes: none may be of a log after the deactivation. */
static void expect_no_logs_after_deactivation(void)
{
	const char *location = e2e_new_location();

	for (int i = 0; i < CLIENTS; i++) {
		if (i == CLIENTS / 4)
			client_send(race.clients[i], "PATCH",
			            e2e_format("/api/v1/locations/%s", location),
			            "{'is_active':false}");
		else
			client_send(race.clients[i], "POST", "/api/v1/logs",
			            "{'type':'PATROL','title':'Round','description':'Walked.',"
			            "'location_id':'%s'}",
			            location);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(race.clients[i]);

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

Test(race_withdrawals, of_logs_with_a_deactivation_leave_none_behind)
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
			client_send(race.clients[i], "DELETE",
			            e2e_format("/api/v1/notifications/%s", id), NULL);
		else
			client_send(race.clients[i], method,
			            e2e_format("/api/v1/notifications/%s%s", id, suffix), body, i);
	}
	for (int i = 0; i < CLIENTS; i++) {
		const struct answer *answer = client_receive(race.clients[i]);

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

Test(race_withdrawals, of_corrections_with_a_withdrawal_end_withdrawn)
{
	for (int i = 0; i < 10; i++)
		expect_withdrawal("PATCH", "", "{'title':'No. %d'}", "notification.updated");
}

Test(race_withdrawals, of_dismissals_with_a_withdrawal_end_withdrawn)
{
	for (int i = 0; i < 10; i++)
		expect_withdrawal("POST", "/dismiss", NULL, NULL);
}
